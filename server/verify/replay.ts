import { limitPeriodOf, UNUSED, type UseLimit } from '../../shared/domain/limits.ts';
import type { Lot } from '../../shared/domain/lots.ts';
import { type Program, type ProgramVersion, versionAt } from '../../shared/domain/program.ts';
import { count, type Qualified } from '../../shared/domain/qualifying.ts';
import {
  afterAccrual,
  afterReviews,
  firstStanding,
  pinnedStanding,
  type TierStanding,
  tierOf,
  unpinnedStanding,
} from '../../shared/domain/tiers.ts';
import { formatInstant, type Instant, type LocalDate, localDateOf, NEVER } from '../../shared/domain/time.ts';
import { hashOf, parseEntry, type StoredEntry } from '../ledger/chain.ts';
import type { EntryRow } from '../ledger/rows.ts';
import { Finding } from './finding.ts';

/**
 * Recomputes one member from the entries alone: the chain, every lot, the balance, the days and the tier. It shares the
 * domain's rules with the ledger, and none of its bookkeeping.
 */
export class Replay {
  readonly #programId: string;
  readonly #memberId: string;
  readonly #enrolledAt: Instant;
  /** In their order: version 1 first. */
  readonly #versions: readonly ProgramVersion[];
  /** `seq` of each accrual to the day that it qualified on. */
  readonly #accrualDays = new Map<number, LocalDate>();
  /** `seq` of each accrual to what it used of limits. */
  readonly #accrualUses = new Map<number, readonly (readonly [key: string, points: number])[]>();

  seq = 0;
  head: string | null = null;
  balance = 0;
  standing: TierStanding;
  lastAvailableAt: Instant = 0;
  readonly lots = new Map<number, Lot>();
  readonly days = new Map<LocalDate, Qualified>();
  /** What was used of limits, by subject and period. */
  readonly uses = new Map<string, { readonly times: number; readonly points: number }>();
  inactiveAt: Instant = NEVER;
  /** The tier before the latest entry. */
  tierBefore = '';

  constructor(programId: string, memberId: string, versions: readonly ProgramVersion[], enrolledAt: Instant) {
    this.#programId = programId;
    this.#memberId = memberId;
    this.#enrolledAt = enrolledAt;
    this.#versions = versions;
    this.standing = firstStanding(versionAt(versions, enrolledAt).program.tiers.ladder);
  }

  /** Points that no lot covers. */
  get debt(): number {
    return this.openPoints - this.balance;
  }

  get openPoints(): number {
    let sum = 0;
    for (const { remaining } of this.lots.values()) sum += remaining;
    return sum;
  }

  get nextExpiryAt(): Instant {
    let next: Instant = NEVER;
    for (const { remaining, expiresAt } of this.lots.values()) if (remaining > 0 && expiresAt < next) next = expiresAt;
    return next;
  }

  /** @throws {Finding} naming what does not follow from the entries before. */
  apply(row: EntryRow): void {
    const at = (what: string) => new Finding('entries', `${this.#memberId} seq ${row.seq}`, what);
    if (row.seq !== this.seq + 1) throw at(`follows seq ${this.seq}: an entry is missing or was inserted`);
    if (hashOf(row.bytes) !== row.hash) throw at('its hash is not the hash of its bytes');
    const entry = parse(row, at);
    const expected = {
      v: 1,
      program: this.#programId,
      member: this.#memberId,
      seq: row.seq,
      kind: row.kind,
      points: row.points,
      qualifying: row.qualifying,
      occurredAt: instantText(row.occurred_at),
      recordedAt: instantText(row.recorded_at),
      prev: this.head,
      balance: this.balance + row.points,
    };
    for (const [field, value] of Object.entries(expected)) {
      if (entry[field as keyof StoredEntry] !== value) {
        throw at(`its ${field} is ${JSON.stringify(entry[field as keyof StoredEntry])}, not ${JSON.stringify(value)}`);
      }
    }
    const version = this.#versions[entry.programVersion - 1];
    if (!version) throw at(`program version ${entry.programVersion} does not exist`);
    this.#applyTier(row, entry, version, at);
    this.#applyLots(row, entry, version, at);
    this.seq = row.seq;
    this.head = row.hash;
    this.balance += row.points;
  }

