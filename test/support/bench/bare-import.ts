import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import pg from 'pg';

/** The floor of an import: the rows that it left, written again with nothing else. */

const TABLES = ['members', 'accounts', 'entries', 'lots', 'orders'] as const;
type Table = (typeof TABLES)[number];
type Row = Readonly<Record<string, string | number | null>>;

/** What one commit writes. */
export type Group = ReadonlyMap<Table, readonly Row[]>;

/** Reads a store's rows and deals them into groups of 100 orders; a member's own rows go with the first order. */
export async function groupsOf(all: (table: Table) => Promise<readonly Row[]>): Promise<Group[]> {
  const rows = new Map<Table, Map<string, Row[]>>();
  for (const table of TABLES) {
    const byOrder = new Map<string, Row[]>();
    for (const row of await all(table)) {
      // Days belong to no order: they go with the member.
      const key = 'seq' in row && table !== 'accounts' ? `${row['member_id']} ${row['seq']}` : `${row['member_id']}`;
      byOrder.set(key, [...(byOrder.get(key) ?? []), row]);
    }
    rows.set(table, byOrder);
  }
  const groups: Map<Table, Row[]>[] = [];
  const seen = new Set<string>();
  [...(rows.get('orders') ?? new Map<string, Row[]>()).keys()].forEach((key, index) => {
    if (index % 100 === 0) groups.push(new Map(TABLES.map((table) => [table, []])));
    const group = groups.at(-1) as Map<Table, Row[]>;
    const member = key.split(' ')[0] as string;
    for (const table of TABLES) {
      group.get(table)?.push(...(rows.get(table)?.get(key) ?? []));
      if (!seen.has(member)) group.get(table)?.push(...(rows.get(table)?.get(member) ?? []));
    }
    seen.add(member);
  });
  return groups;
}

/** Writes into an empty store of the same schema. As durable as the server: WAL, `synchronous=FULL`. */
export function writeSqlite(directory: string, groups: readonly Group[]): void {
  const database = new DatabaseSync(join(directory, 'laurel.db'));
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536');
  const inserts = new Map<Table, StatementSync>();
  for (const group of groups) {
    database.exec('BEGIN IMMEDIATE');
    for (const [table, rows] of group) {
      for (const row of rows) {
        let insert = inserts.get(table);
        if (!insert) {
          const columns = Object.keys(row);
          const values = columns.map(() => '?').join();
          insert = database.prepare(`INSERT INTO ${table} (${columns.join()}) VALUES (${values})`);
          inserts.set(table, insert);
        }
        insert.run(...Object.values(row));
      }
    }
    database.exec('COMMIT');
  }
  database.close();
}

/** One statement a table and group, on one connection. */
export async function writePostgres(url: string, groups: readonly Group[]): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  for (const group of groups) {
    await client.query('BEGIN');
    for (const [table, rows] of group) {
      const [first] = rows;
      if (!first) continue;
      const columns = Object.keys(first);
      let count = 0;
      const values = rows.map(() => `(${columns.map(() => `$${++count}`).join()})`).join();
      await client.query(
        `INSERT INTO ${table} (${columns.join()}) VALUES ${values}`,
        rows.flatMap((row) => Object.values(row)),
      );
    }
    await client.query('COMMIT');
  }
  await client.end();
}
