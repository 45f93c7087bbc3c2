import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Program, type ProgramVersion, type TierRules, versionAt } from '../../../../shared/domain/program.ts';
import { count, LONG_AGO, type Qualified, type QualifyingDays } from '../../../../shared/domain/qualifying.ts';
import {
  afterAccrual,
  afterReviews,
  firstStanding,
  pinnedStanding,
  qualifyingOn,
  reviewDayOf,
  type TierCourse,
  type TierStanding,
  tierFor,
  unpinnedStanding,
} from '../../../../shared/domain/tiers.ts';
import { addDays, addMonths, type LocalDate, localDateOf, NEVER, startOfDay } from '../../../../shared/domain/time.ts';
import { seed, sized } from '../../../support/size.ts';

const ZONE = 'Europe/Berlin';
const tier = (id: string, threshold: number) => ({
  id,
  name: { en: id },
  threshold,
  multiplierPercent: 100,
  benefits: [],
});
const rules = {
  metric: { kind: 'points' },
  downgrade: { kind: 'requalify', graceDays: 0, noticeDays: 30 },
  period: { kind: 'rolling', months: 12 },
  ladder: [tier('member', 0), tier('silver', 100), tier('gold', 250)],
} as const satisfies TierRules;
const at = (text: string) => Date.parse(text);

/** Rules that hold for ever, or one version after the other from an instant each. */
function courseOf(
  versions: TierRules | readonly (readonly [from: string, TierRules])[],
  { timeZone = ZONE, enrolledAt = 0 } = {},
): TierCourse {
  const list = 'ladder' in versions ? ([['1970-01-01T00:00:00Z', versions]] as const) : versions;
  return {
    enrolledAt,
    versions: list.map(
      ([from, tiers], index): ProgramVersion => ({
        version: index + 1,
        effectiveAt: at(from),
        program: { tiers, timeZone } as unknown as Program,
      }),
    ),
  };
}
const COURSE = courseOf(rules);

/** Qualifying points by day. */
const daysOf = (points: Readonly<Record<string, number>>): QualifyingDays =>
  new Map(Object.entries(points).map(([day, count]) => [day, { points: count, orders: 0, spend: {} }]));

describe('tierFor', () => {
  test.each([
    { qualifying: -5, id: 'member' },
    { qualifying: 99, id: 'member' },
    { qualifying: 100, id: 'silver' },
    { qualifying: 249, id: 'silver' },
    { qualifying: 250, id: 'gold' },
    { qualifying: 1_000_000, id: 'gold' },
  ])('$qualifying points are $id', ({ qualifying, id }) => {
    expect(tierFor(rules.ladder, qualifying).id).toBe(id);
  });
});

describe('qualifyingOn', () => {
  const days = daysOf({ '2025-03-31': 1, '2025-04-01': 10, '2026-03-31': 100, '2026-04-01': 1_000 });
  test('counts the twelve months up to the day, that day included', () => {
    expect(qualifyingOn(days, rules, '2026-03-31', COURSE)).toBe(110);
    expect(qualifyingOn(days, rules, '2026-04-01', COURSE)).toBe(1_100);
  });
});

