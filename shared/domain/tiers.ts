import type { DowngradePolicy, Tier, TierLadder, TierMetric, TierPeriod, TierRules } from './program.ts';
import { LONG_AGO, type Qualified, type QualifyingDays } from './qualifying.ts';
import { addDays, addMonths, type Instant, type LocalDate, localDateOf, NEVER, startOfDay } from './time.ts';

/**
 * Where a member stands on the ladder. A tier is reached at once and kept until its review; spending points or returning
 * an order never lowers it before.
 */
export interface TierStanding {
  readonly tierId: string;
  /** When the tier was reached; `null` for the tier that everybody starts in. */
  readonly since: Instant | null;
  /** First instant after the last day on which the tier is safe, days of grace included; `NEVER` in the first tier. */
  readonly reviewAt: Instant;
  /** Set by hand: until its review nothing moves it, neither up nor down. */
  readonly isPinned: boolean;
}

/** What a member's tier depends on besides what counted. */
export interface TierCalendar {
  readonly timeZone: string;
  /** When the member was enrolled: anniversaries are counted from that day. */
  readonly enrolledAt: Instant;
}

/** Everybody's standing at the start. */
export function firstStanding(ladder: TierLadder): TierStanding {
  return { tierId: ladder[0].id, since: null, reviewAt: NEVER, isPinned: false };
}

/** A standing set by hand until the end of a day. */
export function pinnedStanding(tierId: string, since: Instant, lastDay: LocalDate, timeZone: string): TierStanding {
  return { tierId, since, reviewAt: startOfDay(addDays(lastDay, 1), timeZone), isPinned: true };
}

/** Last day on which the tier is safe; `null` where none is ahead. */
export function reviewDayOf({ reviewAt }: TierStanding, timeZone: string): LocalDate | null {
  return reviewAt === NEVER ? null : localDateOf(reviewAt - 1, timeZone);
}

/** First day that counts toward the period that `day` lies in. */
export function periodStart({ period }: TierRules, day: LocalDate, calendar: TierCalendar): LocalDate {
  switch (period.kind) {
    case 'rolling':
      return addDays(addMonths(day, -period.months), 1);
    case 'lifetime':
      return LONG_AGO;
    default:
      return yearStart(firstDayOf(period, calendar), day);
  }
}

/** Any first day of the period's years. The leap day stands for the last of February. */
function firstDayOf(period: TierPeriod, { enrolledAt, timeZone }: TierCalendar): LocalDate {
  if (period.kind !== 'calendar') return localDateOf(enrolledAt, timeZone);
  const text = (value: number) => String(value).padStart(2, '0');
  return `2000-${text(period.month)}-${text(Math.min(period.day, lastDayOfMonth(period.month)))}`;
}

const lastDayOfMonth = (month: number): number => new Date(Date.UTC(2000, month, 0)).getUTCDate();

/** The last day on or before `day` that lies whole years from `first`. */
function yearStart(first: LocalDate, day: LocalDate): LocalDate {
  const years = Number(day.slice(0, 4)) - Number(first.slice(0, 4));
  const start = addMonths(first, 12 * years);
  return start <= day ? start : addMonths(first, 12 * (years - 1));
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
export function qualifyingOn(days: QualifyingDays, rules: TierRules, day: LocalDate, calendar: TierCalendar): number {
  return qualifyingBetween(days, rules, periodStart(rules, day, calendar), day);
}

/** The highest tier whose threshold is reached. */
export function tierFor(ladder: TierLadder, qualifying: number): Tier {
  return ladder.findLast(({ threshold }) => qualifying >= threshold) ?? ladder[0];
}

/** The standing's own tier; the first one when the program no longer has it. */
export function tierOf(ladder: TierLadder, { tierId }: TierStanding): Tier {
  return ladder.find(({ id }) => id === tierId) ?? ladder[0];
}

/** The standing after every review that was due at `now`. */
export function afterReviews(
  standing: TierStanding,
  rules: TierRules,
  days: QualifyingDays,
  now: Instant,
  calendar: TierCalendar,
): TierStanding {
  let current = standing;
  while (current.reviewAt <= now) current = afterReview(current, rules, days, calendar);
  return current;
}

/** What is earned in the days of grace counts toward the period that they follow. */
function afterReview(
  standing: TierStanding,
  rules: TierRules,
  days: QualifyingDays,
  calendar: TierCalendar,
): TierStanding {
  const { ladder, period, downgrade } = rules;
  const reviewDay = localDateOf(standing.reviewAt - 1, calendar.timeZone);
  const lastDay = standing.isPinned ? reviewDay : addDays(reviewDay, -downgrade.graceDays);
  const from = periodStart(rules, period.kind === 'rolling' ? reviewDay : lastDay, calendar);
  const reached = tierFor(ladder, qualifyingBetween(days, rules, from, reviewDay));
  const kept = standing.isPinned ? reached : lowered(ladder, tierOf(ladder, standing), reached, downgrade.kind);
  const since = kept.id === standing.tierId ? standing.since : standing.reviewAt;
  const nextLastDay =
    period.kind === 'rolling'
      ? addMonths(reviewDay, period.months)
      : period.kind === 'lifetime'
        ? null
        : addDays(addMonths(periodStart(rules, addDays(lastDay, 1), calendar), 12), -1);
  return standingIn(kept, rules, since, nextLastDay, calendar.timeZone);
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
  rules: TierRules,
  days: QualifyingDays,
  now: Instant,
  calendar: TierCalendar,
): TierStanding {
  if (standing.isPinned) return standing;
  const day = localDateOf(now, calendar.timeZone);
  const reached = tierFor(rules.ladder, qualifyingOn(days, rules, day, calendar));
  if (reached.threshold <= tierOf(rules.ladder, standing).threshold) return standing;
  return standingIn(reached, rules, now, lastSafeDay(rules, day, calendar), calendar.timeZone);
}

/** Last day on which a tier that was reached on `day` is kept without grace; `null` for good. */
function lastSafeDay(rules: TierRules, day: LocalDate, calendar: TierCalendar): LocalDate | null {
  const { period } = rules;
  if (period.kind === 'lifetime') return null;
  if (period.kind === 'rolling') return addMonths(day, period.months);
  return addDays(addMonths(periodStart(rules, day, calendar), 24), -1);
}

function standingIn(
  tier: Tier,
  { ladder, downgrade }: TierRules,
  since: Instant | null,
  lastDay: LocalDate | null,
  timeZone: string,
): TierStanding {
  if (tier.id === ladder[0].id) return firstStanding(ladder);
  const reviewAt = lastDay === null ? NEVER : startOfDay(addDays(lastDay, 1 + downgrade.graceDays), timeZone);
  return { tierId: tier.id, since, reviewAt, isPinned: false };
}
