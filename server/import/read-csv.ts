import type { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { formatInstant, startOfDay } from '../../shared/domain/time.ts';
import { orderSchema } from '../../shared/protocol/schemas.ts';
import { check } from '../http/faults.ts';
import { ImportFileError, type ImportItem, type ImportTarget, minorAmount } from './order-lines.ts';

const REQUIRED = ['order_id', 'member_id', 'placed_at', 'currency', 'amount'] as const;
const OPTIONAL = ['sku', 'category', 'quantity'] as const;

interface CsvRecord {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

/**
 * Reads orders from CSV (RFC 4180) with a header: `order_id, member_id, placed_at, currency, amount`, and if wanted `sku,
 * category, quantity`. Amounts are decimal, net, in major units. A line is one order line: neighbors with the same order
 * id are one order.
 *
 * @throws {ImportFileError} when a needed column is missing or one is unknown.
 */
export async function* readCsv(file: Readable, target: ImportTarget): AsyncGenerator<ImportItem> {
  const parser = file.pipe(
    parse({
      bom: true,
      columns: (header: string[]) => checkHeader(header),
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: 100_000,
    }),
  );
  let open: { lineNumber: number; rows: Readonly<Record<string, string>>[] } | null = null;
  for await (const { record, info } of parser as AsyncIterable<CsvRecord>) {
    if (open && open.rows[0]?.['order_id'] !== record['order_id']) {
      yield orderOf(open.lineNumber, open.rows, target);
      open = null;
    }
    open ??= { lineNumber: info.lines, rows: [] };
    open.rows.push(record);
    open.lineNumber = info.lines;
  }
  if (open) yield orderOf(open.lineNumber, open.rows, target);
}

function checkHeader(header: readonly string[]): string[] {
  const names = header.map((name) => name.trim().toLowerCase());
  const missing = REQUIRED.filter((name) => !names.includes(name));
  const unknown = names.filter((name) => !([...REQUIRED, ...OPTIONAL] as readonly string[]).includes(name));
  if (missing.length > 0) throw new ImportFileError(`The header lacks ${missing.join(', ')}.`);
  if (unknown.length > 0) {
    throw new ImportFileError(
      `The header has unknown columns: ${unknown.join(', ')}. Known ones are ${[...REQUIRED, ...OPTIONAL].join(', ')}.`,
    );
  }
  return names;
}

function orderOf(
  lineNumber: number,
  rows: readonly Readonly<Record<string, string>>[],
  { timeZone }: ImportTarget,
): ImportItem {
  const [first = {}] = rows;
  const bad = (reason: string): ImportItem => ({ lineNumber, reason });
  const currency = first['currency'] ?? '';
  if (!/^[A-Z]{3}$/.test(currency)) return bad(`currency: expected an ISO 4217 code such as EUR, found "${currency}"`);
  const lines = [];
  for (const row of rows) {
    for (const column of ['member_id', 'placed_at', 'currency'] as const) {
      if (row[column] !== first[column]) return bad(`${column}: differs between the lines of one order`);
    }
    const netMinor = minorAmount(row['amount'] ?? '', currency);
    if (netMinor === null)
      return bad(`amount: expected a decimal number of ${currency}, found "${row['amount'] ?? ''}"`);
    const quantity = row['quantity'] ? Number(row['quantity']) : 1;
    lines.push({
      sku: row['sku'] || 'order',
      ...(row['category'] && { category: row['category'] }),
      quantity,
      netMinor,
    });
  }
  const placedAt = first['placed_at'] ?? '';
  const order = {
    id: first['order_id'],
    memberId: first['member_id'],
    placedAt: /^\d{4}-\d\d-\d\d$/.test(placedAt) ? dayText(placedAt, timeZone) : placedAt,
    currency,
    lines,
  };
  const checked = check(orderSchema, order);
  if ('value' in checked) return { lineNumber, order: checked.value };
  const [fault] = checked.faults;
  return bad(`${columnOf(fault?.pointer ?? '')}: expected ${fault?.detail}`);
}

/** A day without a time begins that day; text that is no day is left for the schema to refuse. */
function dayText(day: string, timeZone: string): string {
  return Number.isNaN(Date.parse(`${day}T00:00:00Z`)) ? day : formatInstant(startOfDay(day, timeZone));
}

function columnOf(pointer: string): string {
  const field = pointer.split('/').at(-1) ?? '';
  const columns: Record<string, string> = {
    id: 'order_id',
    memberId: 'member_id',
    placedAt: 'placed_at',
    netMinor: 'amount',
  };
  return columns[field] ?? field;
}