describe('standing', () => {
  const reached = afterAccrual(
    firstStanding(rules.ladder),
    COURSE,
    daysOf({ '2026-03-31': 250 }),
    at('2026-03-31T12:00:00Z'),
  );

  test('a tier is reached at once, and safe to the end of the day a period later', () => {
    expect(reached).toMatchObject({ tierId: 'gold', since: at('2026-03-31T12:00:00Z') });
    expect(reviewDayOf(reached, ZONE)).toBe('2027-03-31');
    expect(reached.reviewAt).toBe(startOfDay('2027-04-01', ZONE));
  });

  test('more points in the same tier leave its review where it is', () => {
    const days = daysOf({ '2026-05-05': 260 });
    expect(afterAccrual(reached, COURSE, days, at('2026-05-05T12:00:00Z'))).toBe(reached);
  });

  test.each([
    { now: '2027-03-31T21:59:59.999Z', days: {}, id: 'gold', rule: 'not before the review' },
    { now: '2027-03-31T22:00:00Z', days: {}, id: 'member', rule: 'down to what the period earned' },
    {
      now: '2027-03-31T22:00:00Z',
      days: { '2026-04-01': 100 },
      id: 'silver',
      rule: 'one step, when that much was earned',
    },
    { now: '2027-03-31T22:00:00Z', days: { '2027-03-31': 250 }, id: 'gold', rule: 'kept by the period’s last day' },
    {
      now: '2027-03-31T22:00:00Z',
      days: { '2026-03-31': 250 },
      id: 'member',
      rule: 'the day it was reached on counts once',
    },
    {
      now: '2029-01-01T00:00:00Z',
      days: { '2027-03-31': 250 },
      id: 'member',
      rule: 'every review that was due is carried out',
    },
  ])('at $now with $days: $id, $rule', ({ now, days, id }) => {
    expect(afterReviews(reached, COURSE, daysOf(days), at(now)).tierId).toBe(id);
  });

  test('the tier kept at a review keeps the day it was reached', () => {
    const kept = afterReviews(reached, COURSE, daysOf({ '2026-12-24': 250 }), at('2027-04-01T00:00:00Z'));
    expect(kept).toMatchObject({ tierId: 'gold', since: reached.since });
    expect(reviewDayOf(kept, ZONE)).toBe('2028-03-31');
  });

  test('a tier that the program no longer has counts as the first', () => {
    const gone = { tierId: 'platinum', since: 0, reviewAt: NEVER, earned: null };
    const days = daysOf({ '2026-03-31': 100 });
    expect(afterAccrual(gone, COURSE, days, at('2026-03-31T12:00:00Z')).tierId).toBe('silver');
  });
});

/** A member's life under some rules: what counted on which day, and what is asked afterwards. */
function live(course: TierCourse, facts: readonly (readonly [at: string, Qualified])[], until: string): TierStanding {
  const days = new Map<LocalDate, Qualified>();
  let standing = firstStanding((course.versions[0] as ProgramVersion).program.tiers.ladder);
  for (const [text, counted] of facts) {
    const { timeZone } = (course.versions[0] as ProgramVersion).program;
    const before = afterReviews(standing, course, days, at(text));
    count(days, localDateOf(at(text), timeZone), counted);
    standing = afterAccrual(before, course, days, at(text));
  }
  return afterReviews(standing, course, days, at(until));
}
const points = (number: number): Qualified => ({ points: number, orders: 1, spend: { EUR: 100 * number } });

