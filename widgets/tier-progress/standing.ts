import { localizedText, unitName } from '../../shared/format/points.ts';
import type { Account } from '../../shared/protocol/api.ts';
import { wholeOf } from '../internal/inputs.ts';

/** Where a member stands on the ladder, ready to be put into words. */
export interface Standing {
  readonly tier: string;
  /** Qualifying points within the current period. */
  readonly have: number;
  /** Points that the bar is about: what the next tier asks, or this one at the top. */
  readonly need: number;
  /** Name of the next tier; `null` at the top. */
  readonly next: string | null;
  /** Points still missing to keep the tier at its review; 0 when it is safe. */
  readonly missingToKeep: number;
  /** Day of the next review, `null` in the first tier. */
  readonly reviewOn: string | null;
  /** What `count` points are called. */
  unit(count: number): string;
}

/** Attributes of an element that works without a server. */
export interface StandingAttributes {
  readonly tier: string | null;
  readonly points: number | null;
  readonly threshold: number | null;
  readonly nextTier: string | null;
  readonly nextThreshold: number | null;
  readonly reviewOn: string | null;
  readonly unit: string | null;
}

const DAY = /^\d{4}-\d\d-\d\d$/;
const dayOf = (text: unknown): string | null =>
  typeof text === 'string' && DAY.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;

/** The standing that an account tells; `null` when it tells none for sure. */
export function standingOfAccount({ tier, unit }: Account, locale: string): Standing | null {
  const next = tier.next ?? null;
  return standing({
    tier: localizedText(tier.name, locale),
    have: wholeOf(tier.qualifying),
    threshold: wholeOf(tier.threshold),
    next: next && localizedText(next.name, locale),
    nextThreshold: next && wholeOf(next.threshold),
    reviewOn: dayOf(tier.reviewOn),
    unit: (count) => unitName(unit.name, count, locale),
  });
}

/** The standing that attributes tell; `null` when they tell none for sure. */
export const standingOfAttributes = (attributes: StandingAttributes): Standing | null =>
  standing({
    tier: attributes.tier,
    have: wholeOf(attributes.points),
    threshold: wholeOf(attributes.threshold ?? 0),
    next: attributes.nextTier,
    nextThreshold: wholeOf(attributes.nextThreshold),
    reviewOn: dayOf(attributes.reviewOn),
    unit: () => attributes.unit ?? '',
  });

function standing(facts: {
  readonly tier: string | null;
  readonly have: number | null;
  readonly threshold: number | null;
  readonly next: string | null;
  readonly nextThreshold: number | null;
  readonly reviewOn: string | null;
  readonly unit: (count: number) => string;
}): Standing | null {
  const { tier, have, threshold, next, nextThreshold, reviewOn, unit } = facts;
  if (!tier || have === null || threshold === null || (next && nextThreshold === null)) return null;
  return {
    tier,
    have,
    need: next && nextThreshold !== null ? nextThreshold : threshold,
    next,
    missingToKeep: reviewOn ? Math.max(0, threshold - have) : 0,
    reviewOn,
    unit,
  };
}
