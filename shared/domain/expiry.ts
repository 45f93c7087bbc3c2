import type { ExpiryPolicy } from './program.ts';
import { addDays, addMonths, type Instant, type LocalDate, localDateOf, NEVER, startOfDay } from './time.ts';

/**
 * When points accrued at an instant expire: at the end of a day of the program's time zone, so that the last day of use
 * is the same wherever it is shown. Points that expire with inactivity get the date that they have without any further
 * activity.
 */
export function expiryOf(policy: ExpiryPolicy, accruedAt: Instant, timeZone: string): Instant {
  if (policy.kind === 'never') return NEVER;
  const lastDay = afterPauses(policy, lastDayOf(policy, localDateOf(accruedAt, timeZone)));
  return startOfDay(addDays(lastDay, 1), timeZone);
}

/** The last day of points that are put off: as many days later as the program grants, beyond pauses; `null` for not at all. */
export function extendedLastDay(policy: ExpiryPolicy, lastDay: LocalDate): LocalDate | null {
  return policy.extensionDays === 0 ? null : afterPauses(policy, addDays(lastDay, policy.extensionDays));
}

function lastDayOf(policy: Exclude<ExpiryPolicy, { kind: 'never' }>, day: LocalDate): LocalDate {
  if (policy.kind !== 'on_date') return addMonths(day, policy.months);
  const earliest = addMonths(day, policy.monthsMin);
  const inYear = (year: number): LocalDate => addMonths(dateOf(policy.month, policy.day), 12 * (year - 2000));
  const year = Number(earliest.slice(0, 4));
  return inYear(year) >= earliest ? inYear(year) : inYear(year + 1);
}

/** A day of the leap year 2000, from which months are counted; a day that the month lacks is its last. */
function dateOf(month: number, day: number): LocalDate {
  const text = (value: number) => String(value).padStart(2, '0');
  const last = new Date(Date.UTC(2000, month, 0)).getUTCDate();
  return `2000-${text(month)}-${text(Math.min(day, last))}`;
}

/** A last day of use that a pause covers moves to the pause's own last day, and on with pauses that follow at once. */
function afterPauses({ pauses }: ExpiryPolicy, day: LocalDate): LocalDate {
  let last = day;
  let isPaused = false;
  for (const { from, until } of [...pauses].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    if (last > until || from > (isPaused ? addDays(last, 1) : last)) continue;
    last = until;
    isPaused = true;
  }
  return last;
}
