import { afterEach, expect, test } from 'vitest';
import type { Database } from '../../../../server/database/database.ts';
import { migrate } from '../../../../server/database/migrate.ts';
import { openDatabase } from '../../../../server/database/open.ts';
import { statement } from '../../../../server/database/statement.ts';
import { createVault } from '../../../../server/identity/vault.ts';
import { createLedger } from '../../../../server/ledger/create-ledger.ts';
import type { Ledger } from '../../../../server/ledger/ledger.ts';
import { createMissGuard } from '../../../../server/limits/miss-guard.ts';
import { createProgramStore } from '../../../../server/programs/program-store.ts';
import { createRedemptionCodes } from '../../../../server/redemptions/codes.ts';
import { createRedemptionDesk, type RedemptionDesk } from '../../../../server/redemptions/redemption-desk.ts';
import { verify } from '../../../../server/verify/verify.ts';
import { LoyaltyError } from '../../../../shared/domain/errors.ts';
import { anOrder, conservationFaults } from '../../../support/ledger.ts';
import { freshDatabase, postgresMissing } from '../../../support/postgres.ts';
import { FAULTS, type Fault, startPostgresProxy } from '../../../support/proxy-postgres.ts';
import { rewardProgram } from '../../../support/rewards.ts';
import { seed, sized } from '../../../support/size.ts';

/**
 * L10: serialization failures, deadlocks and connections that end before or after a COMMIT is answered. Two servers write
 * through a proxy that does these things to them; what they answered is then held against the real database.
 */

const INJECTIONS = sized(2_000, 50_000);
const PROGRAM_COUNT = 5;
const MEMBERS = ['anna', 'bert', 'carl'];
const NOW = Date.parse('2026-03-31T12:00:00Z');

interface StoredEntry {
  readonly member_id: string;
  readonly bytes: string;
}

const storedEntries = statement<StoredEntry>((db, p) =>
  db.selectFrom('entries').select(['member_id', 'bytes']).where('program_id', '=', p('programId')),
);

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Numbers from 0 to below 1 that a seed determines (mulberry32). */
function drawing(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Server {
  readonly ledger: Ledger;
  readonly redemptions: RedemptionDesk;
}

/** Runs of one transaction, over all. */
const runs = { most: 0 };

function counting(database: Database): Database {
  return {
    dialect: database.dialect,
    all: (query, params) => database.all(query, params),
    transaction(work) {
      let count = 0;
      return database.transaction((tx) => {
        runs.most = Math.max(runs.most, ++count);
        return work(tx);
      });
    },
    check: () => database.check(),
    close: () => database.close(),
  };
}

async function openServer(url: string): Promise<Server> {
  const database = counting(await openDatabase(url));
  cleanups.push(() => database.close());
  const clock = () => NOW;
  const programs = createProgramStore({ database, clock });
  const codes = createRedemptionCodes(createVault('redemption codes of the tests'));
  const ledger = createLedger({ database, programs, clock, codes });
  const desk = { database, programs, ledger, codes, clock, guard: createMissGuard(clock) };
  return { ledger, redemptions: createRedemptionDesk(desk) };
}

/** What a caller does who cannot know what became of his request: the same again, until there is an answer. */
async function answered<T>(send: () => Promise<T>, unknown: () => void): Promise<T | LoyaltyError> {
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      return await send();
    } catch (error) {
      if (error instanceof LoyaltyError) return error;
      if (!/connection|terminated|injected|ECONNRESET|EPIPE|duplicate|not queryable/i.test(String(error))) throw error;
      unknown();
    }
  }
  throw new Error('a command was not answered after 50 requests');
}

