import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { insertBatch } from '../../../server/database/batch.ts';
import type { Database } from '../../../server/database/database.ts';
import { migrate } from '../../../server/database/migrate.ts';
import { openDatabase } from '../../../server/database/open.ts';
import { statement } from '../../../server/database/statement.ts';
import { type RunningServer, startServer } from '../../../server/index.ts';
import { createLedgerThread, type LedgerThread } from '../../../server/ledger/thread/threaded-ledger.ts';
import { createProgramStore } from '../../../server/programs/program-store.ts';
import { verify } from '../../../server/verify/verify.ts';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { NEVER } from '../../../shared/domain/time.ts';
import { anOrder, conservationFaults, emptyStore, PROGRAM, program } from '../../support/ledger.ts';
import { SECRET } from '../../support/server.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Threads that were started here, by their names. */
const threads = new Map<string, Worker>();
const remember = (worker: Worker & { readonly threadName?: string | null }) =>
  threads.set(worker.threadName ?? '', worker);
beforeEach(() => {
  threads.clear();
  process.on('worker', remember);
});
afterEach(() => {
  process.off('worker', remember);
});

async function place(): Promise<string> {
  const { url, remove } = await emptyStore('sqlite');
  cleanups.push(remove);
  return url;
}

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: unknown) => error,
  );

