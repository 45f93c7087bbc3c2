import type { Lot, LotUse } from '../../../shared/domain/lots.ts';
import { addPoints } from '../../../shared/domain/points.ts';
import { type ProgramVersion, versionAt } from '../../../shared/domain/program.ts';
import { count, type Qualified, type QualifyingDays } from '../../../shared/domain/qualifying.ts';
import type { TierStanding } from '../../../shared/domain/tiers.ts';
import type { Instant, LocalDate } from '../../../shared/domain/time.ts';
import { ChallengeSet } from '../../challenges/challenge-set.ts';
import type { Transaction } from '../../database/database.ts';
import type { RedemptionCodes } from '../../redemptions/codes.ts';
import { ReferralSet } from '../../referrals/referral-set.ts';
import { type EntryDraft, entryBytes, hashOf } from '../chain.ts';
import { happeningsOf } from '../commands/tell-entry.ts';
import type { Merge } from '../merge-rows.ts';
import type { EntryRow, EventRow, KeyRow, MemberRow, OrderRow, RefundRow } from '../rows.ts';
import { type MemberState, memberState, newMember, nextExpiry } from './member-state.ts';
import { RedemptionBook } from './redemption-book.ts';
import { UseCounters } from './uses.ts';

/** How an entry's uses change the lots. */
export type UseKind = 'spent' | 'expired' | 'reversed';

/** Something that happened to a member, for whoever listens. */
export interface Told {
  readonly memberId: string;
  readonly customerId: string;
  readonly type: string;
  readonly occurredAt: Instant;
  readonly data: object;
}

/**
 * The state that one group of commands decides on, in memory: read once, changed by each command in turn, written once.
 * A command checks everything before it appends, so one that is refused leaves no trace.
 */
export class Unit {
  readonly programId: string;
  readonly versions: readonly ProgramVersion[];
  /** When the ledger learned of the commands of this group. */
  readonly now: Instant;

  readonly orders = new Map<string, OrderRow>();
  readonly refunds = new Map<string, RefundRow>();
  readonly events = new Map<string, EventRow>();
  readonly keys = new Map<string, KeyRow>();
  readonly membersById = new Map<string, MemberState>();
  readonly membersByCustomer = new Map<string, MemberState>();

  readonly entries: EntryRow[] = [];
  readonly newOrders = new Set<OrderRow>();
  readonly changedOrders = new Set<OrderRow>();
  readonly newRefunds: RefundRow[] = [];
  readonly newEvents: EventRow[] = [];
  readonly newKeys: KeyRow[] = [];
  readonly changedMembers = new Set<MemberState>();
  readonly changedLots = new Map<MemberState, Set<number>>();
  readonly uses = new UseCounters();
  readonly redemptions: RedemptionBook;
  readonly challenges: ChallengeSet;
  readonly referrals = new ReferralSet();
  /** Lots, open or not, whose points a command may take back. */
  readonly ownLots: { readonly memberId: string; readonly seq: number }[] = [];
  /** What whoever listens is to be told. */
  readonly told: Told[] = [];
  /** What else is written in the same transaction, before everything of the unit. */
  /** What merged members hand on, by their ids. */
  readonly merges = new Map<string, Merge>();
  readonly changedMerges = new Set<Merge>();
  readonly alongside: ((tx: Transaction) => Promise<void>)[] = [];

  readonly #bytes = new Map<string, string>();

  constructor(programId: string, versions: readonly ProgramVersion[], now: Instant, codes: RedemptionCodes) {
    this.programId = programId;
    this.versions = versions;
    this.now = now;
    this.redemptions = new RedemptionBook(programId, codes);
    this.challenges = new ChallengeSet(programId);
  }

  versionAt(instant: Instant): ProgramVersion {
    return versionAt(this.versions, instant);
  }

  load(row: MemberRow): MemberState {
    return this.add(memberState(row));
  }

  add(state: MemberState): MemberState {
    this.membersById.set(state.memberId, state);
    this.membersByCustomer.set(state.customerId, state);
    return state;
  }

  /** The shop's customer, as stored or as he would be enrolled now; enrolled only by {@link append} or {@link enrol}. */
  customer(customerId: string): MemberState {
    return this.membersByCustomer.get(customerId) ?? newMember(customerId, this.versionAt(this.now).program, this.now);
  }

  enrol(member: MemberState): void {
    this.membersById.set(member.memberId, member);
    // The shop's id of one who was merged names another; of one who was erased, nobody.
    if (member.mergedInto === null && !member.isErased) this.membersByCustomer.set(member.customerId, member);
    if (member.isNew) this.changedMembers.add(member);
  }

