import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type PostgresServer, startPostgresProcess } from './postgres-process.ts';

/**
 * A real PostgreSQL for tests and benchmarks: the server at `LAUREL_TEST_POSTGRES_URL`, else one started from the
 * binaries that come with the development dependencies. One server a run; every test file takes its own database.
 */

const SERVER_VARIABLE = 'LAUREL_TEST_POSTGRES_URL';
const REASON_VARIABLE = 'LAUREL_TEST_POSTGRES_MISSING';

export interface TestDatabase {
  /** For `DATABASE_URL`. */
  readonly url: string;
  drop(): Promise<void>;
}

/** A server to run against: the one that `LAUREL_TEST_POSTGRES_URL` names, else a new one. */
export async function startPostgres(): Promise<PostgresServer> {
  const url = process.env[SERVER_VARIABLE];
  return url ? { url, stop: async () => {} } : startPostgresProcess();
}

/** Why there is no PostgreSQL in this run, or null when there is one: for `describe.skipIf(postgresMissing)`. */
export const postgresMissing: string | null = process.env[SERVER_VARIABLE]
  ? null
  : (process.env[REASON_VARIABLE] ?? 'the run was started without a PostgreSQL server');

/** Creates an empty database on the run's server. */
export async function freshDatabase(serverUrl = process.env[SERVER_VARIABLE]): Promise<TestDatabase> {
  if (!serverUrl) throw new Error(`No PostgreSQL: ${postgresMissing}`);
  const name = `laurel_test_${randomBytes(6).toString('hex')}`;
  await asAdministrator(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => asAdministrator(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function asAdministrator(serverUrl: string, command: string): Promise<void> {
  const client = new pg.Client(serverUrl);
  await client.connect();
  try {
    await client.query(command);
  } finally {
    await client.end();
  }
}

/**
 * Vitest's global setup: starts the server before the first test file and stops it after the last. Test files read its
 * address from the environment, which they inherit. Where it cannot run, tests on PostgreSQL are skipped with the reason,
 * but never in CI (`CI=true`).
 */
export default async function setup(): Promise<() => Promise<void>> {
  try {
    const server = await startPostgres();
    process.env[SERVER_VARIABLE] = server.url;
    return () => server.stop();
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    console.warn(`Tests on PostgreSQL are skipped. ${reason}`);
    process.env[REASON_VARIABLE] = reason;
    return async () => {};
  }
}
