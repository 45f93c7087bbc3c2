import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../server/database/database.ts';
import { migrate } from '../../server/database/migrate.ts';
import { openDatabase } from '../../server/database/open.ts';
import { statement } from '../../server/database/statement.ts';
import { createVault } from '../../server/identity/vault.ts';
import { createLedger } from '../../server/ledger/create-ledger.ts';
import type { Ledger } from '../../server/ledger/ledger.ts';
import { KeptMembers } from '../../server/ledger/unit/kept-members.ts';
import { createMissGuard } from '../../server/limits/miss-guard.ts';
import { createEraser } from '../../server/members/erase-records.ts';
import { createProgramStore, type ProgramStore } from '../../server/programs/program-store.ts';
import { createRedemptionCodes } from '../../server/redemptions/codes.ts';
import { createRedemptionDesk, type RedemptionDesk } from '../../server/redemptions/redemption-desk.ts';
import type { OrderRequest } from '../../shared/protocol/api.ts';
import { freshDatabase, postgresMissing } from './postgres.ts';

/** Both stores, for `describe.each`; PostgreSQL only where this run has one. */
export const stores = postgresMissing ? (['sqlite'] as const) : (['sqlite', 'postgres'] as const);
export type Store = (typeof stores)[number];

export const PROGRAM = 'com.example.rewards';

/** One point per euro, tiers at 0, 100 and 250, a year of life. */
export const program = {
  id: PROGRAM,
  name: { en: 'Example Rewards' },
  description: { en: 'Points for every order.' },
  url: 'https://shop.example/rewards',
  origins: ['https://shop.example'],
  timeZone: 'Europe/Berlin',
  defaultLocale: 'en',
  unit: { code: 'PTS', name: { en: { one: 'point', other: 'points' } } },
  earning: {
    rules: [{ id: 'per-euro', kind: 'per_amount', points: 1, perMinor: 100, currency: 'EUR' }],
    confirmationDelayDays: 0,
  },
  expiry: { kind: 'after_months', months: 12 },
  tiers: {
    period: { kind: 'rolling', months: 12 },
    ladder: [
      { id: 'member', name: { en: 'Member' }, threshold: 0, multiplierPercent: 100, benefits: [] },
      { id: 'silver', name: { en: 'Silver' }, threshold: 100, multiplierPercent: 125, benefits: [] },
      { id: 'gold', name: { en: 'Gold' }, threshold: 250, multiplierPercent: 150, benefits: [] },
    ],
  },
  surveys: [],
};

export interface TestLedger {
  readonly database: Database;
  readonly programs: ProgramStore;
  readonly ledger: Ledger;
  readonly redemptions: RedemptionDesk;
  /** For `DATABASE_URL`. */
  readonly url: string;
  /** Sets the clock; it stands still until set again. */
  setNow(instant: string): void;
  /** The same store, opened again after its database was closed. */
  reopen(): Promise<TestLedger>;
  /** Closes, and removes what was stored. */
  close(): Promise<void>;
}

/**
 * A ledger on an empty store, with a clock that stands still.
 *
 * @param keepsMembers On the embedded store, as the thread of a server does; not where another ledger writes to it as well.
 */
export async function openLedger(store: Store, document: object = program, keepsMembers = true): Promise<TestLedger> {
  const place = await emptyStore(store);
  const opened = await openAt(place, keepsMembers);
  await opened.programs.apply(document);
  return opened;
}

async function openAt(place: StorePlace, keepsMembers: boolean): Promise<TestLedger> {
  let now = Date.parse('2026-03-31T12:00:00Z');
  const clock = () => now;
  const database = await openDatabase(place.url);
  await migrate(database, now);
  const programs = createProgramStore({ database, clock });
  const vault = createVault('what the tests of the ledger seal');
  const codes = createRedemptionCodes(vault);
  const ledger = createLedger({
    database,
    programs,
    clock,
    codes,
    eraseRecords: createEraser(vault),
    ...(keepsMembers && database.dialect === 'sqlite' && { keptMembers: new KeptMembers() }),
  });
  return {
    database,
    programs,
    ledger,
    redemptions: createRedemptionDesk({ database, programs, ledger, codes, clock, guard: createMissGuard(clock) }),
    url: place.url,
    setNow(instant) {
      now = Date.parse(instant);
    },
    reopen: () => openAt(place, keepsMembers),
    async close() {
      await database.close();
      await place.remove();
    },
  };
}

