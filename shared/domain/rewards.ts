import type { UseLimit } from './limits.ts';
import type { Localized } from './program.ts';
import type { DayWindow } from './windows.ts';

/** What a reward or coupon is good for at the checkout. */
export type Worth =
  /** Money off an order; what an order does not use stays with the code where `isPartial`. */
  | { readonly kind: 'amount_off'; readonly amountMinor: number; readonly currency: string }
  | {
      readonly kind: 'percent_off';
      readonly percent: number;
      /** The most that it takes off. */
      readonly amountMinorMax?: number | undefined;
      readonly currency?: string | undefined;
    }
  | { readonly kind: 'free_shipping' }
  | { readonly kind: 'product'; readonly sku: string; readonly isShipped: boolean }
  | { readonly kind: 'service' }
  | { readonly kind: 'donation'; readonly amountMinor: number; readonly currency: string; readonly charity: Localized };

/** What it costs: a fixed number, or as many points as the member chooses, at the program's exchange ratio. */
export type RewardCost =
  | { readonly kind: 'fixed'; readonly points: number }
  | {
      readonly kind: 'variable';
      readonly pointsMin: number;
      readonly pointsMax: number;
      /** The slider's step. */
      readonly pointsStep: number;
      /** Minor units of the worth's currency for `perPoints` points. */
      readonly amountMinor: number;
      readonly perPoints: number;
    };

export interface Reward {
  readonly id: string;
  readonly name: Localized;
  readonly description?: Localized | undefined;
  /** `https:` address of a picture. */
  readonly image?: string | undefined;
  readonly worth: Worth;
  readonly cost: RewardCost;
  /** Pieces that there are in all; unlimited where absent. */
  readonly stock?: number | undefined;
  /** Per member. */
  readonly limit?: UseLimit | undefined;
  readonly tiers?: readonly string[] | undefined;
  readonly window?: DayWindow | undefined;
  /** Least net value of the order that it is used in, in the worth's currency. */
  readonly orderMinorMin?: number | undefined;
  /** Minutes for which the points are held for a code that is not used. */
  readonly holdMinutes: number;
}

/** What makes the program give a coupon by itself. */
export type CouponTrigger =
  | { readonly kind: 'event'; readonly event: string }
  | { readonly kind: 'order'; readonly netMinorMin?: number | undefined; readonly currency?: string | undefined }
  | { readonly kind: 'tier'; readonly tier: string }
  /** Only given by hand, to one member, with a reason. */
  | { readonly kind: 'personal' };

/** Coupons that members get for what they do, free of points. */
export interface CouponCampaign {
  readonly id: string;
  readonly name: Localized;
  readonly description?: Localized | undefined;
  readonly worth: Worth;
  readonly trigger: CouponTrigger;
  readonly tiers?: readonly string[] | undefined;
  /** When coupons are given. */
  readonly window?: DayWindow | undefined;
  /** Per member. */
  readonly limit?: UseLimit | undefined;
  readonly orderMinorMin?: number | undefined;
  /** Days for which a coupon can be used, the day on which it is given not counted. */
  readonly validDays: number;
}
