import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { TABLES } from '../../../server/backup/catalog.ts';
import { BackupFault } from '../../../server/backup/format.ts';
import { checkBackup, restoreBackup } from '../../../server/backup/restore.ts';
import { writeBackup } from '../../../server/backup/write-backup.ts';
import { runLaurel } from '../../../server/command-line.ts';
import type { Database } from '../../../server/database/database.ts';
import { openDatabase } from '../../../server/database/open.ts';
import { statement, textStatement } from '../../../server/database/statement.ts';
import { createLedger } from '../../../server/ledger/create-ledger.ts';
import { createProgramStore } from '../../../server/programs/program-store.ts';
import { verify } from '../../../server/verify/verify.ts';
import { anOrder, emptyStore, openLedger, PROGRAM, type Store, stores } from '../../support/ledger.ts';
import { SECRET } from '../../support/server.ts';
import { sized } from '../../support/size.ts';

const support = (path: string) => fileURLToPath(new URL(`../../support/${path}`, import.meta.url));

/** Every way from a store to a store. */
const ways = stores.flatMap((from) => stores.map((to) => [from, to] as const));

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function place(store: Store): Promise<string> {
  const { url, remove } = await emptyStore(store);
  cleanups.push(remove);
  return url;
}

async function open(url: string): Promise<Database> {
  const database = await openDatabase(url);
  cleanups.push(() => database.close());
  return database;
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'laurel-backup-'));
  cleanups.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** A child process that tells what it does, a line each. */
