import { describe, expect, test } from 'vitest';
import { expiryOf } from '../../../../shared/domain/expiry.ts';
import { allocateLots, type Lot, reclaimLots } from '../../../../shared/domain/lots.ts';
import { type Program, versionAt } from '../../../../shared/domain/program.ts';
import type { QualifyingDays } from '../../../../shared/domain/qualifying.ts';
import {
  afterAccrual,
  afterReviews,
  firstStanding,
  qualifyingOn,
  reviewDayOf,
  tierFor,
} from '../../../../shared/domain/tiers.ts';
import { NEVER, startOfDay } from '../../../../shared/domain/time.ts';

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
} as const;
const at = (text: string) => Date.parse(text);
const PLAIN = { noticeDays: [], extensionDays: 0, pauses: [] };
const CALENDAR = { timeZone: ZONE, enrolledAt: 0 };

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
    expect(qualifyingOn(days, rules, '2026-03-31', CALENDAR)).toBe(110);
    expect(qualifyingOn(days, rules, '2026-04-01', CALENDAR)).toBe(1_100);
  });
});

describe('standing', () => {
  const reached = afterAccrual(
    firstStanding(rules.ladder),
    rules,
    daysOf({ '2026-03-31': 250 }),
    at('2026-03-31T12:00:00Z'),
    CALENDAR,
  );

  test('a tier is reached at once, and safe to the end of the day a period later', () => {
    expect(reached).toMatchObject({ tierId: 'gold', since: at('2026-03-31T12:00:00Z') });
    expect(reviewDayOf(reached, ZONE)).toBe('2027-03-31');
    expect(reached.reviewAt).toBe(startOfDay('2027-04-01', ZONE));
  });

  test('more points in the same tier leave its review where it is', () => {
    const days = daysOf({ '2026-05-05': 260 });
    expect(afterAccrual(reached, rules, days, at('2026-05-05T12:00:00Z'), CALENDAR)).toBe(reached);
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
    expect(afterReviews(reached, rules, daysOf(days), at(now), CALENDAR).tierId).toBe(id);
  });

  test('the tier kept at a review keeps the day it was reached', () => {
    const kept = afterReviews(reached, rules, daysOf({ '2026-12-24': 250 }), at('2027-04-01T00:00:00Z'), CALENDAR);
    expect(kept).toMatchObject({ tierId: 'gold', since: reached.since });
    expect(reviewDayOf(kept, ZONE)).toBe('2028-03-31');
  });

  test('a tier that the program no longer has counts as the first', () => {
    const gone = { tierId: 'platinum', since: 0, reviewAt: NEVER, isPinned: false };
    expect(afterAccrual(gone, rules, daysOf({ '2026-03-31': 100 }), at('2026-03-31T12:00:00Z'), CALENDAR).tierId).toBe(
      'silver',
    );
  });
});

describe('lots', () => {
  const lot = (seq: number, remaining: number, expiresAt: number, availableAt = 0): Lot => ({
    seq,
    initial: remaining,
    remaining,
    expired: 0,
    reversed: 0,
    availableAt,
    expiresAt,
    follows: false,
    isExtended: false,
  });

  test.each([
    { cost: 5, uses: [{ lot: 2, points: 5 }], rule: 'what expires first is spent first' },
    { cost: 10, uses: [{ lot: 2, points: 10 }], rule: 'to its last point' },
    {
      cost: 11,
      uses: [
        { lot: 2, points: 10 },
        { lot: 1, points: 1 },
      ],
      rule: 'then the next',
    },
    {
      cost: 30,
      uses: [
        { lot: 2, points: 10 },
        { lot: 1, points: 10 },
        { lot: 3, points: 10 },
      ],
      rule: 'what never expires last',
    },
  ])('$cost points: $rule', ({ cost, uses }) => {
    expect(allocateLots([lot(1, 10, 200), lot(2, 10, 150), lot(3, 10, NEVER)], cost, 100)).toEqual(uses);
  });

  test.each([
    { now: 149, payable: true, rule: 'the last millisecond counts' },
    { now: 150, payable: false, rule: 'expiresAt is the first instant at which they cannot be spent' },
    { now: 49, payable: false, rule: 'pending points cannot be spent' },
    { now: 50, payable: true, rule: 'availableAt is the first instant at which they can' },
  ])('at $now: $rule', ({ now, payable }) => {
    const allocate = () => allocateLots([lot(1, 10, 150, 50)], 10, now);
    if (payable) expect(allocate()).toHaveLength(1);
    else expect(allocate).toThrow(expect.objectContaining({ code: 'insufficient_points' }));
  });

  test('a refund takes from the order’s own lot, then from spendable ones, then from pending ones; the rest is owed', () => {
    const lots = [lot(1, 10, 150), lot(2, 10, 200), lot(3, 10, 120, 110), lot(4, 10, 90)];
    expect(reclaimLots(lots, 2, 35, 100)).toEqual({
      uses: [
        { lot: 2, points: 10 },
        { lot: 1, points: 10 },
        { lot: 3, points: 10 },
      ],
      missing: 5,
    });
  });

  test('points that do not expire never do', () => {
    expect(expiryOf({ kind: 'never', ...PLAIN }, 0, ZONE)).toBe(NEVER);
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
