import { describe, expect, test } from 'vitest';
import { expiryOf, extendedLastDay } from '../../../../shared/domain/expiry.ts';
import { limitPeriodEnd, limitPeriodOf } from '../../../../shared/domain/limits.ts';
import type { ExpiryKind, ExpiryPolicy } from '../../../../shared/domain/program.ts';
import {
  addDays,
  formatInstant,
  type LocalDate,
  localDateOf,
  NEVER,
  startOfDay,
} from '../../../../shared/domain/time.ts';
import { isWithin, weekdayOf } from '../../../../shared/domain/windows.ts';
import { formatDay } from '../../../../shared/format/dates.ts';
import { sized } from '../../../support/size.ts';

const ZONE = 'Europe/Berlin';
const policyOf = (kind: ExpiryKind, rest: Partial<ExpiryPolicy> = {}): ExpiryPolicy =>
  ({ noticeDays: [], extensionDays: 0, pauses: [], ...kind, ...rest }) as ExpiryPolicy;
const lastDayOf = (policy: ExpiryPolicy, accruedAt: string, zone = ZONE) =>
  localDateOf(expiryOf(policy, Date.parse(accruedAt), zone) - 1, zone);

describe('the last day of points', () => {
  const months = (number: number) => policyOf({ kind: 'after_months', months: number });
  const onDate = (month: number, day: number, monthsMin: number) =>
    policyOf({ kind: 'on_date', month, day, monthsMin });
  test.each([
    { policy: months(12), at: '2026-03-31T12:00:00Z', last: '2027-03-31', why: 'the same day a year later' },
    { policy: months(12), at: '2026-03-31T22:00:00Z', last: '2027-04-01', why: 'of the program’s day, not UTC’s' },
    { policy: months(1), at: '2026-01-31T12:00:00Z', last: '2026-02-28', why: 'the end of a shorter month' },
    { policy: months(12), at: '2024-02-29T12:00:00Z', last: '2025-02-28', why: 'from a leap day' },
    { policy: months(48), at: '2024-02-29T12:00:00Z', last: '2028-02-29', why: 'to a leap day' },
    { policy: months(120), at: '2026-05-05T12:00:00Z', last: '2036-05-05', why: 'ten years' },
    {
      policy: onDate(12, 31, 0),
      at: '2026-12-31T12:00:00Z',
      last: '2026-12-31',
      why: 'the day itself, where none must lie between',
    },
    {
      policy: onDate(12, 31, 0),
      at: '2026-12-31T23:00:00Z',
      last: '2027-12-31',
      why: 'in Berlin it is the next year already',
    },
    { policy: onDate(12, 31, 3), at: '2026-09-30T12:00:00Z', last: '2026-12-31', why: 'three months ahead, just' },
    { policy: onDate(12, 31, 3), at: '2026-10-01T12:00:00Z', last: '2027-12-31', why: 'three months ahead, not quite' },
    { policy: onDate(2, 29, 0), at: '2026-01-15T12:00:00Z', last: '2026-02-28', why: '29 February in other years' },
    { policy: onDate(2, 29, 0), at: '2027-03-01T12:00:00Z', last: '2028-02-29', why: '29 February in a leap year' },
    {
      policy: onDate(2, 29, 12),
      at: '2027-02-28T12:00:00Z',
      last: '2028-02-29',
      why: 'a year before the 28th is the leap year’s 29th',
    },
    {
      policy: onDate(6, 31, 24),
      at: '2026-06-30T12:00:00Z',
      last: '2028-06-30',
      why: 'a day that the month lacks is its last',
    },
    {
      policy: policyOf({ kind: 'after_inactivity', months: 6 }),
      at: '2026-08-31T12:00:00Z',
      last: '2027-02-28',
      why: 'of inactivity',
    },
  ])('$policy.kind from $at: $last, $why', ({ policy, at, last }) => {
    expect(lastDayOf(policy, at)).toBe(last);
  });

  test('points that do not expire never do', () => {
    expect(expiryOf(policyOf({ kind: 'never' }), 0, ZONE)).toBe(NEVER);
  });

  const pauses = [
    { from: '2027-03-25', until: '2027-04-10' },
    { from: '2027-04-11', until: '2027-04-20' },
    { from: '2027-06-01', until: '2027-06-01' },
  ];
  test.each([
    { at: '2026-03-24T12:00:00Z', last: '2027-03-24', why: 'the day before a pause' },
    { at: '2026-03-25T12:00:00Z', last: '2027-04-20', why: 'its first day, and on through the pause that follows' },
    { at: '2026-04-10T12:00:00Z', last: '2027-04-20', why: 'its last day as well: nothing expires at its end' },
    { at: '2026-04-21T12:00:00Z', last: '2027-04-21', why: 'the day after' },
    { at: '2026-06-01T12:00:00Z', last: '2027-06-01', why: 'a pause of one day moves nothing beyond itself' },
  ])('with pauses, from $at: $last, $why', ({ at, last }) => {
    expect(lastDayOf(policyOf({ kind: 'after_months', months: 12 }, { pauses }), at)).toBe(last);
    // However they are ordered.
    const reversed = pauses.toReversed();
    expect(lastDayOf(policyOf({ kind: 'after_months', months: 12 }, { pauses: reversed }), at)).toBe(last);
  });

  test.each([
    { days: 0, from: '2027-03-01', to: null, why: 'not at all' },
    { days: 30, from: '2027-01-31', to: '2027-03-02', why: 'so many days later' },
    { days: 30, from: '2027-02-28', to: '2027-04-20', why: 'beyond a pause in which it would end' },
  ])('put off by $days days from $from: $why', ({ days, from, to }) => {
    expect(extendedLastDay(policyOf({ kind: 'after_months', months: 12 }, { pauses, extensionDays: days }), from)).toBe(
      to,
    );
  });
});

