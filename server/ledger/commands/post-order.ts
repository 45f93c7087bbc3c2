import { earnForOrder } from '../../../shared/domain/earning.ts';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import type { UseLimit } from '../../../shared/domain/limits.ts';
import { tierOf } from '../../../shared/domain/tiers.ts';
import { localDateOf } from '../../../shared/domain/time.ts';
import type { OrderRequest } from '../../../shared/protocol/api.ts';
import {
  type Command,
  contentHashOf,
  MERCHANT,
  type Outcome,
  refuseFuture,
  rememberKey,
  replayOf,
} from '../commands.ts';
import { netOf, sealOrder } from '../order-rows.ts';
import type { OrderRow } from '../rows.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { OrderCode, OrderRedemptions } from '../unit/redemption-book.ts';
import type { Unit } from '../unit/unit.ts';
import type { UseSubject } from '../unit/uses.ts';
import { accrue, standingAt } from './accrue.ts';
import { afterFact } from './consequences.ts';
import { countUses, type LimitedUse, type OrderUses, usesOfLimits } from './count-uses.ts';
import { commitCodes, judgeCodes, namedCodes, orderCodesOf } from './use-codes.ts';

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

interface OrderFacts extends Pick<OrderRequest, 'lines' | 'shippingMinor'>, OrderRedemptions, OrderUses {}

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