describe('periods and downgrades', () => {
  const calendar: TierRules = { ...rules, period: { kind: 'calendar', month: 1, day: 1 } };
  const anniversary: TierRules = { ...rules, period: { kind: 'anniversary' } };
  const grace = (rest: Partial<TierRules>, graceDays: number, kind: TierRules['downgrade']['kind'] = 'requalify') => ({
    ...rules,
    ...rest,
    downgrade: { kind, graceDays, noticeDays: 0 },
  });
  test.each([
    {
      why: 'a calendar tier is kept to the end of the next year',
      course: courseOf(calendar),
      facts: [['2026-03-31T12:00:00Z', points(250)]],
      steps: [
        ['2027-12-31T22:59:59Z', 'gold', '2027-12-31'],
        ['2027-12-31T23:00:00Z', 'member', null],
      ],
    },
    {
      why: 'what the next year earns keeps it for the one after',
      course: courseOf(calendar),
      facts: [
        ['2026-03-31T12:00:00Z', points(250)],
        ['2027-12-31T22:00:00Z', points(250)],
      ],
      steps: [['2028-01-01T00:00:00Z', 'gold', '2028-12-31']],
    },
    {
      why: 'a year that begins on 29 February begins on the 28th in other years',
      course: courseOf({ ...rules, period: { kind: 'calendar', month: 2, day: 29 } }),
      facts: [['2026-02-28T12:00:00Z', points(250)]],
      steps: [
        ['2026-03-01T00:00:00Z', 'gold', '2028-02-28'],
        ['2028-02-28T23:00:00Z', 'member', null],
      ],
    },
    {
      why: 'a year of the member’s own begins on the day of enrolment',
      course: courseOf(anniversary, { enrolledAt: at('2025-05-10T23:30:00Z') }),
      facts: [['2026-05-10T12:00:00Z', points(250)]],
      steps: [
        // In Berlin the member was enrolled on 11 May.
        ['2026-05-10T21:00:00Z', 'gold', '2027-05-10'],
        ['2027-05-10T22:00:00Z', 'member', null],
      ],
    },
    {
      why: 'a year that begins on a leap day goes on beyond the next one',
      course: courseOf(grace({ period: { kind: 'calendar', month: 2, day: 29 } }, 0, 'never')),
      facts: [['2030-05-01T12:00:00Z', points(250)]],
      steps: [
        ['2032-02-28T22:59:59Z', 'gold', '2032-02-28'],
        ['2032-02-28T23:00:00Z', 'gold', '2033-02-27'],
        ['2050-01-01T00:00:00Z', 'gold', '2050-02-27'],
      ],
    },
    {
      why: 'a member of 29 February has an anniversary on the 28th in other years',
      course: courseOf(anniversary, { enrolledAt: at('2024-02-29T12:00:00Z') }),
      facts: [['2024-03-01T12:00:00Z', points(250)]],
      steps: [
        ['2026-02-27T22:59:59Z', 'gold', '2026-02-27'],
        ['2026-02-27T23:00:00Z', 'member', null],
      ],
    },
    {
      why: 'for life is for life',
      course: courseOf({ ...rules, period: { kind: 'lifetime' } }),
      facts: [
        ['2001-05-10T12:00:00Z', points(100)],
        ['2026-05-10T12:00:00Z', points(150)],
      ],
      steps: [['2099-01-01T00:00:00Z', 'gold', null]],
    },
    {
      why: 'grace puts the review off; what is earned in it counts toward the period before',
      course: courseOf(grace({ period: { kind: 'calendar', month: 1, day: 1 } }, 30)),
      facts: [
        ['2026-03-31T12:00:00Z', points(250)],
        ['2027-11-30T12:00:00Z', points(200)],
        ['2028-01-30T12:00:00Z', points(50)],
      ],
      steps: [
        ['2028-01-30T22:59:59Z', 'gold', '2028-01-30'],
        ['2028-01-30T23:00:00Z', 'gold', '2029-01-30'],
        ['2029-01-30T23:00:00Z', 'member', null],
      ],
    },
    {
      why: 'grace takes nothing from the beginning of a rolling period',
      course: courseOf(grace({}, 30)),
      facts: [
        ['2026-03-31T12:00:00Z', points(250)],
        ['2026-04-02T12:00:00Z', points(250)],
      ],
      steps: [
        ['2027-04-30T22:00:00Z', 'gold', '2028-04-30'],
        ['2028-04-30T22:00:00Z', 'member', null],
      ],
    },
    {
      why: 'one step at a time',
      course: courseOf(grace({ period: { kind: 'calendar', month: 1, day: 1 } }, 0, 'one_step')),
      facts: [['2026-03-31T12:00:00Z', points(250)]],
      steps: [
        ['2028-01-01T00:00:00Z', 'silver', '2028-12-31'],
        ['2029-01-01T00:00:00Z', 'member', null],
      ],
    },
    {
      why: 'one step is no further than what the period reaches',
      course: courseOf(grace({ period: { kind: 'calendar', month: 1, day: 1 } }, 0, 'one_step')),
      facts: [
        ['2026-03-31T12:00:00Z', points(250)],
        ['2027-03-31T12:00:00Z', points(120)],
      ],
      steps: [['2028-01-01T00:00:00Z', 'silver', '2028-12-31']],
    },
    {
      why: 'never down',
      course: courseOf(grace({}, 0, 'never')),
      facts: [['2026-03-31T12:00:00Z', points(250)]],
      steps: [['2050-01-01T00:00:00Z', 'gold', '2050-03-31']],
    },
    {
      why: 'spend counts in its own currency alone',
      course: courseOf({ ...rules, metric: { kind: 'spend', currency: 'EUR' } }),
      facts: [
        ['2026-03-30T12:00:00Z', { points: 900, orders: 1, spend: { USD: 900 } }],
        ['2026-03-31T12:00:00Z', { points: 0, orders: 1, spend: { EUR: 100 } }],
      ],
      steps: [['2026-04-01T12:00:00Z', 'silver', '2027-03-31']],
    },
    {
      why: 'orders are counted, whatever they are worth',
      course: courseOf({ ...rules, metric: { kind: 'orders' }, ladder: [tier('member', 0), tier('silver', 2)] }),
      facts: [
        ['2026-03-30T12:00:00Z', points(900)],
        ['2026-03-31T12:00:00Z', points(0)],
      ],
      steps: [
        ['2026-03-31T12:00:00Z', 'silver', '2027-03-31'],
        ['2027-04-01T12:00:00Z', 'member', null],
      ],
    },
    {
      why: 'a review goes by the rules of its time, however late it is carried out',
      course: courseOf([
        ['2020-01-01T00:00:00Z', rules],
        ['2027-06-01T00:00:00Z', grace({}, 0, 'never')],
      ]),
      facts: [['2026-03-31T12:00:00Z', points(250)]],
      steps: [['2027-09-01T00:00:00Z', 'member', null]],
    },
  ] as const)('$why', ({ course, facts, steps }) => {
    for (const [now, id, reviewOn] of steps) {
      const standing = live(course, facts, now);
      expect({ now, id: standing.tierId, reviewOn: reviewDayOf(standing, ZONE) }).toEqual({ now, id, reviewOn });
    }
  });
});

