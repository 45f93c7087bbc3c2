import type { LineMatch } from './earning-rules.ts';
import type { Localized } from './program.ts';
import type { DayWindow } from './windows.ts';

/** What counts toward a challenge. */
export type ChallengeGoal =
  /** So many orders or events. */
  | { readonly kind: 'count'; readonly of: string; readonly target: number }
  /** So much net value of orders. */
  | { readonly kind: 'sum'; readonly amountMinor: number; readonly currency: string }
  /** At least one in each of so many periods in a row. */
  | { readonly kind: 'streak'; readonly of: string; readonly per: 'day' | 'week' | 'month'; readonly target: number }
  /** One of each: categories, skus, or event types. */
  | { readonly kind: 'set'; readonly of: 'category' | 'sku' | 'event'; readonly items: readonly string[] };

/** A goal with a reward. `of` is an event type, or `order`. */
export interface Challenge {
  readonly id: string;
  readonly name: Localized;
  readonly description?: Localized | undefined;
  readonly goal: ChallengeGoal;
  readonly match?: LineMatch | undefined;
  readonly tiers?: readonly string[] | undefined;
  readonly window?: DayWindow | undefined;
  /** Days from the first step in which it has to be done; without end where absent. */
  readonly withinDays?: number | undefined;
  /** How often one member can complete it. */
  readonly times: number;
  readonly points: number;
}
