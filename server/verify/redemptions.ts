import { LIFETIME, limitPeriodOf, UNUSED, type Used } from '../../shared/domain/limits.ts';
import type { ProgramVersion } from '../../shared/domain/program.ts';
import { type LocalDate, NEVER } from '../../shared/domain/time.ts';
import type { Transaction } from '../database/database.ts';
import { sealOf } from '../database/seal.ts';
import { statement, type Value } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';
import { parseEntry, type StoredEntry } from '../ledger/chain.ts';
import { limitOf } from '../ledger/commands/give-back.ts';
import { isTombstone } from '../ledger/commands/tombstone.ts';
import type { RedemptionRow } from '../ledger/redemption-rows.ts';
import { type EntryRow, membersById, type OrderRow } from '../ledger/rows.ts';
import { GIVEN_BACK, orderRedemptionsOf } from '../ledger/unit/redemption-book.ts';
import { Finding } from './finding.ts';

const PAGE_SIZE = 500;

const redemptionRows = statement<RedemptionRow>((db, p) =>
  db
    .selectFrom('redemptions')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('redemption_id', '>', p('after'))
    .orderBy('redemption_id')
    .limit(p('limit')),
);

const stockRows = statement<Tables['reward_stock']>((db, p) =>
  db.selectFrom('reward_stock').selectAll().where('program_id', '=', p('programId')),
);

/** What the entries say of one redemption. */
interface Told {
  readonly memberId: string;
  seq: number;
  points: number;
  uses: string;
  returned: number;
}

/**
 * Holds redemptions against the entries that took and gave back their points, and the stock of rewards against the
 * redemptions that are alive.
 */
export class RedemptionAudit {
  readonly #told = new Map<string, Told>();
  /** What members used of the limits of rewards: as it is stored, and as their redemptions are. */
  readonly #stored = new Map<string, Used>();
  readonly #used = new Map<string, Used>();
  /** Orders that used a redemption's code; a coupon that came back with one may be used in another. */
  readonly #orders = new Map<string, string[]>();

  /** Looks at what members used of the limits of rewards. */
  seeUses(memberId: string, rows: readonly Tables['member_uses'][]): void {
    for (const { subject, period, times, points } of rows) {
      if (subject.startsWith('reward:')) this.#stored.set(`${memberId} ${subject} ${period}`, { times, points });
    }
  }

  /** Looks at an entry on its way through the chains. */
  see(row: EntryRow): void {
    if (row.kind !== 'redemption' && row.kind !== 'reversal') return;
    const entry = parseEntry(row.bytes);
    if (entry.redemption === undefined) return;
    const known = this.#told.get(entry.redemption);
    const told = known ?? { memberId: row.member_id, seq: 0, points: 0, uses: '[]', returned: 0 };
    if (told.memberId !== row.member_id) throw at(row, `redemption ${entry.redemption} is of another member`);
    if (row.kind === 'redemption') take(row, entry, told);
    else told.returned += row.points;
    this.#told.set(entry.redemption, told);
  }

  /** Looks at the codes that an order used. */
  seeOrder({ order_id, facts }: OrderRow): void {
    for (const code of orderRedemptionsOf(facts).codes ?? []) {
      if (!('redemption' in code)) continue;
      const orders = this.#orders.get(code.redemption);
      if (orders) orders.push(order_id);
      else this.#orders.set(code.redemption, [order_id]);
    }
  }

  /** @throws {Finding} */
  async finish(
    tx: Transaction,
    programId: string,
    versions: readonly ProgramVersion[],
    sweptBefore: LocalDate,
  ): Promise<void> {
    const taken = new Map<string, number>();
    for (let after = ''; ; ) {
      const rows = await tx.all(redemptionRows, { programId, after, limit: PAGE_SIZE });
      if (rows.length === 0) break;
      const ids = [...new Set(rows.map(({ member_id }) => member_id))];
      const members = await tx.allIn(membersById, { programId }, ids);
      const customers = new Map(members.map(({ member_id, customer_id }) => [member_id, customer_id]));
      for (const row of rows) {
        this.#match(row, customers.get(row.member_id));
        this.#count(row, versions);
        if (row.takes_stock === 1 && !GIVEN_BACK.has(row.state)) {
          taken.set(row.reward_id, (taken.get(row.reward_id) ?? 0) + 1);
        }
      }
      after = rows.at(-1)?.redemption_id ?? '';
    }
    const [missing] = this.#told.keys();
    if (missing !== undefined) throw new Finding('redemptions', missing, 'the row is missing');
    for (const { reward_id, taken: stored } of await tx.all(stockRows, { programId })) {
      const counted = taken.get(reward_id) ?? 0;
      if (stored !== counted) {
        throw new Finding('reward_stock', reward_id, `${stored} pieces are taken, ${counted} by redemptions`);
      }
      taken.delete(reward_id);
    }
    const [uncounted] = taken.keys();
    if (uncounted !== undefined) throw new Finding('reward_stock', uncounted, 'the row is missing');
    this.#matchUses(sweptBefore);
  }