describe('a tier set by hand', () => {
  const earned = live(COURSE, [['2026-03-31T12:00:00Z', points(100)]], '2026-04-01T00:00:00Z');
  const pinned = pinnedStanding(earned, { tier: 'gold', until: '2026-06-30' }, at('2026-04-01T12:00:00Z'), ZONE);
  const days = daysOf({ '2026-03-31': 100 });

  test('holds to the end of its last day, and gives back the tier that was earned, with its own review', () => {
    expect(pinned).toMatchObject({ tierId: 'gold', since: at('2026-04-01T12:00:00Z') });
    expect(afterReviews(pinned, COURSE, days, at('2026-06-30T21:59:59Z'))).toBe(pinned);
    expect(afterReviews(pinned, COURSE, days, at('2026-06-30T22:00:00Z'))).toEqual(earned);
  });

  test('nothing moves it meanwhile, and what is earned under it counts', () => {
    const more = daysOf({ '2026-03-31': 100, '2026-05-05': 200 });
    const raised = afterAccrual(pinned, COURSE, more, at('2026-05-05T12:00:00Z'));
    expect(raised).toMatchObject({ tierId: 'gold', reviewAt: pinned.reviewAt, earned: { tierId: 'gold' } });
    const down = pinnedStanding(earned, { tier: 'member', until: '2026-06-30' }, at('2026-04-01T12:00:00Z'), ZONE);
    const under = afterAccrual(down, COURSE, more, at('2026-05-05T12:00:00Z'));
    expect(under.tierId).toBe('member');
    expect(afterReviews(under, COURSE, more, at('2026-07-01T12:00:00Z'))).toMatchObject({
      tierId: 'gold',
      since: at('2026-05-05T12:00:00Z'),
    });
  });

  test('reviews go on under it', () => {
    const long = pinnedStanding(earned, { tier: 'gold', until: '2030-06-30' }, at('2026-04-01T12:00:00Z'), ZONE);
    const later = afterReviews(long, COURSE, days, at('2027-04-01T12:00:00Z'));
    expect(later).toMatchObject({ tierId: 'gold', earned: { tierId: 'member', reviewAt: NEVER } });
    expect(afterReviews(later, COURSE, days, at('2030-07-01T12:00:00Z'))).toEqual(firstStanding(rules.ladder));
  });

  test('taken back, it leaves the tier that was earned; set twice, it still does', () => {
    expect(unpinnedStanding(pinned)).toEqual(earned);
    const again = pinnedStanding(pinned, { tier: 'silver', until: '2026-07-31' }, at('2026-04-02T12:00:00Z'), ZONE);
    expect(unpinnedStanding(again)).toEqual(earned);
    expect(unpinnedStanding(earned)).toBe(earned);
  });
});

/**
 * The slow way to a member's tier: day by day, one after the other, with everything that ever counted, by the sentences
 * of docs/tiers.md. It knows no folded days, no instants but noon and no review but the one of today.
 */
