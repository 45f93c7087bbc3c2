import { type Earned, earnForOrder } from '../../shared/domain/earning.ts';
import type { Earning } from '../../shared/domain/earning-rules.ts';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { UseLimit } from '../../shared/domain/limits.ts';
import { fromBigInt } from '../../shared/domain/points.ts';
import type { Program } from '../../shared/domain/program.ts';
import { tierOf } from '../../shared/domain/tiers.ts';
import { type LocalDate, localDateOf } from '../../shared/domain/time.ts';
import type { OrderRequest } from '../../shared/protocol/api.ts';
import { sealOf } from '../database/seal.ts';
import { accrue, standingAt } from './accrue.ts';
import {
  type Command,
  contentHashOf,
  MERCHANT,
  type Outcome,
  refuseFuture,
  rememberKey,
  replayOf,
} from './commands.ts';
import type { MemberState } from './member-state.ts';
import type { OrderRow } from './rows.ts';
import type { Unit } from './unit.ts';
import type { UseSubject } from './uses.ts';

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
      const seq = accrueOrder(unit, member, { order, placedAt, netMinor, contentHash });
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

function accrueOrder(unit: Unit, member: MemberState, accrued: AccruedOrder): number {
  const { order, placedAt, netMinor } = accrued;
  const { program } = unit.versionAt(placedAt);
  const { tierId, multiplierPercent } = tierAt(member, program, placedAt);
  const day = localDateOf(placedAt, program.timeZone);
  const earner = {
    tierId,
    multiplierPercent,
    day,
    used: (subject: UseSubject, limit: UseLimit) => unit.uses.used(member.memberId, subject, limit, day),
  };
  const { points, qualifying, parts, campaigns } = earnForOrder(program.earning, order, earner);
  const seq = accrue(unit, member, {
    points,
    qualifying,
    occurredAt: placedAt,
    order: order.id,
    multiplierPercent,
    parts,
    campaigns,
    counted: { orders: 1, currency: order.currency, netMinor },
  });
  countUses(unit, member, program.earning, { parts, campaigns, day });
  const row = orderRow(unit.programId, member.memberId, seq, accrued, { points, qualifying });
  unit.orders.set(order.id, row);
  unit.newOrders.add(row);
  return seq;
}

function tierAt(member: MemberState, program: Program, instant: number) {
  const { id: tierId, multiplierPercent } = tierOf(program.tiers.ladder, standingAt(member, program, instant));
  return { tierId, multiplierPercent };
}

/** Counts what an order used of the limits of rules and campaigns. */
function countUses(
  unit: Unit,
  member: MemberState,
  earning: Earning,
  { parts, campaigns, day }: Pick<Earned, 'parts' | 'campaigns'> & { readonly day: LocalDate },
): void {
  const add = (subject: UseSubject, limit: UseLimit | undefined, points: number) => {
    if (limit) unit.uses.add(unit.programId, member.memberId, subject, { limit, day, times: 1, points });
  };
  for (const { rule, points } of parts) add(`rule:${rule}`, earning.rules.find(({ id }) => id === rule)?.limit, points);
  for (const campaign of campaigns) {
    add(`campaign:${campaign}`, earning.campaigns.find(({ id }) => id === campaign)?.limit, 0);
  }
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
    facts: factsOf(order),
    content_hash: contentHash,
    digest: '',
  });
}

/** What of an order the rules look at, to be able to look again. */
function factsOf({ lines, shippingMinor }: OrderRequest): string {
  return JSON.stringify({ lines, shippingMinor });
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
