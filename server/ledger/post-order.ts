import { type Earned, earnForOrder } from '../../shared/domain/earning.ts';
import type { Earning } from '../../shared/domain/earning-rules.ts';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import { limitPeriodOf, type Used, type UseLimit } from '../../shared/domain/limits.ts';
import { fromBigInt } from '../../shared/domain/points.ts';
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
import { afterFact } from './consequences.ts';
import type { MemberState } from './member-state.ts';
import type { OrderCode, OrderRedemptions } from './redemption-book.ts';
import type { OrderRow } from './rows.ts';
import type { Unit } from './unit.ts';
import { commitCodes, judgeCodes, namedCodes, orderCodesOf } from './use-codes.ts';
import type { UseSubject } from './uses.ts';

/** Accrues points for a paid order. Its own id makes it idempotent, with or without a key. */
export function postOrder(order: OrderRequest, idempotencyKey?: string): Command {
  const placedAt = Date.parse(order.placedAt);
  const contentHash = contentHashOf(['order', { ...order, placedAt }]);
  const netMinor = netOf(order.lines);
  const codes = namedCodes(order);
  const needs = {
    customerId: order.memberId,
    orderId: order.id,
    occurredAt: placedAt,
    ...(codes.length > 0 && { redemptions: { codes: codes.map(({ code }) => code) } }),
    ...(idempotencyKey !== undefined && { key: { caller: MERCHANT, text: idempotencyKey } }),
  };
  return {
    needs,
    decide(unit) {
      const replay = replayOf(unit, needs, contentHash) ?? replayOfOrder(unit, order.id, contentHash);
      if (replay) return replay;
      refuseFuture(placedAt, unit.now, '/placedAt');
      const member = unit.customer(order.memberId);
      const judged = judgeCodes(unit, member, codes, placedAt);
      const { tierId: tierBefore } = standingAt(unit, member, placedAt);
      const seq = accrueOrder(unit, member, { order, placedAt, netMinor, contentHash, codes: orderCodesOf(judged) });
      commitCodes(unit, judged, order.id);
      const fact = { type: 'order', id: order.id, occurredAt: placedAt, seq, tierBefore, data: {} };
      afterFact(unit, member, { ...fact, order: { ...order, netMinor } });
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
  /** What becomes of the codes that it names. */
  readonly codes: readonly OrderCode[];
}

function accrueOrder(unit: Unit, member: MemberState, accrued: AccruedOrder): number {
  const { order, placedAt, netMinor } = accrued;
  const { program } = unit.versionAt(placedAt);
  const { tierId, multiplierPercent } = tierAt(unit, member, placedAt);
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
  const limited = usesOfLimits(program.earning, { parts, campaigns, day });
  countUses(unit, member, limited);
  const row = orderRow(unit.programId, member.memberId, seq, accrued, { points, qualifying, limited });
  unit.orders.set(order.id, row);
  unit.newOrders.add(row);
  return seq;
}

function tierAt(unit: Unit, member: MemberState, instant: number) {
  const { program } = unit.versionAt(instant);
  const { id: tierId, multiplierPercent } = tierOf(program.tiers.ladder, standingAt(unit, member, instant));
  return { tierId, multiplierPercent };
}

/** Uses of limits that an order or event came to. */
export interface LimitedUse extends Used {
  readonly subject: UseSubject;
  /** First day of the limit's period. */
  readonly period: LocalDate;
}

/** What was earned on a day used of the limits of rules and campaigns. */
export function usesOfLimits(
  earning: Earning,
  { parts, campaigns, day }: Pick<Earned, 'parts' | 'campaigns'> & { readonly day: LocalDate },
): LimitedUse[] {
  const uses: LimitedUse[] = [];
  const add = (subject: UseSubject, limit: UseLimit | undefined, points: number) => {
    if (limit) uses.push({ subject, period: limitPeriodOf(limit.per, day), times: 1, points });
  };
  for (const { rule, points } of parts) add(`rule:${rule}`, earning.rules.find(({ id }) => id === rule)?.limit, points);
  for (const campaign of campaigns) {
    add(`campaign:${campaign}`, earning.campaigns.find(({ id }) => id === campaign)?.limit, 0);
  }
  return uses;
}

export function countUses(unit: Unit, member: MemberState, uses: readonly LimitedUse[]): void {
  for (const { subject, period, ...use } of uses) {
    unit.uses.addIn(period, unit.programId, member.memberId, subject, use);
  }
}

/** An order that was returned whole used nothing of any limit. */
export function giveUsesBack(unit: Unit, member: MemberState, order: OrderRow): void {
  const { limited = [] } = JSON.parse(order.facts) as OrderFacts;
  for (const { subject, period, times, points } of limited) {
    unit.uses.addIn(period, unit.programId, member.memberId, subject, { times: -times, points: -points || 0 });
  }
}

function orderRow(
  programId: string,
  memberId: string,
  seq: number,
  { order, placedAt, netMinor, contentHash, codes }: AccruedOrder,
  earned: { readonly points: number; readonly qualifying: number; readonly limited: readonly LimitedUse[] },
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
    facts: factsOf(order, earned.limited, codes),
    content_hash: contentHash,
    digest: '',
  });
}

interface OrderFacts extends Pick<OrderRequest, 'lines' | 'shippingMinor'>, OrderRedemptions {
  readonly limited?: readonly LimitedUse[];
}

/** What of an order the rules look at, to be able to look again; what it used of their limits, and its codes. */
function factsOf(
  { lines, shippingMinor }: OrderRequest,
  limited: readonly LimitedUse[],
  codes: readonly OrderCode[],
): string {
  const facts: OrderFacts = {
    lines,
    shippingMinor,
    ...(limited.length > 0 && { limited }),
    ...(codes.length > 0 && { codes }),
  };
  return JSON.stringify(facts);
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
