import type { Lot } from '../../shared/domain/lots.ts';
import { type ProgramVersion, versionAt } from '../../shared/domain/program.ts';
import { afterAccrual, afterReviews, firstStanding, type TierStanding, tierOf } from '../../shared/domain/tiers.ts';
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
  readonly #versions: ReadonlyMap<number, ProgramVersion>;
  /** `seq` of each accrual to the day that it qualified on. */
  readonly #accrualDays = new Map<number, LocalDate>();

  seq = 0;
  head: string | null = null;
  balance = 0;
  standing: TierStanding;
  lastAvailableAt: Instant = 0;
  readonly lots = new Map<number, Lot>();
  readonly lotUses = new Map<string, number>();
  readonly days = new Map<LocalDate, number>();

  constructor(programId: string, memberId: string, versions: readonly ProgramVersion[], enrolledAt: Instant) {
    this.#programId = programId;
    this.#memberId = memberId;
    this.#versions = new Map(versions.map((version) => [version.version, version]));
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
    const version = this.#versions.get(entry.programVersion);
    if (!version) throw at(`program version ${entry.programVersion} does not exist`);
    this.#applyTier(row, entry, version, at);
    this.#applyLots(row, entry, at);
    this.seq = row.seq;
    this.head = row.hash;
    this.balance += row.points;
  }

  #applyTier(
    row: EntryRow,
    entry: StoredEntry,
    { program: { tiers, timeZone } }: ProgramVersion,
    at: (what: string) => Finding,
  ): void {
    const before = afterReviews(this.standing, tiers, this.days, row.occurred_at, timeZone);
    if (row.qualifying !== 0) {
      const day =
        entry.reverses === undefined ? localDateOf(row.occurred_at, timeZone) : this.#accrualDays.get(entry.reverses);
      if (day === undefined) throw at(`it reverses seq ${entry.reverses}, which is no accrual`);
      this.days.set(day, (this.days.get(day) ?? 0) + row.qualifying);
    }
    if (entry.kind === 'accrual') {
      this.#accrualDays.set(row.seq, localDateOf(row.occurred_at, timeZone));
      const { multiplierPercent } = tierOf(tiers.ladder, before);
      if (entry.multiplierPercent !== multiplierPercent) {
        throw at(`its multiplier is ${entry.multiplierPercent} %, its tier's ${multiplierPercent} %`);
      }
      this.standing = afterAccrual(before, tiers, this.days, row.occurred_at, timeZone);
    } else {
      this.standing = before;
    }
    if (entry.tier !== this.standing.tierId) throw at(`its tier is ${entry.tier}, not ${this.standing.tierId}`);
  }

  #applyLots(row: EntryRow, entry: StoredEntry, at: (what: string) => Finding): void {
    if (entry.lot) {
      const { points, availableAt, expiresAt } = entry.lot;
      if (points !== row.points) throw at(`its lot holds ${points} points, not ${row.points}`);
      const lot = {
        seq: row.seq,
        initial: points,
        remaining: points,
        expired: 0,
        reversed: 0,
        availableAt: availableAt === null ? 0 : Date.parse(availableAt),
        expiresAt: expiresAt === null ? NEVER : Date.parse(expiresAt),
      };
      this.lots.set(row.seq, lot);
      this.lastAvailableAt = Math.max(this.lastAvailableAt, lot.availableAt);
    } else if (row.points > 0) {
      throw at('it adds points without a lot');
    }
    for (const { lot: seq, points } of entry.uses ?? []) {
      const lot = this.lots.get(seq);
      if (!lot || lot.remaining < points)
        throw at(`it takes ${points} points from lot ${seq}, which does not hold them`);
      this.lots.set(seq, {
        ...lot,
        remaining: lot.remaining - points,
        expired: lot.expired + (entry.kind === 'expiry' ? points : 0),
        reversed: lot.reversed + (entry.kind === 'reversal' ? points : 0),
      });
      this.lotUses.set(`${row.seq} ${seq}`, points);
    }
  }
}

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
