import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countRows } from '../support/bench/bulk-members.ts';
import { type Load, type LoadResult, startLoad } from '../support/bench/load.ts';
import { DEEDS, describeRows, type Recording, recordRows } from '../support/bench/recorded-rows.ts';
import { isStrict, median, report } from '../support/bench/report.ts';
import {
  type LaurelShop,
  type ShopSide,
  startBareLoop,
  startLaurelShop,
  startPgbench,
  TASKS,
  type Task,
} from '../support/bench/shop-sides.ts';
import { freshDatabase, startPostgres } from '../support/postgres.ts';
import { sized } from '../support/size.ts';

/**
 * Orders and redemptions over HTTP in a small and in a large shop, with 1, 8 and 32 clients, beside what writes the same
 * rows into the same schema and nothing else: `pgbench` on the same PostgreSQL, a loop on the embedded database. And
 * whether members of the large shop read their accounts as fast as those of the small one.
 */
const MEMBER_COUNTS = [1_000, sized(20_000, 1_000_000)] as const;
const CLIENT_COUNTS = [1, 8, 32] as const;
const isLong = isStrict || sized(0, 1) === 1;
const ROUND_COUNT = sized(isStrict ? 5 : 1, 10);
/** Short, so that what else the machine does meets all of a round alike. */
const ROUND_MS = sized(isStrict ? 500 : 250, 1_000);
const WARM_UP_MS = 300;
const READ_CLIENT_COUNT = 32;
const READ_ROUND_COUNT = sized(isStrict ? 15 : 3, 30);
const READ_ROUND_MS = 400;
const READ_WARM_UP_MS = isLong ? 3_000 : 800;
/** As many readers in both shops, so that only the shop differs; then more than the server keeps accounts at hand. */
const SMALL_READER_COUNT = 1_000;
const MANY_READER_COUNT = 20_000;

const folder = mkdtempSync(join(tmpdir(), 'laurel-bench-'));
const count = (value: number) => value.toLocaleString('en');

interface Pair {
  readonly memberCount: number;
  readonly laurel: LaurelShop;
  readonly floor: ShopSide | null;
}

type Results = Map<string, LoadResult[]>;
const keyOf = (task: Task, clientCount: number, memberCount: number, side: string) =>
  `${task} ${clientCount} ${memberCount} ${side}`;

/** All of them in turn, round after round; a shorter round before them only warms up. */
async function race(pairs: readonly Pair[]): Promise<Results> {
  const results: Results = new Map();
  const doneCounts = new Map<string, number>();
  for (let round = 0; round <= ROUND_COUNT; round++) {
    for (const task of TASKS) {
      for (const clientCount of round === 0 ? [32] : CLIENT_COUNTS) {
        for (const { memberCount, laurel, floor } of pairs) {
          for (const side of [floor, laurel]) {
            if (!side) continue;
            const durationMs = round === 0 ? WARM_UP_MS : ROUND_MS;
            const result = await side.run({ task, clientCount, durationMs });
            const done = `${task} ${memberCount} ${side.name}`;
            doneCounts.set(done, (doneCounts.get(done) ?? 0) + result.count);
            if (round === 0) continue;
            const key = keyOf(task, clientCount, memberCount, side.name);
            results.set(key, [...(results.get(key) ?? []), result]);
          }
        }
      }
    }
  }
  for (const { memberCount, laurel, floor } of pairs) {
    for (const side of [laurel, floor]) {
      if (!side) continue;
      const done = (task: Task) => doneCounts.get(`${task} ${memberCount} ${side.name}`) ?? 0;
      await checkRows(side, memberCount, done('orders'), done('redemptions'));
    }
  }
  return results;
}

/** What was counted as done is in the store, of either side alike. */
async function checkRows({ name, url }: ShopSide, memberCount: number, orders: number, redemptions: number) {
  const found = JSON.stringify(await countRows(url));
  const expected = JSON.stringify({
    // Of each redemption the hold and the order; of each member the order with which he joined.
    entries: memberCount + orders + 2 * redemptions,
    orders: memberCount + orders + redemptions,
    redemptions,
  });
  if (found !== expected) throw new Error(`${name} left ${found} instead of ${expected}`);
}

type Figure = 'perSecond' | 'p50' | 'p99';
const valuesOf = (results: readonly LoadResult[], figure: Figure) => results.map((result) => result[figure]);

/** One side by the medians of its rounds. */
function sideText(name: string, results: readonly LoadResult[]): string {
  const of = (figure: Figure) => median(valuesOf(results, figure));
  return `${name} ${count(Math.round(of('perSecond')))}/s, p50 ${of('p50').toFixed(2)} ms, p99 ${of('p99').toFixed(2)} ms`;
}

