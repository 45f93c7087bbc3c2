import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../../server/index.ts';
import { allJobs } from '../../../server/jobs/all-jobs.ts';
import { createJobRunner } from '../../../server/jobs/runner.ts';
import { createLog } from '../../../server/log.ts';
import { anOrder, emptyStore, stores } from '../../support/ledger.ts';
import { openServer, otherProgram, PROGRAM, program, SECRET } from '../../support/server.ts';

describe('a server that listens', () => {
  let folder: string;
  const running: RunningServer[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'laurel-start-'));
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.close()));
    await rm(folder, { recursive: true, force: true });
  });

  const settings = (port = 0, secret = SECRET) =>
    ({ databaseUrl: `sqlite:${folder}`, secret, port, publicUrl: null, log: 'silent' }) as const;
  async function start(port?: number): Promise<RunningServer> {
    const server = await startServer(settings(port));
    running.push(server);
    return server;
  }
  const post = (server: RunningServer, secretKey: string, id: string) =>
    fetch(`${server.url}/v1/programs/${PROGRAM}/orders`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(anOrder(id, 'c-1', 10_00)),
    });

  test('is alive and ready, and known by where it listens', async () => {
    const server = await start();
    expect(server.issuer).toBe(server.url);
    expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: 'alive' });
    expect(await (await fetch(`${server.url}/readyz`)).json()).toEqual({ status: 'ready' });
  });

  test('keeps programs, keys and its signing key over a restart', async () => {
    const first = await start();
    const { keys } = await first.applyProgram(program);
    const jwks = await (await fetch(`${first.url}/.well-known/jwks.json`)).text();
    expect((await post(first, keys?.secretKey ?? '', 'o-1')).status).toBe(201);
    await running.pop()?.close();
    const second = await start();
    expect((await second.applyProgram(program)).keys).toBeNull();
    expect((await post(second, keys?.secretKey ?? '', 'o-1')).status).toBe(200);
    expect(await (await fetch(`${second.url}/.well-known/jwks.json`)).text()).toBe(jwks);
  });

  test('answers a request that comes while it still starts', async () => {
    const first = await start();
    const port = Number(new URL(first.url).port);
    await running.pop()?.close();
    const starting = start(port);
    let isAnswered = false;
    while (!isAnswered) {
      const url = `http://localhost:${port}/healthz`;
      isAnswered = await fetch(url, { signal: AbortSignal.timeout(10_000) }).then(
        ({ ok }) => ok,
        (error: unknown) => {
          // Not there yet is fine; there, and silent, is not.
          if ((error as Error).name === 'TimeoutError') throw error;
          return false;
        },
      );
    }
    await starting;
  });

  test("refuses a secret that is not the database's, in a sentence", async () => {
    await start();
    await running.pop()?.close();
    const other = [...SECRET].reverse().join('');
    await expect(startServer(settings(0, other))).rejects.toThrow(
      'LAUREL_SECRET is not the one with which this database',
    );
    await start();
  });

  test('refuses a port in use, and lets go of the database', async () => {
    const first = await start();
    const port = Number(new URL(first.url).port);
    const elsewhere = { ...settings(port), databaseUrl: `sqlite:${join(folder, 'second')}` };
    await expect(startServer(elsewhere)).rejects.toThrow(`Port ${port} is in use`);
    running.push(await startServer({ ...elsewhere, port: 0 }));
  });

  test('finishes the requests under way before it stops, and takes no more', async () => {
    const server = await start();
    const { keys } = await server.applyProgram(program);
    // Opens the connections, which the requests then find accepted.
    await Promise.all(Array.from({ length: 50 }, async () => (await fetch(`${server.url}/healthz`)).text()));
    const answers = Array.from({ length: 50 }, (_, index) => post(server, keys?.secretKey ?? '', `o-${index}`));
    await Promise.race(answers);
    await running.pop()?.close();
    expect(await Promise.all(answers.map(async (answer) => (await answer).status))).toEqual(Array(50).fill(201));
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });

  test('answers a body that is longer than it says, or never ends, without harm', async () => {
    const server = await start();
    const port = Number(new URL(server.url).port);
    const answer = await rawExchange(
      port,
      'POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-length: 10000000000\r\n\r\n{',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (?:413|415) /);
    const twice = await rawExchange(
      port,
      'GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    );
    expect(twice).toMatch(/^HTTP\/1\.1 400 /);
    const asksFirst = await rawExchange(
      port,
      'POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n',
    );
    expect(asksFirst).toMatch(/^HTTP\/1\.1 415 /);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  test('the command says where it listens and which store it keeps, and stops at SIGTERM with 0', async () => {
    const child = spawn(process.execPath, ['server/laurel.ts', 'serve'], {
      env: { ...process.env, DATABASE_URL: `sqlite:${folder}`, LAUREL_SECRET: SECRET, PORT: '0', LAUREL_LOG: 'error' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = await outputUntil(child, /on disk/);
    expect(said).toMatch(/Laurel listens on http:\/\/localhost:\d+/);
    expect(said).toContain(`embedded SQLite in ${folder}`);
    const url = /http:\/\/localhost:\d+/.exec(said)?.[0] ?? '';
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve([code, signal])));
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await start();
  });
});

describe.each(stores)('the whole way over HTTP on %s', (store) => {
  test('an order is written, read and signed, by two servers of one PostgreSQL or one of SQLite', async () => {
    const place = await emptyStore(store);
    const settings = {
      databaseUrl: place.url,
      secret: SECRET,
      port: 0,
      publicUrl: 'https://points.test',
      log: 'silent',
    } as const;
    const count = store === 'postgres' ? 2 : 1;
    const servers = await Promise.all(Array.from({ length: count }, () => startServer(settings)));
    const [first, last] = [servers[0] as RunningServer, servers.at(-1) as RunningServer];
    const { keys } = await first.applyProgram(program);
    const headers = { authorization: `Bearer ${keys?.secretKey}`, 'content-type': 'application/json' };
    const written = await fetch(`${first.url}/v1/programs/${PROGRAM}/orders`, {
      method: 'POST',
      headers,
      body: JSON.stringify(anOrder('o-1', 'c-1', 10_00)),
    });
    expect(written.status).toBe(201);
    const read = await fetch(`${last.url}/v1/programs/${PROGRAM}/members/c-1`, { headers });
    expect(await read.json()).toMatchObject({ seq: 1, balance: { available: 10 } });
    const kids = servers.map(({ services }) => services.signingKeys.kid);
    for (const server of servers) {
      const { keys: published } = await server.services.signingKeys.jwks();
      expect(published.map(({ kid }) => kid)).toEqual(expect.arrayContaining(kids));
    }
    await Promise.all(servers.map((server) => server.close()));
    await place.remove();
  });
});

describe.each(stores)('jobs of a server on %s', (store) => {
  test('writes off what expired, forgets what ran out, and goes on after a program that fails', async () => {
    const server = await openServer(store);
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 10_00));
    await server.signIn('c-1');
    await server.services.ledger.postOrder(otherProgram.id, anOrder('o-1', 'c-1', 10_00));
    expect(await server.counts()).toMatchObject({ used_tokens: 1 });
    server.setNow(Date.parse('2027-04-02T00:00:00Z'));
    const lines: string[] = [];
    const failing = {
      ...server.services,
      ledger: {
        ...server.services.ledger,
        expireLots: (programId: string, asOf: number) =>
          programId === PROGRAM
            ? server.services.ledger.expireLots(programId, asOf)
            : Promise.reject(new Error('a broken program')),
      },
    };
    const log = createLog('info', (text) => lines.push(text));
    await createJobRunner(allJobs(failing), { ...failing, log }).tick();
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines.join('')).toContain('"event":"job","job":"expiry"');
    expect(lines.join('')).toContain('a broken program');
    expect(await server.counts()).toMatchObject({ used_tokens: 0 });
    expect(await server.merchant('GET', '/members/c-1')).toMatchObject({ body: { seq: 2, balance: { available: 0 } } });
    await server.close();
  });

  test('two servers that start at once on an empty database sign alike', async () => {
    const server = await openServer(store);
    const { openSigningKeys } = await import('../../../server/identity/signing-keys.ts');
    const { createVault } = await import('../../../server/identity/vault.ts');
    const parts = { database: server.database, vault: createVault(SECRET), clock: server.now };
    const opened = await Promise.all(Array.from({ length: 4 }, () => openSigningKeys(parts)));
    const { keys } = (await server.request('/.well-known/jwks.json')).body as { keys: { kid: string }[] };
    for (const { kid } of opened) expect(keys.map((key) => key.kid)).toContain(kid);
    await server.close();
  });
});

test('readiness tells when the database is gone, without telling how', async () => {
  const server = await openServer();
  await server.database.close();
  const answer = await server.app.request('https://points.test/readyz');
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ code: 'unavailable' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(server.log.join('')).toContain('not ready');
  await server.close();
});

/** Sends bytes and gives what comes back before the connection ends or the answer's head is whole. */
function rawExchange(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (text.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

function outputUntil(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (data: Buffer) => {
      text += data.toString();
      if (pattern.test(text)) resolve(text);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.on('exit', () => reject(new Error(text)));
  });
}
