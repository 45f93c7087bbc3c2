import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../server/database/migrate.ts';
import { openDatabase } from '../../server/database/open.ts';
import { textStatement } from '../../server/database/statement.ts';
import { FORMATS, importOrders } from '../../server/import/import-orders.ts';
import type { OrderReader } from '../../server/import/order-lines.ts';
import { createLedger } from '../../server/ledger/create-ledger.ts';
import { createProgramStore } from '../../server/programs/program-store.ts';
import { groupsOf, writePostgres, writeSqlite } from '../support/bench/bare-import.ts';
import { report } from '../support/bench/report.ts';
import { writeOrderHistory } from '../support/ledger/order-history.ts';
import { program } from '../support/ledger.ts';
import { freshDatabase, startPostgres } from '../support/postgres.ts';
import { sized } from '../support/size.ts';

/**
 * A history of past orders through `importOrders`, beside the rows that it leaves in our schema, written in groups of a
 * hundred orders with nothing else: no order read, no rule, no hash, no look whether it is there. Rounds alternate, each
 * on empty stores; the first only warms up.
 */
const ROUND_COUNT = 4;
const SHAPE = { customerCount: sized(1_000, 23_570), orderCount: sized(3_000, 69_659) };

const folder = mkdtempSync(join(tmpdir(), 'laurel-bench-'));
const path = join(folder, 'orders.txt');
// An earlier year than the test program's currency knows is fine; its orders are dollars.
const dollars = {
  ...program,
  earning: { ...program.earning, rules: program.earning.rules.map((rule) => ({ ...rule, currency: 'USD' })) },
};

async function open(url: string) {
  const database = await openDatabase(url);
  await migrate(database, Date.now());
  const programs = createProgramStore({ database, clock: Date.now });
  return { database, programs };
}

/** Seconds of an import into an empty store, and the rows that it left. */
async function timeImport(url: string) {
  const { database, programs } = await open(url);
  await programs.apply(dollars);
  const start = performance.now();
  const { orderCount } = await importOrders({
    database,
    ledger: createLedger({ database, programs, clock: Date.now }),
    clock: Date.now,
    programId: program.id,
    target: { timeZone: program.timeZone },
    path,
    read: FORMATS['cdnow'] as OrderReader,
    onProgress: () => {},
  });
  const seconds = (performance.now() - start) / 1000;
  if (orderCount !== SHAPE.orderCount) throw new Error(`${orderCount} orders of ${SHAPE.orderCount} were imported`);
  const groups = await groupsOf((table) => database.all(textStatement(`SELECT * FROM ${table}`) as never, {}));
  await database.close();
  return { seconds, groups };
}

async function race(
  where: string,
  store: () => Promise<{ readonly url: string; drop(): Promise<void> }>,
  write: (url: string, groups: Awaited<ReturnType<typeof groupsOf>>) => Promise<void>,
): Promise<void> {
  const [imported, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUND_COUNT; round++) {
    const [ours, theirs] = [await store(), await store()];
    const { seconds, groups } = await timeImport(ours.url);
    const { database } = await open(theirs.url);
    await database.close();
    const start = performance.now();
    await write(theirs.url, groups);
    const bareSeconds = (performance.now() - start) / 1000;
    await Promise.all([ours.drop(), theirs.drop()]);
    if (round === 0) continue;
    imported.push(SHAPE.orderCount / seconds);
    bare.push(SHAPE.orderCount / bareSeconds);
  }
  report({
    what: `${where}, past orders imported`,
    unit: '/s',
    subject: { name: 'Laurel', values: imported },
    floor: { name: 'the same rows in groups of 100', values: bare },
    better: 'more',
    budget: { must: 0.4, aim: 0.7 },
  });
}

try {
  await writeOrderHistory(path, SHAPE);
  let storeCount = 0;
  await race(
    'embedded',
    async () => ({ url: `sqlite:${join(folder, String(++storeCount))}`, drop: async () => {} }),
    async (url, groups) => writeSqlite(url.slice('sqlite:'.length), groups),
  );
  const server = await startPostgres();
  try {
    await race('PostgreSQL', () => freshDatabase(server.url), writePostgres);
  } finally {
    await server.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
