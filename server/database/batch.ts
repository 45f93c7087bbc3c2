import type { Compilable, Kysely } from 'kysely';
import { type Compiled, type Dialect, type Params, type Statement, statement, type Value } from './statement.ts';
import type { Tables } from './tables.ts';

/** Rows or keys in one statement at most. Texts exist for powers of two only, so that few are ever prepared. */
export const BATCH_SIZE_MAX = 128;

/** A multi-row insert (or upsert); its text is made once a size. Values are given row by row, in `columns`' order. */
export interface Batch {
  compile(dialect: Dialect, rowCount: number): Compiled;
}

/** A select over many keys; parameter names are `fixed` ones and `key0`, `key1` …. */
export interface Lookup<Row> {
  statement(keyCount: number): Statement<Row>;
}

export type Conflict<T extends keyof Tables> = {
  /** The columns of the primary key. */
  readonly key: readonly (keyof Tables[T] & string)[];
  /** Columns that take the new value; the row is left alone when empty. */
  readonly update: readonly (keyof Tables[T] & string)[];
};

/** Declares a multi-row insert. Without `conflict`, a row that exists already fails the transaction. */
export function insertBatch<T extends keyof Tables & string>(
  table: T,
  columns: readonly (keyof Tables[T] & string)[],
  conflict?: Conflict<T>,
): Batch {
  return sized((size) =>
    statement((db, parameter) => {
      const rows = Array.from({ length: size }, (_, row) =>
        Object.fromEntries(columns.map((column) => [column, parameter(`${column}${row}`)])),
      );
      // Kysely cannot follow a table that is itself a type parameter; the columns are checked by this function's types.
      const insert = db.insertInto(table as 'entries').values(rows as never);
      if (!conflict) return insert;
      return insert.onConflict((on) => {
        const target = on.columns(conflict.key as never);
        if (conflict.update.length === 0) return target.doNothing();
        return target.doUpdateSet((eb) =>
          Object.fromEntries(conflict.update.map((column) => [column, eb.ref(`excluded.${column}` as never)])),
        );
      });
    }),
  );
}

function sized(build: (size: number) => Statement<unknown>): Batch {
  const statements = new Map<number, Statement<unknown>>();
  return {
    compile(dialect, rowCount) {
      let made = statements.get(rowCount);
      if (!made) statements.set(rowCount, (made = build(rowCount)));
      return made.compile(dialect);
    },
  };
}

/** Declares a select over a list of keys. */
export function lookup<Row>(
  build: (db: Kysely<Tables>, parameter: (name: string) => never, keys: never[]) => Compilable<Row>,
): Lookup<Row> {
  const statements = new Map<number, Statement<Row>>();
  return {
    statement(keyCount) {
      let made = statements.get(keyCount);
      if (!made) {
        made = statement((db, parameter) =>
          build(
            db,
            parameter,
            Array.from({ length: keyCount }, (_, index) => parameter(`key${index}`)),
          ),
        );
        statements.set(keyCount, made);
      }
      return made;
    },
  };
}

/** Cuts `items` into runs whose lengths are powers of two, largest first. */
export function powersOfTwo<T>(items: readonly T[]): T[][] {
  const runs: T[][] = [];
  let start = 0;
  for (let size = BATCH_SIZE_MAX; size >= 1; size >>= 1) {
    while (items.length - start >= size) {
      runs.push(items.slice(start, start + size));
      start += size;
    }
  }
  return runs;
}

/** Cuts `keys` into runs and pads each to the next power of two by repeating its last key. */
export function paddedKeys(keys: readonly Value[]): Value[][] {
  const runs: Value[][] = [];
  for (let start = 0; start < keys.length; start += BATCH_SIZE_MAX) {
    const run = keys.slice(start, start + BATCH_SIZE_MAX);
    const size = 2 ** Math.ceil(Math.log2(run.length));
    while (run.length < size) run.push(run.at(-1) as Value);
    runs.push(run);
  }
  return runs;
}

/** Parameters of a lookup together with its keys. */
export function withKeys(params: Params, keys: readonly Value[]): Params {
  return { ...params, ...Object.fromEntries(keys.map((key, index) => [`key${index}`, key])) };
}
