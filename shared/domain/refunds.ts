import { LoyaltyError } from './errors.ts';
import { floorRatio } from './points.ts';

/** An order as far as refunds care: what it was worth, what it earned, and what was taken back so far. */
export interface RefundableOrder {
  readonly netMinor: number;
  readonly points: number;
  readonly qualifying: number;
  readonly refundedMinor: number;
  readonly reversedPoints: number;
  readonly reversedQualifying: number;
}

export interface Reversal {
  /** Points to take back now, at least 0. */
  readonly points: number;
  /** Qualifying points to take back now, at least 0. */
  readonly qualifying: number;
  /** Net value refunded so far, this refund included. */
  readonly refundedMinor: number;
}

/**
 * What a refund takes back. The member keeps what the rest of the order earns, rounded down as the whole order was; so
 * any split of a refund takes the same in sum, and a full refund takes everything.
 *
 * @param expiredPoints Points of the order's lot that expired: they are gone already and are not taken twice.
 * @throws {LoyaltyError} `refund_exceeds_order`.
 */
export function reversalFor(order: RefundableOrder, amountMinor: number, expiredPoints: number): Reversal {
  const refundedMinor = order.refundedMinor + amountMinor;
  if (refundedMinor > order.netMinor) {
    throw new LoyaltyError(
      'refund_exceeds_order',
      `${order.netMinor - order.refundedMinor} of ${order.netMinor} minor units are left to refund.`,
      [{ pointer: '/amountMinor', detail: `at most ${order.netMinor - order.refundedMinor}` }],
    );
  }
  const keptPoints = keptOf(order.points, order.netMinor, refundedMinor);
  const due = Math.min(order.points - keptPoints, order.points - expiredPoints);
  return {
    points: Math.max(0, due - order.reversedPoints),
    qualifying: order.qualifying - keptOf(order.qualifying, order.netMinor, refundedMinor) - order.reversedQualifying,
    refundedMinor,
  };
}

/** An order without value is refunded whole or not at all. */
function keptOf(earned: number, netMinor: number, refundedMinor: number): number {
  if (netMinor === 0) return 0;
  return floorRatio(earned, netMinor - refundedMinor, netMinor);
}
