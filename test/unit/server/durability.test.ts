import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { migrate } from '../../../server/database/migrate.ts';
import { openDatabase } from '../../../server/database/open.ts';
import { statement } from '../../../server/database/statement.ts';
import { verify } from '../../../server/verify/verify.ts';
import { conservationFaults, emptyStore, PROGRAM, type Store, stores } from '../../support/ledger.ts';
import { sized } from '../../support/size.ts';

const WRITER = fileURLToPath(new URL('../../support/ledger/writer.ts', import.meta.url));

const orderIds = statement<{ order_id: string }>((db, p) =>
  db.selectFrom('orders').select('order_id').where('program_id', '=', p('programId')),
);
const refundIds = statement<{ order_id: string }>((db, p) =>
  db.selectFrom('refunds').select('order_id').where('program_id', '=', p('programId')),
);

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function place(store: Store): Promise<string> {
  const { url, remove } = await emptyStore(store);
  cleanups.push(remove);
  return url;
}

/** Starts a writer; gives the commands that it acknowledged, and a kill that lets it finish nothing. */
function startWriter(url: string, round: number) {
  const acknowledged = { order: new Set<string>(), refund: new Set<string>() };
  const child: ChildProcess = spawn(process.execPath, [WRITER, url, String(round)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // Behind the last line that it wrote.
  const closed = once(child, 'close');
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const ready = Promise.withResolvers<null>();
  const atWork = Promise.withResolvers<null>();
  lines.on('line', (line) => {
    const [kind, id] = line.split(' ');
    if (kind === 'ready') ready.resolve(null);
    if (kind !== 'order' && kind !== 'refund') return;
    acknowledged[kind].add(id as string);
    atWork.resolve(null);
  });
  return {
    acknowledged,
    ready: ready.promise,
    /** Its first acknowledgement. */
    atWork: atWork.promise,
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

describe.each(stores)('durability on %s', (store) => {
  const rounds = store === 'sqlite' ? sized(50, 500) : sized(10, 100);

  test(`L3: every acknowledged write outlives ${rounds} rounds of SIGKILL`, { timeout: 1_800_000 }, async () => {
    const url = await place(store);
    const orders = new Set<string>();
    const refunds = new Set<string>();
    for (let round = 0; round < rounds; round++) {
      const writer = startWriter(url, round);
      // Some rounds die while still starting, or before the first answer; the others at any moment of full work.
      if (round % 10 === 8) await writer.ready;
      else if (round % 10 !== 9) await writer.atWork;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 250));
      await writer.kill();
      for (const id of writer.acknowledged.order) orders.add(id);
      for (const id of writer.acknowledged.refund) refunds.add(id);
    }
    expect(orders.size).toBeGreaterThan(rounds);
    const database = await openDatabase(url);
    cleanups.push(() => database.close());
    const storedOrders = new Set(
      (await database.all(orderIds, { programId: PROGRAM })).map(({ order_id }) => order_id),
    );
    const storedRefunds = new Set(
      (await database.all(refundIds, { programId: PROGRAM })).map(({ order_id }) => order_id),
    );
    expect([...orders].filter((id) => !storedOrders.has(id))).toEqual([]);
    expect([...refunds].filter((id) => !storedRefunds.has(id))).toEqual([]);
    expect(await conservationFaults({ database })).toEqual([]);
    expect((await verify(database)).finding).toBeNull();
    console.log(
      `L3 on ${store}: ${rounds} rounds, ${orders.size} orders and ${refunds.size} refunds acknowledged, 0 lost`,
    );
  });
});

describe('the embedded store', () => {
  test(`L13: refuses a second opener at once, naming the first, in ${sized(50, 500)} of as many tries`, {
    timeout: 300_000,
  }, async () => {
    const url = await place('sqlite');
    const writer = startWriter(url, 0);
    await writer.ready;
    for (let round = 0; round < sized(50, 500); round++) {
      const started = performance.now();
      await expect(openDatabase(url)).rejects.toThrow(/in use by process \d+ on .+ since /);
      expect(performance.now() - started).toBeLessThan(1_000);
    }
    await writer.kill();
    // The lock ends with its holder: nothing has to be cleaned up by hand.
    const database = await openDatabase(url);
    await database.check();
    await database.close();
  });

  test('refuses a second opener in the same process', async () => {
    const url = await place('sqlite');
    const database = await openDatabase(url);
    await expect(openDatabase(url)).rejects.toThrow(`in use by process ${process.pid}`);
    await database.close();
    await (await openDatabase(url)).close();
  });

  test.each(['?synchronous=normal', '?synchronous=off', '?journal_mode=memory'])(
    'refuses the non-durable setting %s',
    async (query) => {
      await expect(openDatabase(`${await place('sqlite')}${query}`)).rejects.toThrow('synchronous=FULL');
    },
  );

  test.each(['sqlite::memory:', ':memory:', 'sqlite:', ''])(
    'refuses to keep points in memory only: %j',
    async (url) => {
      await expect(openDatabase(url)).rejects.toThrow('must name a directory');
    },
  );

  test('refuses a kind of database that it does not know', async () => {
    await expect(openDatabase('mysql://localhost/laurel')).rejects.toThrow('use postgres:// or sqlite:DIRECTORY');
  });
});

describe.skipIf(!stores.includes('postgres' as never))('PostgreSQL', () => {
  test.each(['synchronous_commit'])('is refused with %s = off', async (setting) => {
    const url = new URL(await place('postgres'));
    url.searchParams.set('options', `-c ${setting}=off`);
    await expect(openDatabase(url.href)).rejects.toThrow(`${setting} = off: a crash would lose points`);
  });
});

describe.each(stores)('schema on %s', (store) => {
  const forgetMigrations = statement((db) => db.deleteFrom('schema_migrations'));
  const addMigration = statement((db, p) =>
    db.insertInto('schema_migrations').values({ version: p('version'), name: p('name'), applied_at: p('at') }),
  );

  test('is brought up once, however often it is asked for', async () => {
    const url = await place(store);
    const database = await openDatabase(url);
    cleanups.push(() => database.close());
    await expect(database.check()).rejects.toThrow();
    expect(await migrate(database, 0)).toBeGreaterThan(0);
    expect(await migrate(database, 0)).toBe(0);
    await database.check();
  });

  test('an older one is named, a newer one refused', async () => {
    const url = await place(store);
    const database = await openDatabase(url);
    cleanups.push(() => database.close());
    await migrate(database, 0);
    await database.transaction((tx) => tx.run(forgetMigrations, {}));
    await expect(database.check()).rejects.toThrow('laurel migrate');
    await database.transaction((tx) => tx.run(addMigration, { version: 1_000, name: 'future', at: 0 }));
    await expect(database.check()).rejects.toThrow('run the newer program');
    await expect(migrate(database, 0)).rejects.toThrow('run the newer program');
  });
});
