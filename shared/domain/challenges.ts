import type { Challenge } from './challenge-terms.ts';
import type { LineMatch } from './earning-rules.ts';
import { limitPeriodOf } from './limits.ts';
import { addDays, addMonths, type LocalDate } from './time.ts';
import { isWithin } from './windows.ts';

/** A line of an order as challenges look at it. */
export interface ChallengeLine {
  readonly sku: string;
  readonly category?: string | undefined;
  readonly netMinor: number;
}

/** An order or event, on its day in the program's time zone. */
export interface ChallengeFact {
  /** `order`, or the event's type. */
  readonly type: string;
  readonly day: LocalDate;
  /** The member's tier before it. */
  readonly tierId: string;
  readonly order?: { readonly currency: string; readonly lines: readonly ChallengeLine[] } | undefined;
}

/** What one fact brings a challenge. */
export interface Contribution {
  readonly day: LocalDate;
  /** Minor units for a sum, 1 otherwise. */
  readonly amount: number;
  /** Items of a set. */
  readonly items?: readonly string[] | undefined;
}

/** How far a run came. Small whatever the goal: a number, or twice as many as a streak has periods, or as a set has items. */
export interface ChallengeProgress {
  readonly kind: Challenge['goal']['kind'];
  /** First and last day of its steps. */
  readonly first: LocalDate;
  readonly last: LocalDate;
  /** Steps, or minor units. */
  readonly total: number;
  /** First days of a streak's periods, or items of a set; each with how many facts it has. */
  readonly parts?: readonly (readonly [part: string, count: number])[] | undefined;
}

/** Where a member stands in a challenge. */
export interface ChallengeState {
  /** Number of the run under way, from 1. */
  readonly run: number;
  /** Runs that were rewarded and not taken back. */
  readonly done: number;
  /** `null` before the run's first step. */
  readonly progress: ChallengeProgress | null;
  /** Periods up to this one made a streak already. */
  readonly after: LocalDate | null;
}

export const NOT_BEGUN: ChallengeState = { run: 1, done: 0, progress: null, after: null };

/** What a fact brings a challenge; `null` where it does not count. */
export function contributionOf(challenge: Challenge, fact: ChallengeFact): Contribution | null {
  const { goal, match, tiers } = challenge;
  const { day } = fact;
  if (!isWithin(challenge.window, day) || (tiers && !tiers.includes(fact.tierId))) return null;
  const lines = fact.order?.lines.filter((line) => matches(match, line)) ?? [];
  // An order without any line that counts is none.
  if (fact.order && lines.length === 0) return null;
  switch (goal.kind) {
    case 'count':
    case 'streak':
      return fact.type === goal.of ? { day, amount: 1 } : null;
    case 'sum': {
      if (fact.order?.currency !== goal.currency) return null;
      // As much as the goal asks for is all of it: sums of many large orders stay exact.
      const sum = lines.reduce((total, { netMinor }) => Math.min(total + netMinor, Number.MAX_SAFE_INTEGER), 0);
      return sum > 0 ? { day, amount: sum } : null;
    }
    case 'set': {
      const found =
        goal.of === 'event' ? [fact.type] : lines.map((line) => (goal.of === 'sku' ? line.sku : line.category));
      const items = goal.items.filter((item) => found.includes(item));
      return items.length > 0 ? { day, amount: 1, items } : null;
    }
  }
}

function matches(match: LineMatch | undefined, { sku, category }: ChallengeLine): boolean {
  if (!match) return true;
  return (
    match.skus?.includes(sku) === true || (category !== undefined && match.categories?.includes(category) === true)
  );
}

export interface ChallengeStep {
  readonly state: ChallengeState;
  /** Whether it counted for the run that was under way. */
  readonly counted: boolean;
  /** The run's progress where this was what it lacked. */
  readonly completed: ChallengeProgress | null;
}

/** A step of the run under way. What a run has too much does not go over to the next; one fact completes one run at most. */
export function stepChallenge(challenge: Challenge, state: ChallengeState, step: Contribution): ChallengeStep {
  const none: ChallengeStep = { state, counted: false, completed: null };
  if (state.done >= challenge.times) return none;
  const { goal } = challenge;
  if (goal.kind === 'streak' && state.after !== null && limitPeriodOf(goal.per, step.day) <= state.after) return none;
  const before = state.progress?.kind === goal.kind ? state.progress : null;
  const span = spanWith(challenge, before, step.day);
  if (span === null) return none;
  const begun = before && !span.isNew ? before : null;
  const progress: ChallengeProgress = {
    kind: goal.kind,
    first: span.first,
    last: span.last,
    total: (begun?.total ?? 0) + step.amount,
    ...partsWith(challenge, begun, step, 1, span.last),
  };
  if (!isReached(challenge, progress)) return { state: { ...state, progress }, counted: true, completed: null };
  const after = goal.kind === 'streak' ? newestOf(progress) : null;
  return {
    state: { run: state.run + 1, done: state.done + 1, progress: null, after },
    counted: true,
    completed: progress,
  };
}

