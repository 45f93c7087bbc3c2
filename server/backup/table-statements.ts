import { type Batch, insertBatch } from '../database/batch.ts';
import { type Params, type Statement, statement, type Value } from '../database/statement.ts';
import { TABLES, type TableShape } from './catalog.ts';

/** Rows read at once. */
export const PAGE_SIZE = 1_000;

export type StoredRow = Readonly<Record<string, Value>>;

/** The statements that read and fill one table. */
export interface TableStatements {
  readonly shape: TableShape;
  readonly firstPage: Statement<StoredRow>;
  /** What comes behind a key: its columns are parameters of their own names. */
  readonly nextPage: Statement<StoredRow>;
  readonly insert: Batch;
}

/** One a table, in the order in which they are written and read. */
export const TABLE_STATEMENTS: readonly TableStatements[] = TABLES.map((shape) => ({
  shape,
  firstPage: pageOf(shape, false),
  nextPage: pageOf(shape, true),
  insert: insertBatch(shape.name as 'entries', shape.columns as never),
}));

/** Kysely cannot follow a table that is only known by name; names and columns come from the migrations themselves. */
function pageOf({ name, columns, key }: TableShape, isNext: boolean): Statement<StoredRow> {
  return statement((db, parameter) => {
    const rows = db.selectFrom(name as 'entries').select(columns as never);
    const page = key.reduce((select, column) => select.orderBy(column as never), rows).limit(parameter('limit'));
    if (!isNext) return page as never;
    // Row values compare as keys do, and both stores find them by the key's index.
    return page.where(({ eb, refTuple, tuple }) =>
      key.length === 1
        ? eb(key[0] as never, '>', parameter(key[0] as string))
        : eb(
            (refTuple as (...columns: unknown[]) => never)(...key),
            '>',
            (tuple as (...values: unknown[]) => never)(...key.map((column) => parameter(column))),
          ),
    ) as never;
  });
}

/** Every row of a table, a page at a time. */
export async function* pagesOf(
  { shape, firstPage, nextPage }: TableStatements,
  read: (statement: Statement<StoredRow>, params: Params) => Promise<readonly StoredRow[]>,
): AsyncGenerator<readonly StoredRow[]> {
  let rows = await read(firstPage, { limit: PAGE_SIZE });
  for (;;) {
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE_SIZE) return;
    const after = Object.fromEntries(shape.key.map((column) => [column, last[column] as Value]));
    rows = await read(nextPage, { ...after, limit: PAGE_SIZE });
  }
}