function start(script: string, ...args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  let onLine = () => {};
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    lines.push(line);
    onLine();
  });
  cleanups.push(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return {
    lines,
    async until(condition: () => boolean): Promise<void> {
      while (!condition()) {
        await Promise.race([
          new Promise<void>((resolve) => (onLine = resolve)),
          exited.then(() => Promise.reject(new Error('it ended'))),
        ]);
      }
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

interface EntryText {
  readonly member_id: string;
  readonly seq: number;
  readonly hash: string;
  readonly bytes: string;
}
const entries = statement<EntryText>((db) => db.selectFrom('entries').select(['member_id', 'seq', 'hash', 'bytes']));
const orders = statement<{ order_id: string }>((db) => db.selectFrom('orders').select('order_id'));

async function entriesOf(database: Database): Promise<Map<string, EntryText>> {
  const rows = await database.all(entries, {});
  return new Map(rows.map((row) => [`${row.member_id} ${row.seq}`, row]));
}

describe.each(ways)('a backup of %s restored into %s', (from, to) => {
  test('taken while orders come in is the ledger of one instant, hash by hash', { timeout: 120_000 }, async () => {
    const [live, other] = [await place(from), await place(to)];
    const file = join(await folder(), 'laurel.backup');
    const writer = start(support('ledger/writer.ts'), live, 'live');
    const ordersBy = () => writer.lines.filter((line) => line.startsWith('order'));
    await writer.until(() => ordersBy().length >= sized(1_000, 20_000));
    const before = ordersBy().map((line) => line.split(' ')[1] as string);
    const startedAt = performance.now();
    await writeBackup({ databaseUrl: live, file, now: Date.now });
    const seconds = (performance.now() - startedAt) / 1_000;
    const during = ordersBy().length - before.length;
    await writer.until(() => ordersBy().length >= before.length + during + 100);
    await writer.kill();

    const { verified } = await restoreBackup({ databaseUrl: other, file, now: Date.now });
    expect(verified.finding).toBeNull();
    const [liveDatabase, restored] = [await open(live), await open(other)];
    const [all, kept] = [await entriesOf(liveDatabase), await entriesOf(restored)];
    for (const [key, entry] of kept) expect(all.get(key)).toEqual(entry);
    // What was acknowledged before is in it, and what came after is not: an instant, not a mixture.
    const keptOrders = new Set((await restored.all(orders, {})).map(({ order_id }) => order_id));
    expect(before.filter((id) => !keptOrders.has(id))).toEqual([]);
    expect(kept.size).toBeLessThan(all.size);
    expect((await verify(restored)).finding).toBeNull();
    console.log(
      `backup ${from} → ${to}: ${kept.size} of ${all.size} entries in ${seconds.toFixed(2)} s beside ${Math.round(during / seconds)} orders/s; 0 differ`,
    );
  });
});

describe('R4', () => {
  const rounds = sized(ways.length * 2, 20);

  test(`last night's backup and the orders since are the live ledger, hash by hash, in ${rounds} restores`, {
    timeout: 600_000,
  }, async () => {
    for (let round = 0; round < rounds; round++) {
      const [from, to] = ways[round % ways.length] as (typeof ways)[number];
      const live = await openLedger(from);
      cleanups.push(() => live.close());
      const at = (minute: number) => new Date(Date.parse('2026-04-01T00:00:00Z') + minute * 60_000).toISOString();
      const order = (index: number) =>
        anOrder(`r${round}-${index}`, `c-${index % 3}`, 1_000 + 37 * index + round, at(index));
      for (let index = 0; index < 12; index++) {
        live.setNow(at(index));
        await live.ledger.postOrder(PROGRAM, order(index));
      }
      const file = join(await folder(), 'night');
      await writeBackup({ databaseUrl: live.url, file, now: () => Date.parse(at(12)) });
      const other = await place(to);
      await restoreBackup({ databaseUrl: other, file, now: () => Date.parse(at(13)) });
      const database = await open(other);
      let now = 0;
      const clock = () => now;
      const ledger = createLedger({ database, programs: createProgramStore({ database, clock }), clock });
      for (let index = 12; index < 24; index++) {
        now = Date.parse(at(index));
        live.setNow(at(index));
        for (const into of [live.ledger, ledger]) {
          await into.postOrder(PROGRAM, order(index));
          if (index % 4 === 0) {
            await into.postRefund(PROGRAM, order(index - 12).id, {
              id: 'back',
              refundedAt: at(index),
              amountMinor: 500,
            });
          }
        }
      }
      expect(await entriesOf(database)).toEqual(await entriesOf(live.database));
    }
    console.log(`R4: ${rounds} restores, 0 hashes differ`);
  });
});

describe('a backup file', () => {
  let home: string;
  let live: Awaited<ReturnType<typeof openLedger>>;
  let good: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'laurel-backup-'));
    live = await openLedger('sqlite');
    for (let index = 0; index < 40; index++)
      await live.ledger.postOrder(PROGRAM, anOrder(`o-${index}`, `c-${index % 4}`, 10_00));
    good = join(home, 'good');
    await writeBackup({ databaseUrl: live.url, file: good, now: Date.now });
  });
  afterAll(async () => {
    await live.close();
    await rm(home, { recursive: true, force: true });
  });

  let fileCount = 0;
  async function altered(change: (lines: string[]) => void): Promise<string> {
    const lines = gunzipSync(await readFile(good))
      .toString()
      .trimEnd()
      .split('\n');
    change(lines);
    const file = join(home, `altered-${fileCount++}`);
    await writeFile(file, gzipSync(`${lines.join('\n')}\n`));
    return file;
  }
  const lineOf = (lines: readonly string[], text: string) => lines.findIndex((line) => line.includes(text));

  test('holds every table of the schema, and nobody else may read it', async () => {
    const lines = gunzipSync(await readFile(good))
      .toString()
      .trimEnd()
      .split('\n');
    const { rows } = JSON.parse(lines.at(-1) ?? '') as { rows: Record<string, number> };
    expect(Object.keys(rows)).toEqual(TABLES.map(({ name }) => name));
    expect(rows).toMatchObject({ orders: 40, members: 4, program_versions: 1 });
    expect((await stat(good)).mode & 0o777).toBe(0o600);
  });

  test('is never written over, and appears only whole', async () => {
    await expect(writeBackup({ databaseUrl: live.url, file: good, now: Date.now })).rejects.toThrow('is there already');
    await expect(
      writeBackup({
        databaseUrl: live.url,
        file: join(home, 'failing'),
        now: Date.now,
        onProgress: () => {
          throw new Error('cut');
        },
      }),
    ).rejects.toThrow('cut');
    expect((await readdir(home)).filter((name) => name.startsWith('failing'))).toEqual([]);
  });

  test('that is damaged at any byte is refused, and nothing is written', async () => {
    const bytes = await readFile(good);
    const other = await place('sqlite');
    const file = join(home, 'flipped');
    const flips = sized(150, 2_000);
    // The header of gzip (10 bytes) holds nothing that is read: its time and system may be anything.
    const step = Math.max(1, Math.floor((bytes.length - 10) / flips));
    const content = gunzipSync(bytes);
    let [refused, harmless] = [0, 0];
    for (let at = 10; at < bytes.length; at += step) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] as number) ^ (1 << (at % 8));
      await writeFile(file, damaged);
      const fault = await checkBackup(file).catch((error: unknown) => error);
      if (fault instanceof BackupFault) {
        await expect(restoreBackup({ databaseUrl: other, file, now: Date.now })).rejects.toThrow(BackupFault);
        refused++;
      } else {
        // A few bits of a packed file say nothing: the content is then what it was, to the byte.
        expect(gunzipSync(damaged).equals(content), `byte ${at}`).toBe(true);
        harmless++;
      }
    }
    expect(harmless).toBeLessThan(refused / 20);
    expect(existsSync(join(other.slice('sqlite:'.length), 'laurel.db'))).toBe(false);
    console.log(`backup: ${refused} flipped bits refused, ${harmless} that changed nothing`);
  });

  test('that ends early is refused', async () => {
    const { size } = await stat(good);
    for (const share of [0, 0.1, 0.5, 0.9, 0.999]) {
      const file = join(home, `short-${share}`);
      await writeFile(file, await readFile(good));
      await truncate(file, Math.floor(size * share));
      await expect(checkBackup(file), `${share}`).rejects.toThrow(BackupFault);
    }
    const lines = await altered((all) => all.pop());
    await expect(checkBackup(lines)).rejects.toThrow('ends early');
  });

  test.each<[string, (lines: string[]) => void, string]>([
    [
      'a changed row',
      (lines) => {
        lines[lineOf(lines, '"o-7"')] = (lines[lineOf(lines, '"o-7"')] as string).replace('1000', '9000');
      },
      'checksum',
    ],
    [
      'a row taken out',
      (lines) => {
        lines.splice(lineOf(lines, '"o-7"'), 1);
      },
      'checksum',
    ],
    [
      'a row of another length',
      (lines) => {
        lines[lineOf(lines, '"o-7"')] = '["o-7"]';
      },
      'no row of its table',
    ],
    [
      'another format',
      (lines) => {
        lines[0] = (lines[0] as string).replace('"version":1', '"version":9');
      },
      'of format 9',
    ],
    [
      'a newer schema',
      (lines) => {
        lines[0] = (lines[0] as string).replace(/"schema":\d+/, '"schema":99');
      },
      'of schema 99',
    ],
    [
      'more behind its end',
      (lines) => {
        lines.push('[]');
      },
      'goes on behind its end',
    ],
    [
      'no header',
      (lines) => {
        lines.shift();
      },
      'no backup of Laurel',
    ],
  ])('with %s is refused', async (_name, change, words) => {
    await expect(checkBackup(await altered(change))).rejects.toThrow(words);
  });

  test('that is no backup is refused', async () => {
    const file = join(home, 'text');
    await writeFile(file, 'hello');
    await expect(checkBackup(file)).rejects.toThrow(BackupFault);
    await expect(checkBackup(join(home, 'nothing'))).rejects.toThrow('cannot be read (ENOENT)');
  });

  test.each(stores)('of a ledger that does not verify leaves nothing on %s', async (store) => {
    const wrong = await openLedger('sqlite');
    cleanups.push(() => wrong.close());
    await wrong.ledger.postOrder(PROGRAM, anOrder('o-1', 'c-1', 10_00));
    await wrong.database.transaction((tx) => tx.run(textStatement('UPDATE accounts SET balance = balance + 1'), {}));
    const file = join(home, `wrong-${store}`);
    await writeBackup({ databaseUrl: wrong.url, file, now: Date.now });
    const other = await place(store);
    await expect(restoreBackup({ databaseUrl: other, file, now: Date.now })).rejects.toThrow('does not verify');
    await restoreBackup({ databaseUrl: other, file: good, now: Date.now });
  });

  test.each(stores)('is not restored over anything on %s', async (store) => {
    const other = await place(store);
    await restoreBackup({ databaseUrl: other, file: good, now: Date.now });
    await expect(restoreBackup({ databaseUrl: other, file: good, now: Date.now })).rejects.toThrow(
      'holds something already',
    );
  });

  test.each(stores)('killed while it is restored leaves %s empty', { timeout: 120_000 }, async (store) => {
    const rounds = sized(4, 30);
    for (let round = 0; round < rounds; round++) {
      const other = await place(store);
      const restore = start(support('backup/restore.ts'), other, good);
      const step = round % 2 === 0 ? 'writing' : 'reading';
      await restore.until(() => restore.lines.filter((line) => line.startsWith(step)).length > round % 3);
      await restore.kill();
      if (restore.lines.includes('restored')) continue;
      // Empty, or nothing of it would be taken.
      await restoreBackup({ databaseUrl: other, file: good, now: Date.now });
    }
  });

  test('killed while it is written has no name yet', { timeout: 120_000 }, async () => {
    for (let round = 0; round < sized(4, 30); round++) {
      const file = join(await folder(), 'backup');
      const backup = start(support('backup/backup.ts'), live.url, file);
      await backup.until(() => backup.lines.filter((line) => line.startsWith('backup')).length > round % 3);
      await backup.kill();
      const written = (await readdir(join(file, '..'))).filter((name) => !name.endsWith('.partial'));
      expect(written.length).toBeGreaterThan(0);
      for (const name of written) await checkBackup(join(file, '..', name));
    }
  });
});

