import type { Batch, Lookup } from './batch.ts';
import type { Dialect, Params, Statement, Value } from './statement.ts';

/** Reads what is committed. */
export interface Reader {
  all<Row>(statement: Statement<Row>, params: Params): Promise<readonly Row[]>;
}

/** Reads and writes inside one transaction. */
export interface Transaction extends Reader {
  /** Runs a statement and gives the number of rows that it wrote. */
  run(statement: Statement<unknown>, params: Params): Promise<number>;
  /** Rows of a lookup for any number of keys. */
  allIn<Row>(lookup: Lookup<Row>, params: Params, keys: readonly Value[]): Promise<readonly Row[]>;
  /** Inserts any number of rows, each with its values in the batch's column order. */
  insert(batch: Batch, rows: readonly (readonly Value[])[]): Promise<void>;
}

/**
 * A place where points are kept. Both stores acknowledge a write only when it is on disk.
 */
export interface Database extends Reader {
  readonly dialect: Dialect;
  /**
   * Runs a write. `work` may be run again from its start (a serialization failure, a lost guard, a cut connection), so it
   * must have no effect but through its transaction. Throwing undoes it.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Rejects when the database does not answer or its schema is not this program's. */
  check(): Promise<void>;
  close(): Promise<void>;

  /**
   * Lets another thread of this process write to the same store, in turns; the embedded store only. Carrying the log over
   * is that thread's from then on.
   *
   * @param onCommitted Told of each commit of this thread.
   */
  share?(onCommitted: () => void): Promise<SharedStore>;
  /** The other thread committed. */
  written?(): void;
  /** The other thread is gone: nothing can be written any more until the process is started again. */
  breakTurns?(): void;
}

/** What another thread opens an embedded store with. */
export interface SharedStore {
  readonly path: string;
  readonly turns: SharedArrayBuffer;
}

/** Thrown inside a transaction whose guard shows that another writer was first: the transaction is run again. */
export class WriteConflict extends Error {
  override readonly name = 'WriteConflict';
}

/** Runs of one transaction before it is given up. */
export const ATTEMPT_COUNT_MAX = 6;

/** The first row, or `undefined`. */
export async function first<Row>(reader: Reader, statement: Statement<Row>, params: Params): Promise<Row | undefined> {
  return (await reader.all(statement, params))[0];
}
