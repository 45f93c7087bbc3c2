import { addDays, addMonths, type LocalDate } from './time.ts';
import { weekdayOf } from './windows.ts';

/** Calendar periods of the program's time zone after which a count starts anew; weeks begin on Monday. */
export type LimitPeriod = 'day' | 'week' | 'month' | 'year' | 'lifetime';

/** How often, or for how many points, one member may use something in a period. */
export interface UseLimit {
  readonly per: LimitPeriod;
  readonly times?: number | undefined;
  readonly points?: number | undefined;
}

/** What a member used of a limit in the period under way. */
export interface Used {
  readonly times: number;
  readonly points: number;
}

export const UNUSED: Used = { times: 0, points: 0 };

/** Names the one period that never ends. */
export const LIFETIME: LocalDate = '0001-01-01';

/** First day of the period that `day` lies in; it names the period. */
export function limitPeriodOf(per: LimitPeriod, day: LocalDate): LocalDate {
  switch (per) {
    case 'day':
      return day;
    case 'week':
      return addDays(day, 1 - weekdayOf(day));
    case 'month':
      return `${day.slice(0, 7)}-01`;
    case 'year':
      return `${day.slice(0, 4)}-01-01`;
    case 'lifetime':
      return LIFETIME;
  }
}

/** First day after the period that `day` lies in; `null` where it never ends. */
export function limitPeriodEnd(per: LimitPeriod, day: LocalDate): LocalDate | null {
  const first = limitPeriodOf(per, day);
  switch (per) {
    case 'day':
      return addDays(first, 1);
    case 'week':
      return addDays(first, 7);
    case 'month':
      return addMonths(first, 1);
    case 'year':
      return addMonths(first, 12);
    case 'lifetime':
      return null;
  }
}

/** Points of `wanted` that the limit still allows: 0 when its times are used up. */
export function allowedPoints(limit: UseLimit | undefined, used: Used, wanted: number): number {
  if (!limit) return wanted;
  if (limit.times !== undefined && used.times >= limit.times) return 0;
  return limit.points === undefined ? wanted : Math.min(wanted, Math.max(0, limit.points - used.points));
}

/** Whether one more use is allowed. */
export function allowsUse(limit: UseLimit | undefined, used: Used): boolean {
  return limit?.times === undefined || used.times < limit.times;
}