describe('the ledger in a thread', () => {
  let database: Database;
  let thread: LedgerThread;
  beforeEach(async () => {
    database = await openDatabase(await place());
    await migrate(database, Date.now());
    cleanups.push(() => database.close());
    thread = createLedgerThread({ database, secret: SECRET });
    cleanups.push(() => thread.close());
    const programs = createProgramStore({ database, clock: Date.now, onPublished: () => thread.published() });
    await programs.apply(program);
  });

  test('refusals and faults come over whole', async () => {
    await thread.run(PROGRAM, 'postOrder', anOrder('o-1', 'a', 10_00));
    const conflict = await rejection(thread.run(PROGRAM, 'postOrder', anOrder('o-1', 'a', 20_00)));
    expect(conflict).toBeInstanceOf(LoyaltyError);
    expect(conflict).toMatchObject({ code: 'idempotency_conflict', faults: [{ pointer: '/id' }] });
    expect((conflict as Error).message).toBe('This order was posted before with other content.');
    const unknown = await rejection(thread.run('org.nobody.points', 'postOrder', anOrder('o-1', 'a', 10_00)));
    expect(unknown).toMatchObject({ name: 'LoyaltyError', code: 'program_not_found' });
    const fault = await rejection(thread.run(PROGRAM, 'expireLots', 'mbr_nobody', 0));
    expect(fault).not.toBeInstanceOf(LoyaltyError);
    expect(fault).toMatchObject({ name: 'RangeError', message: 'expireLots: no member mbr_nobody' });
    expect((fault as Error).stack).toContain('expire-lots.ts');
  });

  test('what is refused before it waits for its group, or cannot be sent, meets its own caller only', async () => {
    const line = { sku: 'x', quantity: 1, netMinor: Number.MAX_SAFE_INTEGER };
    const huge = { ...anOrder('huge', 'a', 1), lines: [line, line] };
    const odd = { ...anOrder('odd', 'a', 1), lines: [{ ...line, netMinor: (() => 1) as never }] };
    const [good, ...bad] = await Promise.allSettled([
      thread.run(PROGRAM, 'postOrder', anOrder('good', 'a', 10_00)),
      thread.run(PROGRAM, 'postOrder', huge),
      thread.run(PROGRAM, 'postOrder', odd),
    ]);
    expect(good?.status).toBe('fulfilled');
    expect(bad).toMatchObject([
      { status: 'rejected', reason: { code: 'points_overflow' } },
      { status: 'rejected', reason: { name: 'DataCloneError' } },
    ]);
  });

  test('commands are decided and answered in the order in which they came', async () => {
    const answered: number[] = [];
    await Promise.all(
      Array.from({ length: 500 }, async (_, index) => {
        const { seq } = await thread.run(PROGRAM, 'postOrder', anOrder(`o-${index}`, 'a', 10_00));
        answered.push(seq);
      }),
    );
    expect(answered).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
  });

  test('whoever keeps accounts is told of a change before the one who made it', async () => {
    const told: string[] = [];
    const onChanged = (programId: string, memberIds: readonly string[]) =>
      told.push(...memberIds.map((id) => `${programId} ${id}`));
    thread.listen({ onChanged });
    for (let index = 0; index < 20; index++) {
      const { memberId } = await thread.run(PROGRAM, 'postOrder', anOrder(`o-${index}`, `c-${index}`, 10_00));
      expect(told.at(-1)).toBe(`${PROGRAM} ${memberId}`);
    }
  });

  test('its end is told to all who wait and to all who come, and nothing is written any more', async () => {
    await thread.run(PROGRAM, 'postOrder', anOrder('o-1', 'a', 10_00));
    const waiting = Array.from({ length: 50 }, (_, index) =>
      rejection(thread.run(PROGRAM, 'postOrder', anOrder(`late-${index}`, 'a', 10_00))),
    );
    const ended = threads.get('ledger')?.terminate();
    // Some may have been done before: a rejection is all that a caller whose order was not done may see.
    const answers = await Promise.allSettled(waiting);
    for (const answer of answers) {
      if (answer.status === 'fulfilled') expect(answer.value).toMatchObject({ code: 'unavailable' });
    }
    await ended;
    expect((await thread.failed).message).toContain('start the server again');
    expect(await rejection(thread.run(PROGRAM, 'enrol', 'b'))).toMatchObject({ code: 'unavailable' });
    expect(await rejection(database.transaction(async () => 1))).toMatchObject({ code: 'unavailable' });
    await expect(database.check()).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('without a command it ends as it began', async () => {
    await thread.close();
    expect(threads.size).toBe(0);
    expect(await rejection(thread.run(PROGRAM, 'enrol', 'b'))).toMatchObject({ code: 'unavailable' });
  });
});

const writeTokens = insertBatch('used_tokens', ['program_id', 'jti', 'expires_at']);
const tokenCount = statement<{ count: number }>((db, p) =>
  db
    .selectFrom('used_tokens')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('program_id', '=', p('programId')),
);
const toldTypes = statement<{ type: string }>((db, p) =>
  db.selectFrom('outbox').select('type').where('program_id', '=', p('programId')),
);

describe('a server with its ledger in a thread', () => {
  async function start(databaseUrl: string): Promise<RunningServer> {
    const server = await startServer({ databaseUrl, secret: SECRET, port: 0, publicUrl: null, log: 'silent' });
    cleanups.push(() => server.close());
    return server;
  }

  const call = (server: RunningServer, secretKey: string, path: string, body?: object) =>
    fetch(`${server.url}/v1/programs/${PROGRAM}${path}`, {
      headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });

  test('whoever bought sees it: an account read after the answer has the order in it', async () => {
    const server = await start(await place());
    const { keys } = await server.applyProgram(program);
    const secretKey = keys?.secretKey ?? '';
    await Promise.all(
      ['a', 'b', 'c'].map(async (customer) => {
        for (let count = 1; count <= 40; count++) {
          const order = anOrder(`${customer}-${count}`, customer, 10_00, new Date().toISOString());
          expect((await call(server, secretKey, '/orders', order)).status).toBe(201);
          const account = (await (await call(server, secretKey, `/members/${customer}`)).json()) as { seq: number };
          expect(account.seq).toBe(count);
        }
      }),
    );
    expect([...threads.keys()]).toContain('ledger');
  });

  test('a version of the program and an endpoint are heeded by the next order', async () => {
    const server = await start(await place());
    const secretKey = (await server.applyProgram(program)).keys?.secretKey ?? '';
    const earned = async (id: string) => {
      const order = anOrder(id, 'a', 10_00, new Date().toISOString());
      const { entry } = (await (await call(server, secretKey, '/orders', order)).json()) as {
        entry: { points: number; programVersion: number };
      };
      return entry;
    };
    const { services } = server;
    const told = async () => (await services.database.all(toldTypes, { programId: PROGRAM })).map(({ type }) => type);
    for (let version = 1; version <= 5; version++) {
      if (version > 1) await server.applyProgram({ ...program, name: { en: `Points ${version}` } });
      expect((await earned(`o-${version}`)).programVersion).toBe(version);
    }
    expect(await told()).toEqual([]);
    await services.endpoints.create(PROGRAM, {
      url: 'https://8.8.8.8/hook',
      description: 'points',
      eventTypes: ['points.accrued'],
    });
    await earned('told');
    expect(await told()).toEqual(['points.accrued']);
  });

  test('transactions of both threads in turn leave a store that is whole', { timeout: 120_000 }, async () => {
    const url = await place();
    const server = await start(url);
    await server.applyProgram(program);
    const { ledger, database, members } = server.services;
    let ownCount = 0;
    const lanes = Array.from({ length: 12 }, async (_, lane) => {
      for (let index = 0; index < 40; index++) {
        const id = `${lane}-${index}`;
        const customer = `c-${Math.floor(Math.random() * 6)}`;
        switch (Math.floor(Math.random() * 7)) {
          case 0:
          case 1: {
            const order = anOrder(id, customer, 1_000 + index, new Date().toISOString());
            await ledger.postOrder(PROGRAM, order);
            const refund = { id: 'r', refundedAt: new Date().toISOString(), amountMinor: 500 };
            await ledger.postRefund(PROGRAM, id, refund);
            break;
          }
          case 2:
            await ledger.postAdjustment(PROGRAM, await enrolled(customer), { points: 5, reason: 'test' }, id);
            break;
          case 3:
            await database.transaction((tx) => tx.insert(writeTokens, [[PROGRAM, id, NEVER]]));
            ownCount++;
            break;
          case 4: {
            const undone = database.transaction(async (tx) => {
              await tx.insert(writeTokens, [[PROGRAM, `undone ${id}`, NEVER]]);
              throw new RangeError('undone');
            });
            await expect(undone).rejects.toThrow('undone');
            break;
          }
          case 5:
            // The same of each customer: a second join is a repeat.
            await members.join(
              PROGRAM,
              customer,
              { displayName: customer, source: 'test', consents: [] },
              { how: 'test' },
            );
            break;
          default:
            await ledger.sweepUses(PROGRAM, Date.now());
        }
      }
    });
    async function enrolled(customer: string): Promise<string> {
      await ledger.enrol(PROGRAM, customer);
      return customer;
    }
    await Promise.all(lanes);
    expect(await database.all(tokenCount, { programId: PROGRAM })).toEqual([{ count: ownCount }]);
    expect(await conservationFaults({ database })).toEqual([]);
    expect((await verify(database)).finding).toBeNull();
  });

  test('a stop answers what is under way, and nothing of it is missing after the next start', async () => {
    const url = await place();
    const first = await start(url);
    const orderIds = Array.from({ length: 60 }, (_, index) => `o-${index}`);
    await first.applyProgram(program);
    const posts = orderIds.map((id, index) =>
      first.services.ledger.postOrder(PROGRAM, anOrder(id, `c-${index % 5}`, 10_00)),
    );
    const closed = first.close();
    expect((await Promise.all(posts)).every(({ replayed }) => !replayed)).toBe(true);
    await closed;
    cleanups.pop();
    const second = await start(url);
    const again = orderIds.map((id, index) =>
      second.services.ledger.postOrder(PROGRAM, anOrder(id, `c-${index % 5}`, 10_00)),
    );
    expect((await Promise.all(again)).every(({ replayed }) => replayed)).toBe(true);
  });

  test('when its ledger ends by itself it refuses for the moment, is not ready, and says so', async () => {
    const server = await start(await place());
    const secretKey = (await server.applyProgram(program)).keys?.secretKey ?? '';
    expect((await call(server, secretKey, '/orders', anOrder('o-1', 'a', 10_00))).status).toBe(201);
    await threads.get('ledger')?.terminate();
    await server.failed;
    const refused = await call(server, secretKey, '/orders', anOrder('o-2', 'a', 10_00));
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'unavailable' });
    expect(refused.headers.get('retry-after')).not.toBeNull();
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  });

  test('`laurel serve` ends with a sentence when its ledger does, and starts again whole', {
    timeout: 60_000,
  }, async () => {
    const url = await place();
    // The thread is ended from within, at its first sign of life.
    const ending = `process.on('worker', (worker) => { if (worker.threadName === 'ledger') worker.once('online', () => worker.terminate()); });`;
    const child: ChildProcess = spawn(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(ending)}`, 'server/laurel.ts', 'serve'],
      {
        cwd: new URL('../../..', import.meta.url),
        env: { ...process.env, DATABASE_URL: url, LAUREL_SECRET: SECRET, PORT: '0' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let said = '';
    child.stdout?.on('data', (text: Buffer) => (said += text.toString()));
    child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(1);
    expect(said).toContain('Stopping: The ledger ended by itself.');
    const server = await start(url);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });
});
