import { birthdayOn, holidayOn, nextBirthday, nextHoliday } from './holidays.ts';
import type { Occasion } from './occasion-terms.ts';
import type { LocalDate } from './time.ts';

/** Days before which a birthday has to be set to bring something: nobody sets it to tomorrow. */
export const BIRTHDAY_SETTLED_DAYS = 14;

/** Days that a run looks back for what it missed. */
export const OCCASION_LATE_DAYS_MAX = 92;

/** Whether an occasion is kept on a day of the program's zone; a birthday where the member's own is known. */
export function isKeptOn({ on }: Occasion, date: LocalDate, birthday: string | null): boolean {
  if (on.kind === 'holiday') return holidayOn(date, on);
  return birthday !== null && birthdayOn(date, birthday);
}

/** The next day on which an occasion is kept, today included; `null` where it is not known. */
export function nextKeptOn({ on }: Occasion, from: LocalDate, birthday: string | null): LocalDate | null {
  if (on.kind === 'holiday') return nextHoliday(from, on);
  return birthday === null ? null : nextBirthday(from, birthday);
}
