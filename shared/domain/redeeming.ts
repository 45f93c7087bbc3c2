import { LoyaltyError } from './errors.ts';
import { allowedPoints, allowsUse, type Used } from './limits.ts';
import { floorRatio } from './points.ts';
import type { PointsValue } from './program.ts';
import type { Reward, Worth } from './rewards.ts';
import type { LocalDate } from './time.ts';
import { isWithin } from './windows.ts';

/** Why a member cannot redeem a reward now. */
export type RedeemRefusal =
  | { readonly reason: 'not_now' }
  | { readonly reason: 'tier_too_low'; readonly tiers: readonly string[] }
  | { readonly reason: 'out_of_stock' }
  | { readonly reason: 'limit_reached' }
  | { readonly reason: 'not_enough_points'; readonly missing: number };

/** Who would redeem, and when. */
export interface Redeemer {
  readonly tierId: string;
  /** Points that can be spent now. */
  readonly available: number;
  /** The day in the program's time zone. */
  readonly day: LocalDate;
  /** What he used of the reward's limit in the period that the day lies in. */
  readonly used: Used;
  /** Pieces that are left; `null` where the reward is not counted. */
  readonly stockLeft: number | null;
}

/** The points that a reward takes, and what they are good for. */
export interface Price {
  readonly points: number;
  readonly worth: Worth;
}

/** The least that a reward takes. */
export function leastPrice({ cost, worth }: Reward): Price {
  return cost.kind === 'fixed'
    ? { points: cost.points, worth }
    : { points: cost.pointsMin, worth: worthOf(worth, cost, cost.pointsMin) };
}

/**
 * What a reward takes and gives for as many points as the member chose.
 *
 * @param chosen Absent for a reward of a fixed cost.
 * @throws {LoyaltyError} `invalid_request` where the choice is not one that the reward offers.
 */
export function priceOf({ cost, worth }: Reward, chosen: number | undefined): Price {
  if (cost.kind === 'fixed') {
    if (chosen === undefined || chosen === cost.points) return { points: cost.points, worth };
    throw unfit(`${cost.points}, which is what the reward costs; or nothing`);
  }
  const { pointsMin, pointsMax, pointsStep } = cost;
  const fits =
    chosen !== undefined && chosen >= pointsMin && chosen <= pointsMax && (chosen - pointsMin) % pointsStep === 0;
  if (!fits) throw unfit(`from ${pointsMin} to ${pointsMax} in steps of ${pointsStep}`);
  return { points: chosen, worth: worthOf(worth, cost, chosen) };
}

/** Only an amount grows with the points. */
function worthOf(worth: Worth, rate: { readonly amountMinor: number; readonly perPoints: number }, points: number) {
  if (worth.kind !== 'amount_off' && worth.kind !== 'donation') return worth;
  return { ...worth, amountMinor: floorRatio(points, rate.amountMinor, rate.perPoints) };
}

function unfit(detail: string): LoyaltyError {
  return new LoyaltyError('invalid_request', 'The reward does not take this number of points.', [
    { pointer: '/points', detail },
  ]);
}

/** Why a reward cannot be redeemed for `points`; `null` when it can. What time and tier decide comes before points. */
export function refusalOf(reward: Reward, points: number, redeemer: Redeemer): RedeemRefusal | null {
  if (!isWithin(reward.window, redeemer.day)) return { reason: 'not_now' };
  if (reward.tiers && !reward.tiers.includes(redeemer.tierId)) return { reason: 'tier_too_low', tiers: reward.tiers };
  if (redeemer.stockLeft !== null && redeemer.stockLeft <= 0) return { reason: 'out_of_stock' };
  const { limit } = reward;
  if (!allowsUse(limit, redeemer.used) || allowedPoints(limit, redeemer.used, points) < points) {
    return { reason: 'limit_reached' };
  }
  const missing = points - redeemer.available;
  return missing > 0 ? { reason: 'not_enough_points', missing } : null;
}

/** A refusal as the error that a command throws. */
export function refusalError(refusal: RedeemRefusal): LoyaltyError {
  switch (refusal.reason) {
    case 'not_now':
      return new LoyaltyError('not_now', 'The reward is not offered today.');
    case 'tier_too_low':
      return new LoyaltyError('tier_too_low', `The reward is for these tiers: ${refusal.tiers.join(', ')}.`);
    case 'out_of_stock':
      return new LoyaltyError('out_of_stock', 'No piece of the reward is left.');
    case 'limit_reached':
      return new LoyaltyError('limit_reached', 'The member had as many of the reward as he may.');
    case 'not_enough_points':
      return new LoyaltyError('insufficient_points', `${refusal.missing} points are missing.`);
  }
}

/** An order or cart as far as a discount goes. */
export interface DiscountedOrder {
  readonly netMinor: number;
  readonly currency: string;
  readonly shippingMinor?: number | undefined;
}

/** What a code takes off an order, or why it takes nothing. */
export type Discount = { readonly discountMinor: number } | { readonly reason: 'currency_differs' | 'order_too_small' };

/**
 * What a worth takes off an order: never more than the order's net value, rounded down. A product, a service and a
 * donation take off nothing.
 *
 * @param netMinorMin Least net value of the order, in the worth's currency where it has one.
 */
export function discountOf(worth: Worth, order: DiscountedOrder, netMinorMin = 0): Discount {
  const currency = 'currency' in worth ? worth.currency : undefined;
  if (currency !== undefined && currency !== order.currency) return { reason: 'currency_differs' };
  if (order.netMinor < netMinorMin) return { reason: 'order_too_small' };
  switch (worth.kind) {
    case 'amount_off':
      return { discountMinor: Math.min(worth.amountMinor, order.netMinor) };
    case 'percent_off': {
      const part = floorRatio(order.netMinor, worth.percent, 100);
      return { discountMinor: Math.min(part, worth.amountMinorMax ?? part) };
    }
    case 'free_shipping':
      return { discountMinor: order.shippingMinor ?? 0 };
    default:
      return { discountMinor: 0 };
  }
}

/** What points are worth in money, rounded down, in each currency that the program names. */
export function moneyOf(points: number, values: readonly PointsValue[]): { currency: string; amountMinor: number }[] {
  return values.map(({ currency, amountMinor, points: per }) => ({
    currency,
    amountMinor: floorRatio(points, amountMinor, per),
  }));
}

/** Whether a reward is handed over with a code at the checkout; others are sent or given by the shop itself. */
export function hasCode(worth: Worth): boolean {
  return worth.kind !== 'donation' && !(worth.kind === 'product' && worth.isShipped);
}

/**
 * `held`: its code can be used. `committed`: an order used it, or the shop took it. `released`: the points are back.
 * `lapsed`: a coupon that was not used in time. `withdrawn`: a coupon whose order was taken back. `returned`: the order that used it was
 * refunded whole. `requested` … `delivered`: what the shop hands over itself. `cancelled`: the shop called it off.
 */
export const REDEMPTION_STATES = [
  'held',
  'committed',
  'released',
  'lapsed',
  'withdrawn',
  'returned',
  'requested',
  'packed',
  'shipped',
  'delivered',
  'cancelled',
] as const;

export type RedemptionState = (typeof REDEMPTION_STATES)[number];
