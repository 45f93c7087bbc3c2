import { localizedText, unitName } from '../../shared/format/points.ts';
import type { Account } from '../../shared/protocol/api.ts';
import { wholeOf } from '../internal/inputs.ts';

/** Where a member stands on the ladder: what an account tells, or attributes where there is none. */
export interface Standing {
  readonly tier: string | null;
  /** Qualifying points within the current period. */
  readonly points: number | null;
  /** Points that the tier itself asks for. */
  readonly threshold: number | null;
  /** Name of the next tier; `null` at the top. */
  readonly nextTier: string | null;
  readonly nextThreshold: number | null;
  /** Day of the next review, `null` in the first tier. */
  readonly reviewOn: string | null;
}

/** The standing that an account tells. */
export function standingOf({ tier }: Account, locale: string): Standing {
  const { name, metric, qualifying, threshold, next, reviewOn } = tier;
  return {
    tier: localizedText(name, locale),
    // What is spent or ordered has no words here yet: rather nothing than numbers that are no points.
    points: metric.kind === 'points' ? wholeOf(qualifying) : null,
    threshold: wholeOf(threshold),
    nextTier: next && localizedText(next.name, locale),
    nextThreshold: next && wholeOf(next.threshold),
    reviewOn,
  };
}

/** What `count` points are called. */
export const unitFor = (account: Account | null, unit: string | null, count: number, locale: string): string =>
  account ? unitName(account.unit.name, count, locale) : (unit ?? '');
