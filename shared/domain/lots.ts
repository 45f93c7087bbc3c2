import { LoyaltyError } from './errors.ts';
import type { Instant } from './time.ts';

/** Points that were accrued together and expire together. Named by the `seq` of the entry that opened it. */
export interface Lot {
  readonly seq: number;
  readonly initial: number;
  readonly remaining: number;
  /** Points of it that an expiry entry took. */
  readonly expired: number;
  /** Points of it that a refund took back. */
  readonly reversed: number;
  /** First instant at which the points can be spent; before, they are pending. */
  readonly availableAt: Instant;
  /** First instant at which the points cannot be spent; `NEVER` when they do not expire. */
  readonly expiresAt: Instant;
  /** The expiry moves with what the member does: it is that of all such lots of his. */
  readonly follows: boolean;
  /** The member put its expiry off, which he may once. */
  readonly isExtended: boolean;
}

/** How many points an entry took from which lot. */
export interface LotUse {
  readonly lot: number;
  readonly points: number;
}

/** How many points go back to which lot, with another expiry where it says so. */
export interface LotReturn extends LotUse {
  readonly expiresAt?: Instant | undefined;
}

/** Points that can be spent now. */
export function spendable(lot: Lot, now: Instant): boolean {
  return lot.remaining > 0 && lot.availableAt <= now && now < lot.expiresAt;
}

/**
 * Chooses the lots that pay `cost`: the lot that expires first is spent first, so that the member loses as little as
 * possible to expiry.
 *
 * @throws {LoyaltyError} `insufficient_points` when the spendable lots do not cover `cost`.
 */
export function allocateLots(lots: Iterable<Lot>, cost: number, now: Instant): LotUse[] {
  const { uses, missing } = takeFrom([...lots].filter((lot) => spendable(lot, now)).sort(byExpiry), cost);
  if (missing > 0) {
    throw new LoyaltyError('insufficient_points', `${missing} points are missing.`, [
      { pointer: '/points', detail: `at most ${cost - missing} can be taken` },
    ]);
  }
  return uses;
}

/**
 * Chooses the lots that a refund takes `cost` back from: the order's own lot, then what can be spent, then what is
 * pending. What no lot covers becomes the member's debt.
 */
export function reclaimLots(
  lots: Iterable<Lot>,
  own: number | null,
  cost: number,
  now: Instant,
): { readonly uses: LotUse[]; readonly missing: number } {
  const rank = (lot: Lot) => (lot.seq === own ? 0 : lot.availableAt <= now ? 1 : 2);
  const open = [...lots].filter((lot) => lot.remaining > 0 && now < lot.expiresAt);
  return takeFrom(
    open.sort((a, b) => rank(a) - rank(b) || byExpiry(a, b)),
    cost,
  );
}

function takeFrom(lots: readonly Lot[], cost: number): { uses: LotUse[]; missing: number } {
  const uses: LotUse[] = [];
  let missing = cost;
  for (const lot of lots) {
    if (missing === 0) break;
    const taken = Math.min(lot.remaining, missing);
    uses.push({ lot: lot.seq, points: taken });
    missing -= taken;
  }
  return { uses, missing };
}

const byExpiry = (a: Lot, b: Lot) => a.expiresAt - b.expiresAt || a.seq - b.seq;
