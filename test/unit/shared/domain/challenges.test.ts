import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Challenge, ChallengeGoal } from '../../../../shared/domain/challenge-terms.ts';
import {
  type ChallengeState,
  contributionOf,
  isReached,
  lastDayOf,
  NOT_BEGUN,
  stepChallenge,
  takeBack,
  valueOf,
  valueOn,
} from '../../../../shared/domain/challenges.ts';
import { seed, sized } from '../../../support/size.ts';

const challenge = (goal: ChallengeGoal, more: Partial<Challenge> = {}): Challenge => ({
  id: 'c',
  name: { en: 'C' },
  goal,
  times: 1,
  points: 100,
  ...more,
});
const DAY_MS = 86_400_000;
const dayAt = (index: number) => new Date(Date.parse('2026-01-01') + index * DAY_MS).toISOString().slice(0, 10);

/** Which period a day lies in, counted from some beginning: no arithmetic of the engine. */
function periodIndex(per: 'day' | 'week' | 'month', day: string): number {
  const days = Math.round(Date.parse(day) / DAY_MS);
  if (per === 'day') return days;
  // 1970-01-01 was a Thursday.
  if (per === 'week') return Math.floor((days + 3) / 7);
  return Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7));
}

interface OracleStep {
  readonly day: string;
  readonly amount: number;
  readonly items: readonly string[];
  isGone: boolean;
}

const withProgress = (state: ChallengeState, progress: ChallengeState['progress']): ChallengeState => ({
  ...state,
  progress,
});

/** Keeps every step of the run and looks at all of them again each time. */
class Oracle {
  readonly #challenge: Challenge;
  steps: OracleStep[] = [];
  done = 0;
  #after = Number.NEGATIVE_INFINITY;

  constructor(of: Challenge) {
    this.#challenge = of;
  }

  get value(): number {
    const { goal } = this.#challenge;
    const there = this.steps.filter(({ isGone }) => !isGone);
    if (goal.kind === 'count') return there.length;
    if (goal.kind === 'sum') return there.reduce((sum, { amount }) => sum + amount, 0);
    if (goal.kind === 'set') return new Set(there.flatMap(({ items }) => items)).size;
    const last = Math.max(...this.steps.map(({ day }) => periodIndex(goal.per, day)));
    const hit = new Set(
      there.map(({ day }) => periodIndex(goal.per, day)).filter((index) => index > last - 2 * goal.target),
    );
    let length = 0;
    for (let index = Math.max(...hit); hit.has(index); index--) length++;
    return length;
  }

  /** Gives whether it counted, and whether it completed the run. */
  step(day: string, amount: number, items: readonly string[]): [counted: boolean, completed: boolean] {
    const { goal, withinDays, times } = this.#challenge;
    if (this.done >= times) return [false, false];
    if (goal.kind === 'streak' && periodIndex(goal.per, day) <= this.#after) return [false, false];
    if (withinDays !== undefined && this.steps.length > 0) {
      const all = [...this.steps.map((step) => step.day), day].map((text) => Date.parse(text) / DAY_MS);
      const isLatest = this.steps.every((step) => step.day < day);
      if (Math.max(...all) - Math.min(...all) >= withinDays) {
        if (!isLatest) return [false, false];
        this.steps = [];
      }
    }
    this.steps.push({ day, amount, items, isGone: false });
    const target = goal.kind === 'sum' ? goal.amountMinor : goal.kind === 'set' ? goal.items.length : goal.target;
    if (this.value < target) return [true, false];
    if (goal.kind === 'streak') {
      this.#after = Math.max(
        ...this.steps.filter((step) => !step.isGone).map((step) => periodIndex(goal.per, step.day)),
      );
    }
    this.done++;
    this.steps = [];
    return [true, true];
  }

  remove(step: OracleStep): void {
    step.isGone = true;
    if (this.steps.every(({ isGone }) => isGone)) this.steps = [];
  }
}

