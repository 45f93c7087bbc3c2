import type { Challenge } from './challenge-terms.ts';
import type { Earning } from './earning-rules.ts';
import type { UseLimit } from './limits.ts';
import type { Occasion } from './occasion-terms.ts';
import type { ReferralTerms } from './referral-terms.ts';
import type { CouponCampaign, Reward } from './rewards.ts';
import type { Instant, LocalDate } from './time.ts';

/** Texts by BCP 47 locale, such as `{ en: 'Gold', 'zh-Hans': '金卡' }`. */
export type Localized<T = string> = Readonly<Record<string, T>>;

/** A noun in each plural form that a locale needs; `other` always. */
export type PluralForms = Readonly<
  Partial<Record<'zero' | 'one' | 'two' | 'few' | 'many', string>> & { other: string }
>;

export interface Benefit {
  readonly id: string;
  readonly description: Localized;
  /** How often a member may use it; the shop reports each use. */
  readonly limit?: UseLimit | undefined;
}

export interface Tier {
  readonly id: string;
  readonly name: Localized;
  /** Least of the ladder's metric within the period; 0 for the first tier. */
  readonly threshold: number;
  /** What accruals are multiplied with, in percent: 100 leaves them as they are. */
  readonly multiplierPercent: number;
  readonly benefits: readonly Benefit[];
}

/** Lowest tier first; the first threshold is 0, so that every member has a tier. */
export type TierLadder = readonly [Tier, ...Tier[]];

/** What is counted toward a tier. `spend` counts net value in minor units of one currency. */
export type TierMetric =
  | { readonly kind: 'points' }
  | { readonly kind: 'spend'; readonly currency: string }
  | { readonly kind: 'orders' };

/**
 * For how long it counts, and a tier once reached is kept. `rolling`: so many months back, and as many ahead. `calendar`:
 * years that begin on a day; kept to the end of the next year. `anniversary`: the same, by the day of enrolment.
 * `lifetime`: everything, for good.
 */
export type TierPeriod =
  | { readonly kind: 'rolling'; readonly months: number }
  | { readonly kind: 'calendar'; readonly month: number; readonly day: number }
  | { readonly kind: 'anniversary' }
  | { readonly kind: 'lifetime' };

/** What a review does to a member who no longer reaches his tier. */
export interface DowngradePolicy {
  /** To the tier that the period reaches; one step down; or never. */
  readonly kind: 'requalify' | 'one_step' | 'never';
  /** Days after the period's end in which it can still be reached; what is earned in them counts. */
  readonly graceDays: number;
  /** Days before a downgrade on which the member is told. */
  readonly noticeDays: number;
}

export interface TierRules {
  readonly metric: TierMetric;
  readonly period: TierPeriod;
  readonly downgrade: DowngradePolicy;
  readonly ladder: TierLadder;
}

/**
 * When points end. `after_months`: at the end of the day so many months later. `on_date`: at the end of the next such
 * day that is at least `monthsMin` away. `after_inactivity`: so many months after the member last earned or spent.
 */
export type ExpiryKind =
  | { readonly kind: 'never' }
  | { readonly kind: 'after_months'; readonly months: number }
  | { readonly kind: 'on_date'; readonly month: number; readonly day: number; readonly monthsMin: number }
  | { readonly kind: 'after_inactivity'; readonly months: number };

export type ExpiryPolicy = ExpiryKind & {
  /** Days before an expiry on which the member is told, such as 30 and 7. */
  readonly noticeDays: readonly number[];
  /** Days by which a member may put off what expires next, once for each lot; 0 for not at all. */
  readonly extensionDays: number;
  /** Spans in which nothing expires: what would, does on the first day after. Both days included. */
  readonly pauses: readonly { readonly from: LocalDate; readonly until: LocalDate }[];
};

/** What points are worth in money, for texts and sliders: `points` are worth `amountMinor` of `currency`. */
export interface PointsValue {
  readonly points: number;
  readonly amountMinor: number;
  readonly currency: string;
}

/** A purpose for which a member may consent to be contacted or to have data used. */
export interface ConsentPurpose {
  readonly id: string;
  readonly name: Localized;
  /** Grows with each change of the text; a consent keeps the version that was shown. */
  readonly textVersion: number;
  readonly text: Localized;
  /** Consent counts only once it was confirmed a second time. */
  readonly isDoubleOptIn: boolean;
}

export interface Survey {
  readonly id: string;
  readonly kind: 'nps';
  /** The shop's own wording; the locale's standard NPS question without it. */
  readonly question?: Localized | undefined;
  /** Days until the same member may be asked again. */
  readonly repeatAfterDays: number;
}

/** A merchant's rules, as published. Public: a member may read all of it. */
export interface Program {
  /** Reverse-domain name, such as `com.example.rewards`. */
  readonly id: string;
  readonly name: Localized;
  readonly description: Localized;
  /** Where a shopper joins or reads more. */
  readonly url: string;
  /** Shop origins that may show this program; scheme, host and port. */
  readonly origins: readonly string[];
  /** IANA zone in which the program's days begin and end. */
  readonly timeZone: string;
  readonly defaultLocale: string;
  /** What a point is called. `code` is three to eight capitals. */
  readonly unit: { readonly code: string; readonly name: Localized<PluralForms> };
  /** One a currency; empty where points have no value in money. */
  readonly value: readonly PointsValue[];
  readonly earning: Earning;
  readonly expiry: ExpiryPolicy;
  readonly tiers: TierRules;
  readonly rewards: readonly Reward[];
  readonly coupons: readonly CouponCampaign[];
  readonly referral?: ReferralTerms | undefined;
  readonly challenges: readonly Challenge[];
  readonly occasions: readonly Occasion[];
  readonly consents: readonly ConsentPurpose[];
  readonly surveys: readonly Survey[];
}

/** A program document with its place in the program's history. */
export interface ProgramVersion {
  readonly version: number;
  readonly effectiveAt: Instant;
  readonly program: Program;
}

/**
 * The version in force at an instant; the first one for anything older, so that an imported history has rules.
 * `versions` is ordered by version.
 */
export function versionAt(versions: readonly ProgramVersion[], instant: Instant): ProgramVersion {
  const found = versions.findLast(({ effectiveAt }) => effectiveAt <= instant) ?? versions[0];
  if (!found) throw new RangeError('versionAt: a program has at least one version');
  return found;
}

/** Whether members may have rewards or coupons. */
export function hasRedemptions({ rewards, coupons }: Program): boolean {
  return rewards.length > 0 || coupons.length > 0;
}

/** Whether rewards beside orders are counted for each member: of referrals by month, of occasions by year. */
export function countsRewards({ referral, occasions }: Program): boolean {
  return referral !== undefined || occasions.length > 0;
}

/** Whether any rule, campaign, reward, coupon or benefit is limited, so that its uses are counted. */
export function hasLimits({ earning, rewards, coupons, tiers }: Program): boolean {
  const benefits = tiers.ladder.flatMap((tier) => tier.benefits);
  return [...earning.rules, ...earning.campaigns, ...rewards, ...coupons, ...benefits].some(
    ({ limit }) => limit !== undefined,
  );
}