/** A line for each size and number of clients, then what has a budget or compares the sizes. */
function tell(where: string, results: Results, pairs: readonly [Pair, Pair]): void {
  const resultsOf = (task: Task, clientCount: number, { memberCount }: Pair, { name }: ShopSide) =>
    results.get(keyOf(task, clientCount, memberCount, name)) ?? [];
  for (const task of TASKS) {
    for (const pair of pairs) {
      for (const clientCount of CLIENT_COUNTS) {
        const { memberCount, laurel, floor } = pair;
        const what = `${where}, ${task}, ${count(memberCount)} members, ${clientCount} ${clientCount === 1 ? 'client' : 'clients'}`;
        const ours = resultsOf(task, clientCount, pair, laurel);
        const theirs = floor ? resultsOf(task, clientCount, pair, floor) : [];
        const ratio = median(valuesOf(ours, 'perSecond')) / median(valuesOf(theirs, 'perSecond'));
        const floorText = floor ? `; ${sideText(floor.name, theirs)}: ${ratio.toFixed(2)}×` : '';
        console.log(`  ${what}: ${sideText(laurel.name, ours)}${floorText}`);
      }
    }
    const rates = (pair: Pair, side: ShopSide) => valuesOf(resultsOf(task, 32, pair, side), 'perSecond');
    const common = { unit: '/s', better: 'more' } as const;
    const ofShop = (pair: Pair) => ({ name: `${count(pair.memberCount)} members`, values: rates(pair, pair.laurel) });
    const [small, large] = pairs;
    const what = `${where}, ${task}, 32 clients`;
    report({ ...common, what: `${what}, large shop beside small one`, subject: ofShop(large), floor: ofShop(small) });
    if (where !== 'PostgreSQL' || task !== 'orders') continue;
    for (const pair of pairs) {
      const { memberCount, laurel, floor } = pair;
      if (!floor) continue;
      report({
        ...common,
        what: `${what}, ${count(memberCount)} members`,
        subject: { name: laurel.name, values: rates(pair, laurel) },
        floor: { name: 'pgbench of the same rows', values: rates(pair, floor) },
        budget: { must: 0.7, aim: 1 },
      });
    }
  }
}

/** The tail of reading an account, in the large shop beside the small one. */
async function raceReads(where: string, small: Pair, large: Pair, largeReaderCount: number): Promise<void> {
  const sideOf = async ({ memberCount, laurel }: Pair, readerCount: number) => ({
    name: `${count(readerCount)} of ${count(memberCount)} members`,
    run: await laurel.reads(readerCount),
    values: [] as number[],
  });
  const floor = await sideOf(small, SMALL_READER_COUNT);
  const subject = await sideOf(large, largeReaderCount);
  // Each comes once before: a token that is new costs the check of its signature.
  for (const { run } of [floor, subject]) await run(READ_CLIENT_COUNT, READ_WARM_UP_MS);
  for (let round = 0; round < READ_ROUND_COUNT; round++) {
    for (const { run, values } of [floor, subject]) values.push((await run(READ_CLIENT_COUNT, READ_ROUND_MS)).p99);
  }
  const budget = largeReaderCount === SMALL_READER_COUNT ? { must: 1.3, aim: 1 } : undefined;
  report({ what: `${where}, GET /v1/me, p99`, unit: ' ms', subject, floor, better: 'less', budget });
}

async function measure(where: string, pairs: readonly [Pair, Pair]): Promise<void> {
  try {
    for (const { memberCount, laurel, floor } of pairs) {
      const sides = [laurel, ...(floor ? [floor] : [])];
      const seconds = sides.map((side) => `${side.name} ${side.fillSeconds.toFixed(1)} s`).join(', ');
      console.log(`  ${where}, ${count(memberCount)} members written: ${seconds}`);
      if (!floor) console.log('  pgbench is not installed: Laurel alone');
    }
    tell(where, await race(pairs), pairs);
    await raceReads(where, ...pairs, SMALL_READER_COUNT);
    if (isLong) await raceReads(where, ...pairs, MANY_READER_COUNT);
  } finally {
    await Promise.all(pairs.flatMap(({ laurel, floor }) => (floor ? [laurel.stop(), floor.stop()] : laurel.stop())));
  }
}

async function onSqlite(load: Load, recording: Recording): Promise<void> {
  const pair = async (memberCount: number): Promise<Pair> => {
    const shop = { memberCount, recording };
    const laurel = await startLaurelShop(load, `sqlite:${join(folder, `laurel-${memberCount}`)}`, shop);
    return { memberCount, laurel, floor: await startBareLoop(join(folder, `bare-${memberCount}`), shop) };
  };
  await measure('embedded', await Promise.all([pair(MEMBER_COUNTS[0]), pair(MEMBER_COUNTS[1])]));
}

async function onPostgres(load: Load, recording: Recording): Promise<void> {
  const server = await startPostgres();
  const databases: Awaited<ReturnType<typeof freshDatabase>>[] = [];
  const database = async () => {
    const fresh = await freshDatabase(server.url);
    databases.push(fresh);
    return fresh.url;
  };
  const pair = async (memberCount: number): Promise<Pair> => {
    const shop = { memberCount, recording };
    const laurel = await startLaurelShop(load, await database(), shop);
    return { memberCount, laurel, floor: await startPgbench(folder, await database(), shop) };
  };
  try {
    await measure('PostgreSQL', await Promise.all([pair(MEMBER_COUNTS[0]), pair(MEMBER_COUNTS[1])]));
  } finally {
    await Promise.all(databases.map(({ drop }) => drop()));
    await server.stop();
  }
}

const only = process.argv[2];
const load = await startLoad();
try {
  const recording = await recordRows();
  for (const deed of DEEDS) console.log(`  rows of ${deed}: ${describeRows(recording.deeds[deed])}`);
  if (only !== 'postgres') await onSqlite(load, recording);
  if (only !== 'sqlite') await onPostgres(load, recording);
} finally {
  await load.stop();
  rmSync(folder, { recursive: true, force: true });
}
