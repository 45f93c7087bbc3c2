import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLoad } from '../support/bench/load.ts';
import { CLIENT_COUNT, type OrderSide, startBare, startLaurel } from '../support/bench/order-sides.ts';
import { type Budget, report } from '../support/bench/report.ts';
import { freshDatabase, startPostgres } from '../support/postgres.ts';
import { sized } from '../support/size.ts';

/**
 * Durable orders a second over HTTP with 32 clients, beside the least that could be called one: parse the JSON, write a
 * key and an entry and add to a balance in one transaction, acknowledge when it is on disk. Rounds alternate.
 */
const ROUND_COUNT = sized(14, 40);
/** Short, so that what else the machine does meets all contenders of a round alike. */
const ROUND_MS = 500;
const MEMBER_COUNT = 5_000;
const HOT_MEMBER_COUNT = 10;

const load = await startLoad();
const folder = mkdtempSync(join(tmpdir(), 'laurel-bench-'));

interface Figures {
  readonly perSecond: number[];
  readonly p99: number[];
  readonly cpuUs: number[];
}

/** One kind of round; `run` is told its number. */
interface Contender {
  readonly name: string;
  run(round: string): Promise<{ perSecond: number; p99: number; cpuUs: number }>;
}

function contender(side: OrderSide, memberCount: number, name = side.name): Contender {
  return {
    name,
    async run(round) {
      const before = await side.cpuMs();
      const { perSecond, p99, count } = await load.run(side.plan(`${name}-${round}`, memberCount, ROUND_MS));
      return { perSecond, p99, cpuUs: (1000 * ((await side.cpuMs()) - before)) / count };
    },
  };
}

/** All of them in turn, round after round; the first round only warms up. */
async function race(contenders: readonly Contender[]): Promise<Map<string, Figures>> {
  const figures = new Map(contenders.map(({ name }) => [name, { perSecond: [], p99: [], cpuUs: [] } as Figures]));
  for (let round = 0; round <= ROUND_COUNT; round++) {
    for (const { name, run } of contenders) {
      const result = await run(String(round));
      if (round === 0) continue;
      for (const [figure, values] of Object.entries(figures.get(name) as Figures)) {
        values.push(result[figure as keyof Figures]);
      }
    }
  }
  return figures;
}

function compare(where: string, figures: Map<string, Figures>, floorName: string, rate?: Budget, tail?: Budget): void {
  const [ours, theirs] = [figures.get('Laurel') as Figures, figures.get(floorName) as Figures];
  const pair = (figure: keyof Figures) => ({
    subject: { name: 'Laurel', values: ours[figure] },
    floor: { name: floorName, values: theirs[figure] },
  });
  report({ what: `${where}, orders`, unit: '/s', ...pair('perSecond'), better: 'more', budget: rate });
  report({ what: `${where}, p99`, unit: ' ms', ...pair('p99'), better: 'less', budget: tail });
  if (theirs.cpuUs.every((value) => value > 0)) {
    report({ what: `${where}, CPU of the process an order`, unit: ' µs', ...pair('cpuUs'), better: 'less' });
  }
}

function compareHot(where: string, figures: Map<string, Figures>): void {
  report({
    what: `${where}, ten members take all`,
    unit: '/s',
    subject: { name: 'ten', values: figures.get('ten members')?.perSecond ?? [] },
    floor: { name: `${MEMBER_COUNT.toLocaleString('en')} members`, values: figures.get('Laurel')?.perSecond ?? [] },
    better: 'more',
    budget: { must: 0.8, aim: 1 },
  });
}

async function onSqlite(): Promise<void> {
  const laurel = await startLaurel(`sqlite:${join(folder, 'laurel')}`, MEMBER_COUNT);
  const bare = await startBare('bare node:http and node:sqlite', 'bare-orders-sqlite.ts', {
    folder,
    memberCount: MEMBER_COUNT,
  });
  const figures = await race([
    contender(bare, MEMBER_COUNT),
    contender(laurel, MEMBER_COUNT),
    contender(laurel, HOT_MEMBER_COUNT, 'ten members'),
  ]);
  await Promise.all([laurel.stop(), bare.stop()]);
  compare('embedded', figures, bare.name, { must: 0.5, aim: 0.8 }, { must: 2, aim: 1.2 });
  compareHot('embedded', figures);
}

