import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Reader } from '../database/database.ts';
import { checkSchema } from '../database/migrate.ts';
import { type Params, type Statement, textStatement, valuesOf } from '../database/statement.ts';

/**
 * Gives `work` the whole store as it is at one instant, while others go on writing. May run `work` again from its start.
 *
 * @throws {Error} with a sentence for the operator when there is no store, or one of another schema.
 */
export async function readSnapshot<T>(databaseUrl: string, work: (reader: Reader) => Promise<T>): Promise<T> {
  return /^postgres(?:ql)?:/.test(databaseUrl) ? readPostgres(databaseUrl, work) : readSqlite(databaseUrl, work);
}

const repeatableRead = textStatement('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');

async function readPostgres<T>(url: string, work: (reader: Reader) => Promise<T>): Promise<T> {
  const { openPostgres } = await import('../database/postgres.ts');
  const database = await openPostgres(url);
  try {
    return await database.transaction(async (transaction) => {
      await transaction.run(repeatableRead, {});
      await checkSchema(transaction);
      return work(transaction);
    });
  } finally {
    await database.close();
  }
}

/**
 * Beside the server that holds the directory: SQLite's write-ahead log lets any number of processes read while one
 * writes, and a read transaction sees one instant. The directory's lock keeps other writers out, and only them; this
 * connection refuses to write.
 */
async function readSqlite<T>(url: string, work: (reader: Reader) => Promise<T>): Promise<T> {
  const directory = resolve(url.replace(/^sqlite:(?:\/\/)?/, ''));
  const path = join(directory, 'laurel.db');
  if (!existsSync(path)) throw new Error(`There is no embedded database in ${directory}.`);
  const connection = new DatabaseSync(path, { timeout: 5_000 });
  try {
    connection.exec('PRAGMA query_only=ON; BEGIN');
    const reader = new SqliteSnapshot(connection);
    await checkSchema(reader);
    return await work(reader);
  } finally {
    connection.close();
  }
}

class SqliteSnapshot implements Reader {
  readonly #connection: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(connection: DatabaseSync) {
    this.#connection = connection;
  }

  async all<Row>(statement: Statement<Row>, params: Params): Promise<readonly Row[]> {
    const compiled = statement.compile('sqlite');
    let prepared = this.#prepared.get(compiled.name);
    if (!prepared) this.#prepared.set(compiled.name, (prepared = this.#connection.prepare(compiled.text)));
    return prepared.all(...valuesOf(compiled, params)) as Row[];
  }
}