const goals: fc.Arbitrary<ChallengeGoal> = fc.oneof(
  fc.record({ kind: fc.constant('count' as const), of: fc.constant('order'), target: fc.integer({ min: 1, max: 6 }) }),
  fc.record({
    kind: fc.constant('sum' as const),
    amountMinor: fc.integer({ min: 1, max: 900 }),
    currency: fc.constant('EUR'),
  }),
  fc.record({
    kind: fc.constant('streak' as const),
    of: fc.constant('order'),
    per: fc.constantFrom('day' as const, 'week' as const, 'month' as const),
    target: fc.integer({ min: 2, max: 4 }),
  }),
  fc.record({
    kind: fc.constant('set' as const),
    of: fc.constant('sku' as const),
    items: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 4 }),
  }),
);
const moves = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        ahead: fc.integer({ min: -12, max: 25 }),
        lines: fc.array(
          fc.record({ sku: fc.constantFrom('a', 'b', 'c', 'd', 'x'), netMinor: fc.integer({ min: 1, max: 200 }) }),
          { minLength: 1, maxLength: 3 },
        ),
      }),
    },
    { weight: 1, arbitrary: fc.record({ takeBack: fc.nat(9) }) },
  ),
  { minLength: 1, maxLength: 40 },
);

describe('challenges', () => {
  test('C14: progress and completions are those of an oracle that keeps every step', () => {
    const runs = sized(3_000, 100_000);
    let steps = 0;
    let completions = 0;
    const withinDays = fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined });
    fc.assert(
      fc.property(goals, withinDays, fc.integer({ min: 1, max: 3 }), moves, (goal, within, times, played) => {
        const terms = challenge(goal, { withinDays: within, times });
        const oracle = new Oracle(terms);
        let state: ChallengeState = NOT_BEGUN;
        let today = 100;
        let kept: { contribution: NonNullable<ReturnType<typeof contributionOf>>; step: OracleStep }[] = [];
        for (const move of played) {
          steps++;
          if ('takeBack' in move) {
            kept = kept.filter(({ step }) => oracle.steps.includes(step) && !step.isGone);
            const taken = kept[move.takeBack % Math.max(1, kept.length)];
            if (!taken || !state.progress) continue;
            const progress = takeBack(terms, state.progress, taken.contribution, true);
            state = withProgress(state, progress);
            oracle.remove(taken.step);
          } else {
            today = Math.max(0, today + move.ahead);
            const day = dayAt(today);
            const order = { currency: 'EUR', lines: move.lines };
            const contribution = contributionOf(terms, { type: 'order', day, tierId: 'member', order });
            const items =
              goal.kind === 'set' ? goal.items.filter((item) => move.lines.some(({ sku }) => sku === item)) : [];
            const amount = move.lines.reduce((sum, { netMinor }) => sum + netMinor, 0);
            expect(contribution === null).toBe(goal.kind === 'set' && items.length === 0);
            if (!contribution) continue;
            const result = stepChallenge(terms, state, contribution);
            expect([result.counted, result.completed !== null]).toEqual(oracle.step(day, amount, items));
            const step = oracle.steps.at(-1);
            if (result.counted && step) kept.push({ contribution, step });
            if (result.completed) completions++;
            state = result.state;
          }
          expect(state.done).toBe(oracle.done);
          expect(valueOf(terms, state.progress)).toBe(oracle.steps.length === 0 ? 0 : oracle.value);
        }
      }),
      { numRuns: runs, seed },
    );
    console.log(`C14: ${steps} steps in ${runs} lives, ${completions} completions, 0 differences (seed ${seed})`);
    expect(completions).toBeGreaterThan(runs / 10);
  });

  test('a streak of weeks goes over the new year, one of days over the change of clocks', () => {
    const play = (per: 'day' | 'week' | 'month', target: number, days: readonly string[]) => {
      const terms = challenge({ kind: 'streak', of: 'order', per, target });
      let state = NOT_BEGUN;
      for (const day of days) {
        const fact = {
          type: 'order',
          day,
          tierId: 'member',
          order: { currency: 'EUR', lines: [{ sku: 'a', netMinor: 1 }] },
        };
        state = stepChallenge(terms, state, contributionOf(terms, fact) as never).state;
      }
      return state.done;
    };
    expect(play('week', 3, ['2026-12-27', '2026-12-28', '2027-01-04'])).toBe(1);
    expect(play('week', 3, ['2026-12-20', '2026-12-28', '2027-01-04'])).toBe(0);
    expect(play('day', 3, ['2026-03-28', '2026-03-29', '2026-03-30'])).toBe(1);
    expect(play('day', 3, ['2026-10-24', '2026-10-25', '2026-10-26'])).toBe(1);
    expect(play('month', 3, ['2026-12-31', '2027-01-31', '2027-02-01'])).toBe(1);
    expect(play('month', 3, ['2026-11-30', '2027-01-31', '2027-02-01'])).toBe(0);
  });

  test('a streak is broken once a whole period passed without a step', () => {
    const terms = challenge({ kind: 'streak', of: 'visit', per: 'week', target: 4 });
    const step = contributionOf(terms, { type: 'visit', day: '2026-03-04', tierId: 'member' });
    const { progress } = stepChallenge(terms, NOT_BEGUN, step as never).state;
    expect(valueOn(terms, progress, '2026-03-08')).toBe(1);
    expect(valueOn(terms, progress, '2026-03-15')).toBe(1);
    expect(valueOn(terms, progress, '2026-03-16')).toBe(0);
  });

  test('the time for a run begins with its first step and ends with its last day', () => {
    const terms = challenge({ kind: 'count', of: 'order', target: 3 }, { withinDays: 7 });
    const order = { currency: 'EUR', lines: [{ sku: 'a', netMinor: 1 }] };
    const on = (day: string) => contributionOf(terms, { type: 'order', day, tierId: 'member', order }) as never;
    let { state } = stepChallenge(terms, NOT_BEGUN, on('2026-03-01'));
    expect(lastDayOf(terms, state.progress)).toBe('2026-03-07');
    ({ state } = stepChallenge(terms, state, on('2026-03-07')));
    expect(valueOf(terms, state.progress)).toBe(2);
    ({ state } = stepChallenge(terms, state, on('2026-03-08')));
    expect([valueOf(terms, state.progress), state.progress?.first]).toEqual([1, '2026-03-08']);
  });

  test('lines, tiers, windows and currencies narrow what counts', () => {
    const lines = [
      { sku: 'a', category: 'tea', netMinor: 300 },
      { sku: 'b', netMinor: 500 },
    ];
    const fact = { type: 'order', day: '2026-03-01', tierId: 'gold', order: { currency: 'EUR', lines } };
    const sum = challenge({ kind: 'sum', amountMinor: 1_000, currency: 'EUR' }, { match: { categories: ['tea'] } });
    expect(contributionOf(sum, fact)?.amount).toBe(300);
    expect(contributionOf({ ...sum, tiers: ['silver'] }, fact)).toBeNull();
    expect(contributionOf({ ...sum, window: { from: '2026-03-02' } }, fact)).toBeNull();
    expect(contributionOf({ ...sum, match: { skus: ['z'] } }, fact)).toBeNull();
    expect(contributionOf(sum, { ...fact, order: { currency: 'USD', lines } })).toBeNull();
    const set = challenge({ kind: 'set', of: 'category', items: ['tea', 'coffee'] });
    expect(contributionOf(set, fact)?.items).toEqual(['tea']);
    const visits = challenge({ kind: 'set', of: 'event', items: ['visit', 'review'] });
    const { state } = stepChallenge(visits, NOT_BEGUN, { day: '2026-03-01', amount: 1, items: ['visit'] });
    expect(isReached(visits, state.progress as never)).toBe(false);
    expect(stepChallenge(visits, state, { day: '2026-03-02', amount: 1, items: ['review'] }).completed).not.toBeNull();
  });
});