/** `pgbench` of PostgreSQL itself, where it is installed: no JSON, no HTTP, a client in C. */
function pgbench(url: string): Contender | null {
  try {
    execFileSync('pgbench', ['--version'], { stdio: 'ignore' });
  } catch {
    return null;
  }
  const script = join(folder, 'order.sql');
  writeFileSync(
    script,
    `\\set member random(0, ${MEMBER_COUNT - 1})
\\set id random(1, 9000000000000000)
BEGIN;
INSERT INTO bench_keys VALUES (:id);
INSERT INTO bench_entries VALUES (:member, :id, 24);
UPDATE bench_balances SET points = points + 24 WHERE member_id = :member;
COMMIT;
`,
  );
  execFileSync('psql', [
    url,
    '--quiet',
    '--command',
    `CREATE TABLE bench_keys (id BIGINT PRIMARY KEY);
     CREATE TABLE bench_entries (member_id BIGINT NOT NULL, id BIGINT NOT NULL, points BIGINT NOT NULL, PRIMARY KEY (member_id, id));
     CREATE TABLE bench_balances (member_id BIGINT PRIMARY KEY, points BIGINT NOT NULL);
     INSERT INTO bench_balances SELECT i, 0 FROM generate_series(0, ${MEMBER_COUNT - 1}) AS i`,
  ]);
  const seconds = Math.max(1, Math.round(ROUND_MS / 1000));
  const clients = ['--client', String(CLIENT_COUNT), '--jobs', '2', '--time', String(seconds)];
  return {
    name: 'pgbench',
    async run() {
      const output = execFileSync(
        'pgbench',
        ['--no-vacuum', '--protocol=prepared', ...clients, '--file', script, url],
        {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      );
      const number = (pattern: RegExp) => Number(pattern.exec(output)?.[1]);
      // It tells an average only, not a tail.
      return { perSecond: number(/tps = ([\d.]+)/), p99: number(/latency average = ([\d.]+)/), cpuUs: 0 };
    },
  };
}

async function onPostgres(): Promise<void> {
  const server = await startPostgres();
  const [ours, theirs] = [await freshDatabase(server.url), await freshDatabase(server.url)];
  try {
    const laurel = await startLaurel(ours.url, MEMBER_COUNT);
    const bare = await startBare('bare node:http and pg', 'bare-orders-postgres.ts', {
      url: theirs.url,
      memberCount: MEMBER_COUNT,
      connectionCount: 10,
    });
    const floor = pgbench(theirs.url);
    const figures = await race([
      contender(bare, MEMBER_COUNT),
      contender(laurel, MEMBER_COUNT),
      contender(laurel, HOT_MEMBER_COUNT, 'ten members'),
      ...(floor ? [floor] : []),
    ]);
    await Promise.all([laurel.stop(), bare.stop()]);
    const budget = { must: 0.7, aim: 1 };
    compare('PostgreSQL', figures, bare.name, budget);
    compareHot('PostgreSQL', figures);
    // Without a rate where no transaction ended in its time.
    const pgbenchRates = figures.get('pgbench')?.perSecond.filter((rate) => rate > 0) ?? [];
    if (pgbenchRates.length > 0) {
      report({
        what: 'PostgreSQL, orders',
        unit: '/s',
        subject: { name: 'Laurel', values: figures.get('Laurel')?.perSecond ?? [] },
        floor: { name: 'pgbench -c 32', values: pgbenchRates },
        better: 'more',
        budget,
      });
    }
  } finally {
    await Promise.all([ours.drop(), theirs.drop()]);
    await server.stop();
  }
}

const only = process.argv[2];
try {
  if (only !== 'postgres') await onSqlite();
  if (only !== 'sqlite') await onPostgres();
} finally {
  await load.stop();
  rmSync(folder, { recursive: true, force: true });
}
