import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { reclaimLots } from '../../../shared/domain/lots.ts';
import { reversalFor } from '../../../shared/domain/refunds.ts';
import { localDateOf } from '../../../shared/domain/time.ts';
import type { RefundRequest } from '../../../shared/protocol/api.ts';
import { sealOf } from '../../database/seal.ts';
import {
  type Command,
  contentHashOf,
  Deferred,
  MERCHANT,
  type Outcome,
  refuseFuture,
  rememberKey,
  replayOf,
  withLots,
} from '../commands.ts';
import { netOf, sealOrder } from '../order-rows.ts';
import type { OrderRow, RefundRow } from '../rows.ts';
import type { MemberState } from '../unit/member-state.ts';
import { refundKey, type Unit } from '../unit/unit.ts';
import { standingAt } from './accrue.ts';
import { afterReturn, beforeReturn } from './consequences.ts';
import { giveUsesBack } from './count-uses.ts';
import { redemptionsOf, refundCodes } from './use-codes.ts';

/** Takes back what an order earned, in proportion to the refunded part. Its own id makes it idempotent. */
export function postRefund(orderId: string, refund: RefundRequest, idempotencyKey?: string): Command {
  const refundedAt = Date.parse(refund.refundedAt);
  const contentHash = contentHashOf(['refund', orderId, { ...refund, refundedAt }]);
  const amountMinor = refund.amountMinor ?? netOf(refund.lines ?? []);
  const needs = {
    orderId,
    lots: true,
    occurredAt: refundedAt,
    ...(idempotencyKey !== undefined && { key: { caller: MERCHANT, text: idempotencyKey } }),
  };
  return {
    needs,
    decide(unit) {
      const order = unit.orders.get(orderId);
      if (!order) throw new LoyaltyError('order_not_found', 'No order with this id was posted to this program.');
      const known = unit.membersById.get(order.member_id);
      if (!known) throw new Deferred();
      const replay = replayOf(unit, needs, contentHash) ?? replayOfRefund(unit, known, order, refund.id, contentHash);
      if (replay) return replay;
      refuseFuture(refundedAt, unit.now, '/refundedAt');
      if (refund.lines) refuseUnknownLines(order, refund.lines);
      beforeReturn(unit, order);
      const used = redemptionsOf(unit, order);
      const isWhole = isWholeAfter(unit, order, amountMinor);
      const seq = reverse(unit, withLots(known), order, { refund, refundedAt, amountMinor, contentHash });
      const refunded = unit.orders.get(orderId) as OrderRow;
      refundCodes(unit, used, refunded, { id: refund.id, at: refundedAt });
      afterReturn(unit, known, { before: order, after: refunded, isWhole, at: refundedAt });
      const outcome = { memberId: known.memberId, customerId: known.customerId, seq, replayed: false };
      rememberKey(unit, needs, contentHash, outcome);
      return outcome;
    },
  };
}

function replayOfRefund(
  unit: Unit,
  member: MemberState,
  order: OrderRow,
  refundId: string,
  contentHash: string,
): Outcome | null {
  const known = unit.refunds.get(refundKey(order.order_id, refundId));
  if (!known) return null;
  if (known.content_hash !== contentHash) {
    throw new LoyaltyError('idempotency_conflict', 'This refund was posted before with other content.', [
      { pointer: '/id', detail: 'a refund id that was not used, or the same content as before' },
    ]);
  }
  return { memberId: member.memberId, customerId: member.customerId, seq: known.seq, replayed: true };
}

/** @throws {LoyaltyError} `refund_exceeds_order` for a line that the order does not have. */
function refuseUnknownLines(order: OrderRow, lines: NonNullable<RefundRequest['lines']>): void {
  const { lines: ordered } = JSON.parse(order.facts) as { lines: readonly { readonly sku: string }[] };
  const skus = new Set(ordered.map(({ sku }) => sku));
  const faults = lines.flatMap(({ sku }, index) =>
    skus.has(sku) ? [] : [{ pointer: `/lines/${index}/sku`, detail: 'a sku of the order' }],
  );
  if (faults.length > 0) {
    throw new LoyaltyError('refund_exceeds_order', 'The refund names a line that the order does not have.', faults);
  }
}

