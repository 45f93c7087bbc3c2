/**
 * Time as the ledger sees it. Nothing here reads a clock; the time zone is the program's.
 *
 * Own arithmetic rather than a Temporal polyfill: the ledger needs four operations in its hot path, and each is checked
 * in the tests against `Intl` for every day of several years in many zones.
 */

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** A calendar day `YYYY-MM-DD` in some time zone. Sorts as text. */
export type LocalDate = string;

/** Stands for "never" where an instant is stored: later than every real one, and sorts last. */
export const NEVER: Instant = Number.MAX_SAFE_INTEGER;

const DAY_MS = 86_400_000;

/** Bounded: programs choose from the some 400 zones of the tz database. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formatters.set(timeZone, formatter);
  }
  return formatter;
}

/** True when the runtime knows this IANA time zone. */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatterOf(timeZone);
    return true;
  } catch {
    return false;
  }
}

/** Offsets by zone and minute: a zone changes its offset on whole minutes only. */
const offsets = new Map<string, Map<number, number>>();

/** Minutes or days kept of one zone; an import of years of history asks for few more days than this. */
const OFFSET_COUNT_MAX = 4_096;

/** How far local time is ahead of UTC at this instant, in milliseconds. */
function offsetMs(instant: Instant, timeZone: string): number {
  let known = offsets.get(timeZone);
  if (!known) offsets.set(timeZone, (known = new Map<number, number>()));
  const minute = Math.floor(instant / 60_000);
  let offset = known.get(minute);
  if (offset === undefined) {
    offset = readOffsetMs(instant, timeZone);
    if (known.size >= OFFSET_COUNT_MAX) known.clear();
    known.set(minute, offset);
  }
  return offset;
}

/** Costs some microseconds: `Intl` writes the whole date as text. */
function readOffsetMs(instant: Instant, timeZone: string): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatterOf(timeZone).formatToParts(instant)) {
    parts[type] = Number(value);
  }
  const wall = Date.UTC(
    parts['year'] ?? 0,
    (parts['month'] ?? 1) - 1,
    parts['day'],
    parts['hour'],
    parts['minute'],
    parts['second'],
  );
  return wall - Math.floor(instant / 1000) * 1000;
}

/** The calendar day of an instant in a time zone. */
export function localDateOf(instant: Instant, timeZone: string): LocalDate {
  return isoDay(instant + offsetMs(instant, timeZone));
}

/** Starts of days by zone: a busy shop asks for the same few days again and again. */
const starts = new Map<string, Map<LocalDate, Instant>>();

/** First instant of a calendar day in a time zone, also where a clock change skips or repeats midnight. */
export function startOfDay(date: LocalDate, timeZone: string): Instant {
  let known = starts.get(timeZone);
  if (!known) starts.set(timeZone, (known = new Map<LocalDate, Instant>()));
  let start = known.get(date);
  if (start === undefined) {
    start = findStart(date, timeZone);
    if (known.size >= OFFSET_COUNT_MAX) known.clear();
    known.set(date, start);
  }
  return start;
}

function findStart(date: LocalDate, timeZone: string): Instant {
  const utc = Date.parse(`${date}T00:00:00Z`);
  // A zone's offset just before and just after the day's start brackets every clock change near midnight.
  const before = offsetMs(utc - DAY_MS, timeZone);
  const after = offsetMs(utc + DAY_MS, timeZone);
  const candidates = [utc - Math.max(before, after), utc - Math.min(before, after)];
  for (const candidate of candidates) {
    if (localDateOf(candidate, timeZone) === date && localDateOf(candidate - 1, timeZone) !== date) return candidate;
  }
  return firstInstantOf(date, timeZone, candidates[0] as number, candidates[1] as number);
}

/** Midnight does not exist that day: bisects for the clock change between the two candidates. */
function firstInstantOf(date: LocalDate, timeZone: string, from: Instant, to: Instant): Instant {
  let [low, high] = [from - DAY_MS / 12, to + DAY_MS / 12];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (localDateOf(middle, timeZone) < date) low = middle;
    else high = middle;
  }
  return high;
}

/** The calendar day `days` later (or earlier, when negative). */
export function addDays(date: LocalDate, days: number): LocalDate {
  return isoDay(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS);
}

/** The same day of the month `months` later, or that month's last day where it is shorter. */
export function addMonths(date: LocalDate, months: number): LocalDate {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const index = year * 12 + (month - 1) + months;
  const lastDay = new Date(Date.UTC(Math.floor(index / 12), (index % 12) + 1, 0)).getUTCDate();
  return isoDay(Date.UTC(Math.floor(index / 12), index % 12, Math.min(day, lastDay)));
}

/** By days since 1970: writing a date out costs more than all else that is done with it. */
const days = new Map<number, LocalDate>();

function isoDay(utc: number): LocalDate {
  const number = Math.floor(utc / DAY_MS);
  let day = days.get(number);
  if (day === undefined) {
    day = new Date(utc).toISOString().slice(0, 10);
    if (days.size >= OFFSET_COUNT_MAX) days.clear();
    days.set(number, day);
  }
  return day;
}

/** The instant that was asked for last: under load many answers share a millisecond. */
let formatted = { instant: 0, text: '1970-01-01T00:00:00.000Z' };

/** ISO 8601 in UTC with milliseconds, as entries and answers carry it. */
export function formatInstant(instant: Instant): string {
  if (formatted.instant !== instant) formatted = { instant, text: new Date(instant).toISOString() };
  return formatted.text;
}
