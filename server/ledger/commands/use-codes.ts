import { refundedPoints, unusedPoints } from '../../../shared/domain/returning.ts';
import type { Instant } from '../../../shared/domain/time.ts';
import type { OrderRequest } from '../../../shared/protocol/api.ts';
import { Deferred } from '../commands.ts';
import type { RedemptionRow } from '../redemption-rows.ts';
import type { OrderRow } from '../rows.ts';
import type { MemberState } from '../unit/member-state.ts';
import { type OrderCode, orderRedemptionsOf, termsOf } from '../unit/redemption-book.ts';
import type { Unit } from '../unit/unit.ts';
import { giveBack, giveBackPoints, redeemerOf } from './give-back.ts';

/** A code that an order names, and what it took off where the shop says so. */
export interface NamedCode {
  /** As it was typed. */
  readonly code: string;
  readonly usedMinor?: number | undefined;
}

export function namedCodes({ redemptionCodes = [] }: OrderRequest): NamedCode[] {
  return redemptionCodes.map((named) => (typeof named === 'string' ? { code: named } : named));
}

/** What an order will do with a code that it names. */
export type JudgedCode =
  | { readonly row: RedemptionRow; readonly usedMinor: number | null; readonly unused: number }
  | { readonly reason: 'not_valid' | 'timed_out' };

/**
 * Looks at the codes of an order before anything is written. An order is a fact: a code that is not the customer's, not
 * held any more or not a code at all never stops it. Whether the code was good when the order was placed decides, as long
 * as its points are still held: orders come late.
 */
export function judgeCodes(
  unit: Unit,
  member: MemberState,
  codes: readonly NamedCode[],
  placedAt: Instant,
): readonly JudgedCode[] {
  const seen = new Set<string>();
  return codes.map(({ code, usedMinor }) => {
    const row = unit.redemptions.byCode(code);
    // Of a code of somebody else, a used one and an unknown one all is told that is told of any of them.
    if (!row || !unit.belongsTo(row.member_id, member) || seen.has(row.redemption_id)) return { reason: 'not_valid' };
    seen.add(row.redemption_id);
    if (row.state !== 'held') {
      const isLate = (row.state === 'released' || row.state === 'lapsed') && row.valid_until <= unit.now;
      return { reason: isLate ? 'timed_out' : 'not_valid' };
    }
    if (Math.min(placedAt, unit.now) >= row.held_until) return { reason: 'timed_out' };
    redeemerOf(unit, row);
    const { worth } = termsOf(row);
    if (worth.kind !== 'amount_off') return { row, usedMinor: usedMinor ?? null, unused: 0 };
    const used = Math.min(usedMinor ?? worth.amountMinor, worth.amountMinor);
    return { row, usedMinor: used, unused: unusedPoints(row.points, used, worth.amountMinor) };
  });
}

/** What the order keeps of its codes. */
export function orderCodesOf(judged: readonly JudgedCode[]): OrderCode[] {
  return judged.map((code) => {
    if ('reason' in code) return { reason: code.reason };
    const { row, usedMinor, unused } = code;
    return {
      redemption: row.redemption_id,
      ...(usedMinor !== null && { usedMinor }),
      ...(unused > 0 && { returnedPoints: unused }),
    };
  });
}

/** Commits an order's codes; points for what it did not use of an amount come back. */
export function commitCodes(unit: Unit, judged: readonly JudgedCode[], orderId: string): void {
  for (const code of judged) {
    if ('reason' in code) continue;
    const { row, usedMinor, unused } = code;
    const returned = giveBackPoints(unit, row, unused, { at: unit.now, isShops: true, order: orderId });
    unit.redemptions.step(
      row,
      { state: 'committed', at: unit.now },
      { order_id: orderId, used_minor: usedMinor, unused_points: returned, returned_points: returned },
    );
    const { redemption_id: redemption, origin, reward_id: reward, points } = row;
    const used = { redemption, origin, reward, order: orderId, points: points - unused };
    unit.tell(redeemerOf(unit, row), 'reward.used', unit.now, used);
  }
}

/** The redemptions that an order used. @throws {Deferred} where one was not read. */
export function redemptionsOf(unit: Unit, order: OrderRow): RedemptionRow[] {
  const { codes = [] } = orderRedemptionsOf(order.facts);
  return codes.flatMap((code) => {
    if (!('redemption' in code)) return [];
    const row = unit.redemptions.byId(code.redemption);
    if (!row) throw new Deferred();
    redeemerOf(unit, row);
    return row.order_id === order.order_id && row.state === 'committed' ? row : [];
  });
}

/** Gives back what a refund of the order gives back of the codes that it used. */
export function refundCodes(
  unit: Unit,
  rows: readonly RedemptionRow[],
  order: OrderRow,
  refund: { readonly id: string; readonly at: Instant },
): void {
  const { net_minor: netMinor, refunded_minor: refundedMinor } = order;
  const back = { at: refund.at, isShops: true, order: order.order_id, refund: refund.id };
  for (const row of rows) {
    if (refundedMinor === netMinor) {
      // Its discount is undone with the order: a coupon can be used again as long as it would have been good.
      if (row.origin === 'coupon' && unit.now < row.valid_until) {
        const again = { held_until: row.valid_until, order_id: null, used_minor: null };
        unit.redemptions.step(row, { state: 'held', at: refund.at }, again);
      } else giveBack(unit, row, 'returned', back);
      continue;
    }
    const { points, unused_points: unused, returned_points: returned } = row;
    const due = refundedPoints({ points, unused, returned }, { netMinor, refundedMinor });
    const given = giveBackPoints(unit, row, due, back);
    if (given > 0) unit.redemptions.change(row, { returned_points: returned + given });
  }
}
