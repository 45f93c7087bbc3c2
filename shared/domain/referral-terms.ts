/** What a program gives for a friend. Rewarded after the friend's first order has cleared. */
export interface ReferralTerms {
  /** Points for the member who referred; 0 for none. */
  readonly referrerPoints: number;
  /** Points for the friend; 0 for none. */
  readonly friendPoints: number;
  /** Coupon campaign whose coupon the friend gets when he joins. */
  readonly friendCoupon?: string | undefined;
  /** Least net value of the friend's first order, in `currency`. */
  readonly orderMinorMin: number;
  readonly currency: string;
  /** Days from that order until it counts as cleared: the shop's return window. */
  readonly clearAfterDays: number;
  /** Days from the click in which the friend has to join and order. */
  readonly attributionDays: number;
  /** Rewards for one member in a calendar month. */
  readonly rewardsPerMonthMax: number;
  /** Fraud score, 0 … 100, from which a person decides. */
  readonly holdScore: number;
  /** Fraud score from which it is refused; the member may appeal. */
  readonly refuseScore: number;
}
