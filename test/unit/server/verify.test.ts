import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../server/database/open.ts';
import { verify } from '../../../server/verify/verify.ts';
import { anOrder, openLedger, PROGRAM, program, type TestLedger } from '../../support/ledger.ts';
import { seed, sized } from '../../support/size.ts';

/** L8: whatever is changed behind the server's back in a copy of the database, `verify` finds it and says where. */

const TABLES = [
  'program_versions',
  'members',
  'accounts',
  'entries',
  'lots',
  'orders',
  'refunds',
  'idempotency_keys',
  'events',
  'member_uses',
  'use_sweeps',
] as const;

/** With limits, and points for an event. */
const limited = {
  ...program,
  earning: {
    ...program.earning,
    rules: [
      ...program.earning.rules,
      { id: 'per-order', kind: 'per_order', points: 3, limit: { per: 'month', points: 10 } },
      { id: 'review', kind: 'per_event', event: 'review', points: 5, limit: { per: 'lifetime', times: 2 } },
    ],
  },
};

let folder: string;
let original: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-verify-'));
  original = await filledLedger();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A ledger with every kind of row in it; gives the path of its closed database file. */
async function filledLedger(): Promise<string> {
  const t: TestLedger = await openLedger('sqlite', limited);
  for (let index = 0; index < 40; index++) {
    const customer = `member-${index % 7}`;
    await t.ledger.postOrder(
      PROGRAM,
      anOrder(`o${index}`, customer, 2_000 + 377 * index, '2025-01-15T10:00:00Z'),
      `key-${index}`,
    );
    if (index % 3 === 0) {
      await t.ledger.postRefund(PROGRAM, `o${index}`, {
        id: 'r1',
        refundedAt: '2025-02-01T10:00:00Z',
        amountMinor: 700,
      });
    }
  }
  await t.ledger.expireLots(PROGRAM, Date.parse('2026-03-01T00:00:00Z'));
  await t.ledger.postOrder(PROGRAM, anOrder('old', 'member-0', 1_000, '2024-01-15T10:00:00Z'));
  expect(await t.ledger.sweepUses(PROGRAM, Date.parse('2025-06-01T00:00:00Z'))).toBe(1);
  await t.programs.apply({ ...limited, name: { en: 'Example Rewards, again' } });
  for (let index = 0; index < 20; index++) {
    await t.ledger.postOrder(PROGRAM, anOrder(`p${index}`, `member-${index % 7}`, 5_000 + index));
    await t.ledger.postAdjustment(
      PROGRAM,
      `member-${index % 7}`,
      { points: index % 2 ? 9 : -9, reason: 'by hand' },
      `adjust-${index}`,
    );
    const event = {
      id: `e${index}`,
      type: 'review',
      memberId: `member-${index % 7}`,
      occurredAt: '2026-03-31T12:00:00Z',
    };
    await t.ledger.postEvent(PROGRAM, event);
  }
  await t.ledger.pinTier(PROGRAM, 'member-3', { tier: 'gold', until: '2026-12-31', reason: 'by hand' }, 'pin');
  expect((await verify(t.database)).finding).toBeNull();
  const copy = join(folder, 'original.db');
  // One file without its log, as a backup is.
  const raw = new DatabaseSync(join(t.url.slice('sqlite:'.length), 'laurel.db'));
  raw.exec(`VACUUM INTO '${copy}'`);
  raw.close();
  await t.close();
  return copy;
}

let copies = 0;

/** Verifies a copy to which `change` was done. */
async function verifyAfter(change: (raw: DatabaseSync) => void) {
  const directory = join(folder, `copy-${copies++}`);
  await mkdir(directory);
  await copyFile(original, join(directory, 'laurel.db'));
  const raw = new DatabaseSync(join(directory, 'laurel.db'));
  // A table's own CHECK would refuse some changes; a flipped bit on disk asks nobody.
  raw.exec('PRAGMA ignore_check_constraints=ON');
  change(raw);
  raw.close();
  const database = await openDatabase(directory);
  try {
    return await verify(database);
  } finally {
    await database.close();
    await rm(directory, { recursive: true });
  }
}

/** A small generator (mulberry32), so that a failure can be played again from its seed. */
function generator(start: number) {
  let state = start;
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The value with one of its bits changed. */
function flipped(value: string | number, random: (below: number) => number): string | number {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    if (bytes.length === 0) return '\u0001';
    const at = random(bytes.length);
    // The low seven bits keep ASCII text valid UTF-8, so that the change cannot be told by its encoding.
    bytes[at] = (bytes[at] as number) ^ (1 << random(7));
    return bytes.toString('utf8');
  }
  return Number(BigInt(value) ^ (1n << BigInt(random(52))));
}