  #count(row: RedemptionRow, versions: readonly ProgramVersion[]): void {
    const limited = limitOf({ versions }, row);
    if (!limited) return;
    const period = limitPeriodOf(limited.limit.per, limited.day);
    const key = `${row.member_id} reward:${row.reward_id} ${period}`;
    const { times, points } = this.#used.get(key) ?? UNUSED;
    const isAlive = !GIVEN_BACK.has(row.state);
    this.#used.set(key, { times: times + (isAlive ? 1 : 0), points: points + (isAlive ? row.points : 0) });
  }

  #matchUses(sweptBefore: LocalDate): void {
    for (const key of new Set([...this.#stored.keys(), ...this.#used.keys()])) {
      const period = key.slice(-LIFETIME.length);
      if (period < sweptBefore && period !== LIFETIME) continue;
      const stored = this.#stored.get(key) ?? UNUSED;
      const used = this.#used.get(key) ?? UNUSED;
      if (stored.times !== used.times || stored.points !== used.points) {
        const found = `${stored.times} times and ${stored.points} points`;
        throw new Finding('member_uses', key, `${found} are stored, ${used.times} and ${used.points} were redeemed`);
      }
    }
  }

  #match(row: RedemptionRow, customerId: string | undefined): void {
    const fail = (what: string) => new Finding('redemptions', row.redemption_id, what);
    const { digest, ...columns } = row;
    if (sealOf(Object.values(columns) as Value[]) !== digest) throw fail('it is not as it was sealed');
    if (customerId === undefined) throw fail('its member is missing');
    const told = this.#told.get(row.redemption_id);
    this.#told.delete(row.redemption_id);
    const isCoupon = row.origin === 'coupon';
    if (isCoupon !== (told === undefined)) throw fail(isCoupon ? 'a coupon moved points' : 'its entry is missing');
    if (told) {
      const expected = { ...told, memberId: row.member_id };
      const stored = {
        memberId: told.memberId,
        seq: row.seq,
        points: row.points,
        uses: row.uses,
        returned: row.returned_points,
      };
      for (const field of ['memberId', 'seq', 'points', 'uses', 'returned'] as const) {
        if (stored[field] !== expected[field]) {
          throw fail(`its ${field} is ${stored[field]}, the entries say ${expected[field]}`);
        }
      }
    }
    const orders = this.#orders.get(row.redemption_id) ?? [];
    if (row.order_id !== null && !orders.includes(row.order_id)) throw fail(`order ${row.order_id} did not use it`);
    if (row.order_id === null && orders.length > 0 && !isCoupon) throw fail(`order ${orders[0]} used it`);
    // Nobody is left to have the points of an erased member.
    const isWhole = row.returned_points === row.points || isTombstone(customerId);
    if (GIVEN_BACK.has(row.state) && !isWhole)
      throw fail(`it is ${row.state}, and ${row.returned_points} of ${row.points} points came back`);
    if (row.state === 'held' && row.returned_points > 0) throw fail('it is held, and points came back');
    if ((row.held_until === NEVER) === (row.state === 'held'))
      throw fail(`it is ${row.state}, and held until ${row.held_until}`);
  }
}

function take(row: EntryRow, entry: StoredEntry, told: Told): void {
  if (told.seq !== 0) throw at(row, `redemption ${entry.redemption} took points before`);
  told.seq = row.seq;
  told.points = -row.points;
  told.uses = JSON.stringify((entry.uses ?? []).map(({ lot, points }) => [lot, points]));
}

function at(row: EntryRow, what: string): Finding {
  return new Finding('entries', `${row.member_id} seq ${row.seq}`, what);
}