  /** The shop's ids of a member name nobody from now on; the next one who comes with one of them is somebody new. */
  unname(member: MemberState): void {
    for (const [customerId, named] of this.membersByCustomer) {
      if (named === member) this.membersByCustomer.delete(customerId);
    }
  }

  /**
   * Appends an entry to a member's chain and carries its effect into lots, balance and what counts toward a tier.
   *
   * @returns The entry's `seq`.
   */
  append(member: MemberState, drafted: EntryDraft, change: Change): number {
    const balance = addPoints(member.balance, drafted.points);
    const seq = member.seq + 1;
    if (change.qualifyingDay && counts(drafted)) count(member.days, change.qualifyingDay, qualifiedBy(drafted));
    for (const { day, ...counted } of drafted.moved ?? []) count(member.days, day, counted);
    const standing = typeof change.standing === 'function' ? change.standing(member.days) : change.standing;
    const place = {
      programId: this.programId,
      memberId: member.memberId,
      seq,
      prev: member.head,
      balance,
      tier: standing.tierId,
    };
    const activeUntil =
      change.activeUntil === undefined ? undefined : this.#keepActive(member, drafted, change.activeUntil);
    const draft = activeUntil === undefined ? drafted : keptActive(drafted, activeUntil);
    const bytes = entryBytes(draft, place);
    const hash = hashOf(bytes);
    this.enrol(member);
    this.changedMembers.add(member);
    this.entries.push({
      program_id: this.programId,
      member_id: member.memberId,
      seq,
      kind: draft.kind,
      points: draft.points,
      qualifying: draft.qualifying,
      occurred_at: draft.occurredAt,
      recorded_at: draft.recordedAt,
      hash,
      bytes,
    });
    this.#bytes.set(`${member.memberId} ${seq}`, bytes);
    member.seq = seq;
    member.head = hash;
    member.balance = balance;
    if (standing.tierId !== member.standing.tierId) {
      this.tell(member, 'tier.changed', draft.occurredAt, { from: member.standing.tierId, to: standing.tierId });
    }
    member.standing = standing;
    this.#changeLots(member, seq, draft, change.useKind ?? 'spent');
    for (const { type, occurredAt, data } of happeningsOf(draft, member)) this.tell(member, type, occurredAt, data);
    return seq;
  }

  /** Has what happened sent to whoever listens, once the group is stored. */
  tell(member: MemberState, type: string, occurredAt: Instant, data: object): void {
    this.told.push({ memberId: member.memberId, customerId: member.customerId, type, occurredAt, data });
  }

  /** Whether what is one member's is this one's: he is the same, or the one was merged into him. */
  belongsTo(memberId: string, member: MemberState): boolean {
    for (let id: string | null = memberId; id !== null; id = this.membersById.get(id)?.mergedInto ?? null) {
      if (id === member.memberId) return true;
    }
    return false;
  }

  /** The lots that a lot became, one after the other, where its member was merged. */
  carriedLots(memberId: string, seq: number): { readonly memberId: string; readonly seq: number }[] {
    const carried: { memberId: string; seq: number }[] = [];
    for (let at = { memberId, seq }; ; ) {
      const merge = this.merges.get(at.memberId);
      const pair = merge?.lots.find(([from]) => from === at.seq);
      if (!merge || !pair) return carried;
      at = { memberId: merge.intoId, seq: pair[1] };
      carried.push(at);
    }
  }

  /** The text of an entry that this unit appended. */
  bytesOf(memberId: string, seq: number): string | undefined {
    return this.#bytes.get(`${memberId} ${seq}`);
  }

