import { hash } from 'node:crypto';
import type { Value } from './statement.ts';

/** Seals a row that no entry's hash covers: base64url SHA-256 over its other columns, in the table's order. */
export function sealOf(values: readonly Value[]): string {
  return hash('sha256', JSON.stringify(values), 'base64url');
}