/** Changes one bit of one value in a table; gives what was changed. */
function flipOne(raw: DatabaseSync, table: string, random: (below: number) => number): string {
  const rows = raw.prepare(`SELECT * FROM ${table}`).all() as Record<string, string | number | null>[];
  const row = rows[random(rows.length)] ?? {};
  const columns = Object.keys(row).filter((name) => row[name] !== null);
  const column = columns[random(columns.length)] as string;
  const value = flipped(row[column] as string | number, random);
  const key = raw.prepare(`SELECT name FROM pragma_table_info('${table}') WHERE pk > 0`).all() as { name: string }[];
  const where = key.map(({ name }) => `${name} = ?`).join(' AND ');
  raw
    .prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`)
    .run(value, ...key.map(({ name }) => row[name] ?? null));
  return `${table}.${column}: ${row[column]} → ${value}`;
}

describe('verify', () => {
  test('is content with a ledger that nobody touched, and counts it', async () => {
    const { finding, memberCount, orderCount, entryCount } = await verifyAfter(() => {});
    expect(finding).toBeNull();
    expect({ memberCount, orderCount }).toEqual({ memberCount: 7, orderCount: 61 });
    expect(entryCount).toBeGreaterThan(orderCount);
  });

  test(`finds each of ${sized(100, 1_000)} random one-bit changes`, { timeout: 1_800_000 }, async () => {
    const random = generator(seed);
    for (let round = 0; round < sized(100, 1_000); round++) {
      const table = TABLES[round % TABLES.length] as string;
      let change = '';
      const { finding } = await verifyAfter((raw) => {
        // A flip that turns one key into another's cannot be written this way: another one is drawn then.
        while (change === '') {
          try {
            change = flipOne(raw, table, random);
          } catch (error) {
            if (!String(error).includes('UNIQUE')) throw error;
          }
        }
      });
      expect(finding, `LAUREL_TEST_SEED=${seed}, round ${round}: ${change}`).not.toBeNull();
    }
  });

  test.each(TABLES)('finds a row that is missing from %s', async (table) => {
    // A program's own version row takes its rules with it; a key that is gone only allows what was refused.
    const { finding } = await verifyAfter((raw) => {
      const key = raw.prepare(`SELECT name FROM pragma_table_info('${table}') WHERE pk > 0`).all() as {
        name: string;
      }[];
      const names = key.map(({ name }) => name).join(', ');
      // An event that brought nothing left no entry that could miss it.
      const from = table === 'events' ? 'events WHERE seq > 0' : table;
      raw.exec(`DELETE FROM ${table} WHERE (${names}) IN (SELECT ${names} FROM ${from} LIMIT 1)`);
    });
    if (table === 'idempotency_keys') expect(finding).toBeNull();
    else expect(finding).not.toBeNull();
  });

  test('finds two entries that changed places', async () => {
    const { finding } = await verifyAfter((raw) => {
      const [first, second] = raw
        .prepare(
          'SELECT member_id, hash, bytes FROM entries WHERE seq IN (2, 3) AND member_id = (SELECT MIN(member_id) FROM entries)',
        )
        .all() as { member_id: string; hash: string; bytes: string }[];
      const put = raw.prepare('UPDATE entries SET hash = ?, bytes = ? WHERE member_id = ? AND seq = ?');
      put.run(second?.hash ?? '', second?.bytes ?? '', first?.member_id ?? '', 2);
      put.run(first?.hash ?? '', first?.bytes ?? '', first?.member_id ?? '', 3);
    });
    expect(finding).toMatchObject({ table: 'entries' });
  });

  test('finds the last entry of a chain taken away with all that it did', async () => {
    const { finding } = await verifyAfter((raw) => {
      raw.exec('DELETE FROM entries WHERE (member_id, seq) IN (SELECT member_id, seq FROM accounts LIMIT 1)');
    });
    expect(finding).toMatchObject({ table: 'accounts', what: expect.stringContaining('its seq is') });
  });

  test('finds points given by hand in the database, and names the row', async () => {
    const { finding } = await verifyAfter((raw) => {
      raw.exec('UPDATE accounts SET balance = balance + 1000 WHERE member_id = (SELECT MAX(member_id) FROM accounts)');
    });
    expect(finding?.message).toMatch(/^accounts mbr_\S+: its balance is \d+, the entries say \d+$/);
  });
});
