import type { LocalDate } from './time.ts';

/** Days on which something holds, in the program's time zone. What is absent does not limit; all that is given must hold. */
export interface DayWindow {
  /** First day. */
  readonly from?: LocalDate | undefined;
  /** Last day, itself included. */
  readonly until?: LocalDate | undefined;
  /** ISO 8601 weekdays: 1 Monday … 7 Sunday. */
  readonly weekdays?: readonly number[] | undefined;
  /** 1 … 31; a day that a month lacks does not occur in it. */
  readonly daysOfMonth?: readonly number[] | undefined;
}

/** Whether a calendar day is one of `days`; every day is where these are absent. */
export function isWithin(days: DayWindow | undefined, day: LocalDate): boolean {
  if (!days) return true;
  const { from, until, weekdays, daysOfMonth } = days;
  if (from !== undefined && day < from) return false;
  if (until !== undefined && day > until) return false;
  if (weekdays && !weekdays.includes(weekdayOf(day))) return false;
  return !daysOfMonth || daysOfMonth.includes(Number(day.slice(8)));
}

/** ISO 8601 weekday, 1 Monday … 7 Sunday. */
export function weekdayOf(day: LocalDate): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay() || 7;
}
