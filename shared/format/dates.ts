import { dateTimeFormat } from './intl.ts';

/** A calendar day of the program (`2027-03-31`), the same day wherever the reader is. */
export const formatDay = (day: string, locale: string): string =>
  dateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${day}T00:00Z`));

/** A calendar day in few characters, for lists. */
export const formatShortDay = (day: string, locale: string): string =>
  dateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(`${day}T00:00Z`));

/** When something was seen: the time if it was today, else the day, on the reader's own clock. */
export function formatSeenAt(instant: string | number, now: number, locale: string): string {
  const seen = new Date(instant);
  return seen.toDateString() === new Date(now).toDateString()
    ? dateTimeFormat(locale, { timeStyle: 'short' }).format(seen)
    : dateTimeFormat(locale, { dateStyle: 'short' }).format(seen);
}

/** Day and time of an instant on the reader's own clock. */
export const formatInstant = (instant: string | number, locale: string): string =>
  dateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(instant));