function byDays(tiers: TierRules, enrolledOn: LocalDate, facts: ReadonlyMap<LocalDate, Qualified>, last: LocalDate) {
  const { ladder, period, downgrade, metric } = tiers;
  const indexFor = (value: number) => ladder.findLastIndex(({ threshold }) => value >= threshold);
  const sum = (from: LocalDate, until: LocalDate) =>
    [...facts].reduce((total, [day, { points: earned, orders, spend }]) => {
      if (day < from || day > until) return total;
      return total + (metric.kind === 'points' ? earned : metric.kind === 'orders' ? orders : (spend['EUR'] ?? 0));
    }, 0);
  const isFirstDay = (day: LocalDate) => {
    const [, month, date] = (period.kind === 'anniversary' ? enrolledOn : firstOf(period)).split('-').map(Number);
    const monthEnd = new Date(Date.UTC(Number(day.slice(0, 4)), month as number, 0)).getUTCDate();
    return Number(day.slice(5, 7)) === month && Number(day.slice(8)) === Math.min(date as number, monthEnd);
  };
  const yearOf = (day: LocalDate): readonly [LocalDate, LocalDate] => {
    let first = day;
    while (!isFirstDay(first)) first = addDays(first, -1);
    let end = day;
    while (!isFirstDay(addDays(end, 1))) end = addDays(end, 1);
    return [first, end];
  };
  const periodOf = (day: LocalDate): LocalDate => {
    if (period.kind === 'lifetime') return '0001-01-01';
    return period.kind === 'rolling' ? addDays(addMonths(day, -period.months), 1) : yearOf(day)[0];
  };
  let current = 0;
  /** The last safe day without grace. */
  let safe: LocalDate | null = null;
  for (let day = enrolledOn; day <= last; day = addDays(day, 1)) {
    if (facts.has(day)) {
      const reached = indexFor(sum(periodOf(day), day));
      if (reached > current) {
        current = reached;
        if (period.kind === 'rolling') safe = addMonths(day, period.months);
        else safe = period.kind === 'lifetime' ? null : yearOf(addDays(yearOf(day)[1], 1))[1];
      }
    }
    if (safe !== null && current > 0 && day === addDays(safe, downgrade.graceDays)) {
      const reached = indexFor(sum(periodOf(safe), day));
      if (reached < current) {
        if (downgrade.kind === 'requalify') current = reached;
        else if (downgrade.kind === 'one_step') current--;
      } else current = reached;
      safe = period.kind === 'rolling' ? addMonths(safe, period.months) : yearOf(addDays(safe, 1))[1];
    }
  }
  return ladder[current]?.id;
}

function firstOf(period: TierRules['period']): LocalDate {
  if (period.kind !== 'calendar') throw new RangeError('firstOf: a calendar period');
  return `2000-${String(period.month).padStart(2, '0')}-${String(period.day).padStart(2, '0')}`;
}

const someRules: fc.Arbitrary<TierRules> = fc.record({
  metric: fc.constantFrom({ kind: 'points' }, { kind: 'orders' }, { kind: 'spend', currency: 'EUR' } as const),
  period: fc.oneof(
    fc.record({ kind: fc.constant('rolling' as const), months: fc.constantFrom(1, 3, 12, 24) }),
    fc.record({
      kind: fc.constant('calendar' as const),
      month: fc.constantFrom(1, 2, 7, 12),
      day: fc.constantFrom(1, 28, 29, 31),
    }),
    fc.constant({ kind: 'anniversary' as const }),
    fc.constant({ kind: 'lifetime' as const }),
  ),
  downgrade: fc.record({
    kind: fc.constantFrom('requalify', 'one_step', 'never'),
    graceDays: fc.constantFrom(0, 1, 30, 100),
    noticeDays: fc.constant(0),
  }),
  ladder: fc.constant([tier('member', 0), tier('silver', 3), tier('gold', 7), tier('platinum', 12)] as const),
});

