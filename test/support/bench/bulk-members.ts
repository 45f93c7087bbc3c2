import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { migrate } from '../../../server/database/migrate.ts';
import { openDatabase } from '../../../server/database/open.ts';
import type { Value } from '../../../server/database/statement.ts';
import type { Cell, Recording, RowChange } from './recorded-rows.ts';

/** Added to a member's number: ids are as long as the server's own. */
const MEMBER_NUMBER_MIN = 1_000_000_000_000_000_000n;
const MEMBER_PREFIX = 'mbr_0';

/** Id of the member whom {@link fillStore} gave this number; his customer id is `customer-NUMBER`. */
export const memberIdOf = (index: number) => `${MEMBER_PREFIX}${MEMBER_NUMBER_MIN + BigInt(index)}`;

/** The same as SQL of either store, of an expression for the number. */
export const memberIdSql = (index: string) => `'${MEMBER_PREFIX}' || CAST(${MEMBER_NUMBER_MIN} + ${index} AS TEXT)`;

/**
 * Makes an empty store a shop with members, each with the rows of the recorded one: statements inside the store, since
 * a million orders over HTTP would take many minutes. Nobody may have it open.
 *
 * @returns Seconds that the rows took.
 */
export async function fillStore(url: string, { shop, member }: Recording, memberCount: number): Promise<number> {
  const database = await openDatabase(url);
  await migrate(database, Date.now());
  await database.close();
  const statements = [
    ...shop.map((row) => fillStatement(row, 1)),
    ...member.map((row) => fillStatement(row, memberCount)),
  ];
  const start = performance.now();
  if (url.startsWith('sqlite:')) fillSqlite(url.slice('sqlite:'.length), statements);
  else await fillPostgres(url, statements);
  return (performance.now() - start) / 1000;
}

function fillSqlite(directory: string, statements: readonly string[]): void {
  const database = new DatabaseSync(join(directory, 'laurel.db'));
  database.exec('PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; BEGIN');
  for (const text of statements) database.exec(text);
  database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
}

async function fillPostgres(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query('BEGIN');
    for (const text of statements) await client.query(text);
    await client.query('COMMIT');
    // As autovacuum does before long; the rounds should not meet it, nor the checkpoint of so many new pages.
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
}

function fillStatement({ table, change, set }: RowChange, memberCount: number): string {
  if (change !== 'insert') throw new RangeError(`a shop begins with new rows, not with ${change} ${table}`);
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${memberCount - 1})`;
  const values = Object.values(set).map(fillValue);
  return `INSERT INTO ${table} (${Object.keys(set).join()}) ${numbers} SELECT ${values.join()} FROM n`;
}

function fillValue({ from, value }: Cell): string {
  if (from === 'member') return memberIdSql('n.i');
  if (from === 'customer') return "'customer-' || CAST(n.i AS TEXT)";
  // A `seq` counts within its member.
  if (from === 'fresh' && typeof value === 'string') return `${literal(value)} || '-' || CAST(n.i AS TEXT)`;
  return literal(value);
}

/** As text of a statement. */
export function literal(value: Value): string {
  if (value === null) return 'NULL';
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
