import type { Database, Reader } from './database.ts';
import { ddlFor, MIGRATIONS, MIGRATIONS_TABLE } from './migrations.ts';
import { type Statement, statement, textStatement } from './statement.ts';
import { STATISTICS_STATEMENTS } from './statistics.ts';

const listApplied = statement((db) =>
  db.selectFrom('schema_migrations').select(['version', 'name']).orderBy('version'),
);

const recordApplied = statement((db, p) =>
  db.insertInto('schema_migrations').values({ version: p('version'), name: p('name'), applied_at: p('appliedAt') }),
);

const latest = MIGRATIONS.at(-1)?.version ?? 0;

/**
 * Brings a database's schema up to this program's, one transaction a migration, and gives how many it applied.
 *
 * @throws {Error} when the schema is newer than this program: an old server must not write to it.
 */
export async function migrate(database: Database, now: number): Promise<number> {
  if (await isCurrent(database)) return 0;
  await database.transaction((tx) => tx.run(ddl(database, MIGRATIONS_TABLE), {}));
  let count = 0;
  for (const { version, name, statements } of MIGRATIONS) {
    count += await database.transaction(async (tx) => {
      const applied = await tx.all(listApplied, {});
      refuseNewer(applied);
      if (applied.some((row) => row.version === version)) return 0;
      for (const text of statements) await tx.run(ddl(database, text), {});
      await tx.run(recordApplied, { version, name, appliedAt: now });
      return 1;
    });
  }
  if (count > 0 && database.dialect === 'sqlite') {
    await database.transaction(async (tx) => {
      for (const text of STATISTICS_STATEMENTS) await tx.run(textStatement(text), {});
    });
  }
  return count;
}

/** A start on a schema that is there already writes nothing. */
function isCurrent(database: Database): Promise<boolean> {
  return checkSchema(database).then(
    () => true,
    () => false,
  );
}

/** @throws {Error} when the schema is not this program's. */
export async function checkSchema(reader: Reader): Promise<void> {
  const applied = await reader.all(listApplied, {});
  refuseNewer(applied);
  const version = applied.at(-1)?.version ?? 0;
  if (version < latest) {
    throw new Error(`The database has schema ${version}, this program needs ${latest}: run "laurel migrate".`);
  }
}

function refuseNewer(applied: readonly { readonly version: number }[]): void {
  const version = applied.at(-1)?.version ?? 0;
  if (version > latest) {
    throw new Error(`The database has schema ${version}, this program knows ${latest}: run the newer program.`);
  }
}

function ddl(database: Database, text: string): Statement<unknown> {
  return textStatement(ddlFor(database.dialect, text));
}
