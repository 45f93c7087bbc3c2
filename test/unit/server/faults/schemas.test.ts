import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../../server/database/database.ts';
import { migrate } from '../../../../server/database/migrate.ts';
import { ddlFor, MIGRATIONS, MIGRATIONS_TABLE } from '../../../../server/database/migrations.ts';
import { openDatabase } from '../../../../server/database/open.ts';
import { statement } from '../../../../server/database/statement.ts';
import { createLedger } from '../../../../server/ledger/create-ledger.ts';
import { createProgramStore } from '../../../../server/programs/program-store.ts';
import { verify } from '../../../../server/verify/verify.ts';
import { anOrder, conservationFaults, emptyStore, PROGRAM, type Store, stores } from '../../../support/ledger.ts';
import { seed, sized } from '../../../support/size.ts';

/** L14: what an earlier release stored opens with this one, whatever happens on the way. */

const MIGRATOR = fileURLToPath(new URL('migrator.ts', import.meta.url));
const FIXTURES = join(import.meta.dirname, 'fixtures');
const NOW = Date.parse('2026-03-31T12:00:00Z');

/** A database as a release left it, a statement a line. */
const fixtures = globSync('schema-*.sql', { cwd: FIXTURES }).map((file) => {
  const lines = readFileSync(join(FIXTURES, file), 'utf8').trim().split('\n');
  return { schema: Number(/\d+/.exec(file)?.[0]), lines: lines.map((line) => line.replace(/;$/, '')) };
});

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function place(store: Store, lines: readonly string[]): Promise<string> {
  const { url, remove } = await emptyStore(store);
  cleanups.push(remove);
  if (store === 'sqlite') {
    const folder = url.replace('sqlite:', '');
    mkdirSync(folder, { recursive: true });
    const raw = new DatabaseSync(join(folder, 'laurel.db'));
    for (const line of lines) raw.exec(ddlFor('sqlite', line));
    raw.close();
  } else if (lines.length > 0) {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(lines.join(';\n'));
    await client.end();
  }
  return url;
}

async function opened(url: string): Promise<Database> {
  const database = await openDatabase(url);
  cleanups.push(() => database.close());
  return database;
}

/** The schema as the store itself tells it. */
async function schemaOf(store: Store, url: string): Promise<string[]> {
  if (store === 'sqlite') {
    const raw = new DatabaseSync(join(url.replace('sqlite:', ''), 'laurel.db'), { readOnly: true });
    const rows = raw.prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'").all();
    raw.close();
    return rows.map(({ sql }) => String(sql)).toSorted();
  }
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<{ text: string }>(
    `SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable AS text
       FROM information_schema.columns WHERE table_schema = 'public'
     UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'`,
  );
  await client.end();
  return rows.map(({ text }) => text).toSorted();
}

/** Runs the migrator, which kills itself after `last` statements; gives whether it needed fewer. */
async function migratedWithin(url: string, last: number): Promise<boolean> {
  const child = spawn(process.execPath, [MIGRATOR, url, `${last}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (signal === 'SIGKILL') return false;
  expect([code, output]).toEqual([0, 'done']);
  return true;
}

test('every released schema has its fixture, and is as it was released', () => {
  // The latest may still change, until it is released.
  const released = MIGRATIONS.slice(0, -1).map(({ version }) => version);
  expect(fixtures.map(({ schema }) => schema)).toEqual(expect.arrayContaining(released));
  for (const { schema, lines } of fixtures) {
    const ddl = MIGRATIONS.filter(({ version }) => version <= schema).flatMap(({ statements }) => statements);
    expect(lines.filter((line) => line.startsWith('CREATE'))).toEqual([MIGRATIONS_TABLE, ...ddl]);
  }
});

describe.each(stores)('L14 on %s', (store) => {
  test.each(fixtures)('a store of schema $schema opens, is verified, and goes on', async ({ schema, lines }) => {
    const url = await place(store, lines);
    const database = await opened(url);
    await expect(database.check()).rejects.toThrow(`The database has schema ${schema}, this program needs`);
    expect(await migrate(database, NOW)).toBe(MIGRATIONS.length - schema);
    await database.check();
    expect((await verify(database)).finding).toBeNull();
    expect(await conservationFaults({ database })).toEqual([]);
    const clock = () => NOW;
    const programs = createProgramStore({ database, clock });
    const ledger = createLedger({ database, programs, clock });
    const standings = [];
    for (const customer of ['anna', 'ben', "Zoë O'Neill"]) {
      const { balance, tier } = await ledger.readMember(PROGRAM, customer);
      standings.push([customer, balance.available, tier.id]);
    }
    expect(standings).toEqual([
      ['anna', 924, 'gold'],
      ['ben', -6, 'silver'],
      ["Zoë O'Neill", 0, 'member'],
    ]);
    // Orders, refunds and keys of before are known.
    const known = anOrder('anna-0', 'anna', 1_999, '2025-02-10T09:30:00.000Z');
    expect((await ledger.postOrder(PROGRAM, known)).replayed).toBe(true);
    const spent = { points: -110, reason: 'spent at the fair' };
    expect((await ledger.postAdjustment(PROGRAM, 'anna', spent, 'key-3')).replayed).toBe(true);
    await ledger.postRefund(PROGRAM, 'anna-4', { id: 'r1', refundedAt: '2026-03-31T12:00:00Z', amountMinor: 100 });
    await ledger.postOrder(PROGRAM, anOrder('new', 'ben', 10_000));
    expect((await verify(database)).finding).toBeNull();
  });

  test.each([{ schema: 0, lines: [] as string[] }, ...fixtures])(
    'killed at its statements, a migration from schema $schema goes on where it was',
    { timeout: 600_000 },
    async ({ lines }) => {
      const url = await place(store, lines);
      // Every few statements in the daily run, others each time.
      const step = sized(lines.length === 0 ? 9 : store === 'sqlite' ? 4 : 7, 1);
      let kills = 0;
      // A transaction that was cut off is gone as a whole: each run begins where a finished one ended.
      for (let last = 1 + (seed % step); !(await migratedWithin(url, last)); last += step) kills++;
      const database = await opened(url);
      await database.check();
      expect((await verify(database)).finding).toBeNull();
      const untouched = await place(store, lines);
      const other = await openDatabase(untouched);
      await migrate(other, 0);
      await other.close();
      expect(await schemaOf(store, url)).toEqual(await schemaOf(store, untouched));
      console.log(`L14: ${kills} kills in a migration of ${store}, resumed each time; seed ${seed}`);
      expect(kills).toBeGreaterThan(4);
    },
  );

  test('a store of a newer release is refused in so many words, and left alone', async () => {
    const url = await place(store, []);
    const database = await opened(url);
    await migrate(database, NOW);
    const before = await schemaOf(store, url);
    const newer = statement((db, p) =>
      db.insertInto('schema_migrations').values({ version: p('version'), name: p('name'), applied_at: p('at') }),
    );
    await database.transaction((tx) => tx.run(newer, { version: 99, name: 'later', at: NOW }));
    const refusal = `The database has schema 99, this program knows ${MIGRATIONS.at(-1)?.version}: run the newer program.`;
    await expect(database.check()).rejects.toThrow(refusal);
    await expect(migrate(database, NOW)).rejects.toThrow(refusal);
    expect(await schemaOf(store, url)).toEqual(before);
  });
});