test.skipIf(postgresMissing)(
  `L10: ${INJECTIONS} failures of PostgreSQL and its connections, none with a wrong effect, seed ${seed}`,
  { timeout: 3_600_000 },
  async () => {
    const { url, drop } = await freshDatabase();
    cleanups.push(drop);
    const direct = await openDatabase(url);
    cleanups.push(() => direct.close());
    await migrate(direct, NOW);
    const programs = createProgramStore({ database: direct, clock: () => NOW });
    const programIds = Array.from({ length: PROGRAM_COUNT }, (_, index) => `com.example.p${index}`);
    for (const id of programIds) await programs.apply({ ...rewardProgram, id });

    const draw = drawing(seed);
    let injected = 0;
    let isArmed = false;
    const next = (at: 'begin' | 'connect'): Fault | null => {
      if (!isArmed || injected >= INJECTIONS || draw() > (at === 'connect' ? 0.1 : 0.6)) return null;
      injected++;
      return at === 'connect' ? 'cut while connecting' : (FAULTS[Math.floor(draw() * 6)] as Fault);
    };
    const proxy = await startPostgresProxy(url, next, draw);
    cleanups.push(proxy.close);
    const servers = [await openServer(proxy.url), await openServer(proxy.url)] as const;
    isArmed = true;

    const acknowledged = new Map<string, string>();
    const faults: string[] = [];
    let commands = 0;
    let unknown = 0;
    let refused = 0;

    /** Sends a command to both servers at once, as an impatient caller may: both must give the same entry. */
    async function command(programId: string, name: string, send: (server: Server) => Promise<string>) {
      commands++;
      const to = draw() < 0.3 ? servers : [servers[Math.floor(draw() * 2)] as Server];
      const answers = await Promise.all(
        to.map((server) =>
          answered(
            () => send(server),
            () => unknown++,
          ),
        ),
      );
      const entries = answers.filter((answer) => typeof answer === 'string');
      if (entries.length === 0) refused++;
      else if (new Set(entries).size !== 1) faults.push(`${name} was answered by different entries`);
      // One that is refused here and taken there was short of points at the one instant and not at the other.
      else acknowledged.set(`${programId} ${name}`, entries[0] as string);
    }

    async function shop(programId: string, lane: number): Promise<void> {
      const orders: string[] = [];
      for (let round = 0; injected < INJECTIONS; round++) {
        const customer = MEMBERS[Math.floor(draw() * MEMBERS.length)] as string;
        const name = `${lane}-${round}`;
        const kind = draw();
        if (kind < 0.5 || orders.length === 0) {
          const order = anOrder(name, customer, 1_000 + Math.floor(draw() * 20_000));
          await command(programId, `order ${name}`, async ({ ledger }) =>
            JSON.stringify((await ledger.postOrder(programId, order)).entry),
          );
          orders.push(name);
        } else if (kind < 0.65) {
          const orderId = orders.shift() as string;
          const refund = { id: 'r', refundedAt: '2026-03-31T12:00:00Z', amountMinor: 500 };
          await command(programId, `refund ${orderId}`, async ({ ledger }) =>
            JSON.stringify((await ledger.postRefund(programId, orderId, refund)).entry),
          );
        } else if (kind < 0.85) {
          const adjustment = { points: Math.floor(draw() * 120) - 80 || 1, reason: `adjustment ${name}` };
          await command(programId, `adjustment ${name}`, async ({ ledger }) =>
            JSON.stringify((await ledger.postAdjustment(programId, customer, adjustment, name)).entry),
          );
        } else {
          await command(programId, `redemption ${name}`, async ({ ledger, redemptions }) => {
            const memberId = await ledger.memberIdOf(programId, customer);
            const { redemption } = await redemptions.redeem(programId, memberId, { reward: 'ten-off' }, `k-${name}`);
            const { id, points, redeemedAt } = redemption as { id: string; points: number; redeemedAt?: string };
            return JSON.stringify({ redemption: id, points: -points, redeemedAt });
          });
        }
      }
    }

    const started = performance.now();
    await Promise.all(programIds.flatMap((programId) => [0, 1].map((lane) => shop(programId, lane))));
    const seconds = (performance.now() - started) / 1_000;

    for (const programId of programIds) {
      const stored = (await direct.all(storedEntries, { programId })).map(({ bytes }) => JSON.parse(bytes));
      const names = [...acknowledged].filter(([name]) => name.startsWith(`${programId} `));
      if (stored.length !== names.length)
        faults.push(`${programId}: ${stored.length} entries of ${names.length} commands`);
      const pointsOf = (entries: readonly { points: number }[]) => entries.reduce((sum, { points }) => sum + points, 0);
      const told = pointsOf(names.map(([, entry]) => JSON.parse(entry)));
      if (pointsOf(stored) !== told) faults.push(`${programId}: ${pointsOf(stored)} points stored, ${told} told`);
    }
    faults.push(...(await conservationFaults({ database: direct })));
    const { finding } = await verify(direct);
    if (finding) faults.push(JSON.stringify(finding));

    console.log(
      `L10: ${injected} injections (${[...proxy.done].map(([fault, count]) => `${count} ${fault}`).join(', ')}) in ${seconds.toFixed(0)} s; ` +
        `${commands} commands, ${acknowledged.size} effects, ${refused} refused, ${unknown} sent again by their caller; ` +
        `a transaction was run ${runs.most} times at most; ${faults.length} wrong; seed ${seed}`,
    );
    expect(faults).toEqual([]);
    expect(injected).toBe(INJECTIONS);
    expect([...proxy.done.keys()].toSorted()).toEqual([...FAULTS].toSorted());
    // The first run, and five more.
    expect(runs.most).toBeLessThanOrEqual(6);
    expect(runs.most).toBeGreaterThan(1);
    // Nearly all of it is put right before a caller learns of it.
    expect(unknown).toBeLessThan(injected / 10);
  },
);