describe('the command line', () => {
  test('moves a shop from one store to the other', async () => {
    const live = await openLedger('sqlite');
    cleanups.push(() => live.close());
    await live.ledger.postOrder(PROGRAM, anOrder('o-1', 'c-1', 10_00));
    const file = join(await folder(), 'laurel.backup');
    const other = await place(stores.at(-1) as Store);
    const said: string[] = [];
    const run = (url: string, ...args: string[]) =>
      runLaurel(args, {
        environment: { DATABASE_URL: url, LAUREL_SECRET: SECRET },
        out: (text) => said.push(text),
        err: (text) => said.push(text),
      });
    expect(await run(live.url, 'backup', file), said.join('\n')).toBe(0);
    expect(await run(other, 'restore', file), said.join('\n')).toBe(0);
    expect(said.join('\n')).toMatch(/clean: 1 members, 1 entries, 1 orders/);
    expect(await run(other, 'restore', file)).toBe(1);
    expect(said.at(-1)).toMatch(/holds something already/);
    expect(await run(live.url, 'backup', file)).toBe(1);
    expect(await run(live.url, 'backup')).toBe(2);
    expect(await run('sqlite:/tmp/laurel-there-is-nothing-here', 'backup', `${file}-2`)).toBe(1);
    expect(said.at(-1)).toMatch(/There is no embedded database/);
  });
});