/** The run's days with one more; begun anew where the time for it is over, `null` for a day that is too long before it. */
function spanWith(
  { withinDays }: Challenge,
  before: ChallengeProgress | null,
  day: LocalDate,
): { readonly first: LocalDate; readonly last: LocalDate; readonly isNew: boolean } | null {
  if (!before) return { first: day, last: day, isNew: true };
  const first = day < before.first ? day : before.first;
  const last = day > before.last ? day : before.last;
  if (withinDays === undefined || last < addDays(first, withinDays)) return { first, last, isNew: false };
  return day > before.last ? { first: day, last: day, isNew: true } : null;
}

function partsWith(
  { goal }: Challenge,
  before: ChallengeProgress | null,
  { day, items = [] }: Contribution,
  sign: 1 | -1,
  last: LocalDate,
): Pick<ChallengeProgress, 'parts'> {
  if (goal.kind !== 'streak' && goal.kind !== 'set') return {};
  const parts = new Map(before?.parts ?? []);
  for (const part of goal.kind === 'streak' ? [limitPeriodOf(goal.per, day)] : items) {
    const count = (parts.get(part) ?? 0) + sign;
    // A period that a streak no longer reaches back to is not there to be taken from.
    if (count > 0) parts.set(part, count);
    else parts.delete(part);
  }
  const sorted = [...parts].sort(([a], [b]) => (a < b ? -1 : 1));
  if (goal.kind === 'set') return { parts: sorted };
  // Twice as far as the goal reaches, so that a streak is still known when its newest periods are taken back.
  const oldest = periodBefore(goal.per, limitPeriodOf(goal.per, last), 2 * goal.target - 1);
  return { parts: sorted.filter(([period]) => period >= oldest) };
}

/** First day of the period so many periods before. */
function periodBefore(per: 'day' | 'week' | 'month', period: LocalDate, count: number): LocalDate {
  if (per === 'month') return addMonths(period, -count);
  return addDays(period, per === 'day' ? -count : -7 * count);
}

const newestOf = ({ parts }: ChallengeProgress): LocalDate => parts?.at(-1)?.[0] ?? '';

/** Whether a run's progress is all that the goal asks for. */
export function isReached(challenge: Challenge, progress: ChallengeProgress): boolean {
  return valueOf(challenge, progress) >= targetOf(challenge);
}

export function targetOf({ goal }: Challenge): number {
  if (goal.kind === 'sum') return goal.amountMinor;
  return goal.kind === 'set' ? new Set(goal.items).size : goal.target;
}

/** How much of the goal there is: steps, minor units, periods in a row up to the newest, or items. */
export function valueOf({ goal }: Challenge, progress: ChallengeProgress | null): number {
  if (progress?.kind !== goal.kind) return 0;
  const { parts = [] } = progress;
  switch (goal.kind) {
    case 'count':
    case 'sum':
      return progress.total;
    case 'set':
      return parts.filter(([item]) => goal.items.includes(item)).length;
    case 'streak': {
      const newest = newestOf(progress);
      let length = 0;
      // One of each period is left, so the place in the list says how far back it ought to be.
      while (length < parts.length && parts.at(-1 - length)?.[0] === periodBefore(goal.per, newest, length)) length++;
      return length;
    }
  }
}

/** As {@link valueOf}, on a day: a streak is broken once a whole period passed, and a run ends with its time. */
export function valueOn(challenge: Challenge, progress: ChallengeProgress | null, today: LocalDate): number {
  if (progress === null || hasLapsed(challenge, progress, today)) return 0;
  const { goal } = challenge;
  if (goal.kind === 'streak' && newestOf(progress) < periodBefore(goal.per, limitPeriodOf(goal.per, today), 1))
    return 0;
  return valueOf(challenge, progress);
}

/** The last day of a run that has begun; `null` where it has no end. */
export function lastDayOf(challenge: Challenge, progress: ChallengeProgress | null): LocalDate | null {
  const own = progress && challenge.withinDays !== undefined ? addDays(progress.first, challenge.withinDays - 1) : null;
  const all = challenge.window?.until ?? null;
  return own !== null && (all === null || own < all) ? own : all;
}

function hasLapsed({ withinDays }: Challenge, { first }: ChallengeProgress, today: LocalDate): boolean {
  return withinDays !== undefined && today >= addDays(first, withinDays);
}

/**
 * A run's progress without what a fact brought it, or without a part of a sum; `null` where nothing is left.
 *
 * @param isWhole Whether the fact counts for nothing any more.
 */
export function takeBack(
  challenge: Challenge,
  progress: ChallengeProgress,
  step: Contribution,
  isWhole: boolean,
): ChallengeProgress | null {
  if (progress.kind !== challenge.goal.kind) return progress;
  const total = Math.max(0, progress.total - step.amount);
  const parts = isWhole ? partsWith(challenge, progress, step, -1, progress.last) : {};
  return total === 0 ? null : { ...progress, total, ...parts };
}
