import type { FieldFault } from '../../shared/domain/errors.ts';
import { addDays } from '../../shared/domain/time.ts';
import { type DayWindow, isWithin } from '../../shared/domain/windows.ts';
import { eachOf, type Partly, type PartlyProgram } from './known-parts.ts';

/** Days that no calendar has, windows in which no day lies, and pauses that overlap. */
export function calendarFaults(program: PartlyProgram): FieldFault[] {
  return [...dayFaults(program), ...windowFaults(program), ...pauseFaults(program)];
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

function dayFaults({ expiry, tiers, occasions }: PartlyProgram): FieldFault[] {
  const faults: FieldFault[] = [];
  if (expiry?.kind === 'on_date') faults.push(...gregorianFaults(expiry.month, expiry.day, '/expiry'));
  const period = tiers?.period;
  if (period?.kind === 'calendar') faults.push(...gregorianFaults(period.month, period.day, '/tiers/period'));
  for (const { item, pointer } of eachOf(occasions, '/occasions')) {
    if (item.on?.kind === 'holiday') faults.push(...holidayFaults(item.on, `${pointer}/on`));
  }
  return faults;
}

/** 29 February is a day: in other years it is the 28th. */
function gregorianFaults(month: number | undefined, day: number | undefined, at: string): FieldFault[] {
  if (month === undefined || day === undefined) return [];
  const name = MONTHS[month - 1];
  if (name === undefined) return [{ pointer: `${at}/month`, detail: 'at most 12' }];
  const last = new Date(Date.UTC(2000, month, 0)).getUTCDate();
  return day > last ? [{ pointer: `${at}/day`, detail: `at most ${last}, the last day of ${name}` }] : [];
}

/** Months of at most so many days, and so many of them, in the calendars beside the Gregorian. */
const CALENDARS = {
  chinese: { months: 12, days: () => 30 },
  'islamic-umalqura': { months: 12, days: () => 30 },
  hebrew: { months: 13, days: () => 30 },
  persian: { months: 12, days: (month: number) => (month <= 6 ? 31 : 30) },
  indian: { months: 12, days: (month: number) => (month <= 6 ? 31 : 30) },
} as const;

function holidayFaults(
  {
    calendar,
    month,
    day,
  }: {
    readonly calendar?: keyof typeof CALENDARS | 'gregory' | undefined;
    readonly month?: number | undefined;
    readonly day?: number | undefined;
  },
  at: string,
): FieldFault[] {
  if (calendar === undefined || month === undefined || day === undefined) return [];
  if (calendar === 'gregory') return gregorianFaults(month, day, at);
  const { months, days } = CALENDARS[calendar];
  if (month > months) return [{ pointer: `${at}/month`, detail: `at most ${months}, the last month of this calendar` }];
  const last = days(month);
  return day > last ? [{ pointer: `${at}/day`, detail: `at most ${last}, the longest that this month is` }] : [];
}

/** Days of a window that are looked at: more years than one have all weekdays and all days of a month. */
const WINDOW_DAYS_MAX = 800;

function windowFaults(program: PartlyProgram): FieldFault[] {
  const lists: readonly (readonly [
    string,
    readonly ({ readonly window?: Partly<DayWindow> | undefined } | undefined)[] | undefined,
  ])[] = [
    ['/earning/rules', program.earning?.rules],
    ['/earning/campaigns', program.earning?.campaigns],
    ['/rewards', program.rewards],
    ['/coupons', program.coupons],
    ['/challenges', program.challenges],
  ];
  return lists.flatMap(([at, list]) =>
    eachOf(list, at).flatMap(({ item, pointer }) =>
      item.window && !hasDay(item.window)
        ? [
            {
              pointer: `${pointer}/window`,
              detail: 'at least one day: none from the first to the last is one of those named',
            },
          ]
        : [],
    ),
  );
}

function hasDay(window: Partly<DayWindow>): boolean {
  const { from, until } = window;
  if (from === undefined || until === undefined || from > until) return true;
  let day = from;
  for (let count = 0; count < WINDOW_DAYS_MAX && day <= until; count++) {
    if (isWithin(window as DayWindow, day)) return true;
    day = addDays(day, 1);
  }
  return day <= until;
}

function pauseFaults({ expiry }: PartlyProgram): FieldFault[] {
  const pauses = eachOf(expiry?.pauses, '/expiry/pauses').flatMap(({ item: { from, until }, pointer }) =>
    from !== undefined && until !== undefined && from <= until ? [{ from, until, pointer }] : [],
  );
  pauses.sort((a, b) => (a.from < b.from ? -1 : 1));
  return pauses.flatMap(({ from, pointer }, index) => {
    const before = pauses[index - 1];
    return before && from <= before.until
      ? [{ pointer: `${pointer}/from`, detail: `a day after ${before.until}: pauses do not overlap` }]
      : [];
  });
}
