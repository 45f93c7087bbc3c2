import { randomBytes } from 'node:crypto';
import type { Lot, LotUse } from '../../shared/domain/lots.ts';
import { addPoints } from '../../shared/domain/points.ts';
import { type Program, type ProgramVersion, versionAt } from '../../shared/domain/program.ts';
import { firstStanding, type TierStanding } from '../../shared/domain/tiers.ts';
import { type Instant, type LocalDate, NEVER } from '../../shared/domain/time.ts';
import { type EntryDraft, entryBytes, hashOf } from './chain.ts';
import type { EntryRow, KeyRow, LotRow, MemberRow, OrderRow, RefundRow } from './rows.ts';

/** What the ledger knows of one member while a group of commands is decided. */
export interface MemberState {
  readonly memberId: string;
  readonly customerId: string;
  readonly enrolledAt: Instant;
  /** Not stored yet. */
  isNew: boolean;
  seq: number;
  head: string | null;
  balance: number;
  debt: number;
  standing: TierStanding;
  nextExpiryAt: Instant;
  /** `nextExpiryAt` as it is stored. */
  readonly storedExpiryAt: Instant | null;
  lastAvailableAt: Instant;
  readonly days: Map<LocalDate, number>;
  /** Open lots, and closed ones that a command needs; only loaded for commands that take from lots. */
  readonly lots: Map<number, Lot>;
  lotsLoaded: boolean;
}

/** How an entry's uses change the lots. */
export type UseKind = 'spent' | 'expired' | 'reversed';

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
  readonly keys = new Map<string, KeyRow>();
  readonly membersById = new Map<string, MemberState>();
  readonly membersByCustomer = new Map<string, MemberState>();

  readonly entries: EntryRow[] = [];
  readonly lotUses: { memberId: string; seq: number; use: LotUse }[] = [];
  readonly newOrders = new Set<OrderRow>();
  readonly changedOrders = new Set<OrderRow>();
  readonly newRefunds: RefundRow[] = [];
  readonly newKeys: KeyRow[] = [];
  readonly changedMembers = new Set<MemberState>();
  readonly changedLots = new Map<MemberState, Set<number>>();
  readonly changedDays = new Map<MemberState, Set<LocalDate>>();

  readonly #bytes = new Map<string, string>();

  constructor(programId: string, versions: readonly ProgramVersion[], now: Instant) {
    this.programId = programId;
    this.versions = versions;
    this.now = now;
  }

  versionAt(instant: Instant): ProgramVersion {
    return versionAt(this.versions, instant);
  }

  load(row: MemberRow): MemberState {
    const state = memberState(row);
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
    this.membersByCustomer.set(member.customerId, member);
    if (member.isNew) this.changedMembers.add(member);
  }

  /**
   * Appends an entry to a member's chain and carries its effect into lots, balance and qualifying days.
   *
   * @param change.standing The member's tier after the entry.
   * @param change.qualifyingDay The day that `draft.qualifying` counts on.
   * @param change.useKind What `draft.uses` means for the lots.
   * @returns The entry's `seq`.
   */
  append(
    member: MemberState,
    draft: EntryDraft,
    change: { readonly standing: TierStanding; readonly qualifyingDay?: LocalDate; readonly useKind?: UseKind },
  ): number {
    const balance = addPoints(member.balance, draft.points);
    const seq = member.seq + 1;
    const place = {
      programId: this.programId,
      memberId: member.memberId,
      seq,
      prev: member.head,
      balance,
      tier: change.standing.tierId,
    };
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
    member.standing = change.standing;
    if (draft.lot) this.#openLot(member, seq, draft.lot);
    for (const use of draft.uses ?? []) this.#useLot(member, seq, use, change.useKind ?? 'spent');
    if (draft.qualifying !== 0 && change.qualifyingDay) this.#qualify(member, change.qualifyingDay, draft.qualifying);
    if (draft.lot) {
      member.debt -= sumOf(draft.uses);
      if ((member.lots.get(seq)?.remaining ?? 0) > 0) {
        member.nextExpiryAt = Math.min(member.nextExpiryAt, draft.lot.expiresAt);
      }
      member.lastAvailableAt = Math.max(member.lastAvailableAt, draft.lot.availableAt);
    } else if (draft.points < 0) {
      member.debt += -draft.points - sumOf(draft.uses);
      member.nextExpiryAt = nextExpiry(member.lots.values());
    }
    return seq;
  }

  /** The text of an entry that this unit appended. */
  bytesOf(memberId: string, seq: number): string | undefined {
    return this.#bytes.get(`${memberId} ${seq}`);
  }

  #openLot(member: MemberState, seq: number, lot: NonNullable<EntryDraft['lot']>): void {
    member.lots.set(seq, {
      seq,
      initial: lot.points,
      remaining: lot.points,
      expired: 0,
      reversed: 0,
      availableAt: lot.availableAt,
      expiresAt: lot.expiresAt,
    });
    addTo(this.changedLots, member, seq);
  }

  #useLot(member: MemberState, seq: number, use: LotUse, kind: UseKind): void {
    const lot = member.lots.get(use.lot);
    if (!lot || lot.remaining < use.points) throw new RangeError(`ledger: lot ${use.lot} does not hold ${use.points}`);
    member.lots.set(use.lot, {
      ...lot,
      remaining: lot.remaining - use.points,
      expired: lot.expired + (kind === 'expired' ? use.points : 0),
      reversed: lot.reversed + (kind === 'reversed' ? use.points : 0),
    });
    addTo(this.changedLots, member, use.lot);
    this.lotUses.push({ memberId: member.memberId, seq, use });
  }

  #qualify(member: MemberState, day: LocalDate, points: number): void {
    member.days.set(day, (member.days.get(day) ?? 0) + points);
    addTo(this.changedDays, member, day);
  }
}

/** The program in force when a member is enrolled gives the tier that he starts in. */
function newMember(customerId: string, program: Program, now: Instant): MemberState {
  return {
    memberId: `mbr_${randomBytes(15).toString('base64url')}`,
    customerId,
    enrolledAt: now,
    isNew: true,
    seq: 0,
    head: null,
    balance: 0,
    debt: 0,
    standing: firstStanding(program.tiers.ladder),
    nextExpiryAt: NEVER,
    storedExpiryAt: null,
    lastAvailableAt: 0,
    days: new Map(),
    lots: new Map(),
    lotsLoaded: true,
  };
}

export function memberState(row: MemberRow): MemberState {
  return {
    memberId: row.member_id,
    customerId: row.customer_id,
    enrolledAt: row.enrolled_at,
    isNew: false,
    seq: row.seq,
    head: row.head,
    balance: row.balance,
    debt: row.debt,
    standing: { tierId: row.tier, since: row.tier_since, reviewAt: row.tier_review_at },
    nextExpiryAt: row.next_expiry_at,
    storedExpiryAt: row.next_expiry_at,
    lastAvailableAt: row.last_available_at,
    days: new Map(),
    lots: new Map(),
    lotsLoaded: false,
  };
}

export function lotOf(row: LotRow): Lot {
  return {
    seq: row.seq,
    initial: row.initial,
    remaining: row.remaining,
    expired: row.expired,
    reversed: row.reversed,
    availableAt: row.available_at,
    expiresAt: row.expires_at,
  };
}

/** When the first of the open lots expires. */
export function nextExpiry(lots: Iterable<Lot>): Instant {
  let next: Instant = NEVER;
  for (const lot of lots) if (lot.remaining > 0 && lot.expiresAt < next) next = lot.expiresAt;
  return next;
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
