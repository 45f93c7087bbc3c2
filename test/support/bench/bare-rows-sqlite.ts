import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { fillStore, memberIdOf } from './bulk-members.ts';
import { serveParent, settingsOf } from './child.ts';
import type { LoadResult } from './load.ts';
import { latencyResult } from './percentiles.ts';
import type { Cell, Deed, Recording, RowChange } from './recorded-rows.ts';

/**
 * The floor of the embedded store: a loop that writes the rows which the ledger leaves, and nothing else: no HTTP, no JSON,
 * no rule, no hash, no look whether they are there. As many deeds share a commit as there would be clients. WAL with
 * `synchronous=FULL`, as durable as the server.
 */
export interface BareRowsSettings {
  readonly directory: string;
  readonly memberCount: number;
  readonly recording: Recording;
}

export interface BareRound {
  /** Done one after the other, each in a commit of its own. */
  readonly deeds: readonly Deed[];
  readonly clientCount: number;
  readonly durationMs: number;
  /** Members are drawn from so many, spread evenly. */
  readonly drawnCount: number;
}

const { directory, memberCount, recording } = settingsOf<BareRowsSettings>();
const fillSeconds = await fillStore(`sqlite:${directory}`, recording, memberCount);
const database = new DatabaseSync(join(directory, 'laurel.db'));
database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536');

/** What one deed of one member is told apart by. */
interface Draw {
  readonly member: number;
  readonly fresh: number;
  readonly held: number;
}

const writers = Object.fromEntries(
  Object.entries(recording.deeds).map(([deed, rows]) => [deed, rows.map(writerOf)]),
) as Record<Deed, ((draw: Draw) => void)[]>;

function writerOf({ table, change, key, set }: RowChange): (draw: Draw) => void {
  const [columns, keys] = [Object.keys(set), Object.keys(key)];
  const where = keys.map((name) => `${name} = ?`).join(' AND ');
  const text =
    change === 'insert'
      ? `INSERT INTO ${table} (${columns.join()}) VALUES (${columns.map(() => '?').join()})`
      : change === 'update'
        ? `UPDATE ${table} SET ${columns.map((name) => `${name} = ?`).join()} WHERE ${where}`
        : `DELETE FROM ${table} WHERE ${where}`;
  const statement = database.prepare(text);
  const cells = [...Object.values(set), ...(change === 'insert' ? [] : Object.values(key))];
  return (draw) => {
    const { changes } = statement.run(...cells.map((cell) => valueOf(cell, draw)));
    if (changes !== 1 && change !== 'delete') throw new Error(`${text} changed ${changes} rows`);
  };
}

function valueOf({ from, value }: Cell, draw: Draw): SQLInputValue {
  switch (from) {
    case 'same':
      return value;
    case 'member':
      return memberIdOf(draw.member);
    case 'customer':
      return `customer-${draw.member}`;
    default: {
      const id = from === 'fresh' ? draw.fresh : draw.held;
      return typeof value === 'number' ? id : `${String(value).slice(0, -16)}${id}`;
    }
  }
}

/** Sixteen digits, and above every `seq` of the store. */
let freshCount = 1_000_000_000_000_000;

function run({ deeds, clientCount, durationMs, drawnCount }: BareRound): LoadResult {
  const latencies: number[] = [];
  const stride = Math.floor(memberCount / drawnCount);
  const start = performance.now();
  const end = start + durationMs;
  do {
    const sentAt = performance.now();
    let draws = Array.from({ length: clientCount }, () => ({
      member: Math.floor(Math.random() * drawnCount) * stride,
      fresh: 0,
      held: 0,
    }));
    for (const deed of deeds) {
      draws = draws.map(({ member, fresh }) => ({ member, fresh: ++freshCount, held: fresh }));
      database.exec('BEGIN IMMEDIATE');
      for (const draw of draws) for (const write of writers[deed]) write(draw);
      database.exec('COMMIT');
    }
    const latency = performance.now() - sentAt;
    for (let index = 0; index < clientCount; index++) latencies.push(latency);
  } while (performance.now() < end);
  return latencyResult(latencies, (performance.now() - start) / 1000);
}

serveParent({ fillSeconds }, run, () => database.close());
