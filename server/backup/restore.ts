import type { Database, Transaction } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { openDatabase } from '../database/open.ts';
import { type Verified, verify } from '../verify/verify.ts';
import { BackupFault } from './format.ts';
import { readBackup } from './read-backup.ts';
import { TABLE_STATEMENTS, type TableStatements } from './table-statements.ts';

export interface RestoreOptions {
  readonly databaseUrl: string;
  readonly file: string;
  readonly now: () => number;
  /** Called with what is being done, and how many rows of it are done. */
  readonly onProgress?: (step: 'reading' | 'writing', rowCount: number) => void;
}

export interface Restored {
  readonly rowCount: number;
  readonly takenAt: string;
  readonly verified: Verified;
}

/**
 * Fills an empty store of either kind from a backup: all of it or nothing, in one transaction. The file is read to its end
 * before anything is written, and what was written is verified before it is committed.
 *
 * @throws {BackupFault} for a file that is damaged, ends early, or holds a ledger that does not verify.
 * @throws {Error} for a store that holds something already.
 */
export async function restoreBackup({
  databaseUrl,
  file,
  now,
  onProgress = () => {},
}: RestoreOptions): Promise<Restored> {
  const { takenAt } = await checkBackup(file, (rowCount) => onProgress('reading', rowCount));
  const database = await openDatabase(databaseUrl);
  try {
    await migrate(database, now());
    return await database.transaction(async (transaction) => {
      await refuseFilled(transaction);
      const rowCount = await fill(transaction, file, (count) => onProgress('writing', count));
      const verified = await verify(within(database, transaction));
      if (verified.finding) {
        throw new BackupFault(
          `${file} holds a ledger that does not verify: ${verified.finding.message}. Nothing was restored.`,
        );
      }
      return { rowCount, takenAt, verified };
    });
  } finally {
    await database.close();
  }
}

/** Reads a backup to its end. @throws {BackupFault} */
export async function checkBackup(
  file: string,
  onProgress: (rowCount: number) => void = () => {},
): Promise<{ readonly takenAt: string; readonly rowCount: number }> {
  const byName = new Map(TABLE_STATEMENTS.map((table) => [table.shape.name, table]));
  let takenAt = '';
  let rowCount = 0;
  for await (const part of readBackup(file)) {
    if (part.kind === 'header') {
      takenAt = part.header.takenAt;
      continue;
    }
    tableFor(byName, file, part);
    rowCount += part.rows.length;
    onProgress(rowCount);
  }
  return { takenAt, rowCount };
}

async function fill(transaction: Transaction, file: string, onProgress: (rowCount: number) => void): Promise<number> {
  const byName = new Map(TABLE_STATEMENTS.map((table) => [table.shape.name, table]));
  let rowCount = 0;
  for await (const part of readBackup(file)) {
    if (part.kind === 'header') continue;
    const table = tableFor(byName, file, part);
    await transaction.insert(table.insert, part.rows);
    rowCount += part.rows.length;
    // Waits for what is under way, so that a large backup is never all in memory.
    await transaction.all(table.firstPage, { limit: 1 });
    onProgress(rowCount);
  }
  return rowCount;
}

function tableFor(
  byName: ReadonlyMap<string, TableStatements>,
  file: string,
  { table: name, columns }: { readonly table: string; readonly columns: readonly string[] },
): TableStatements {
  const table = byName.get(name);
  if (!table || table.shape.columns.join() !== columns.join()) {
    throw new BackupFault(`${file} has a table ${name} that is not this program's.`);
  }
  return table;
}

/** @throws {Error} when any table has a row: two histories are never mixed. */
async function refuseFilled(transaction: Transaction): Promise<void> {
  for (const { shape, firstPage } of TABLE_STATEMENTS) {
    const rows = await transaction.all(firstPage, { limit: 1 });
    if (rows.length > 0) {
      throw new Error(
        `The store holds something already (table ${shape.name}): restore into an empty one, a new directory or a new database.`,
      );
    }
  }
}

/** The store as one of its transactions sees it. */
function within(database: Database, transaction: Transaction): Database {
  return {
    dialect: database.dialect,
    all: (statement, params) => transaction.all(statement, params),
    transaction: (work) => work(transaction),
    check: () => database.check(),
    close: async () => {},
  };
}
