import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { literal, memberIdSql } from './bulk-members.ts';
import type { LoadResult } from './load.ts';
import { latencyResult } from './percentiles.ts';
import type { Cell, Deed, Recording, RowChange } from './recorded-rows.ts';

/**
 * The floor on PostgreSQL: its own `pgbench` with a script that writes the rows which the ledger leaves, a client in C with
 * prepared statements: no HTTP, no JSON, no rule, no hash, no look whether they are there.
 */

/** Whether it is installed. */
export function hasPgbench(): boolean {
  try {
    execFileSync('pgbench', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A script for `pgbench`, and the texts that it takes as variables: a `:` in them would be taken for one. */
interface Script {
  readonly path: string;
  readonly texts: readonly string[];
}

export interface PgbenchRound {
  readonly url: string;
  readonly clientCount: number;
  /** Of each client. A time would run while it still connects, and end before the first one on a busy machine. */
  readonly transactionCount: number;
}

/** Writes a script for deeds that follow each other, each in a transaction of its own. */
export function writeScript(
  folder: string,
  name: string,
  recording: Recording,
  { deeds, memberCount, drawnCount }: { deeds: readonly Deed[]; memberCount: number; drawnCount: number },
): Script {
  const texts: string[] = [];
  const stride = Math.floor(memberCount / drawnCount);
  const lines = [`\\set member random(0, ${drawnCount - 1}) * ${stride}`];
  deeds.forEach((_, index) => lines.push(`\\set fresh${index} random(1000000000000000, 8999999999999999)`));
  deeds.forEach((deed, index) => {
    lines.push('BEGIN;', ...recording.deeds[deed].map((row) => `${statementOf(row, index, texts)};`), 'COMMIT;');
  });
  const path = join(folder, `${name}.sql`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return { path, texts };
}

function statementOf({ table, change, key, set }: RowChange, index: number, texts: string[]): string {
  const sql = (cell: Cell) => cellSql(cell, index, texts);
  const pairs = (cells: Readonly<Record<string, Cell>>) =>
    Object.entries(cells).map(([name, cell]) => `${name} = ${sql(cell)}`);
  switch (change) {
    case 'insert':
      return `INSERT INTO ${table} (${Object.keys(set).join()}) VALUES (${Object.values(set).map(sql).join()})`;
    case 'update':
      return `UPDATE ${table} SET ${pairs(set).join()} WHERE ${pairs(key).join(' AND ')}`;
    case 'delete':
      return `DELETE FROM ${table} WHERE ${pairs(key).join(' AND ')}`;
  }
}

function cellSql({ from, value }: Cell, index: number, texts: string[]): string {
  switch (from) {
    case 'same':
      if (typeof value !== 'string') return literal(value);
      return `:text${texts.push(value) - 1}`;
    case 'member':
      return memberIdSql('CAST(:member AS BIGINT)');
    case 'customer':
      return "'customer-' || CAST(:member AS TEXT)";
    default: {
      const id = `:fresh${from === 'fresh' ? index : index - 1}`;
      if (typeof value === 'number') return id;
      const prefix = `:text${texts.push(String(value).slice(0, -16)) - 1}`;
      return `CAST(${prefix} AS TEXT) || CAST(${id} AS TEXT)`;
    }
  }
}

const run = promisify(execFile);

/** Runs a script, and reads each transaction's latency from its log. */
export async function runPgbench(
  folder: string,
  { path, texts }: Script,
  { url, clientCount, transactionCount }: PgbenchRound,
): Promise<LoadResult> {
  const prefix = 'pgbench-log';
  const variables = texts.flatMap((text, index) => ['--define', `text${index}=${text}`]);
  const clients = ['--client', String(clientCount), '--jobs', String(Math.min(2, clientCount))];
  const log = ['--log', '--log-prefix', join(folder, prefix)];
  const { stdout } = await run(
    'pgbench',
    [
      '--no-vacuum',
      '--protocol=prepared',
      ...clients,
      '--transactions',
      String(transactionCount),
      ...log,
      ...variables,
      '--file',
      path,
      url,
    ],
    { maxBuffer: 2 ** 24 },
  );
  const perSecond = Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
  const latencies: number[] = [];
  for (const file of readdirSync(folder).filter((name) => name.startsWith(prefix))) {
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      // Client, transaction, microseconds, script, time.
      const us = line.split(' ')[2];
      if (us !== undefined) latencies.push(Number(us) / 1000);
    }
    rmSync(join(folder, file));
  }
  if (latencies.length === 0) throw new Error(`pgbench ended no transaction:\n${stdout}`);
  return { ...latencyResult(latencies, latencies.length / perSecond), perSecond };
}
