import { pointsForOrder } from '../../shared/domain/earning.ts';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import { expiryOf } from '../../shared/domain/lots.ts';
import { fromBigInt } from '../../shared/domain/points.ts';
import { afterAccrual, afterReviews, tierOf } from '../../shared/domain/tiers.ts';
import { localDateOf } from '../../shared/domain/time.ts';
import type { OrderRequest } from '../../shared/protocol/api.ts';
import { sealOf } from '../database/seal.ts';
import {
  type Command,
  contentHashOf,
  MERCHANT,
  type Outcome,
  refuseFuture,
  rememberKey,
  replayOf,
} from './commands.ts';
import type { OrderRow } from './rows.ts';
import type { MemberState, Unit } from './unit.ts';

const DAY_MS = 86_400_000;

/** Accrues points for a paid order. Its own id makes it idempotent, with or without a key. */
export function postOrder(order: OrderRequest, idempotencyKey?: string): Command {
  const placedAt = Date.parse(order.placedAt);
  const contentHash = contentHashOf(['order', { ...order, placedAt }]);
  const netMinor = netOf(order.lines);
  const needs = {
    customerId: order.memberId,
    orderId: order.id,
    occurredAt: placedAt,
    ...(idempotencyKey !== undefined && { key: { caller: MERCHANT, text: idempotencyKey } }),
  };
  return {
    needs,
    decide(unit) {
      const replay = replayOf(unit, needs, contentHash) ?? replayOfOrder(unit, order.id, contentHash);
      if (replay) return replay;
      refuseFuture(placedAt, unit.now, '/placedAt');
      const member = unit.customer(order.memberId);
      const seq = accrue(unit, member, { order, placedAt, netMinor, contentHash });
      const outcome = { memberId: member.memberId, customerId: member.customerId, seq, replayed: false };
      rememberKey(unit, needs, contentHash, outcome);
      return outcome;
    },
  };
}

function replayOfOrder(unit: Unit, orderId: string, contentHash: string): Outcome | null {
  const known = unit.orders.get(orderId);
  if (!known) return null;
  if (known.content_hash !== contentHash) {
    throw new LoyaltyError('idempotency_conflict', 'This order was posted before with other content.', [
      { pointer: '/id', detail: 'an order id that was not used, or the same content as before' },
    ]);
  }
  const customerId = unit.membersById.get(known.member_id)?.customerId ?? '';
  return { memberId: known.member_id, customerId, seq: known.seq, replayed: true };
}

interface AccruedOrder {
  readonly order: OrderRequest;
  readonly placedAt: number;
  readonly netMinor: number;
  readonly contentHash: string;
}

function accrue(unit: Unit, member: MemberState, accrued: AccruedOrder): number {
  const { order, placedAt, netMinor } = accrued;
  const { version, program } = unit.versionAt(placedAt);
  const { ladder } = program.tiers;
  const before = afterReviews(member.standing, program.tiers, member.days, placedAt, program.timeZone);
  const { multiplierPercent } = tierOf(ladder, before);
  const value = { netMinor, currency: order.currency };
  const points = pointsForOrder(program.earning.rules, value, multiplierPercent);
  // Points toward a tier leave the tier's own multiplier out: a tier does not speed up the way to the next.
  const qualifying = pointsForOrder(program.earning.rules, value, 100);
  const day = localDateOf(placedAt, program.timeZone);
  const days = new Map(member.days).set(day, (member.days.get(day) ?? 0) + qualifying);
  const availableAt = placedAt + program.earning.confirmationDelayDays * DAY_MS;
  const paysDebt = Math.min(points, member.debt);
  const seq = unit.append(
    member,
    {
      kind: 'accrual',
      points,
      qualifying,
      occurredAt: placedAt,
      recordedAt: unit.now,
      programVersion: version,
      order: order.id,
      multiplierPercent,
      ...(points > 0 && {
        lot: { points, availableAt, expiresAt: expiryOf(program.expiry, placedAt, program.timeZone) },
      }),
      ...(paysDebt > 0 && { uses: [{ lot: member.seq + 1, points: paysDebt }] }),
    },
    { standing: afterAccrual(before, program.tiers, days, placedAt, program.timeZone), qualifyingDay: day },
  );
  const row = orderRow(unit.programId, member.memberId, seq, accrued, { points, qualifying });
  unit.orders.set(order.id, row);
  unit.newOrders.add(row);
  return seq;
}

function orderRow(
  programId: string,
  memberId: string,
  seq: number,
  { order, placedAt, netMinor, contentHash }: AccruedOrder,
  earned: { readonly points: number; readonly qualifying: number },
): OrderRow {
  return sealOrder({
    program_id: programId,
    order_id: order.id,
    member_id: memberId,
    seq,
    currency: order.currency,
    net_minor: netMinor,
    points: earned.points,
    qualifying: earned.qualifying,
    refunded_minor: 0,
    reversed_points: 0,
    reversed_qualifying: 0,
    placed_at: placedAt,
    facts: JSON.stringify({ lines: order.lines }),
    content_hash: contentHash,
    digest: '',
  });
}

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