  #applyTier(row: EntryRow, entry: StoredEntry, { program }: ProgramVersion, at: (what: string) => Finding): void {
    const { tiers, timeZone } = program;
    // Versions published later were not known when the entry was written.
    const course = { versions: this.#versions.slice(0, entry.programVersion), enrolledAt: this.#enrolledAt };
    const before = afterReviews(this.standing, course, this.days, row.occurred_at);
    this.tierBefore = tierOf(tiers.ladder, before).id;
    if (row.qualifying !== 0 || entry.counted) {
      const day =
        entry.reverses === undefined ? localDateOf(row.occurred_at, timeZone) : this.#accrualDays.get(entry.reverses);
      if (day === undefined) throw at(`it reverses seq ${entry.reverses}, which is no accrual`);
      const { orders = 0, currency, netMinor = 0 } = entry.counted ?? {};
      const spend = currency === undefined ? {} : { [currency]: netMinor };
      count(this.days, day, { points: row.qualifying, orders, spend });
    }
    for (const { day, ...counted } of entry.moved ?? []) count(this.days, day, counted);
    // An order that was returned whole used nothing of any limit.
    if (entry.reverses !== undefined && (entry.counted?.orders ?? 0) < 0) {
      for (const [key, points] of this.#accrualUses.get(entry.reverses) ?? []) this.#use(key, -1, -points);
    }
    if (entry.benefit) this.#useBenefit(row, entry.benefit, program);
    if (entry.kind === 'accrual') {
      this.#accrualDays.set(row.seq, localDateOf(row.occurred_at, timeZone));
      const { multiplierPercent } = tierOf(tiers.ladder, before);
      if (entry.multiplierPercent !== undefined && entry.multiplierPercent !== multiplierPercent) {
        throw at(`its multiplier is ${entry.multiplierPercent} %, its tier's ${multiplierPercent} %`);
      }
      this.standing = afterAccrual(before, course, this.days, row.occurred_at);
      this.#applyUses(row, entry, program, at);
    } else if (entry.pinned) {
      this.standing = pinnedStanding(before, entry.pinned, row.occurred_at, timeZone);
    } else if (entry.pinned === null) {
      this.standing = unpinnedStanding(before);
    } else if (entry.reached) {
      const { tier, since, reviewAt } = entry.reached;
      const instant = since === null ? null : Date.parse(since);
      this.standing = { tierId: tier, since: instant, reviewAt: instantOf(reviewAt), earned: null };
    } else {
      this.standing = before;
    }
    if (entry.tier !== this.standing.tierId) throw at(`its tier is ${entry.tier}, not ${this.standing.tierId}`);
  }

  #useBenefit(row: EntryRow, { id }: NonNullable<StoredEntry['benefit']>, { tiers, timeZone }: Program): void {
    const tier = tiers.ladder.find((known) => known.id === this.tierBefore);
    const limit = tier?.benefits.find((benefit) => benefit.id === id)?.limit;
    if (limit) this.#use(`benefit:${id} ${limitPeriodOf(limit.per, localDateOf(row.occurred_at, timeZone))}`, 1, 0);
  }

