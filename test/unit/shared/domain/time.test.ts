import { describe, expect, test } from 'vitest';
import {
  addDays,
  addMonths,
  formatInstant,
  isTimeZone,
  localDateOf,
  startOfDay,
} from '../../../../shared/domain/time.ts';
import { sized } from '../../../support/size.ts';

/** Clock changes both ways at every hour of the night, half hours, 45 minutes, both ends of the earth's day. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'America/Havana',
  'Asia/Kathmandu',
  'Asia/Shanghai',
  'Asia/Riyadh',
  'Asia/Beirut',
  'Africa/Cairo',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
  'Etc/GMT+12',
  'Australia/Lord_Howe',
  'Europe/London',
  'America/Los_Angeles',
  'America/Santiago',
  'America/Asuncion',
  'Asia/Tehran',
  'Asia/Kolkata',
  'Asia/Gaza',
  'Africa/Casablanca',
  'Pacific/Auckland',
];

/** Another way to the local day: the text that `Intl` writes for people. */
function dayByIntl(instant: number, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(instant);
}

describe('days in a zone', () => {
  test.each(ZONES)(
    'every day of %s begins at its first instant, not a millisecond before',
    { timeout: 300_000 },
    (zone) => {
      const lastDay = `${sized(2027, 2032)}-12-31`;
      for (let day = '2024-01-01'; day <= lastDay; day = addDays(day, 1)) {
        const start = startOfDay(day, zone);
        if (dayByIntl(start, zone) !== day || dayByIntl(start - 1, zone) !== addDays(day, -1)) {
          throw new Error(`${day} does not begin at ${formatInstant(start)}`);
        }
        if (localDateOf(start, zone) !== day || localDateOf(start - 1, zone) !== addDays(day, -1)) {
          throw new Error(`${formatInstant(start)} is not told to be ${day}`);
        }
      }
    },
  );

  test.each([
    { day: '2026-03-29', zone: 'Europe/Berlin', start: '2026-03-28T23:00:00.000Z', rule: 'winter time still' },
    { day: '2026-03-30', zone: 'Europe/Berlin', start: '2026-03-29T22:00:00.000Z', rule: 'summer time now' },
    {
      day: '2026-04-24',
      zone: 'Africa/Cairo',
      start: '2026-04-23T22:00:00.000Z',
      rule: 'midnight does not exist: the day begins at one',
    },
    {
      day: '2018-11-04',
      zone: 'America/Sao_Paulo',
      start: '2018-11-04T03:00:00.000Z',
      rule: 'midnight does not exist',
    },
    { day: '2011-12-31', zone: 'Pacific/Apia', start: '2011-12-30T10:00:00.000Z', rule: 'the day before never was' },
  ])('$day in $zone begins at $start: $rule', ({ day, zone, start }) => {
    expect(formatInstant(startOfDay(day, zone))).toBe(start);
  });
});

describe('addMonths', () => {
  test.each([
    { from: '2026-01-31', months: 1, to: '2026-02-28', rule: 'a shorter month ends earlier' },
    { from: '2024-02-29', months: 12, to: '2025-02-28', rule: 'a leap day has no anniversary' },
    { from: '2024-02-29', months: 48, to: '2028-02-29', rule: 'but in the next leap year' },
    { from: '2026-03-31', months: -12, to: '2025-03-31', rule: 'backward' },
    { from: '2026-03-31', months: -1, to: '2026-02-28', rule: 'backward into a shorter month' },
    { from: '2026-01-15', months: -1, to: '2025-12-15', rule: 'backward over the year' },
    { from: '2026-12-31', months: 2, to: '2027-02-28', rule: 'over the year' },
  ])('$from and $months months is $to: $rule', ({ from, months, to }) => {
    expect(addMonths(from, months)).toBe(to);
  });
});

test.each([
  { zone: 'Europe/Berlin', known: true },
  { zone: 'Mars/Olympus', known: false },
  { zone: '', known: false },
])('isTimeZone($zone) is $known', ({ zone, known }) => {
  expect(isTimeZone(zone)).toBe(known);
});
