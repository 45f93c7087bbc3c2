import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type Batch, type Lookup, paddedKeys, powersOfTwo, withKeys } from './batch.ts';
import { Checkpoints } from './checkpoints.ts';
import type { Database, SharedStore, Transaction } from './database.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import { checkSchema } from './migrate.ts';
import { type Compiled, type Params, type Statement, type Value, valuesOf } from './statement.ts';
import { Turns } from './turns.ts';

/** Writes that share one commit at most; bounds how long the first of them waits. */
const GROUP_SIZE_MAX = 256;

/** 64 MB: the working set of a busy shop, so that a write seldom reads from disk first. */
const CACHE_KIB = 65_536;

/**
 * The embedded store: SQLite in one directory of one process.
 *
 * Writes are on disk before they are acknowledged (`synchronous=FULL`, WAL). Those that arrive together share one commit
 * and so one disk flush, each inside its own savepoint. Reads use a second connection and see what is committed.
 */
export async function openSqlite(directory: string): Promise<Database> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  const lock = lockDirectory(directory);
  try {
    return openConnections(join(directory, 'laurel.db'), new Turns(), lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The same store in another thread of the process that opened it. */
export function openShared({ path, turns }: SharedStore): Database {
  return openConnections(path, new Turns(turns), { release() {} });
}

function openConnections(path: string, turns: Turns, lock: DirectoryLock): SqliteDatabase {
  const writer = new DatabaseSync(path, { timeout: 5_000 });
  writer.exec(
    `PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA fullfsync=ON; PRAGMA checkpoint_fullfsync=ON;
       PRAGMA foreign_keys=ON; PRAGMA cache_size=-${CACHE_KIB}; PRAGMA temp_store=MEMORY`,
  );
  checkDurable(writer);
  const reader = new DatabaseSync(path, { timeout: 5_000 });
  reader.exec(`PRAGMA query_only=ON; PRAGMA cache_size=-${CACHE_KIB}; PRAGMA temp_store=MEMORY`);
  return new SqliteDatabase({
    path,
    writer: new Connection(writer),
    reader: new Connection(reader),
    checkpoints: new Checkpoints(path, writer),
    turns,
    lock,
  });
}

/** @throws {Error} when SQLite would acknowledge writes that are not on disk yet. */
function checkDurable(connection: DatabaseSync): void {
  const { synchronous } = connection.prepare('PRAGMA synchronous').get() as { synchronous: number };
  const { journal_mode } = connection.prepare('PRAGMA journal_mode').get() as { journal_mode: string };
  if (synchronous < 2 || journal_mode !== 'wal') {
    throw new Error(
      `The embedded database is not durable here (journal_mode=${journal_mode}, synchronous=${synchronous}): put the data directory on a local disk that supports WAL.`,
    );
  }
}

/** One SQLite connection with its prepared statements. */
class Connection implements Transaction {
  readonly raw: DatabaseSync;
  /** By name: bounded, since statements are declared at module level. */
  readonly #prepared = new Map<string, StatementSync>();

  constructor(raw: DatabaseSync) {
    this.raw = raw;
  }

  #prepare({ name, text }: Compiled): StatementSync {
    let prepared = this.#prepared.get(name);
    if (!prepared) this.#prepared.set(name, (prepared = this.raw.prepare(text)));
    return prepared;
  }

  async all<Row>(statement: Statement<Row>, params: Params): Promise<readonly Row[]> {
    const compiled = statement.compile('sqlite');
    return this.#prepare(compiled).all(...valuesOf(compiled, params)) as Row[];
  }

  async run(statement: Statement<unknown>, params: Params): Promise<number> {
    const compiled = statement.compile('sqlite');
    return Number(this.#prepare(compiled).run(...valuesOf(compiled, params)).changes);
  }

  async allIn<Row>(lookup: Lookup<Row>, params: Params, keys: readonly Value[]): Promise<readonly Row[]> {
    const found: Row[] = [];
    for (const run of paddedKeys(keys)) {
      found.push(...(await this.all(lookup.statement(run.length), withKeys(params, run))));
    }
    return found;
  }

  async insert(batch: Batch, rows: readonly (readonly Value[])[]): Promise<void> {
    for (const run of powersOfTwo(rows)) {
      this.#prepare(batch.compile('sqlite', run.length)).run(...run.flat());
    }
  }
}

interface Waiting {
  readonly work: (transaction: Transaction) => Promise<unknown>;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

interface SqliteParts {
  readonly path: string;
  readonly writer: Connection;
  readonly reader: Connection;
  readonly checkpoints: Checkpoints;
  readonly turns: Turns;
  readonly lock: DirectoryLock;
}

class SqliteDatabase implements Database {
  readonly dialect = 'sqlite';
  readonly #path: string;
  readonly #writer: Connection;
  readonly #reader: Connection;
  readonly #checkpoints: Checkpoints;
  readonly #turns: Turns;
  readonly #lock: DirectoryLock;
  #waiting: Waiting[] = [];
  #draining: Promise<void> | null = null;
  #onCommitted: () => void;
  #closed = false;

  constructor(parts: SqliteParts) {
    this.#path = parts.path;
    this.#writer = parts.writer;
    this.#reader = parts.reader;
    this.#checkpoints = parts.checkpoints;
    this.#turns = parts.turns;
    this.#lock = parts.lock;
    this.#onCommitted = () => this.#checkpoints.committed();
  }

  async share(onCommitted: () => void): Promise<SharedStore> {
    this.#onCommitted = onCommitted;
    await this.#checkpoints.close();
    return { path: this.#path, turns: this.#turns.buffer };
  }

  written(): void {
    this.#checkpoints.written();
  }

  breakTurns(): void {
    this.#turns.break();
  }

  all<Row>(statement: Statement<Row>, params: Params): Promise<readonly Row[]> {
    return this.#reader.all(statement, params);
  }

  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('The database is closed.'));
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as never, reject });
      this.#draining ??= this.#drain();
    });
  }

  /**
   * Commits in groups until nothing waits. Each begins on a turn of its own, so that what arrives with its first joins it,
   * and a caller that writes on and on leaves the thread to others in between.
   */
  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const group = this.#waiting.splice(0, GROUP_SIZE_MAX);
      try {
        await this.#turns.take();
      } catch (error) {
        for (const { reject } of group) reject(error);
        continue;
      }
      await this.#commit(group);
      this.#onCommitted();
      this.#turns.pass();
    }
    this.#draining = null;
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const [only] = group;
    if (only && group.length === 1) return this.#commitAlone(only);
    const { raw } = this.#writer;
    const answers: (() => void)[] = [];
    try {
      raw.exec('BEGIN IMMEDIATE');
      for (const { work, resolve, reject } of group) {
        raw.exec('SAVEPOINT command');
        try {
          const value = await work(this.#writer);
          answers.push(() => resolve(value as never));
        } catch (error) {
          raw.exec('ROLLBACK TO command');
          answers.push(() => reject(error));
        }
        raw.exec('RELEASE command');
      }
      raw.exec('COMMIT');
    } catch (error) {
      // A full disk, an I/O error: nothing of the group is kept, and each of its callers learns it.
      if (raw.isTransaction) raw.exec('ROLLBACK');
      for (const { reject } of group) reject(error);
      return;
    }
    for (const answer of answers) answer();
  }

  /** Without a savepoint, for which SQLite would copy every page before it changes. */
  async #commitAlone({ work, resolve, reject }: Waiting): Promise<void> {
    const { raw } = this.#writer;
    let value: unknown;
    try {
      raw.exec('BEGIN IMMEDIATE');
      value = await work(this.#writer);
      raw.exec('COMMIT');
    } catch (error) {
      if (raw.isTransaction) raw.exec('ROLLBACK');
      reject(error);
      return;
    }
    resolve(value as never);
  }

  async check(): Promise<void> {
    this.#turns.refuseBroken();
    await checkSchema(this);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#draining;
    await this.#checkpoints.close();
    this.#reader.raw.close();
    this.#writer.raw.close();
    this.#lock.release();
  }
}