describe('tiers against the slow way, day by day', () => {
  const runs = sized(600, 10_000);
  test(`${runs} lives of up to seven years`, { timeout: 900_000 }, () => {
    fc.assert(
      fc.property(
        someRules,
        fc.integer({ min: 0, max: 500 }),
        fc.array(fc.record({ gap: fc.integer({ min: 0, max: 200 }), points: fc.integer({ min: 0, max: 6 }) }), {
          maxLength: 25,
        }),
        fc.integer({ min: 0, max: 900 }),
        fc.constantFrom('UTC', 'Europe/Berlin', 'Pacific/Kiritimati', 'Etc/GMT+12'),
        (tiers, offset, gaps, rest, timeZone) => {
          const enrolledOn = addDays('2023-12-01', offset);
          const noon = (day: LocalDate) => startOfDay(day, timeZone) + 12 * 3_600_000;
          const facts: [string, Qualified][] = [];
          let day = enrolledOn;
          for (const { gap, points: number } of gaps) {
            day = addDays(day, gap);
            facts.push([new Date(noon(day)).toISOString(), { points: number, orders: 1, spend: { EUR: number } }]);
          }
          const last = addDays(day, rest);
          const byDay = new Map<LocalDate, Qualified>();
          for (const [text, counted] of facts) {
            const on = localDateOf(at(text), timeZone);
            const { points: earned, orders, spend } = byDay.get(on) ?? { points: 0, orders: 0, spend: { EUR: 0 } };
            byDay.set(on, {
              points: earned + counted.points,
              orders: orders + counted.orders,
              spend: { EUR: (spend['EUR'] ?? 0) + (counted.spend['EUR'] ?? 0) },
            });
          }
          const course = courseOf(tiers, { timeZone, enrolledAt: noon(enrolledOn) });
          const end = new Date(startOfDay(addDays(last, 1), timeZone)).toISOString();
          return live(course, facts, end).tierId === byDays(tiers, enrolledOn, byDay, last);
        },
      ),
      { numRuns: runs, seed },
    );
    console.log(`tiers: ${runs} lives, 0 differences to the day-by-day oracle (seed ${seed})`);
  });

  test(`reviews carried out whenever come to the same (${sized(300, 10_000)} lives)`, () => {
    fc.assert(
      fc.property(
        someRules,
        fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 12 }),
        (tiers, stops, earned) => {
          const course = courseOf(tiers, { enrolledAt: at('2023-01-10T12:00:00Z') });
          const days = daysOf({ '2024-02-10': earned, '2025-03-01': earned });
          const start = afterAccrual(firstStanding(tiers.ladder), course, days, at('2024-02-10T12:00:00Z'));
          const instants = [...stops, 2_001]
            .sort((a, b) => a - b)
            .map((stop) => at('2024-02-10T12:00:00Z') + stop * 86_400_000);
          const stepped = instants.reduce((standing, now) => afterReviews(standing, course, days, now), start);
          expect(stepped).toEqual(afterReviews(start, course, days, instants.at(-1) as number));
        },
      ),
      { numRuns: sized(300, 10_000), seed },
    );
  });
});

describe('days that no period reaches back to', () => {
  test('become one, once six years have passed, and count for a lifetime only', () => {
    const days = new Map<LocalDate, Qualified>();
    count(days, '2019-01-31', points(3));
    count(days, '2019-02-01', points(4));
    count(days, '2025-01-31', points(5));
    expect([...days.keys()].sort()).toEqual(['2019-01-31', '2019-02-01', '2025-01-31']);
    count(days, '2025-02-01', points(6));
    expect(days.get(LONG_AGO)).toEqual(points(3));
    expect([...days.keys()].sort()).toEqual([LONG_AGO, '2019-02-01', '2025-01-31', '2025-02-01']);
    // What is told late of a day that is folded already goes where that day is.
    count(days, '2018-06-01', points(1));
    count(days, '2019-01-31', { points: -3, orders: -1, spend: { EUR: -300 } });
    expect(days.get(LONG_AGO)).toEqual(points(1));
    const lifetime: TierRules = { ...rules, period: { kind: 'lifetime' } };
    expect(qualifyingOn(days, lifetime, '2025-02-01', courseOf(lifetime))).toBe(16);
    expect(qualifyingOn(days, rules, '2025-02-01', COURSE)).toBe(11);
  });

  test('a record stays as short as six years are, however long the member stays', () => {
    const days = new Map<LocalDate, Qualified>();
    for (let day = '2000-01-01', index = 0; index < 9_000; index++, day = addDays(day, 1)) count(days, day, points(1));
    expect(days.size).toBeLessThan(6 * 366 + 2);
    expect([...days.values()].reduce((sum, { points: number }) => sum + number, 0)).toBe(9_000);
  });
});

describe('versionAt', () => {
  const versions = [1_000, 2_000].map((effectiveAt, index) => ({
    version: index + 1,
    effectiveAt,
    program: {} as Program,
  }));
  test.each([
    { instant: 0, version: 1, rule: 'history from before the program has its first rules' },
    { instant: 1_999, version: 1, rule: 'not before it takes effect' },
    { instant: 2_000, version: 2, rule: 'from the instant it takes effect' },
  ])('at $instant version $version: $rule', ({ instant, version }) => {
    expect(versionAt(versions, instant).version).toBe(version);
  });
});
