import type { Lot, LotReturn, LotUse } from './lots.ts';
import { floorRatio } from './points.ts';
import { addDays, type Instant, localDateOf, startOfDay } from './time.ts';

/** Days that a member has for points that come back to him, where their own expiry is sooner. */
const GRACE_DAYS = 30;

/** What a redemption took, and what of it came back. */
export interface Paid {
  /** Points that it took. */
  readonly points: number;
  /** Points for the part of its worth that its order did not use. */
  readonly unused: number;
  /** All points that came back, `unused` included. */
  readonly returned: number;
}

/**
 * Points to give back for the part of an amount that an order did not use, rounded in the member's favor by less than one
 * point; but what was used is never free, unless all of it was: a coupon takes no points and gives none back.
 */
export function unusedPoints(points: number, usedMinor: number, amountMinor: number): number {
  if (usedMinor <= 0) return points;
  if (points === 0 || usedMinor >= amountMinor) return 0;
  return points - Math.max(1, floorRatio(points, usedMinor, amountMinor));
}

/**
 * Points to give back now that `refundedMinor` of the order's net value are refunded in all: in proportion, rounded down;
 * so any split of a refund gives back the same in sum, and a full refund everything.
 */
export function refundedPoints(
  { points, unused, returned }: Paid,
  order: { readonly netMinor: number; readonly refundedMinor: number },
): number {
  const paid = points - unused;
  const due = order.refundedMinor >= order.netMinor ? paid : floorRatio(paid, order.refundedMinor, order.netMinor);
  return Math.max(0, unused + due - returned);
}

/**
 * The lots that `points` go back to: what was taken last, which expires last, comes back first.
 *
 * @param uses What the redemption took, in its order.
 * @param returned Points of it that came back before.
 */
export function returnsOf(uses: readonly LotUse[], returned: number, points: number): LotUse[] {
  const returns: LotUse[] = [];
  let [skip, left] = [returned, points];
  for (const { lot, points: taken } of [...uses].reverse()) {
    const skipped = Math.min(skip, taken);
    skip -= skipped;
    const back = Math.min(left, taken - skipped);
    if (back > 0) returns.push({ lot, points: back });
    left -= back;
  }
  if (left > 0) throw new RangeError(`returnsOf: ${left} points more than were taken`);
  return returns;
}

/**
 * When points that come back expire: as they would have, or 30 days from now where that is later. A lot gets that time
 * once by what the member does himself (letting a code run out, putting it back), so that nobody keeps points alive by
 * redeeming them over and over; what the shop cancels or refunds gets it each time.
 */
export function withGrace(
  returns: readonly LotUse[],
  lotOf: (seq: number) => Lot,
  back: { readonly at: Instant; readonly timeZone: string; readonly isShops: boolean },
): LotReturn[] {
  const grace = startOfDay(addDays(localDateOf(back.at, back.timeZone), GRACE_DAYS + 1), back.timeZone);
  return returns.map((use) => {
    const { expiresAt, isExtended } = lotOf(use.lot);
    return expiresAt < grace && (back.isShops || !isExtended) ? { ...use, expiresAt: grace } : use;
  });
}

/** What of the lots that points came back to pays the member's debt: what expires first. */
export function debtPayments(returns: readonly LotReturn[], lotOf: (seq: number) => Lot, debt: number): LotUse[] {
  const expiryOf = ({ lot, expiresAt }: LotReturn) => expiresAt ?? lotOf(lot).expiresAt;
  const uses: LotUse[] = [];
  let owed = debt;
  for (const { lot, points } of [...returns].sort((a, b) => expiryOf(a) - expiryOf(b) || a.lot - b.lot)) {
    const paid = Math.min(owed, points);
    if (paid > 0) uses.push({ lot, points: paid });
    owed -= paid;
  }
  return uses;
}