/** Clock changes both ways at every hour of the night, half hours, 45 minutes, both ends of the earth's day. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Europe/London',
  'America/New_York',
  'America/Los_Angeles',
  'America/St_Johns',
  'America/Sao_Paulo',
  'America/Havana',
  'America/Santiago',
  'America/Asuncion',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Shanghai',
  'Asia/Riyadh',
  'Asia/Beirut',
  'Asia/Gaza',
  'Asia/Tehran',
  'Pacific/Chatham',
  'Pacific/Auckland',
  'Pacific/Kiritimati',
  'Etc/GMT+12',
  'Australia/Lord_Howe',
];

describe('T1: points end with the program’s local day, and that day is the one shown', () => {
  const step = sized(3, 1);
  test(`${ZONES.length} zones × every ${step === 1 ? '' : '3rd '}day of 2024 to 2032`, { timeout: 300_000 }, () => {
    let count = 0;
    for (const [index, zone] of ZONES.entries()) {
      const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' });
      for (let day = addDays('2024-01-01', index % step); day <= '2032-12-31'; day = addDays(day, step)) {
        // Accrued at the day's first and last instant, by a policy that ends on a date of its own: the day itself.
        const policy = policyOf({
          kind: 'on_date',
          month: Number(day.slice(5, 7)),
          day: Number(day.slice(8)),
          monthsMin: 0,
        });
        const expiresAt = expiryOf(policy, startOfDay(day, zone), zone);
        const isLast = shown.format(expiresAt - 1) === day && shown.format(expiresAt) === addDays(day, 1);
        if (!isLast || expiryOf(policy, expiresAt - 1, zone) !== expiresAt) {
          throw new Error(`${day} in ${zone} ends at ${formatInstant(expiresAt)}`);
        }
        count++;
      }
    }
    console.log(`T1: ${count} days in ${ZONES.length} zones, 0 differences to Intl`);
  });

  test('a page and the wallet write the day that the server names, wherever they run', () => {
    const zone = process.env['TZ'];
    try {
      for (const here of ['Pacific/Kiritimati', 'Etc/GMT+12', 'America/New_York']) {
        process.env['TZ'] = here;
        expect(formatDay('2027-03-31', 'en')).toContain('31');
        expect(formatDay('2028-02-29', 'de')).toContain('29');
      }
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });
});

describe('periods of limits', () => {
  test.each([
    { per: 'day', day: '2026-03-29', first: '2026-03-29', next: '2026-03-30' },
    { per: 'week', day: '2026-03-29', first: '2026-03-23', next: '2026-03-30' },
    { per: 'week', day: '2026-03-30', first: '2026-03-30', next: '2026-04-06' },
    { per: 'week', day: '2027-01-01', first: '2026-12-28', next: '2027-01-04' },
    { per: 'month', day: '2028-02-29', first: '2028-02-01', next: '2028-03-01' },
    { per: 'month', day: '2026-12-31', first: '2026-12-01', next: '2027-01-01' },
    { per: 'year', day: '2026-12-31', first: '2026-01-01', next: '2027-01-01' },
    { per: 'lifetime', day: '2026-12-31', first: '0001-01-01', next: null },
  ] as const)('the $per of $day begins on $first and ends before $next', ({ per, day, first, next }) => {
    expect({ first: limitPeriodOf(per, day), next: limitPeriodEnd(per, day) }).toEqual({ first, next });
  });

  test('every day of eight years is in one period, and periods follow each other without a gap', () => {
    for (const per of ['day', 'week', 'month', 'year'] as const) {
      for (let day: LocalDate = '2024-01-01'; day <= '2031-12-31'; day = addDays(day, 1)) {
        const [first, next] = [limitPeriodOf(per, day), limitPeriodEnd(per, day) as LocalDate];
        if (
          first > day ||
          next <= day ||
          limitPeriodOf(per, next) !== next ||
          limitPeriodOf(per, addDays(next, -1)) !== first
        ) {
          throw new Error(`${per} of ${day}: ${first} to ${next}`);
        }
      }
    }
  });
});

describe('windows', () => {
  test.each([
    { window: undefined, day: '2026-03-31', within: true, why: 'no window' },
    { window: {}, day: '2026-03-31', within: true, why: 'an empty one' },
    { window: { from: '2026-03-31' }, day: '2026-03-30', within: false, why: 'too early' },
    { window: { from: '2026-03-31' }, day: '2026-03-31', within: true, why: 'the first day' },
    { window: { until: '2026-03-31' }, day: '2026-04-01', within: false, why: 'too late' },
    { window: { weekdays: [2] }, day: '2026-03-31', within: true, why: 'a Tuesday' },
    { window: { weekdays: [1, 3] }, day: '2026-03-31', within: false, why: 'no Tuesday' },
    {
      window: { weekdays: [2], daysOfMonth: [30] },
      day: '2026-03-31',
      within: false,
      why: 'all that is given must hold',
    },
    { window: { weekdays: [2], daysOfMonth: [31] }, day: '2026-03-31', within: true, why: 'and does' },
  ])('$why', ({ window, day, within }) => {
    expect(isWithin(window, day)).toBe(within);
  });

  test('weekdays are those that Intl names', () => {
    const names = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
    const name = new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', weekday: 'short' });
    for (let day = '2024-01-01'; day < '2029-01-01'; day = addDays(day, 1)) {
      expect(names[weekdayOf(day) - 1]).toBe(name.format(Date.parse(`${day}T12:00:00Z`)));
    }
  });
});
