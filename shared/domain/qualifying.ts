import { addMonths, type LocalDate } from './time.ts';

/** What counted on one day, by each metric, so that a later version of the rules may count something else. */
export interface Qualified {
  readonly points: number;
  readonly orders: number;
  /** Net value in minor units, by currency. */
  readonly spend: Readonly<Record<string, number>>;
}

/** What counts, by the program's calendar days. */
export type QualifyingDays = ReadonlyMap<LocalDate, Qualified>;

/** Stands for all days that lie too far back for any period but a lifetime. */
export const LONG_AGO: LocalDate = '0001-01-01';

/** Six years: the longest period there is, and a year before its review. */
const KEPT_MONTHS = 72;

/**
 * Adds what counted on a day; less than nothing for what no longer counts. Days that no period reaches back to any more
 * become one, so that a member's record stays short however long he stays.
 */
export function count(days: Map<LocalDate, Qualified>, day: LocalDate, counted: Qualified): void {
  let last = day;
  for (const known of days.keys()) if (known > last) last = known;
  const from = addMonths(last, -KEPT_MONTHS);
  add(days, day < from ? LONG_AGO : day, counted);
  if (day !== last) return;
  for (const [known, sum] of days) {
    if (known >= from || known === LONG_AGO) continue;
    days.delete(known);
    add(days, LONG_AGO, sum);
  }
}

function add(days: Map<LocalDate, Qualified>, day: LocalDate, counted: Qualified): void {
  const before = days.get(day);
  if (!before) {
    days.set(day, counted);
    return;
  }
  const spend = { ...before.spend };
  for (const [currency, minor] of Object.entries(counted.spend)) spend[currency] = (spend[currency] ?? 0) + minor;
  days.set(day, { points: before.points + counted.points, orders: before.orders + counted.orders, spend });
}
