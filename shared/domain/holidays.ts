import { lunationNear, newMoonOf } from './new-moons.ts';
import type { HolidayDate } from './occasion-terms.ts';
import { addDays, type LocalDate } from './time.ts';

/** A day as a calendar other than the Gregorian counts it. */
interface CalendarDay {
  /** 0 for a leap month that has no number of its own: no holiday lies in it. */
  readonly month: number;
  readonly day: number;
}

/** No month of any of the calendars is shorter, but for February. */
const MONTH_DAYS_MIN = 29;
/** A leap month of the Hebrew calendar comes again within three years. */
const AHEAD_DAYS_MAX = 1_200;

/**
 * CLDR numbers the months of the Hebrew year so that each keeps its number: 6 is Adar I, which common years lack, and 7 is
 * Adar, or Adar II where there are two.
 */
const HEBREW_MONTHS: readonly (readonly string[])[] = [
  ['Tishri'],
  ['Heshvan'],
  ['Kislev'],
  ['Tevet'],
  ['Shevat'],
  ['Adar I'],
  ['Adar', 'Adar II'],
  ['Nisan'],
  ['Iyar'],
  ['Sivan'],
  ['Tamuz'],
  ['Av'],
  ['Elul'],
];

const formats = new Map<string, Intl.DateTimeFormat>();

/** Days by calendar; a shop asks for the same few again and again. */
const known = new Map<string, CalendarDay>();
const KNOWN_COUNT_MAX = 4_096;

/**
 * Whether a holiday is kept on a day, by the platform's calendar data (Unicode CLDR); days of the Chinese calendar by the
 * moon itself. A day that its month lacks in a year is kept on the month's last day, so 29 February on the 28th.
 */
export function holidayOn(date: LocalDate, { calendar, month, day }: HolidayDate): boolean {
  const on = dayIn(calendar, date);
  if (on.month !== month || on.day > day) return false;
  return on.day === day || dayIn(calendar, addDays(date, 1)).month !== month;
}

/** The first day from `from` on, itself included, on which a holiday is kept. */
export function nextHoliday(from: LocalDate, holiday: HolidayDate): LocalDate | null {
  const end = addDays(from, AHEAD_DAYS_MAX);
  for (let date = from; date <= end; ) {
    if (holidayOn(date, holiday)) return date;
    const on = dayIn(holiday.calendar, date);
    // Into the next month at the furthest: none is skipped, and a year is looked at in some thirty steps.
    date = addDays(date, on.month === holiday.month ? 1 : Math.max(1, shortest(holiday, on) + 1 - on.day));
  }
  return null;
}

const shortest = ({ calendar }: HolidayDate, { month }: CalendarDay) =>
  calendar === 'gregory' && month === 2 ? 28 : MONTH_DAYS_MIN;

/** A birthday (`MM-DD`) in a year: one on 29 February is kept on the 28th where there is no 29th. */
export function birthdayOn(date: LocalDate, birthday: string): boolean {
  return holidayOn(date, birthdayDate(birthday));
}

/** The next time that a birthday is kept, today included. */
export function nextBirthday(from: LocalDate, birthday: string): LocalDate {
  return nextHoliday(from, birthdayDate(birthday)) as LocalDate;
}

/** The birthdays that are kept on a day: two on 28 February of a common year. */
export function birthdaysOn(date: LocalDate): readonly string[] {
  const own = date.slice(5);
  return own === '02-28' && addDays(date, 1).endsWith('03-01') ? [own, '02-29'] : [own];
}

const birthdayDate = (birthday: string): HolidayDate => ({
  calendar: 'gregory',
  month: Number(birthday.slice(0, 2)),
  day: Number(birthday.slice(3)),
});

function dayIn(calendar: HolidayDate['calendar'], date: LocalDate): CalendarDay {
  if (calendar === 'gregory') return { month: Number(date.slice(5, 7)), day: Number(date.slice(8)) };
  const key = `${calendar} ${date}`;
  let day = known.get(key);
  if (!day) {
    day = calendar === 'chinese' ? readChinese(date) : read(calendar, date);
    if (known.size >= KNOWN_COUNT_MAX) known.clear();
    known.set(key, day);
  }
  return day;
}

/**
 * A month of the Chinese calendar begins on the day, in China, on which the moon is new. Its name is what the platform calls
 * its middle, where being off by a day makes no difference.
 */
function readChinese(date: LocalDate): CalendarDay {
  let lunation = lunationNear(Date.parse(date)) + 1;
  let start = chineseDay(newMoonOf(lunation));
  while (start > date) start = chineseDay(newMoonOf(--lunation));
  const day = daysBetween(start, date) + 1;
  return { month: read('chinese', addDays(start, 14)).month, day };
}

const CHINA_AHEAD_MS = 8 * 3_600_000;
const chineseDay = (newMoon: number): LocalDate => new Date(newMoon + CHINA_AHEAD_MS).toISOString().slice(0, 10);
const daysBetween = (from: LocalDate, to: LocalDate) => (Date.parse(to) - Date.parse(from)) / 86_400_000;

function read(calendar: HolidayDate['calendar'], date: LocalDate): CalendarDay {
  let format = formats.get(calendar);
  if (!format) {
    const options = { month: 'numeric', day: 'numeric', timeZone: 'UTC' } as const;
    format = new Intl.DateTimeFormat(`en-u-ca-${calendar}-nu-latn`, options);
    formats.set(calendar, format);
  }
  const parts = format.formatToParts(Date.parse(`${date}T12:00:00Z`));
  const text = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  return { month: monthOf(calendar, text('month')), day: Number(text('day')) };
}

/** The Hebrew calendar's months come by name; a leap month of the Chinese one as `2bis`. */
function monthOf(calendar: HolidayDate['calendar'], text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  if (calendar !== 'hebrew') return 0;
  const index = HEBREW_MONTHS.findIndex((names) => names.includes(text));
  if (index < 0) throw new RangeError(`holidays: the platform calls a Hebrew month ${text}`);
  return index + 1;
}
