import type { Readable } from 'node:stream';
import type { OrderRequest } from '../../shared/protocol/api.ts';

/** One order of a file, and the last of its lines. */
export interface ImportedOrder {
  readonly lineNumber: number;
  readonly order: OrderRequest;
}

/** A line that cannot be imported, and why. */
export interface BadLine {
  readonly lineNumber: number;
  readonly reason: string;
}

export type ImportItem = ImportedOrder | BadLine;

export const isBadLine = (item: ImportItem): item is BadLine => 'reason' in item;

/** Reads a file of past orders, in its order. */
export type OrderReader = (file: Readable, target: ImportTarget) => AsyncIterable<ImportItem>;

/** What a reader has to know of the program that takes the orders. */
export interface ImportTarget {
  /** Days without a time are this zone's. */
  readonly timeZone: string;
}

/** Digits after the point in a currency's amounts (ISO 4217), as `Intl` knows them. */
export function minorDigits(currency: string): number {
  let digits = digitsByCurrency.get(currency);
  if (digits === undefined) {
    digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
    digitsByCurrency.set(currency, digits);
  }
  return digits;
}

const digitsByCurrency = new Map<string, number>();

/**
 * A decimal amount as whole minor units, without passing through a binary fraction; `null` when the text is no amount of
 * at least 0 in this currency.
 */
export function minorAmount(text: string, currency: string): number | null {
  const match = /^(\d{1,12})(?:\.(\d+))?$/.exec(text);
  if (!match) return null;
  const digits = minorDigits(currency);
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > digits) return null;
  return Number(`${match[1]}${fraction.padEnd(digits, '0')}`);
}

/** A file that cannot be read as orders at all. */
export class ImportFileError extends Error {
  override readonly name = 'ImportFileError';
}
