import { resolve } from 'node:path';
import type { Database } from './database.ts';
import { openSqlite } from './sqlite.ts';

/**
 * Opens the store that a `DATABASE_URL` names: `postgres://…` and `postgresql://…`, or `sqlite:DIRECTORY` for the
 * embedded one (a path alone means the same).
 *
 * @throws {Error} with a sentence for the operator: a directory in use, a setting under which acknowledged points could
 *   be lost, an address of another kind.
 */
export async function openDatabase(url: string): Promise<Database> {
  if (/^postgres(?:ql)?:\/\//.test(url)) {
    // The driver is loaded where it is used: the embedded store starts without it.
    const { openPostgres } = await import('./postgres.ts');
    return openPostgres(url);
  }
  const path = url.startsWith('sqlite:') ? url.slice('sqlite:'.length).replace(/^\/\//, '') : url;
  if (/^[a-z][a-z0-9+]*:/i.test(path)) {
    throw new Error(
      `DATABASE_URL names an unknown kind of database (${path.split(':')[0]}): use postgres:// or sqlite:DIRECTORY.`,
    );
  }
  const [directory = '', query] = path.split('?');
  if (directory === '' || directory.includes(':memory:')) {
    throw new Error('DATABASE_URL must name a directory: points that are owed are not kept in memory only.');
  }
  if (query) {
    throw new Error(
      `DATABASE_URL may not change how the embedded database writes ("${query}"): it always runs with synchronous=FULL, since anything less loses acknowledged points in a power cut.`,
    );
  }
  return openSqlite(resolve(directory));
}
