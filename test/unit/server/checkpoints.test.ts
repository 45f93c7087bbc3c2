import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { insertBatch } from '../../../server/database/batch.ts';
import type { Database } from '../../../server/database/database.ts';
import { migrate } from '../../../server/database/migrate.ts';
import { openDatabase } from '../../../server/database/open.ts';
import { emptyStore } from '../../support/ledger.ts';

const writeTokens = insertBatch('used_tokens', ['program_id', 'jti', 'expires_at'], {
  key: ['program_id', 'jti'],
  update: ['expires_at'],
});

/** 190 kB, in pages of their own. */
const TOKENS = Array.from({ length: 64 }, () => randomBytes(1_500).toString('hex'));

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open() {
  const { url, remove } = await emptyStore('sqlite');
  cleanups.push(remove);
  const database = await openDatabase(url);
  cleanups.push(() => database.close());
  await migrate(database, 0);
  const path = join(url.slice('sqlite:'.length), 'laurel.db');
  return { database, path, log: `${path}-wal` };
}

/** One commit that writes the same pages each time. */
async function write(database: Database, expiresAt: number): Promise<void> {
  const rows = TOKENS.map((token) => ['a.test', token, expiresAt]);
  await database.transaction((tx) => tx.insert(writeTokens, rows));
}

/** How often the log was begun anew, as its header counts it. */
function logNumber(log: string): number {
  const header = Buffer.alloc(32);
  const file = openSync(log, 'r');
  readSync(file, header, 0, 32, 0);
  closeSync(file);
  return header.readUInt32BE(12);
}

test('what is committed is carried over into the database without another commit', async () => {
  const { database, path } = await open();
  await write(database, 0);
  await vi.waitUntil(() => statSync(path).size > 64 * 3_000, { timeout: 20_000 });
});

test('the log is begun anew while writes never pause', { timeout: 120_000 }, async () => {
  const { database, log } = await open();
  await write(database, 0);
  const before = logNumber(log);
  // Far below the pages at which a commit would carry it over by itself.
  for (let count = 1; logNumber(log) === before && statSync(log).size < 150_000_000; count++) {
    await write(database, count);
  }
  expect(logNumber(log)).toBeGreaterThan(before);
});

test('a close takes the log away, whatever the thread is at', async () => {
  const { database, log } = await open();
  for (let count = 0; count < 20; count++) await write(database, count);
  await database.close();
  expect(statSync(log, { throwIfNoEntry: false })).toBeUndefined();
});
