import {
  type DowngradePolicy,
  type ProgramVersion,
  type Tier,
  type TierLadder,
  type TierMetric,
  type TierPeriod,
  type TierRules,
  versionAt,
} from './program.ts';
import { LONG_AGO, type Qualified, type QualifyingDays } from './qualifying.ts';
import { addDays, addMonths, type Instant, type LocalDate, localDateOf, NEVER, startOfDay } from './time.ts';

/** A tier that a member reached, and for how long it is his. */
export interface EarnedStanding {
  readonly tierId: string;
  /** When the tier was reached; `null` for the tier that everybody starts in. */
  readonly since: Instant | null;
  /** First instant after the last day on which the tier is safe, days of grace included; `NEVER` in the first tier. */
  readonly reviewAt: Instant;
}

/**
 * Where a member stands on the ladder. A tier is reached at once and kept until its review; spending points or returning
 * an order never lowers it before.
 */
export interface TierStanding extends EarnedStanding {
  /**
   * `null`, but for a tier that was set by hand: until its review nothing moves it, and this is where the member stands
   * without it. It goes up and down as ever, and is his again afterwards.
   */
  readonly earned: EarnedStanding | null;
}

/** What a member's tier depends on besides what counted. */
export interface TierCourse {
  /** Each review is carried out by the rules that were in force then, whenever that is done. */
  readonly versions: readonly ProgramVersion[];
  /** When the member was enrolled: anniversaries are counted from that day. */
  readonly enrolledAt: Instant;
}

/** Everybody's standing at the start. */
export function firstStanding(ladder: TierLadder): TierStanding {
  return { tierId: ladder[0].id, since: null, reviewAt: NEVER, earned: null };
}

/** A standing set by hand until the end of a day, over the one that the member has earned. */
export function pinnedStanding(
  { earned, ...standing }: TierStanding,
  pin: { readonly tier: string; readonly until: LocalDate },
  since: Instant,
  timeZone: string,
): TierStanding {
  return {
    tierId: pin.tier,
    since,
    reviewAt: startOfDay(addDays(pin.until, 1), timeZone),
    earned: earned ?? standing,
  };
}

/** The standing that the member has earned, without a tier set by hand. */
export function unpinnedStanding(standing: TierStanding): TierStanding {
  return standing.earned ? { ...standing.earned, earned: null } : standing;
}

/** Last day on which the tier is safe; `null` where none is ahead. */
export function reviewDayOf({ reviewAt }: TierStanding, timeZone: string): LocalDate | null {
  return reviewAt === NEVER ? null : localDateOf(reviewAt - 1, timeZone);
}

/** First day that counts toward the period that `day` lies in. */
export function periodStart({ period }: TierRules, day: LocalDate, course: TierCourse): LocalDate {
  switch (period.kind) {
    case 'rolling':
      return addDays(addMonths(day, -period.months), 1);
    case 'lifetime':
      return LONG_AGO;
    default:
      return yearStart(firstDayOf(period, course), day);
  }
}

/** Any first day of the period's years. The leap day stands for the last of February. */
function firstDayOf(period: TierPeriod, { versions, enrolledAt }: TierCourse): LocalDate {
  // The day that it was where the program was then: a zone that is changed later moves no anniversary.
  if (period.kind !== 'calendar') return localDateOf(enrolledAt, versionAt(versions, enrolledAt).program.timeZone);
  const text = (value: number) => String(value).padStart(2, '0');
  return `2000-${text(period.month)}-${text(Math.min(period.day, lastDayOfMonth(period.month)))}`;
}

const lastDayOfMonth = (month: number): number => new Date(Date.UTC(2000, month, 0)).getUTCDate();

/**
 * The last day on or before `day` that lies whole years from `first`, or so many years after that one. Always counted from
 * `first`: a year that begins on a leap day begins on the 28th in other years, and the next on the 29th again.
 */
function yearStart(first: LocalDate, day: LocalDate, yearsLater = 0): LocalDate {
  const years = Number(day.slice(0, 4)) - Number(first.slice(0, 4));
  const before = addMonths(first, 12 * years) <= day ? 0 : 1;
  return addMonths(first, 12 * (years - before + yearsLater));
}

/** What of the rules' metric counted from `from` to `until`, both days included. */
export function qualifyingBetween(
  days: QualifyingDays,
  { metric }: TierRules,
  from: LocalDate,
  until: LocalDate,
): number {
  let sum = 0;
  for (const [day, counted] of days) if (day >= from && day <= until) sum += countOf(counted, metric);
  return sum;
}

/** One day's count by a metric. */
export function countOf(counted: Qualified, metric: TierMetric): number {
  switch (metric.kind) {
    case 'points':
      return counted.points;
    case 'orders':
      return counted.orders;
    case 'spend':
      return counted.spend[metric.currency] ?? 0;
  }
}

/** What counts in the period that `day` lies in, up to that day. */
export function qualifyingOn(days: QualifyingDays, rules: TierRules, day: LocalDate, course: TierCourse): number {
  return qualifyingBetween(days, rules, periodStart(rules, day, course), day);
}