export interface StorePlace {
  /** For `DATABASE_URL`. */
  readonly url: string;
  remove(): Promise<void>;
}

/** An empty place for a store of either kind. */
export async function emptyStore(store: Store): Promise<StorePlace> {
  if (store === 'postgres') {
    const { url, drop } = await freshDatabase();
    return { url, remove: drop };
  }
  const folder = await mkdtemp(join(tmpdir(), 'laurel-ledger-'));
  return { url: `sqlite:${folder}`, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** An order of `netMinor` cents. */
export function anOrder(
  id: string,
  memberId: string,
  netMinor: number,
  placedAt = '2026-03-31T11:00:00Z',
): OrderRequest {
  return { id, memberId, placedAt, currency: 'EUR', lines: [{ sku: 'sku-1', quantity: 1, netMinor }] };
}

interface MemberSums {
  readonly member_id: string;
  readonly balance: number;
  readonly debt: number;
  readonly seq: number;
  readonly entry_points: number;
  readonly entry_count: number;
  readonly lot_points: number;
  readonly lowest_lot: number;
}

const memberSums = statement<MemberSums>(
  (db) =>
    db.selectFrom('accounts as a').select((eb) => [
      'a.member_id',
      'a.balance',
      'a.debt',
      'a.seq',
      eb.fn
        .coalesce(
          eb
            .selectFrom('entries as e')
            .select(({ fn }) => fn.sum<number>('e.points').as('s'))
            .whereRef('e.program_id', '=', 'a.program_id')
            .whereRef('e.member_id', '=', 'a.member_id'),
          eb.lit(0),
        )
        .as('entry_points'),
      eb
        .selectFrom('entries as e')
        .select(({ fn }) => fn.countAll<number>().as('c'))
        .whereRef('e.program_id', '=', 'a.program_id')
        .whereRef('e.member_id', '=', 'a.member_id')
        .as('entry_count'),
      eb.fn
        .coalesce(
          eb
            .selectFrom('lots as l')
            .select(({ fn }) => fn.sum<number>('l.remaining').as('s'))
            .whereRef('l.program_id', '=', 'a.program_id')
            .whereRef('l.member_id', '=', 'a.member_id'),
          eb.lit(0),
        )
        .as('lot_points'),
      eb.fn
        .coalesce(
          eb
            .selectFrom('lots as l')
            .select(({ fn }) => fn.min<number>('l.remaining').as('s'))
            .whereRef('l.program_id', '=', 'a.program_id')
            .whereRef('l.member_id', '=', 'a.member_id'),
          eb.lit(0),
        )
        .as('lowest_lot'),
    ]) as never,
);

/**
 * What is wrong with the sums of any member, as sentences; empty when points neither vanished nor appeared: the entries
 * sum to the balance, the balance is the open lots less the debt, nobody owes while holding points, no lot is below 0,
 * and no `seq` is missing.
 */
export async function conservationFaults(
  { database }: Pick<TestLedger, 'database'>,
  mayHoldExpired = true,
): Promise<string[]> {
  const rows = await database.all(memberSums, {});
  return rows.flatMap((row) => {
    const faults: string[] = [];
    if (row.entry_points !== row.balance) faults.push(`entries sum to ${row.entry_points}, balance is ${row.balance}`);
    if (row.lot_points - row.debt !== row.balance)
      faults.push(`lots ${row.lot_points} - debt ${row.debt} ≠ ${row.balance}`);
    if (!mayHoldExpired && row.debt > 0 && row.lot_points > 0)
      faults.push(`owes ${row.debt} and holds ${row.lot_points}`);
    if (row.lowest_lot < 0) faults.push(`a lot holds ${row.lowest_lot}`);
    if (row.entry_count !== row.seq) faults.push(`${row.entry_count} entries, seq ${row.seq}`);
    return faults.map((fault) => `${row.member_id}: ${fault}`);
  });
}
