import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statement } from '../../../server/database/statement.ts';
import { FORMATS, importOrders } from '../../../server/import/import-orders.ts';
import { summarize } from '../../../server/import/summary.ts';
import { verify } from '../../../server/verify/verify.ts';
import { addDays, startOfDay } from '../../../shared/domain/time.ts';
import { HISTORY_SHAPE, writeOrderHistory } from '../../support/ledger/order-history.ts';
import { type ExpectedPoints, pointsInSql } from '../../support/ledger/points-in-sql.ts';
import { openLedger, PROGRAM, program, type Store, stores, type TestLedger } from '../../support/ledger.ts';

const IMPORTER = fileURLToPath(new URL('../../support/ledger/importer.ts', import.meta.url));

/** The real orders are handed around beside the project, not in it. */
const CDNOW = fileURLToPath(new URL('../../../../shared/data/cdnow/CDNOW_master.txt', import.meta.url));
const hasCdnow = existsSync(CDNOW);

const AS_OF_DAY = '1998-06-30';
const cdProgram = {
  ...program,
  timeZone: 'America/New_York',
  earning: {
    rules: [
      { id: 'per-dollar', kind: 'per_amount', points: 1, perMinor: 100, currency: 'USD' },
      { id: 'per-order', kind: 'per_order', points: 5 },
    ],
    confirmationDelayDays: 14,
  },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-import-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function importFile(t: TestLedger, path: string, format: 'cdnow' | 'csv') {
  return importOrders({
    database: t.database,
    ledger: t.ledger,
    clock: Date.now,
    programId: PROGRAM,
    target: { timeZone: cdProgram.timeZone },
    path,
    read: FORMATS[format] as (typeof FORMATS)[string],
    onProgress: () => {},
  });
}

const heldPoints = statement<{ customer_id: string; balance: number }>((db, p) =>
  db
    .selectFrom('members')
    .innerJoin('accounts', (join_) =>
      join_
        .onRef('accounts.program_id', '=', 'members.program_id')
        .onRef('accounts.member_id', '=', 'members.member_id'),
    )
    .select(['members.customer_id', 'accounts.balance'])
    .where('members.program_id', '=', p('programId')),
);

async function expectPoints(t: TestLedger, expected: ExpectedPoints): Promise<void> {
  const asOf = startOfDay(addDays(AS_OF_DAY, 1), cdProgram.timeZone);
  await t.ledger.expireLots(PROGRAM, asOf);
  const summary = await summarize(t.database, PROGRAM, await t.programs.versions(t.database, PROGRAM), asOf);
  expect({
    members: summary.memberCount,
    orders: summary.orderCount,
    accrued: summary.pointsAccrued,
    expired: summary.pointsExpired,
    tiers: summary.tiers.map(({ tierId, memberCount, points }) => ({ tier: tierId, members: memberCount, points })),
  }).toEqual({
    members: expected.members,
    orders: expected.orders,
    accrued: expected.accrued,
    expired: expected.expired,
    tiers: expected.tiers,
  });
  const held = await t.database.all(heldPoints, { programId: PROGRAM });
  const wrong = held.filter(({ customer_id, balance }) => expected.held.get(customer_id) !== balance);
  expect(wrong).toEqual([]);
}

/** Runs the import in a process of its own and kills it once it has sent `orderCount` orders. */
async function killAt(t: TestLedger, path: string, orderCount: number): Promise<number> {
  const child = spawn(process.execPath, [IMPORTER, t.url, path, PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let sent = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    sent = Number(line);
    if (sent >= orderCount) child.kill('SIGKILL');
  }
  await exited;
  return sent;
}

/** Closes a ledger's store for another process to use, and opens it again. */
async function whileClosed(t: TestLedger, work: () => Promise<unknown>): Promise<TestLedger> {
  await t.database.close();
  await work();
  return t.reopen();
}

async function importKilledTwice(store: Store, path: string, expected: ExpectedPoints): Promise<void> {
  let t = await openLedger(store, cdProgram);
  try {
    for (const share of [0.3, 0.7]) {
      t = await whileClosed(t, async () => {
        const sent = await killAt(t, path, expected.orders * share);
        expect(sent).toBeGreaterThanOrEqual(expected.orders * share);
        expect(sent).toBeLessThan(expected.orders);
      });
    }
    const result = await importFile(t, path, 'cdnow');
    expect(result).toMatchObject({ orderCount: expected.orders, badLines: [] });
    expect(result.replayedCount).toBeGreaterThanOrEqual(expected.orders * 0.7);
    expect(result.replayedCount).toBeLessThan(expected.orders);
    await expectPoints(t, expected);
    expect(await importFile(t, path, 'cdnow')).toMatchObject({ replayedCount: expected.orders });
    await expectPoints(t, expected);
    expect((await verify(t.database)).finding).toBeNull();
  } finally {
    await t.close();
  }
}

describe('the CDNOW orders', () => {
  test('come to 23,570 members, 69,659 orders and the points that SQL finds in the raw file, killed twice on the way', {
    timeout: 300_000,
  }, async ({ skip }) => {
    skip(!hasCdnow, 'the CDNOW data set is not on this machine; the generated history stands in for it');
    const expected = pointsInSql(CDNOW, AS_OF_DAY);
    expect(expected).toMatchObject({ members: 23_570, orders: 69_659 });
    await importKilledTwice('sqlite', CDNOW, expected);
  });
});

describe.each(stores)('a generated history of the same size on %s', (store) => {
  test('comes to the points that SQL finds in the raw file, killed twice on the way', {
    timeout: 600_000,
  }, async () => {
    const path = join(folder, `history-${store}.txt`);
    await writeOrderHistory(path);
    const expected = pointsInSql(path, AS_OF_DAY);
    expect(expected).toMatchObject({ members: HISTORY_SHAPE.customerCount, orders: HISTORY_SHAPE.orderCount });
    expect(expected.expired).toBeGreaterThan(0);
    expect(expected.tiers.every(({ members }) => members > 0)).toBe(true);
    await importKilledTwice(store, path, expected);
  });
});

describe('a CSV file', () => {
  const HEADER = 'order_id,member_id,placed_at,currency,amount,sku,quantity';

  async function importText(lines: readonly string[]) {
    const path = join(folder, 'orders.csv');
    await writeFile(path, lines.join('\n'));
    const t = await openLedger('sqlite', cdProgram);
    try {
      const result = await importFile(t, path, 'csv');
      const members = await t.database.all(heldPoints, { programId: PROGRAM });
      return { result, members };
    } finally {
      await t.close();
    }
  }

  test('is read by its header: neighbors with one order id are one order, rounded down together', async () => {
    const { result, members } = await importText([
      HEADER,
      'A-1,"anna, the first",2026-01-05T10:00:00Z,USD,1.50,cd,1',
      'A-1,"anna, the first",2026-01-05T10:00:00Z,USD,1.50,dvd,2',
      'A-2,bert,2026-01-06,USD,10,cd,1',
    ]);
    expect(result).toMatchObject({ orderCount: 2, badLines: [] });
    expect(members.toSorted((a, b) => a.balance - b.balance)).toMatchObject([
      { customer_id: 'anna, the first', balance: 8 },
      { customer_id: 'bert', balance: 15 },
    ]);
  });

  test.each([
    {
      fault: 'an amount that is none',
      line: 'B-1,anna,2026-01-05,USD,abc,cd,1',
      reason: /^amount: expected a decimal number of USD/,
    },
    { fault: 'part of a cent', line: 'B-1,anna,2026-01-05,USD,1.005,cd,1', reason: /^amount/ },
    { fault: 'a negative amount', line: 'B-1,anna,2026-01-05,USD,-5,cd,1', reason: /^amount/ },
    { fault: 'a day that does not exist', line: 'B-1,anna,2026-02-30T10:00:00Z,USD,5,cd,1', reason: /^placed_at/ },
    {
      fault: 'no time zone',
      line: 'B-1,anna,2026-02-20T10:00:00,USD,5,cd,1',
      reason: /^placed_at: expected an RFC 3339/,
    },
    { fault: 'an unknown currency', line: 'B-1,anna,2026-01-05,usd,5,cd,1', reason: /^currency/ },
    { fault: 'a currency without a rule', line: 'B-1,anna,2026-01-05,EUR,5,cd,1', reason: /no earning rule for EUR/ },
    { fault: 'no member', line: 'B-1,,2026-01-05,USD,5,cd,1', reason: /^member_id/ },
    { fault: 'a quantity of 0', line: 'B-1,anna,2026-01-05,USD,5,cd,0', reason: /^quantity/ },
    { fault: 'missing fields', line: 'B-1,anna', reason: /^currency/ },
  ])('with $fault: that line is reported with its number and reason, the rest imported', async ({ line, reason }) => {
    const { result, members } = await importText([
      HEADER,
      'A-1,anna,2026-01-05,USD,5,cd,1',
      line,
      'A-2,anna,2026-01-06,USD,5,cd,1',
    ]);
    expect(result).toMatchObject({
      orderCount: 2,
      badLines: [{ lineNumber: 3, reason: expect.stringMatching(reason) }],
    });
    expect(members).toMatchObject([{ customer_id: 'anna', balance: 20 }]);
  });

  test.each([
    { header: 'order_id,member_id,placed_at,amount', message: 'The header lacks currency.' },
    { header: `${HEADER},points`, message: 'unknown columns: points' },
  ])('with the header $header is refused whole', async ({ header, message }) => {
    await expect(importText([header, 'A-1,anna,2026-01-05,USD,5'])).rejects.toThrow(message);
  });
});

describe('a CDNOW file with bad lines', () => {
  test('reports each with its number and imports the rest', async () => {
    const path = join(folder, 'bad.txt');
    await writeFile(
      path,
      [
        ' customer_id  date number_of_cds  dollar_value',
        ' 00001 19970101  1   11.77',
        ' 00002 19970132  1   12.00',
        ' 00003 19970101  x   12.00',
        ' 00004 19970101  1',
        ' 0000x 19970101  1   12.00',
        ' 00006 19970101  1   1e3',
        '',
        ' 00007 19970101  1   12.00',
      ].join('\r\n'),
    );
    const t = await openLedger('sqlite', cdProgram);
    try {
      const { orderCount, badLines } = await importFile(t, path, 'cdnow');
      expect(orderCount).toBe(2);
      expect(badLines.map(({ lineNumber, reason }) => `${lineNumber} ${reason.split(':')[0]}`)).toEqual([
        '3 date',
        '4 number of CDs',
        '5 expected 4 fields, found 3',
        '6 customer id',
        '7 amount',
      ]);
    } finally {
      await t.close();
    }
  });
});