/** The highest tier whose threshold is reached. */
export function tierFor(ladder: TierLadder, qualifying: number): Tier {
  return ladder.findLast(({ threshold }) => qualifying >= threshold) ?? ladder[0];
}

/** The standing's own tier; the first one when the program no longer has it. */
export function tierOf(ladder: TierLadder, { tierId }: EarnedStanding): Tier {
  return ladder.find(({ id }) => id === tierId) ?? ladder[0];
}

/** The standing after every review that was due at `now`. */
export function afterReviews(
  standing: TierStanding,
  course: TierCourse,
  days: QualifyingDays,
  now: Instant,
): TierStanding {
  const { earned } = standing;
  if (earned) {
    const reviewed = reviewedUntil(earned, course, days, now);
    if (standing.reviewAt <= now) return { ...reviewed, earned: null };
    return reviewed === earned ? standing : { ...standing, earned: reviewed };
  }
  const reviewed = reviewedUntil(standing, course, days, now);
  return reviewed === standing ? standing : { ...reviewed, earned: null };
}

function reviewedUntil(
  standing: EarnedStanding,
  course: TierCourse,
  days: QualifyingDays,
  now: Instant,
): EarnedStanding {
  let current = standing;
  while (current.reviewAt <= now) current = afterReview(current, course, days);
  return current;
}

/**
 * What is earned in the days of grace counts toward the period that they follow; they take nothing from its beginning,
 * and the next period begins where it would without them.
 */
function afterReview(standing: EarnedStanding, course: TierCourse, days: QualifyingDays): EarnedStanding {
  const { tiers: rules, timeZone } = versionAt(course.versions, standing.reviewAt).program;
  const { ladder, period, downgrade } = rules;
  const reviewDay = localDateOf(standing.reviewAt - 1, timeZone);
  const lastDay = addDays(reviewDay, -downgrade.graceDays);
  const qualifying = qualifyingBetween(days, rules, periodStart(rules, lastDay, course), reviewDay);
  const kept = lowered(ladder, tierOf(ladder, standing), tierFor(ladder, qualifying), downgrade.kind);
  const since = kept.id === standing.tierId ? standing.since : standing.reviewAt;
  const nextLastDay =
    period.kind === 'rolling'
      ? addMonths(lastDay, period.months)
      : period.kind === 'lifetime'
        ? null
        : addDays(yearStart(firstDayOf(period, course), addDays(lastDay, 1), 1), -1);
  return standingIn(kept, rules, since, nextLastDay, timeZone);
}

function lowered(ladder: TierLadder, current: Tier, reached: Tier, kind: DowngradePolicy['kind']): Tier {
  if (reached.threshold >= current.threshold) return reached;
  if (kind === 'never') return current;
  const below = ladder[Math.max(0, ladder.indexOf(current) - 1)] ?? ladder[0];
  return kind === 'one_step' && below.threshold > reached.threshold ? below : reached;
}

/** The standing after an accrual at `now`: higher when the period now reaches a higher tier, else as before. */
export function afterAccrual(
  standing: TierStanding,
  course: TierCourse,
  days: QualifyingDays,
  now: Instant,
): TierStanding {
  const { earned } = standing;
  if (earned) {
    const raised = raisedBy(earned, course, days, now);
    return raised === earned ? standing : { ...standing, earned: raised };
  }
  const raised = raisedBy(standing, course, days, now);
  return raised === standing ? standing : { ...raised, earned: null };
}

function raisedBy(standing: EarnedStanding, course: TierCourse, days: QualifyingDays, now: Instant): EarnedStanding {
  const { tiers: rules, timeZone } = versionAt(course.versions, now).program;
  const day = localDateOf(now, timeZone);
  const reached = tierFor(rules.ladder, qualifyingOn(days, rules, day, course));
  if (reached.threshold <= tierOf(rules.ladder, standing).threshold) return standing;
  return standingIn(reached, rules, now, lastSafeDay(rules, day, course), timeZone);
}

/** Last day on which a tier that was reached on `day` is kept without grace; `null` for good. */
function lastSafeDay(rules: TierRules, day: LocalDate, course: TierCourse): LocalDate | null {
  const { period } = rules;
  if (period.kind === 'lifetime') return null;
  if (period.kind === 'rolling') return addMonths(day, period.months);
  return addDays(yearStart(firstDayOf(period, course), day, 2), -1);
}

function standingIn(
  tier: Tier,
  { ladder, downgrade }: TierRules,
  since: Instant | null,
  lastDay: LocalDate | null,
  timeZone: string,
): EarnedStanding {
  if (tier.id === ladder[0].id) return { tierId: tier.id, since: null, reviewAt: NEVER };
  const reviewAt = lastDay === null ? NEVER : startOfDay(addDays(lastDay, 1 + downgrade.graceDays), timeZone);
  return { tierId: tier.id, since, reviewAt };
}
