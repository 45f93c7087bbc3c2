import { earnForOrder, type OrderValue } from '../../shared/domain/earning.ts';
import { LIFETIME, UNUSED } from '../../shared/domain/limits.ts';
import { hasLimits, type Program, type ProgramVersion } from '../../shared/domain/program.ts';
import { type Instant, localDateOf } from '../../shared/domain/time.ts';
import { type Database, first, type Reader, type Transaction } from '../database/database.ts';
import { FOLLOWS } from '../database/schema/ledger.ts';
import { sealOf } from '../database/seal.ts';
import type { Value } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';
import { parseEntry } from '../ledger/chain.ts';
import type { EntryRow, EventRow, OrderRow, RefundRow } from '../ledger/rows.ts';
import { formatCounted, formatEarned } from '../ledger/unit/member-state.ts';
import { ChallengeAudit } from './challenges.ts';
import { Finding } from './finding.ts';
import { verifyMembers } from './members.ts';
import { verifyOrderFacts } from './order-facts.ts';
import { RedemptionAudit } from './redemptions.ts';
import { ReferralAudit } from './referrals.ts';
import { Replay } from './replay.ts';
import * as read from './statements.ts';

/** Members, orders or entries read at once. */
const PAGE_SIZE = 128;
const ENTRY_PAGE_SIZE = 2_000;

export interface Verified {
  readonly memberCount: number;
  readonly entryCount: number;
  readonly orderCount: number;
  /** The first thing that is wrong; `null` when nothing is. */
  readonly finding: Finding | null;
}

/**
 * Recomputes the whole ledger: every chain from its bytes, and from the chains every lot, balance, tier and day; every
 * order's points by the rules that were in force; every seal of the rows that no chain covers. Stops at the first thing
 * that is wrong.
 *
 * @param onMember Called after each member.
 */
export async function verify(database: Database, onMember: () => void = () => {}): Promise<Verified> {
  return database.transaction(async (tx) => {
    const verifier = new Verifier(tx, onMember);
    try {
      await verifier.run();
    } catch (error) {
      if (!(error instanceof Finding)) throw error;
      return { ...verifier.counts, finding: error };
    }
    return { ...verifier.counts, finding: null };
  });
}

/** Members of all programs. */
export async function countMembers(reader: Reader): Promise<number> {
  return (await first(reader, read.memberCount, {}))?.count ?? 0;
}

class Verifier {
  readonly #tx: Transaction;
  readonly #onMember: () => void;
  readonly counts = { memberCount: 0, entryCount: 0, orderCount: 0 };
  /** Rows of one program that were followed from a member or an order. */
  #followed = { accounts: 0, entries: 0, lots: 0, member_uses: 0, refunds: 0 };
  /** `member seq` of every accrual for an order and every reversal, until its order or refund is seen. */
  #entriesToMatch = new Map<string, KeptEntry>();
  #redemptions = new RedemptionAudit();
  #referrals = new ReferralAudit();
  #challenges = new ChallengeAudit();
  /** Uses of limits in periods that began before this day may be gone. */
  #sweptBefore = '';

  constructor(tx: Transaction, onMember: () => void) {
    this.#tx = tx;
    this.#onMember = onMember;
  }

