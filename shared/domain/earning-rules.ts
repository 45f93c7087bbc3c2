import type { UseLimit } from './limits.ts';
import type { Localized } from './program.ts';
import type { DayWindow } from './windows.ts';

/** Lines of an order: those with a listed sku or of a listed category. */
export interface LineMatch {
  readonly skus?: readonly string[] | undefined;
  readonly categories?: readonly string[] | undefined;
}

/** What every rule and campaign may be narrowed by; what is absent does not narrow. */
export interface Terms {
  readonly id: string;
  /** What members read; made from the numbers where absent. */
  readonly name?: Localized | undefined;
  /** Lines that count. */
  readonly match?: LineMatch | undefined;
  /** Lines that do not count, also where `match` takes them. */
  readonly except?: LineMatch | undefined;
  /** Tiers whose members it holds for. */
  readonly tiers?: readonly string[] | undefined;
  readonly window?: DayWindow | undefined;
  /** Per member. */
  readonly limit?: UseLimit | undefined;
}

/** Points per money spent: `points` for each `perMinor` of eligible value; one rule a currency. */
export interface PerAmountRule extends Terms {
  readonly kind: 'per_amount';
  readonly points: number;
  /** Minor units of `currency` that earn `points`. */
  readonly perMinor: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** Points for each order that has a line that counts, whatever its value. */
export interface PerOrderRule extends Terms {
  readonly kind: 'per_order';
  readonly points: number;
}

/** Points for each piece of a line that counts. */
export interface PerProductRule extends Terms {
  readonly kind: 'per_product';
  readonly points: number;
}

/** Points for a fact other than an order: sign-up, review, survey, birthday, share, visit or one of the shop's own. */
export interface PerEventRule extends Terms {
  readonly kind: 'per_event';
  /** The event's `type`. */
  readonly event: string;
  readonly points: number;
  /** Whether the points count toward a tier. */
  readonly qualifies?: boolean | undefined;
}

export type OrderRule = PerAmountRule | PerOrderRule | PerProductRule;
export type EarningRule = OrderRule | PerEventRule;

/** A time in which orders earn more: member day, double-points weekend. */
export interface Campaign extends Terms {
  /** 200 doubles what the lines that count earn. */
  readonly multiplierPercent: number;
}

/**
 * How a tier's multiplier and those of campaigns come together: the largest alone; their parts above 100 added up; or
 * all of them multiplied.
 */
export type Stacking = 'max' | 'sum' | 'product';

/** What of an order's value earns. Net value is after discounts, without tax and shipping. */
export interface EarningBasis {
  readonly tax: 'excluded' | 'included';
  readonly shipping: 'excluded' | 'included';
  readonly discounts: 'deducted' | 'ignored';
}

export interface Earning {
  readonly rules: readonly EarningRule[];
  readonly campaigns: readonly Campaign[];
  readonly stacking: Stacking;
  readonly basis: EarningBasis;
  /** Days until accrued points post and can be spent. */
  readonly confirmationDelayDays: number;
}
