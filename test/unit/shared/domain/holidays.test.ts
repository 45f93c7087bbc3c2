import { describe, expect, test } from 'vitest';
import { birthdayOn, birthdaysOn, holidayOn, nextBirthday, nextHoliday } from '../../../../shared/domain/holidays.ts';
import { lunationNear, newMoonOf } from '../../../../shared/domain/new-moons.ts';
import type { HolidayDate } from '../../../../shared/domain/occasion-terms.ts';
import { addDays } from '../../../../shared/domain/time.ts';
import { sized } from '../../../support/size.ts';

/** As the calendars' own authorities publish them, the first day of each in its year. */
const KNOWN: readonly (readonly [name: string, holiday: HolidayDate, days: string])[] = [
  [
    'Chinese New Year',
    { calendar: 'chinese', month: 1, day: 1 },
    `2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13
     2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08`,
  ],
  [
    'Mid-Autumn Festival',
    { calendar: 'chinese', month: 8, day: 15 },
    `2020-10-01 2021-09-21 2022-09-10 2023-09-29 2024-09-17 2025-10-06 2026-09-25 2027-09-15 2028-10-03 2029-09-22
     2030-09-12`,
  ],
  [
    'Eid al-Fitr',
    { calendar: 'islamic-umalqura', month: 10, day: 1 },
    `2020-05-24 2021-05-13 2022-05-02 2023-04-21 2024-04-10 2025-03-30 2026-03-20 2027-03-09 2028-02-26 2029-02-14
     2030-02-04`,
  ],
  [
    'Nowruz',
    { calendar: 'persian', month: 1, day: 1 },
    `2020-03-20 2021-03-21 2022-03-21 2023-03-21 2024-03-20 2025-03-21 2026-03-21 2027-03-21 2028-03-20 2029-03-20`,
  ],
  [
    'Rosh Hashanah',
    { calendar: 'hebrew', month: 1, day: 1 },
    `2020-09-19 2021-09-07 2022-09-26 2023-09-16 2024-10-03 2025-09-23 2026-09-12 2027-10-02 2028-09-21 2029-09-10
     2030-09-28`,
  ],
  [
    'Purim, in Adar or Adar II',
    { calendar: 'hebrew', month: 7, day: 14 },
    '2020-03-10 2021-02-26 2022-03-17 2023-03-07 2024-03-24 2025-03-14 2026-03-03 2027-03-23',
  ],
  [
    'the first day of the Indian national year, which follows the sun',
    { calendar: 'indian', month: 1, day: 1 },
    '2020-03-21 2021-03-22 2022-03-22 2023-03-22 2024-03-21 2025-03-22',
  ],
];

describe('holidays', () => {
  test.each(KNOWN)('%s', (_name, holiday, text) => {
    const days = text.split(/\s+/);
    expect(days.map((day) => nextHoliday(`${day.slice(0, 4)}-01-01`, holiday))).toEqual(days);
    for (const day of days) {
      expect(holidayOn(day, holiday)).toBe(true);
      expect(holidayOn(addDays(day, -1), holiday)).toBe(false);
      expect(holidayOn(addDays(day, 1), holiday)).toBe(false);
    }
  });

  test('leap months have no holidays: 2023 had a second second month', () => {
    const holiday = { calendar: 'chinese', month: 2, day: 2 } as const;
    expect(nextHoliday('2023-01-22', holiday)).toBe('2023-02-21');
    expect(holidayOn('2023-03-23', holiday)).toBe(false);
    expect(nextHoliday('2023-02-22', holiday)).toBe('2024-03-11');
  });

  test('a day that its month lacks is kept on the last one', () => {
    expect(nextHoliday('2024-02-11', { calendar: 'chinese', month: 12, day: 30 })).toBe('2025-01-28');
    expect(nextHoliday('2026-01-01', { calendar: 'gregory', month: 2, day: 29 })).toBe('2026-02-28');
    expect(nextHoliday('2028-01-01', { calendar: 'gregory', month: 2, day: 29 })).toBe('2028-02-29');
    expect(holidayOn('2028-02-28', { calendar: 'gregory', month: 2, day: 29 })).toBe(false);
  });

  test('a holiday of Adar I comes in leap years only', () => {
    expect(nextHoliday('2025-01-01', { calendar: 'hebrew', month: 6, day: 14 })).toBe('2027-02-21');
  });

  test('looking ahead skips nothing, against a walk day by day', () => {
    const holidays: HolidayDate[] = (
      ['gregory', 'chinese', 'islamic-umalqura', 'hebrew', 'persian', 'indian'] as const
    ).flatMap((calendar) => [1, 2, 12].flatMap((month) => [1, 29].map((day) => ({ calendar, month, day }))));
    let compared = 0;
    for (const holiday of holidays) {
      let expected: string | null = null;
      for (let day = `${2028 + sized(2, 30)}-12-31`; day >= '2026-01-01'; day = addDays(day, -1)) {
        if (holidayOn(day, holiday)) expected = day;
        if (expected === null || !day.endsWith('3')) continue;
        expect(nextHoliday(day, holiday), `${JSON.stringify(holiday)} from ${day}`).toBe(expected);
        compared++;
      }
    }
    console.log(`holidays: ${compared} looks ahead, 0 differences to a walk day by day`);
    expect(compared).toBeGreaterThan(5_000);
  });

  test('the moon is new when it is', () => {
    // Published to the minute.
    for (const text of [
      '2017-08-21T18:30Z',
      '2024-01-11T11:57Z',
      '2026-08-12T17:37Z',
      '2027-02-06T15:56Z',
      '2030-02-02T16:07Z',
    ]) {
      const at = Date.parse(text);
      expect(Math.abs(newMoonOf(lunationNear(at)) - at), text).toBeLessThan(60_000);
    }
  });
});

describe('birthdays', () => {
  test('29 February is kept on the 28th of common years', () => {
    expect(birthdayOn('2027-02-28', '02-29')).toBe(true);
    expect(birthdayOn('2028-02-28', '02-29')).toBe(false);
    expect(birthdayOn('2028-02-29', '02-29')).toBe(true);
    expect(nextBirthday('2027-03-01', '02-29')).toBe('2028-02-29');
    expect(birthdaysOn('2027-02-28')).toEqual(['02-28', '02-29']);
    expect(birthdaysOn('2028-02-28')).toEqual(['02-28']);
    expect(birthdaysOn('2100-02-28')).toEqual(['02-28', '02-29']);
  });

  test('every birthday is kept once a year, for 40 years', () => {
    const counts = new Map<string, number>();
    for (let day = '2024-01-01'; day < '2064-01-01'; day = addDays(day, 1)) {
      for (const birthday of birthdaysOn(day)) {
        const key = `${day.slice(0, 4)} ${birthday}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(40 * 366);
    expect([...counts.values()].every((count) => count === 1)).toBe(true);
  });
});