  #changeLots(member: MemberState, seq: number, draft: EntryDraft, kind: UseKind): void {
    if (draft.lot) {
      const { points, availableAt, expiresAt, follows = false } = draft.lot;
      const amounts = { initial: points, remaining: points, expired: 0, reversed: 0 };
      this.#setLot(member, { seq, ...amounts, availableAt, expiresAt, follows, isExtended: false });
      member.lastAvailableAt = Math.max(member.lastAvailableAt, availableAt);
    }
    for (const { lot: number, points, expiresAt } of draft.returns ?? []) {
      const lot = this.#lot(member, number);
      if (lot.remaining + points > lot.initial)
        throw new RangeError(`ledger: lot ${number} cannot take ${points} back`);
      // A closed lot that follows what the member does was not moved on with the others.
      const kept = lot.follows ? { expiresAt: member.inactiveAt } : {};
      const moved = expiresAt === undefined ? kept : { expiresAt, follows: false, isExtended: true };
      this.#setLot(member, { ...lot, remaining: lot.remaining + points, ...moved });
    }
    this.#extend(member, draft.extends ?? []);
    for (const use of draft.uses ?? []) {
      const lot = this.#lot(member, use.lot);
      if (lot.remaining < use.points) throw new RangeError(`ledger: lot ${use.lot} does not hold ${use.points}`);
      this.#setLot(member, {
        ...lot,
        remaining: lot.remaining - use.points,
        expired: lot.expired + (kind === 'expired' ? use.points : 0),
        reversed: lot.reversed + (kind === 'reversed' ? use.points : 0),
      });
    }
    // What comes in pays the debt with its uses; what goes out and no lot covers becomes debt.
    member.debt += (draft.points < 0 ? -draft.points : 0) - sumOf(draft.uses);
    // Without the other lots there is only what this entry opened, which can make it sooner and not later.
    const opened = nextExpiry(openedBy(member, seq));
    member.nextExpiryAt = member.lotsLoaded ? nextExpiry(member.lots.values()) : Math.min(member.nextExpiryAt, opened);
  }

  /** Lots that follow what the member does have one date: that of all moves. */
  #extend(member: MemberState, extended: NonNullable<EntryDraft['extends']>): void {
    for (const { lot: number, expiresAt } of extended) {
      const lot = this.#lot(member, number);
      this.#setLot(member, { ...lot, expiresAt, isExtended: true });
      if (lot.follows) member.inactiveAt = expiresAt;
    }
    if (extended.length === 0) return;
    for (const lot of member.lots.values()) {
      if (lot.follows) member.lots.set(lot.seq, { ...lot, expiresAt: member.inactiveAt });
    }
  }

  #lot(member: MemberState, seq: number): Lot {
    const lot = member.lots.get(seq);
    if (!lot) throw new RangeError(`ledger: lot ${seq} was not loaded`);
    return lot;
  }

  #setLot(member: MemberState, lot: Lot): void {
    member.lots.set(lot.seq, lot);
    addTo(this.changedLots, member, lot.seq);
  }

  /**
   * The expiry of the lots that follow what the member does, moved on by what he did. What had run out before that stays
   * as it was.
   */
  #keepActive(member: MemberState, draft: EntryDraft, until: Instant): Instant | undefined {
    const following = [...member.lots.values()].filter(({ follows, remaining }) => follows && remaining > 0);
    if (member.inactiveAt <= draft.occurredAt) {
      for (const lot of following) this.#setLot(member, { ...lot, follows: false });
      following.length = 0;
    }
    if (following.length === 0 && !draft.lot?.follows) return undefined;
    const kept = following.length === 0 ? until : Math.max(member.inactiveAt, until);
    member.inactiveAt = kept;
    for (const lot of following) member.lots.set(lot.seq, { ...lot, expiresAt: kept });
    return kept;
  }
}

/** What else an entry changes. */
export interface Change {
  /** The member's tier after the entry; or how it follows from what counts then. */
  readonly standing: TierStanding | ((days: QualifyingDays) => TierStanding);
  /** The day that what the entry counts counts on. */
  readonly qualifyingDay?: LocalDate;
  /** What `uses` means for the lots; spent where absent. */
  readonly useKind?: UseKind;
  /** When points that follow what the member does expire if this is the last thing that he does. */
  readonly activeUntil?: Instant;
}

/** A lot that follows what the member does has the date of all that do. */
function keptActive(draft: EntryDraft, activeUntil: Instant): EntryDraft {
  const lot = draft.lot?.follows ? { ...draft.lot, expiresAt: activeUntil } : draft.lot;
  return { ...draft, activeUntil, ...(lot && { lot }) };
}

const counts = ({ qualifying, counted }: EntryDraft) => qualifying !== 0 || counted !== undefined;

/** What an entry counts toward a tier. */
export function qualifiedBy({ qualifying, counted }: EntryDraft): Qualified {
  return {
    points: qualifying,
    orders: counted?.orders ?? 0,
    spend: counted ? { [counted.currency]: counted.netMinor } : {},
  };
}

function* openedBy(member: MemberState, seq: number): Iterable<Lot> {
  const lot = member.lots.get(seq);
  if (lot) yield lot;
}

/** Key of a refund within its program. */
export const refundKey = (orderId: string, refundId: string) => JSON.stringify([orderId, refundId]);

/** Key of an idempotency key within its program. */
export const callerKey = (caller: string, key: string) => JSON.stringify([caller, key]);

function sumOf(uses: readonly LotUse[] | undefined): number {
  return uses?.reduce((sum, { points }) => sum + points, 0) ?? 0;
}

function addTo<K, T>(map: Map<K, Set<T>>, key: K, value: T): void {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
}