interface Refunded {
  readonly refund: RefundRequest;
  readonly refundedAt: number;
  readonly amountMinor: number;
  readonly contentHash: string;
}

function reverse(unit: Unit, member: MemberState, order: OrderRow, refunded: Refunded): number {
  const { refund, refundedAt, amountMinor } = refunded;
  const { version } = unit.versionAt(refundedAt);
  const reversal = reversalFor(
    {
      netMinor: order.net_minor,
      points: order.points,
      qualifying: order.qualifying,
      refundedMinor: order.refunded_minor,
      reversedPoints: order.reversed_points,
      reversedQualifying: order.reversed_qualifying,
    },
    amountMinor,
    expiredOf(unit, member, order.seq),
  );
  const isWhole = isWholeAfter(unit, order, amountMinor);
  const { uses } = reclaimLots(member.lots.values(), order.seq, reversal.points, unit.now);
  const seq = unit.append(
    member,
    {
      kind: 'reversal',
      points: -reversal.points || 0,
      qualifying: -reversal.qualifying || 0,
      occurredAt: refundedAt,
      recordedAt: unit.now,
      programVersion: version,
      order: order.order_id,
      refund: refund.id,
      reverses: order.seq,
      counted: {
        // An order that is refunded whole is none.
        orders: isWhole ? -1 : 0,
        currency: order.currency,
        netMinor: -amountMinor || 0,
      },
      uses,
    },
    {
      standing: standingAt(unit, member, refundedAt),
      // What no longer qualifies leaves the day on which it had qualified.
      qualifyingDay: localDateOf(order.placed_at, unit.versionAt(order.placed_at).program.timeZone),
      useKind: 'reversed',
    },
  );
  if (isWhole) giveUsesBack(unit, member, order);
  const changed = sealOrder({
    ...order,
    refunded_minor: reversal.refundedMinor,
    reversed_points: order.reversed_points + reversal.points,
    reversed_qualifying: order.reversed_qualifying + reversal.qualifying,
  });
  replaceOrder(unit, order, changed);
  const row: RefundRow = {
    program_id: unit.programId,
    order_id: order.order_id,
    refund_id: refund.id,
    member_id: member.memberId,
    seq,
    amount_minor: amountMinor,
    refunded_at: refundedAt,
    content_hash: refunded.contentHash,
    digest: '',
  };
  const { digest: _digest, ...columns } = row;
  const sealed = { ...row, digest: sealOf(Object.values(columns)) };
  unit.refunds.set(refundKey(order.order_id, refund.id), sealed);
  unit.newRefunds.push(sealed);
  return seq;
}

/** Whether a refund takes what was left of an order. */
function isWholeAfter(unit: Unit, order: OrderRow, amountMinor: number): boolean {
  if (order.net_minor === 0) return !hasRefund(unit, order);
  return amountMinor > 0 && order.refunded_minor + amountMinor === order.net_minor;
}

/** An order without value is refunded whole by its first refund. */
function hasRefund(unit: Unit, order: OrderRow): boolean {
  return [...unit.refunds.values()].some(({ order_id }) => order_id === order.order_id);
}

/**
 * Points of the order's lot that are past their last day, whether an entry has written them off yet or not; also of what
 * the lot became where its member was merged.
 */
function expiredOf(unit: Unit, { memberId }: MemberState, seq: number): number {
  let expired = 0;
  for (const place of [{ memberId, seq }, ...unit.carriedLots(memberId, seq)]) {
    const lot = unit.membersById.get(place.memberId)?.lots.get(place.seq);
    if (lot) expired += lot.expired + (lot.expiresAt <= unit.now ? lot.remaining : 0);
  }
  return expired;
}

function replaceOrder(unit: Unit, order: OrderRow, changed: OrderRow): void {
  unit.orders.set(order.order_id, changed);
  const set = unit.newOrders.delete(order) ? unit.newOrders : unit.changedOrders;
  unit.changedOrders.delete(order);
  set.add(changed);
}
