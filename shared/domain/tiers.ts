import type { Tier, TierLadder, TierRules } from './program.ts';
import { addDays, addMonths, type Instant, type LocalDate, localDateOf, NEVER, startOfDay } from './time.ts';

/**
 * Where a member stands on the ladder. A tier is reached at once and kept until its review, one period later; spending
 * points or returning an order never lowers it before.
 */
export interface TierStanding {
  readonly tierId: string;
  /** When the tier was reached; `null` for the tier that everybody starts in. */
  readonly since: Instant | null;
  /** First instant after the last day on which the tier is safe; `NEVER` in the first tier. */
  readonly reviewAt: Instant;
}

/** Qualifying points by the program's calendar days. */
export type QualifyingDays = ReadonlyMap<LocalDate, number>;

/** Everybody's standing at the start. */
export function firstStanding(ladder: TierLadder): TierStanding {
  return { tierId: ladder[0].id, since: null, reviewAt: NEVER };
}

/** Last day on which the tier is safe; `null` where none is ahead. */
export function reviewDayOf({ reviewAt }: TierStanding, timeZone: string): LocalDate | null {
  return reviewAt === NEVER ? null : localDateOf(reviewAt - 1, timeZone);
}

/** First day that counts toward the period ending on `day`. */
export function periodStart({ period }: TierRules, day: LocalDate): LocalDate {
  return addDays(addMonths(day, -period.months), 1);
}

/** Qualifying points of the period that ends on `day`, that day included. */
export function qualifyingOn(days: QualifyingDays, rules: TierRules, day: LocalDate): number {
  const start = periodStart(rules, day);
  let sum = 0;
  for (const [date, points] of days) if (date >= start && date <= day) sum += points;
  return sum;
}

/** The highest tier whose threshold is reached. */
export function tierFor(ladder: TierLadder, qualifying: number): Tier {
  return ladder.findLast(({ threshold }) => qualifying >= threshold) ?? ladder[0];
}

/** The standing's own tier; the first one when the program no longer has it. */
export function tierOf(ladder: TierLadder, { tierId }: TierStanding): Tier {
  return ladder.find(({ id }) => id === tierId) ?? ladder[0];
}

/** The standing after every review that was due at `now`. Each puts the member where the period's points put him. */
export function afterReviews(
  standing: TierStanding,
  rules: TierRules,
  days: QualifyingDays,
  now: Instant,
  timeZone: string,
): TierStanding {
  let current = standing;
  while (current.reviewAt <= now) {
    const day = localDateOf(current.reviewAt - 1, timeZone);
    const kept = tierFor(rules.ladder, qualifyingOn(days, rules, day));
    const since = kept.id === current.tierId ? current.since : current.reviewAt;
    current = standingIn(kept, rules, since, day, timeZone);
  }
  return current;
}

/** The standing after an accrual at `now`: higher when the period's points now reach a higher tier, else as before. */
export function afterAccrual(
  standing: TierStanding,
  rules: TierRules,
  days: QualifyingDays,
  now: Instant,
  timeZone: string,
): TierStanding {
  const day = localDateOf(now, timeZone);
  const reached = tierFor(rules.ladder, qualifyingOn(days, rules, day));
  if (reached.threshold <= tierOf(rules.ladder, standing).threshold) return standing;
  return standingIn(reached, rules, now, day, timeZone);
}

function standingIn(
  tier: Tier,
  { ladder, period }: TierRules,
  since: Instant | null,
  from: LocalDate,
  timeZone: string,
): TierStanding {
  if (tier.id === ladder[0].id) return firstStanding(ladder);
  const reviewDay = addMonths(from, period.months);
  return { tierId: tier.id, since, reviewAt: startOfDay(addDays(reviewDay, 1), timeZone) };
}