  async run(): Promise<void> {
    const programIds = (await this.#tx.all(read.programIds, {})).map(({ program_id }) => program_id);
    for (const { program_id } of await this.#tx.all(read.memberProgramIds, {})) {
      if (!programIds.includes(program_id)) throw new Finding('program_versions', program_id, 'the program is missing');
    }
    for (const programId of programIds) await this.#program(programId);
  }

  async #program(programId: string): Promise<void> {
    this.#followed = { accounts: 0, entries: 0, lots: 0, member_uses: 0, refunds: 0 };
    this.#entriesToMatch = new Map();
    this.#redemptions = new RedemptionAudit();
    this.#referrals = new ReferralAudit();
    this.#challenges = new ChallengeAudit();
    const versions = await this.#versions(programId);
    this.#sweptBefore = '';
    for (const row of await this.#tx.all(read.sweepRows, { programId })) {
      checkSeal('use_sweeps', row);
      this.#sweptBefore = row.swept_before;
    }
    for (let after = ''; ; ) {
      const members = await this.#tx.all(read.memberRows, { programId, after, limit: PAGE_SIZE });
      if (members.length === 0) break;
      await this.#members(programId, versions, members);
      after = members.at(-1)?.member_id ?? '';
    }
    for (let after = ''; ; ) {
      const orders = await this.#tx.all(read.orderRows, { programId, after, limit: PAGE_SIZE });
      if (orders.length === 0) break;
      await this.#orders(programId, versions, orders);
      after = orders.at(-1)?.order_id ?? '';
    }
    for (let after = ''; ; ) {
      const events = await this.#tx.all(read.eventRows, { programId, after, limit: PAGE_SIZE });
      if (events.length === 0) break;
      this.#events(events);
      after = events.at(-1)?.event_id ?? '';
    }
    const [unmatched] = this.#entriesToMatch.values();
    if (unmatched) {
      const table = unmatched.kind === 'reversal' ? 'refunds' : unmatched.order === undefined ? 'events' : 'orders';
      throw new Finding(table, programId, `the row of ${unmatched.memberId} seq ${unmatched.seq} is missing`);
    }
    await this.#redemptions.finish(this.#tx, programId, versions, this.#sweptBefore);
    await this.#referrals.finish(this.#tx, programId, versions);
    await this.#challenges.finish(this.#tx, programId, versions);
    for (const row of await this.#tx.all(read.keyRows, { programId })) checkSeal('idempotency_keys', row);
    for (const row of await this.#tx.all(read.responseRows, { programId })) checkSeal('survey_responses', row);
    await verifyMembers(this.#tx, programId);
    await verifyOrderFacts(this.#tx, programId);
    for (const [table, followed] of Object.entries(this.#followed) as [read.FollowedTable, number][]) {
      const stored = (await first(this.#tx, read.rowCounts[table], { programId }))?.count ?? 0;
      if (stored !== followed) {
        throw new Finding(table, programId, `it has ${stored} rows, ${followed} of which belong to members`);
      }
    }
  }

  async #versions(programId: string): Promise<readonly ProgramVersion[]> {
    const rows = await this.#tx.all(read.versionRows, { programId });
    return rows.map((row, index) => {
      checkSeal('program_versions', row);
      if (row.version !== index + 1)
        throw new Finding('program_versions', programId, `version ${index + 1} is missing`);
      return {
        version: row.version,
        effectiveAt: row.effective_at,
        program: JSON.parse(row.document) as Program,
      };
    });
  }

  async #members(
    programId: string,
    versions: readonly ProgramVersion[],
    members: readonly { member_id: string; customer_id: string; enrolled_at: number; digest: string }[],
  ): Promise<void> {
    const ids = members.map(({ member_id }) => member_id);
    const scope = { programId };
    const accounts = groupByMember(await this.#tx.allIn(read.accountsOf, scope, ids));
    const lots = groupByMember(await this.#tx.allIn(read.lotsOf, scope, ids));
    const uses = groupByMember(await this.#tx.allIn(read.memberUsesOf, scope, ids));
    for (const member of members) {
      checkSeal('members', member);
      const id = member.member_id;
      const replay = new Replay(programId, id, versions, member.enrolled_at);
      for (;;) {
        const rows = await this.#tx.all(read.entriesOf, {
          programId,
          memberId: id,
          after: replay.seq,
          limit: ENTRY_PAGE_SIZE,
        });
        for (const row of rows) {
          replay.apply(row);
          this.#redemptions.see(row);
          this.#referrals.see(row);
          this.#challenges.see(row);
          if ((row.kind === 'accrual' || row.kind === 'reversal') && isNamed(row, versions))
            this.#entriesToMatch.set(`${id} ${row.seq}`, kept(row, replay.tierBefore));
        }
        this.counts.entryCount += rows.length;
        this.#followed.entries += rows.length;
        if (rows.length < ENTRY_PAGE_SIZE) break;
      }
      const [account] = accounts.get(id) ?? [];
      if (!account) throw new Finding('accounts', id, 'the account is missing');
      compare('accounts', id, account, {
        seq: replay.seq,
        head: replay.head,
        balance: replay.balance,
        debt: replay.debt,
        tier: replay.standing.tierId,
        tier_since: replay.standing.since,
        tier_review_at: replay.standing.reviewAt,
        tier_earned: formatEarned(replay.standing),
        counted: formatCounted(replay.days),
        next_expiry_at: replay.nextExpiryAt,
        inactive_at: replay.inactiveAt,
        last_available_at: replay.lastAvailableAt,
      });
      this.#followed.accounts++;
      this.#matchLots(id, replay, lots.get(id) ?? []);
      this.#matchUses(id, replay, uses.get(id) ?? []);
      this.#redemptions.seeUses(id, uses.get(id) ?? []);
      this.counts.memberCount++;
      this.#onMember();
    }
  }

  #matchLots(id: string, replay: Replay, rows: readonly ({ seq: number } & Record<string, Value>)[]): void {
    for (const row of rows) {
      const lot = replay.lots.get(row.seq);
      if (!lot) throw new Finding('lots', `${id} lot ${row.seq}`, 'no entry opened it');
      compare('lots', `${id} lot ${row.seq}`, row, {
        initial: lot.initial,
        remaining: lot.remaining,
        expired: lot.expired,
        reversed: lot.reversed,
        available_at: lot.availableAt,
        expires_at: lot.follows ? FOLLOWS : lot.expiresAt,
        is_open: lot.remaining > 0 ? 1 : 0,
        is_extended: lot.isExtended ? 1 : 0,
      });
    }
    if (rows.length !== replay.lots.size) throw new Finding('lots', id, 'a lot is missing');
    this.#followed.lots += rows.length;
  }

  /**
   * What was used of the limits of rules, campaigns and benefits follows from the entries, which name them. Of periods that
   * were swept there is what came late since then, or nothing.
   */
  #matchUses(id: string, replay: Replay, rows: readonly Tables['member_uses'][]): void {
    const isSwept = (period: string) => period < this.#sweptBefore && period !== LIFETIME;
    for (const { subject, period, times, points } of rows) {
      if (!/^(?:rule|campaign|benefit):/.test(subject)) continue;
      const key = `${subject} ${period}`;
      const expected = replay.uses.get(key) ?? UNUSED;
      if (isSwept(period) && times <= expected.times && points <= expected.points) continue;
      compare('member_uses', `${id} ${key}`, { times, points }, { ...expected });
    }
    const stored = new Set(rows.map(({ subject, period }) => `${subject} ${period}`));
    for (const key of replay.uses.keys()) {
      if (!stored.has(key) && !isSwept(key.slice(-LIFETIME.length)))
        throw new Finding('member_uses', `${id} ${key}`, 'the row is missing');
    }
    this.#followed.member_uses += rows.length;
  }

  async #orders(programId: string, versions: readonly ProgramVersion[], orders: readonly OrderRow[]): Promise<void> {
    const refunds = new Map<string, RefundRow[]>();
    const ids = orders.map(({ order_id }) => order_id);
    for (const row of await this.#tx.allIn(read.refundsOf, { programId }, ids)) {
      checkSeal('refunds', row);
      refunds.set(row.order_id, [...(refunds.get(row.order_id) ?? []), row]);
      this.#followed.refunds++;
    }
    for (const order of orders) {
      checkSeal('orders', order);
      this.#redemptions.seeOrder(order);
      const fail = (what: string) => new Finding('orders', order.order_id, what);
      const entry = this.#take(order, 'accrual', order.order_id);
      if (!entry) throw fail(`${order.member_id} seq ${order.seq} is not its accrual`);
      const version = versions[entry.programVersion - 1] as ProgramVersion;
      const { earning, timeZone } = version.program;
      const earned = earnForOrder(earning, orderValueOf(order), {
        tierId: entry.tierBefore,
        multiplierPercent: entry.multiplierPercent,
        day: localDateOf(entry.occurredAt, timeZone),
        used: () => UNUSED,
      });
      // Limits can only have taken from it; what they took is held against `member_uses`.
      const isLimited = hasLimits(version.program);
      const agrees = (actual: number, all: number) => actual === all || (isLimited && actual >= 0 && actual < all);
      if (!agrees(entry.points, earned.points)) throw fail('the rules earn another number of points');
      if (!agrees(entry.qualifying, earned.qualifying)) throw fail('the rules qualify for another number of points');
      compare('orders', order.order_id, order, {
        points: entry.points,
        qualifying: entry.qualifying,
        placed_at: entry.occurredAt,
      });
      let [refundedMinor, reversedPoints, reversedQualifying] = [0, 0, 0];
      for (const refund of refunds.get(order.order_id) ?? []) {
        const reversal = this.#take(refund, 'reversal', order.order_id);
        if (!reversal) throw new Finding('refunds', refund.refund_id, 'its entry is not its reversal');
        refundedMinor += refund.amount_minor;
        reversedPoints -= reversal.points;
        reversedQualifying -= reversal.qualifying;
      }
      compare('orders', order.order_id, order, {
        refunded_minor: refundedMinor,
        reversed_points: reversedPoints,
        reversed_qualifying: reversedQualifying,
      });
      this.counts.orderCount++;
    }
  }

  #events(events: readonly EventRow[]): void {
    for (const event of events) {
      checkSeal('events', event);
      if (event.seq === 0) continue;
      const key = `${event.member_id} ${event.seq}`;
      if (this.#entriesToMatch.get(key)?.event !== event.event_id) {
        throw new Finding('events', event.event_id, `${key.replace(' ', ' seq ')} is not its accrual`);
      }
      this.#entriesToMatch.delete(key);
    }
  }

  /** The entry that a row names, once. */
  #take({ member_id, seq }: { member_id: string; seq: number }, kind: string, orderId: string): KeptEntry | null {
    const key = `${member_id} ${seq}`;
    const entry = this.#entriesToMatch.get(key);
    if (entry?.kind !== kind || entry.order !== orderId) return null;
    this.#entriesToMatch.delete(key);
    return entry;
  }
}

/** What of an entry its order or refund is held against; small, since all of a program's wait for their orders. */
interface KeptEntry {
  readonly memberId: string;
  readonly seq: number;
  readonly kind: string;
  readonly points: number;
  readonly qualifying: number;
  readonly occurredAt: Instant;
  readonly order: string | undefined;
  readonly event: string | undefined;
  readonly programVersion: number;
  readonly multiplierPercent: number;
  readonly tierBefore: string;
}

function kept(row: EntryRow, tierBefore: string): KeptEntry {
  const { order, event, programVersion, multiplierPercent = 100 } = parseEntry(row.bytes);
  const { member_id: memberId, seq, kind, points, qualifying, occurred_at: occurredAt } = row;
  return {
    memberId,
    seq,
    kind,
    points,
    qualifying,
    occurredAt,
    order,
    event,
    programVersion,
    multiplierPercent,
    tierBefore,
  };
}

/** Accruals of an order or by an event's rules, and reversals of a refund: a row names each. Others answer for themselves. */
function isNamed(row: EntryRow, versions: readonly ProgramVersion[]): boolean {
  const { kind, order, refund, redemption, event, parts, programVersion } = parseEntry(row.bytes);
  // The redemption's row names it.
  if (redemption !== undefined) return false;
  if (order !== undefined) return kind === 'accrual' || refund !== undefined;
  const rules = versions[programVersion - 1]?.program.earning.rules ?? [];
  const isOfRule = (id: string) => rules.some((rule) => rule.id === id && rule.kind === 'per_event');
  return kind === 'accrual' && event !== undefined && parts?.some(({ rule }) => isOfRule(rule)) === true;
}

function orderValueOf({ currency, facts }: OrderRow): OrderValue {
  return { ...(JSON.parse(facts) as Omit<OrderValue, 'currency'>), currency };
}

function groupByMember<Row extends { member_id: string }>(rows: readonly Row[]): Map<string, Row[]> {
  return Map.groupBy(rows, ({ member_id }) => member_id);
}

function compare(table: string, key: string, row: object, expected: Readonly<Record<string, Value>>): void {
  for (const [column, value] of Object.entries(expected)) {
    const stored = (row as Record<string, Value>)[column];
    if (stored !== value) throw new Finding(table, key, `its ${column} is ${stored}, the entries say ${value}`);
  }
}

/** @throws {Finding} when a row is not as it was sealed. */
function checkSeal(table: string, row: object): void {
  const { digest, ...columns } = row as { digest: string } & Record<string, Value>;
  if (sealOf(Object.values(columns)) !== digest) {
    const key = Object.values(columns).slice(1, 3).join(' ');
    throw new Finding(table, key, 'it is not as it was sealed');
  }
}
