import { fromBigInt } from '../../shared/domain/points.ts';
import { sealOf } from '../database/seal.ts';
import type { OrderRow } from './rows.ts';

/** The row with its digest made anew. */
export function sealOrder(row: OrderRow): OrderRow {
  const { digest: _digest, ...columns } = row;
  return { ...row, digest: sealOf(Object.values(columns)) };
}

/** Net value of an order's lines in minor units. @throws {LoyaltyError} `points_overflow`. */
export function netOf(lines: readonly { readonly netMinor: number }[]): number {
  const sum = lines.reduce((total, { netMinor }) => total + netMinor, 0);
  return Number.isSafeInteger(sum) ? sum : fromBigInt(lines.reduce((total, line) => total + BigInt(line.netMinor), 0n));
}
