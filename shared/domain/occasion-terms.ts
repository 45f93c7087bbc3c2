import type { Localized } from './program.ts';

/** A day of a calendar that the platform's own calendar data (Unicode CLDR, by `Intl`) knows. */
export interface HolidayDate {
  readonly calendar: 'gregory' | 'chinese' | 'islamic-umalqura' | 'hebrew' | 'persian' | 'indian';
  readonly month: number;
  readonly day: number;
}

/** What a member gets on a day of the year. */
export interface Occasion {
  readonly id: string;
  readonly name: Localized;
  /** The member's birthday, or a holiday. */
  readonly on: { readonly kind: 'birthday' } | ({ readonly kind: 'holiday' } & HolidayDate);
  readonly tiers?: readonly string[] | undefined;
  readonly points: number;
  /** Purpose that the member has to agree to. */
  readonly consent?: string | undefined;
  /** Coupon campaign whose coupon is given as well. */
  readonly coupon?: string | undefined;
}
