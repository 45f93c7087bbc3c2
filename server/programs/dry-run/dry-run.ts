import { expiryOf } from '../../../shared/domain/expiry.ts';
import { type Program, type ProgramVersion, versionAt } from '../../../shared/domain/program.ts';
import { formatInstant, type Instant } from '../../../shared/domain/time.ts';
import type { DryRun, TierMovePage } from '../../../shared/protocol/api.ts';
import type { Reader } from '../../database/database.ts';
import { programWarnings } from '../program-warnings.ts';
import { EarnAgain } from './earn-again.ts';
import { countMembers, type DryMember, memberPages, orderPages, type PastOrder } from './read-members.ts';
import { tierMove, tierOutcome } from './tier-move.ts';

const DAY_MS = 86_400_000;

export interface DryRunOptions {
  readonly reader: Reader;
  readonly versions: readonly ProgramVersion[];
  readonly draft: Program;
  readonly now: Instant;
  /** Days of orders to look back at. */
  readonly days: number;
  /** True once there is no more time: what was counted so far is the answer. */
  readonly isOver?: () => boolean;
  readonly onProgress?: (memberCount: number, total: number) => void;
}

/** What a draft would have changed: reads what happened, in bounded pages, and writes nothing. */
export async function dryRun(options: DryRunOptions): Promise<DryRun> {
  const { reader, versions, draft, now, days, isOver = () => false, onProgress = () => {} } = options;
  const programId = draft.id;
  const from = now - days * DAY_MS;
  const total = await countMembers(reader, programId);
  const sums = new Sums(versions, draft, now);
  let isComplete = true;
  for await (const members of memberPages(reader, programId)) {
    for (const member of members) sums.addMember(member);
    for await (const orders of orderPages(reader, programId, members, from)) {
      for (const order of orders) sums.addOrder(order);
    }
    onProgress(sums.memberCount, total);
    if (isOver() && sums.memberCount < total) {
      isComplete = false;
      break;
    }
  }
  return {
    program: programId,
    version: versionAt(versions, now).version,
    from: formatInstant(from),
    until: formatInstant(now),
    isComplete,
    members: { counted: sums.memberCount, total: Math.max(total, sums.memberCount) },
    ...sums.answer(),
    warnings: programWarnings(draft, now),
  };
}

class Sums {
  memberCount = 0;
  readonly #versions: readonly ProgramVersion[];
  readonly #draft: Program;
  readonly #now: Instant;
  #again: { readonly memberId: string; readonly earn: EarnAgain } | undefined;
  #orderCount = 0;
  #refused = 0;
  #real = 0;
  #drafted = 0;
  #up = 0;
  #down = 0;
  readonly #expiry = { changed: 0, earlier: 0, later: 0 };
  readonly #rules = new Map<string, number>();
  readonly #tiers = new Map<string, { real: number; draft: number }>();

  constructor(versions: readonly ProgramVersion[], draft: Program, now: Instant) {
    this.#versions = versions;
    this.#draft = draft;
    this.#now = now;
    for (const { id } of versionAt(versions, now).program.tiers.ladder) this.#tiers.set(id, { real: 0, draft: 0 });
    for (const { id } of draft.tiers.ladder) if (!this.#tiers.has(id)) this.#tiers.set(id, { real: 0, draft: 0 });
  }

  addMember(member: DryMember): void {
    this.memberCount++;
    // His points and his tier are the other's now.
    if (member.isMerged) return;
    const outcome = tierOutcome(member, this.#versions, this.#draft, this.#now);
    this.#tierOf(outcome.real).real++;
    this.#tierOf(outcome.draft).draft++;
    const { ladder } = versionAt(this.#versions, this.#now).program.tiers;
    const move = tierMove(member, outcome, ladder, this.#draft.tiers.ladder);
    if (move?.direction === 'up') this.#up++;
    if (move?.direction === 'down') this.#down++;
  }

  addOrder(order: PastOrder): void {
    const { memberId, entry, occurredAt } = order;
    // Orders come member by member; his limits are his own.
    if (this.#again?.memberId !== memberId) {
      this.#again = { memberId, earn: new EarnAgain(this.#draft, this.#versions) };
    }
    this.#orderCount++;
    this.#real += order.row.points;
    const earned = this.#again.earn.earn(order);
    if (!earned) {
      this.#refused++;
      return;
    }
    this.#drafted += earned.points;
    for (const { rule, points } of earned.parts) this.#rules.set(rule, (this.#rules.get(rule) ?? 0) + points);
    this.#addExpiry(entry.lot?.points ?? 0, occurredAt);
  }

  #addExpiry(points: number, occurredAt: Instant): void {
    const { expiry, timeZone } = versionAt(this.#versions, occurredAt).program;
    const real = expiryOf(expiry, occurredAt, timeZone);
    const drafted = expiryOf(this.#draft.expiry, occurredAt, this.#draft.timeZone);
    if (real === drafted) return;
    this.#expiry.changed += points;
    this.#expiry[drafted < real ? 'earlier' : 'later'] += points;
  }

  #tierOf(id: string): { real: number; draft: number } {
    let counts = this.#tiers.get(id);
    if (!counts) this.#tiers.set(id, (counts = { real: 0, draft: 0 }));
    return counts;
  }

  answer(): Pick<DryRun, 'orders' | 'points' | 'tiers' | 'expiry'> {
    return {
      orders: { count: this.#orderCount, refused: this.#refused },
      points: {
        real: this.#real,
        draft: this.#drafted,
        changePercent: this.#real === 0 ? null : Math.round((1_000 * (this.#drafted - this.#real)) / this.#real) / 10,
        rules: [...this.#rules].map(([rule, points]) => ({ rule, points })).sort((a, b) => b.points - a.points),
      },
      tiers: {
        up: this.#up,
        down: this.#down,
        ladder: [...this.#tiers].map(([tier, counts]) => ({ tier, ...counts })),
      },
      expiry: this.#expiry,
    };
  }
}

/** Who would move, a page at a time, in the order of Laurel's own member ids. `next` is where the next page begins. */
export async function tierMoves(
  {
    reader,
    versions,
    draft,
    now,
    isOver = () => false,
  }: Pick<DryRunOptions, 'reader' | 'versions' | 'draft' | 'now' | 'isOver'>,
  {
    after,
    limit,
    direction,
  }: { readonly after: string; readonly limit: number; readonly direction?: 'up' | 'down' | undefined },
): Promise<{ readonly moves: TierMovePage['moves']; readonly next: string | null }> {
  const moves: TierMovePage['moves'] = [];
  const { ladder } = versionAt(versions, now).program.tiers;
  for await (const members of memberPages(reader, draft.id, after)) {
    for (const member of members) {
      if (member.isMerged) continue;
      const move = tierMove(member, tierOutcome(member, versions, draft, now), ladder, draft.tiers.ladder);
      if (!move || (direction && move.direction !== direction)) continue;
      moves.push(move);
      if (moves.length === limit) return { moves, next: member.memberId };
    }
    if (isOver()) return { moves, next: members.at(-1)?.memberId ?? null };
  }
  return { moves, next: null };
}
