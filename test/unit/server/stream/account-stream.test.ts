import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../../../../server/index.ts';
import { createAccountStreams, STREAM_COUNT_MAX_MEMBER } from '../../../../server/stream/account-streams.ts';
import { createChanges } from '../../../../server/stream/changes.ts';
import { watchOthers } from '../../../../server/stream/watch-others.ts';
import { SCOPE_MEMBER } from '../../../../shared/protocol/names.ts';
import { anOrder, emptyStore, type StorePlace, stores } from '../../../support/ledger.ts';
import { openServer, PROGRAM, program, SECRET } from '../../../support/server.ts';

interface StreamEvent {
  readonly event: string;
  readonly id: string;
  readonly data: { readonly seq?: number; readonly balance?: { readonly available: number } };
}

/** Reads server-sent events off a response, as a page does with `fetch`. */
class Reader {
  readonly status: number;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = '';
  comments = 0;

  constructor(response: Response) {
    this.status = response.status;
    this.#reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>)
      .pipeThrough(new TextDecoderStream())
      .getReader();
  }

  /** The next event; `null` at the stream's end. */
  async next(): Promise<StreamEvent | null> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end === -1) {
        const { done, value } = await this.#reader.read();
        if (done) return null;
        this.#text += value;
        continue;
      }
      const lines = this.#text.slice(0, end).split('\n');
      this.#text = this.#text.slice(end + 2);
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
      if (lines.some((line) => line.startsWith(':'))) this.comments++;
      if (field('event') !== '') {
        return { event: field('event'), id: field('id'), data: JSON.parse(field('data')) as StreamEvent['data'] };
      }
    }
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

describe('the account as a stream, over the wire', () => {
  let folder: string;
  let server: RunningServer;
  let memberToken: string;
  let memberId: string;
  let secretKey: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'laurel-stream-'));
    server = await startServer({
      databaseUrl: `sqlite:${folder}`,
      secret: SECRET,
      port: 0,
      publicUrl: null,
      log: 'silent',
    });
    secretKey = (await server.applyProgram(program)).keys?.secretKey ?? '';
    await order('o-1', 10_00);
    memberId = await server.services.ledger.enrol(PROGRAM, 'c-1');
    memberToken = await token();
  });
  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const token = async () =>
    (await server.services.accessTokens.issue({ programId: PROGRAM, memberId, scope: SCOPE_MEMBER, grantId: null }))
      .token;
  async function order(id: string, netMinor: number): Promise<void> {
    const { status } = await fetch(`${server.url}/v1/programs/${PROGRAM}/orders`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(anOrder(id, 'c-1', netMinor, new Date(Date.now() - 60_000).toISOString())),
    });
    expect(status).toBe(201);
  }
  const connect = async (query = '', headers: Record<string, string> = {}) =>
    new Reader(
      await fetch(`${server.url}/v1/me/stream${query}`, {
        headers: { authorization: `Bearer ${memberToken}`, ...headers },
      }),
    );

  test('sends the account at once, and again after each change', async () => {
    const reader = await connect();
    expect(await reader.next()).toMatchObject({ event: 'account', data: { seq: 1, balance: { available: 10 } } });
    await order('o-2', 5_00);
    expect(await reader.next()).toMatchObject({ event: 'account', data: { seq: 2, balance: { available: 15 } } });
    await reader.cancel();
    await until(() => server.services.streams.count === 0);
  });

  test('goes on where the reader was', async () => {
    const first = await connect();
    const known = await first.next();
    await first.cancel();
    const resumed = await connect(`?after=${known?.id}`);
    const byHeader = await connect('', { 'last-event-id': known?.id ?? '' });
    await until(() => server.services.streams.count === 2);
    await order('o-2', 5_00);
    // Not the first state again: only what came after it.
    expect(await resumed.next()).toMatchObject({ data: { seq: 2 } });
    expect(await byHeader.next()).toMatchObject({ data: { seq: 2 } });
    const stale = await connect(`?after=${known?.id}`);
    expect(await stale.next()).toMatchObject({ data: { seq: 2 } });
    await Promise.all([resumed, byHeader, stale].map((reader) => reader.cancel()));
  });

  test('says that it ends when the server stops, and lets it stop at once', async () => {
    const reader = await connect();
    await reader.next();
    const startedAt = performance.now();
    const closing = server.close();
    expect(await reader.next()).toMatchObject({ event: 'closing' });
    expect(await reader.next()).toBeNull();
    await closing;
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    server = await startServer({
      databaseUrl: `sqlite:${folder}`,
      secret: SECRET,
      port: 0,
      publicUrl: null,
      log: 'silent',
    });
  });

  test('a member has a bounded number of them', async () => {
    const readers = [];
    for (let count = 0; count < STREAM_COUNT_MAX_MEMBER; count++) {
      const reader = await connect();
      await reader.next();
      readers.push(reader);
    }
    expect((await connect()).status).toBe(429);
    await readers.pop()?.cancel();
    await until(() => server.services.streams.count === STREAM_COUNT_MAX_MEMBER - 1);
    const again = await connect();
    expect(again.status).toBe(200);
    await Promise.all([...readers, again].map((reader) => reader.cancel()));
  });

  test('nobody without a token, and nothing in the place of an event', async () => {
    memberToken = 'nonsense';
    expect((await connect()).status).toBe(401);
    memberToken = await token();
    expect((await connect('?after=nonsense%20x')).status).toBe(400);
  });
});

