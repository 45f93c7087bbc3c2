import { hash } from 'node:crypto';
import type { OrderRow } from '../rows.ts';
import type { Unit } from '../unit/unit.ts';

/** The id of a coupon that follows from what it was given for: the same fact gives it once. */
export function couponIdOf(programId: string, memberId: string, source: string, campaignId: string): string {
  const digest = hash('sha256', JSON.stringify([programId, memberId, source, campaignId]), 'base64url');
  return `cpn_${digest.slice(0, 20)}`;
}

/** What a coupon was given for. */
export const orderSource = (orderId: string) => `order ${orderId}`;

/** Ids of the coupons that an order may have brought. */
export function couponIdsOf(unit: Unit, order: OrderRow): string[] {
  const { coupons } = unit.versionAt(order.placed_at).program;
  return coupons
    .filter(({ trigger }) => trigger.kind === 'order')
    .map(({ id }) => couponIdOf(unit.programId, order.member_id, orderSource(order.order_id), id));
}
