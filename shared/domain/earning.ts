import { LoyaltyError } from './errors.ts';
import { fromBigInt, type Points, points } from './points.ts';
import type { EarningRule } from './program.ts';

/** What an order is worth to the rules: its net value after discounts, without tax and shipping. */
export interface OrderValue {
  readonly netMinor: number;
  /** ISO 4217. */
  readonly currency: string;
}

/**
 * Points that an order earns at a multiplier of `multiplierPercent` (100 = as the rules say).
 *
 * Rounds down once, on the whole order and all rules together: rounding each part would cost the member up to a point a
 * part.
 *
 * @throws {LoyaltyError} `currency_not_supported` when rules earn per amount, but none in this currency;
 *   `points_overflow`.
 */
export function pointsForOrder(rules: readonly EarningRule[], order: OrderValue, multiplierPercent: number): Points {
  let numerator = 0n;
  let denominator = 1n;
  let needsCurrency = false;
  let hasCurrency = false;
  for (const rule of rules) {
    if (rule.kind === 'per_order') {
      numerator += BigInt(rule.points) * denominator;
    } else if (rule.currency === order.currency) {
      hasCurrency = true;
      const part = BigInt(order.netMinor) * BigInt(rule.points);
      numerator = numerator * BigInt(rule.perMinor) + part * denominator;
      denominator *= BigInt(rule.perMinor);
    } else {
      needsCurrency = true;
    }
  }
  if (needsCurrency && !hasCurrency) {
    throw new LoyaltyError('currency_not_supported', `The program has no earning rule for ${order.currency}.`, [
      { pointer: '/currency', detail: 'a currency of one of the earning rules' },
    ]);
  }
  return points(fromBigInt((numerator * BigInt(multiplierPercent)) / (denominator * 100n)));
}