describe('a stream by itself', () => {
  /** A stream with everything about it held in the hand. */
  async function open(options: { expiresAt?: number; grantId?: string | null; isSlow?: boolean } = {}) {
    const server = await openServer();
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 10_00));
    const memberId = await server.services.ledger.enrol(PROGRAM, 'c-1');
    let isLive = true;
    const streams = createAccountStreams({
      ledger: server.services.ledger,
      grants: { isLive: async () => isLive },
      changes: server.services.changes,
      clock: server.now,
      heartbeatMs: 5,
    });
    const caller = { programId: PROGRAM, memberId, scope: SCOPE_MEMBER, grantId: options.grantId ?? null } as const;
    const body = await streams.open(
      { ...caller, ...(options.expiresAt !== undefined && { expiresAt: options.expiresAt }) },
      undefined,
    );
    const pieces: string[] = [];
    const gone = new AbortController();
    let takeOn = () => {};
    const ended = body({
      signal: gone.signal,
      write(piece) {
        pieces.push(String(piece));
        if (!options.isSlow || pieces.length !== 2) return Promise.resolve();
        return new Promise((resolve) => {
          takeOn = resolve;
        });
      },
    });
    return {
      server,
      streams,
      pieces,
      gone,
      ended,
      takeOn: () => takeOn(),
      revoke: () => {
        isLive = false;
      },
      async close() {
        gone.abort();
        await ended;
        await server.close();
      },
    };
  }

  test('beats while nothing happens, and tells what the clock alone changed', async () => {
    const stream = await open();
    await until(() => stream.pieces.filter((piece) => piece === ': still here\n\n').length >= 2);
    const isAccount = (piece: string) => piece.includes('event: account');
    expect(stream.pieces.filter(isAccount)).toHaveLength(1);
    // A year on, the points have expired without an entry.
    stream.server.setNow(Date.parse('2027-04-02T00:00:00Z'));
    await until(() => stream.pieces.filter(isAccount).length === 2);
    expect(stream.pieces.filter(isAccount)[1]).toContain('"available":0');
    await stream.close();
    expect(stream.streams.count).toBe(0);
  });

  test('ends with its token and with its grant', async () => {
    const expiring = await open({ expiresAt: Date.parse('2026-03-31T12:00:30Z') });
    await until(() => expiring.pieces.length > 1);
    expiring.server.setNow(Date.parse('2026-03-31T12:00:30Z'));
    await expiring.ended;
    expect(expiring.pieces.at(-1)).toBe('event: expired\ndata: {}\n\n');
    await expiring.close();

    const revoked = await open({ grantId: 'grant-1' });
    await until(() => revoked.pieces.length > 1);
    revoked.revoke();
    await revoked.ended;
    expect(revoked.pieces.at(-1)).toBe('event: revoked\ndata: {}\n\n');
    await revoked.close();
  });

  test('a slow reader gets the newest state, not each of them', async () => {
    const stream = await open({ isSlow: true });
    await until(() => stream.pieces.length === 2);
    for (let index = 2; index <= 20; index++) {
      await stream.server.merchant('POST', '/orders', anOrder(`o-${index}`, 'c-1', 1_00));
    }
    expect(stream.pieces).toHaveLength(2);
    stream.takeOn();
    await until(() => stream.pieces.some((piece) => piece.includes('"seq":20')));
    expect(stream.pieces.filter((piece) => piece.includes('event: account'))).toHaveLength(2);
    await stream.close();
  });
});

describe.each(stores.filter((store) => store === 'postgres'))('two servers on one %s', (store) => {
  let place: StorePlace;
  const servers: RunningServer[] = [];
  beforeEach(async () => {
    place = await emptyStore(store);
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
    await place.remove();
  });

  test('a stream tells what the other one wrote', async () => {
    for (let index = 0; index < 2; index++) {
      servers.push(
        await startServer({ databaseUrl: place.url, secret: SECRET, port: 0, publicUrl: null, log: 'silent' }),
      );
    }
    const [here, there] = servers as [RunningServer, RunningServer];
    await here.applyProgram(program);
    await here.services.ledger.postOrder(PROGRAM, anOrder('o-1', 'c-1', 10_00));
    const memberId = await here.services.ledger.enrol(PROGRAM, 'c-1');
    const changes = createChanges();
    const watch = watchOthers(here.services.database, changes, () => {});
    let told = 0;
    changes.subscribe(PROGRAM, memberId, () => told++);
    await watch.look();
    await watch.look();
    expect(told).toBe(0);
    await there.services.ledger.postOrder(PROGRAM, anOrder('o-2', 'c-1', 10_00));
    await watch.look();
    expect(told).toBe(1);
    watch.stop();
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
