import { type EarnedPart, earnForOrder, type OrderValue } from '../../../shared/domain/earning.ts';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { limitPeriodOf, UNUSED, type Used, type UseLimit } from '../../../shared/domain/limits.ts';
import type { Program, ProgramVersion, Tier } from '../../../shared/domain/program.ts';
import { type LocalDate, localDateOf } from '../../../shared/domain/time.ts';
import type { StoredEntry } from '../../ledger/chain.ts';
import type { PastOrder } from './read-members.ts';

/** What the draft would have given for an order; `null` where it would refuse it, for its currency. */
export type DraftEarned = { readonly points: number; readonly parts: readonly EarnedPart[] } | null;

/**
 * One member's orders over again by a draft's rules, one after the other, in the tier that he was in. Limits are counted
 * from the first of these orders on.
 */
export class EarnAgain {
  readonly #draft: Program;
  readonly #versions: readonly ProgramVersion[];
  readonly #used = new Map<string, Used>();

  constructor(draft: Program, versions: readonly ProgramVersion[]) {
    this.#draft = draft;
    this.#versions = versions;
  }

  earn({ row, entry, occurredAt }: PastOrder): DraftEarned {
    const { earning, tiers, timeZone } = this.#draft;
    const tierId = tierBefore(entry, this.#versions);
    const tier = tiers.ladder.find(({ id }) => id === tierId) ?? tiers.ladder[0];
    const day = localDateOf(occurredAt, timeZone);
    try {
      const { points, parts, campaigns } = earnForOrder(earning, orderValueOf(row), {
        tierId: tier.id,
        multiplierPercent: tier.multiplierPercent,
        day,
        used: (subject, limit) => this.#used.get(keyOf(subject, limit, day)) ?? UNUSED,
      });
      for (const { rule, points: part } of parts) {
        this.#count(`rule:${rule}`, earning.rules.find(({ id }) => id === rule)?.limit, day, part);
      }
      for (const campaign of campaigns) {
        this.#count(`campaign:${campaign}`, earning.campaigns.find(({ id }) => id === campaign)?.limit, day, 0);
      }
      return { points, parts };
    } catch (error) {
      if (error instanceof LoyaltyError && error.code === 'currency_not_supported') return null;
      throw error;
    }
  }

  #count(subject: string, limit: UseLimit | undefined, day: LocalDate, points: number): void {
    if (!limit) return;
    const key = keyOf(subject, limit, day);
    const used = this.#used.get(key) ?? UNUSED;
    this.#used.set(key, { times: used.times + 1, points: used.points + points });
  }
}

const keyOf = (subject: string, { per }: UseLimit, day: LocalDate): string => `${subject} ${limitPeriodOf(per, day)}`;

/**
 * The tier in which an entry was earned. Entries tell the tier after them and the multiplier before: so it is the tier
 * after, if that has the multiplier, and else the one of the version's ladder that has it.
 */
function tierBefore(entry: StoredEntry, versions: readonly ProgramVersion[]): string {
  const ladder: readonly Tier[] =
    versions.find(({ version }) => version === entry.programVersion)?.program.tiers.ladder ?? [];
  const fitting = ladder.filter(({ multiplierPercent }) => multiplierPercent === entry.multiplierPercent);
  return (fitting.find(({ id }) => id === entry.tier) ?? fitting.at(-1))?.id ?? entry.tier;
}

function orderValueOf({ currency, facts }: PastOrder['row']): OrderValue {
  return { ...(JSON.parse(facts) as Omit<OrderValue, 'currency'>), currency };
}
