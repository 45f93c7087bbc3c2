import type { Instant } from './time.ts';

/** Texts by BCP 47 locale, such as `{ en: 'Gold', 'zh-Hans': '金卡' }`. */
export type Localized<T = string> = Readonly<Record<string, T>>;

/** A noun in each plural form that a locale needs; `other` always. */
export type PluralForms = Readonly<
  Partial<Record<'zero' | 'one' | 'two' | 'few' | 'many', string>> & { other: string }
>;

/** Points per money spent: `points` for each full or partial `perMinor` of net order value, rounded on the whole order. */
export interface PerAmountRule {
  readonly id: string;
  readonly kind: 'per_amount';
  readonly points: number;
  /** Minor units of `currency` that earn `points`. */
  readonly perMinor: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** Points for each order, whatever its value. */
export interface PerOrderRule {
  readonly id: string;
  readonly kind: 'per_order';
  readonly points: number;
}

export type EarningRule = PerAmountRule | PerOrderRule;

export interface Benefit {
  readonly id: string;
  readonly description: Localized;
}

export interface Tier {
  readonly id: string;
  readonly name: Localized;
  /** Least qualifying points within the period; 0 for the first tier. */
  readonly threshold: number;
  /** What accruals are multiplied with, in percent: 100 leaves them as they are. */
  readonly multiplierPercent: number;
  readonly benefits: readonly Benefit[];
}

/** Lowest tier first; the first threshold is 0, so that every member has a tier. */
export type TierLadder = readonly [Tier, ...Tier[]];

export interface TierRules {
  /** Qualifying points count for this long; a tier once reached is kept for this long before it is reviewed. */
  readonly period: { readonly kind: 'rolling'; readonly months: number };
  readonly ladder: TierLadder;
}

export type ExpiryPolicy = { readonly kind: 'never' } | { readonly kind: 'after_months'; readonly months: number };

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
  readonly earning: {
    readonly rules: readonly EarningRule[];
    /** Days until accrued points post and can be spent. */
    readonly confirmationDelayDays: number;
  };
  readonly expiry: ExpiryPolicy;
  readonly tiers: TierRules;
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