  /** What each rule brought makes up the whole, and counts against its limit. */
  #applyUses(
    row: EntryRow,
    { parts = [], campaigns = [] }: StoredEntry,
    program: Program,
    at: (what: string) => Finding,
  ): void {
    const sum = parts.reduce((total, { points }) => total + points, 0);
    if (sum !== row.points) throw at(`its parts are ${sum} points, not ${row.points}`);
    const day = localDateOf(row.occurred_at, program.timeZone);
    const used: (readonly [string, number])[] = [];
    const use = (subject: string, limit: UseLimit | undefined, points: number) => {
      if (limit) used.push([`${subject} ${limitPeriodOf(limit.per, day)}`, points]);
    };
    const { rules, campaigns: known } = program.earning;
    for (const { rule, points } of parts) use(`rule:${rule}`, rules.find(({ id }) => id === rule)?.limit, points);
    for (const campaign of campaigns) use(`campaign:${campaign}`, known.find(({ id }) => id === campaign)?.limit, 0);
    for (const [key, points] of used) this.#use(key, 1, points);
    if (used.length > 0) this.#accrualUses.set(row.seq, used);
  }

  #use(key: string, times: number, points: number): void {
    const before = this.uses.get(key) ?? UNUSED;
    this.uses.set(key, { times: before.times + times, points: before.points + points });
  }

  #applyLots(row: EntryRow, entry: StoredEntry, { program }: ProgramVersion, at: (what: string) => Finding): void {
    this.#applyActivity(row, entry, program);
    if (entry.lot) {
      const { points, availableAt, expiresAt, follows = false } = entry.lot;
      if (points !== row.points) throw at(`its lot holds ${points} points, not ${row.points}`);
      const lot = {
        seq: row.seq,
        initial: points,
        remaining: points,
        expired: 0,
        reversed: 0,
        availableAt: availableAt === null ? 0 : Date.parse(availableAt),
        expiresAt: instantOf(expiresAt),
        follows,
        isExtended: false,
      };
      this.lots.set(row.seq, lot);
      this.lastAvailableAt = Math.max(this.lastAvailableAt, lot.availableAt);
    } else if (row.points > 0) {
      const returned = (entry.returns ?? []).reduce((sum, { points }) => sum + points, 0);
      if (returned !== row.points) throw at(`it adds ${row.points} points, and lots get ${returned}`);
    }
    for (const { lot: seq, points, expiresAt } of entry.returns ?? []) {
      const lot = this.lots.get(seq);
      if (!lot || lot.remaining + lot.expired + lot.reversed + points > lot.initial) {
        throw at(`it gives lot ${seq} ${points} points, which were not taken from it`);
      }
      const kept = lot.follows ? { expiresAt: this.inactiveAt } : {};
      const moved =
        expiresAt === undefined ? kept : { expiresAt: instantOf(expiresAt), follows: false, isExtended: true };
      this.lots.set(seq, { ...lot, remaining: lot.remaining + points, ...moved });
    }
    for (const { lot: seq, expiresAt } of entry.extends ?? []) {
      const lot = this.lots.get(seq);
      if (!lot || lot.isExtended) throw at(`it puts off lot ${seq}, which it cannot`);
      this.lots.set(seq, { ...lot, expiresAt: instantOf(expiresAt), isExtended: true });
      if (lot.follows) this.inactiveAt = instantOf(expiresAt);
    }
    if (entry.extends) {
      for (const lot of this.lots.values()) {
        if (lot.follows) this.lots.set(lot.seq, { ...lot, expiresAt: this.inactiveAt });
      }
    }
    for (const { lot: seq, points } of entry.uses ?? []) {
      const lot = this.lots.get(seq);
      if (!lot || lot.remaining < points)
        throw at(`it takes ${points} points from lot ${seq}, which does not hold them`);
      this.lots.set(seq, {
        ...lot,
        remaining: lot.remaining - points,
        expired: lot.expired + (entry.kind === 'expiry' ? points : 0),
        reversed: lot.reversed + (entry.kind === 'reversal' && row.points < 0 ? points : 0),
      });
    }
  }

  /** Lots that follow what the member does: those that had not run out get the entry's new date, the others keep theirs. */
  #applyActivity(row: EntryRow, { activeUntil, kind, lot: opened }: StoredEntry, { expiry }: Program): void {
    const isActivity = kind === 'accrual' || kind === 'redemption' || opened?.follows === true;
    if (!isActivity || expiry.kind !== 'after_inactivity') return;
    const following = [...this.lots.values()].filter(({ follows, remaining }) => follows && remaining > 0);
    const hasLapsed = this.inactiveAt <= row.occurred_at;
    for (const lot of following) {
      if (hasLapsed) this.lots.set(lot.seq, { ...lot, follows: false });
      else if (activeUntil !== undefined) this.lots.set(lot.seq, { ...lot, expiresAt: instantOf(activeUntil) });
    }
    if (activeUntil !== undefined) this.inactiveAt = instantOf(activeUntil);
  }
}

const instantOf = (text: string | null): Instant => (text === null ? NEVER : Date.parse(text));

function parse(row: EntryRow, at: (what: string) => Finding): StoredEntry {
  try {
    return parseEntry(row.bytes);
  } catch {
    throw at('its bytes are not JSON');
  }
}

/** Also for a number that no date can be, as a changed row may hold. */
function instantText(instant: number): string {
  return Math.abs(instant) <= 8.64e15 ? formatInstant(instant) : String(instant);
}
