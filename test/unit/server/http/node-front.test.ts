import { once } from 'node:events';
import { beforeAll, describe, expect, test } from 'vitest';
import { anOrder } from '../../../support/ledger.ts';
import { form, openServer, PROGRAM, SHOP, type TestServer } from '../../../support/server.ts';
import { type Front, head, listenWith, Wire } from '../../../support/wire.ts';

const ORDERS = `/v1/programs/${PROGRAM}/orders`;

describe('requests over a socket', () => {
  let server: TestServer;
  let served: Front;
  let merchant: Readonly<Record<string, string>>;
  beforeAll(async () => {
    server = await openServer();
    served = await listenWith(server.app.serve);
    merchant = { authorization: `Bearer ${server.keys.secretKey}`, 'content-type': 'application/json' };
    return async () => {
      await served.close();
      await server.close();
    };
  });

  const post = (id: string, headers: Readonly<Record<string, string>> = {}) => {
    const body = JSON.stringify(anOrder(id, 'c-1', 10_00));
    return head('POST', ORDERS, { ...merchant, 'content-length': String(body.length), ...headers }) + body;
  };

  /** The same through Fetch in memory and over a socket; without what names the one answer or the connection. */
  async function both(path: string, init: () => RequestInit = () => ({})) {
    const seen = async (response: Response) => {
      const body = (await response.text()).replaceAll(/urn:uuid:[0-9a-f-]{36}/g, 'urn:uuid');
      const ofConnection = ['date', 'connection', 'keep-alive'];
      const headers = Object.fromEntries([...response.headers].filter(([name]) => !ofConnection.includes(name)));
      return { status: response.status, headers, body };
    };
    return {
      inMemory: await seen(await server.app.request(`http://127.0.0.1:${served.port}${path}`, init())),
      overSocket: await seen(await fetch(`http://127.0.0.1:${served.port}${path}`, init())),
    };
  }

  test.each<[string, number, string, (() => RequestInit)?]>([
    ['a document', 200, `/v1/programs/${PROGRAM}`],
    ['its head', 200, `/v1/programs/${PROGRAM}`, () => ({ method: 'HEAD' })],
    ['letters escaped for nothing', 200, `/%76%31/programs/${PROGRAM.replace('e', '%65')}`],
    ['an unknown address', 404, '/nothing?x=1'],
    ['another method', 405, '/v1/me', () => ({ method: 'PUT' })],
    ['a page that asks before', 204, '/v1/me', () => ({ method: 'OPTIONS', headers: { origin: SHOP } })],
    ['a stranger that asks before', 204, '/v1/me', () => ({ method: 'OPTIONS', headers: { origin: 'null' } })],
    ['no credentials', 401, '/v1/me', () => ({ headers: { origin: SHOP } })],
    ['a query that is none', 400, `/v1/programs/${PROGRAM}?a=1&a=2`],
    ['a form without a grant', 400, '/oauth/token', () => form({ grant_type: 'none' })],
    ['a body that is no JSON', 400, ORDERS, () => ({ method: 'POST', headers: merchant, body: '{' })],
    ['no body', 400, ORDERS, () => ({ method: 'POST', headers: merchant })],
    [
      'a body that is not UTF-8',
      400,
      ORDERS,
      () => ({ method: 'POST', headers: merchant, body: new Uint8Array([0x22, 0xff, 0x22]) }),
    ],
    [
      'another media type',
      415,
      ORDERS,
      () => ({ method: 'POST', headers: { ...merchant, 'content-type': 'text/plain' }, body: '{}' }),
    ],
    ['too long a body', 413, ORDERS, () => ({ method: 'POST', headers: merchant, body: 'x'.repeat(262_145) })],
    [
      'too long a body, in pieces',
      413,
      ORDERS,
      () => ({ method: 'POST', headers: merchant, body: new Blob(['x'.repeat(400_000)]).stream(), duplex: 'half' }),
    ],
    [
      'an adjustment without a member',
      404,
      `/v1/programs/${PROGRAM}/members/nobody/adjustments`,
      () => ({
        method: 'POST',
        headers: { ...merchant, 'idempotency-key': 'k-1' },
        body: '{"points":1,"reason":"é"}',
      }),
    ],
  ])('%s: the same answer as in memory', async (_name, status, path, init) => {
    const { inMemory, overSocket } = await both(path, init);
    expect(overSocket).toEqual(inMemory);
    expect(overSocket.status).toBe(status);
  });

  test('an order, its repeat, and what is known already: the same as in memory', async () => {
    const order = (): RequestInit => ({
      method: 'POST',
      headers: merchant,
      body: JSON.stringify(anOrder('o-both', 'c-1', 10_00)),
    });
    expect((await fetch(`http://127.0.0.1:${served.port}${ORDERS}`, order())).status).toBe(201);
    const repeat = await both(ORDERS, order);
    expect(repeat.overSocket).toEqual(repeat.inMemory);
    expect(repeat.overSocket.status).toBe(200);
    const { access_token: token } = await server.signIn('c-1');
    const headers = { authorization: `Bearer ${token}`, origin: SHOP };
    const read = await both('/v1/me', () => ({ headers }));
    expect(read.overSocket).toEqual(read.inMemory);
    const etag = read.inMemory.headers['etag'] ?? '';
    const known = await both('/v1/me', () => ({ headers: { ...headers, 'if-none-match': etag } }));
    expect(known.overSocket).toEqual(known.inMemory);
    expect(known.overSocket).toMatchObject({ status: 304, body: '' });
    expect(known.overSocket.headers).not.toHaveProperty('content-length');
  });

  test('an answer is one packet, with its length', async () => {
    const wire = new Wire(served.port).send(head('GET', `/v1/programs/${PROGRAM}`));
    await wire.until(() => wire.answerCount() === 1);
    expect(wire.pieceCount).toBe(1);
    wire.socket.destroy();
  });

  test('an answer to HEAD has the length of the body that it leaves out', async () => {
    const wire = new Wire(served.port).send(
      head('HEAD', '/healthz') + head('GET', '/healthz', { connection: 'close' }),
    );
    await wire.until(() => wire.isClosed);
    const [first = '', second = '', body] = wire.text.split('\r\n\r\n');
    const lengthIn = (text: string) => /content-length: (\d+)/.exec(text)?.[1];
    expect(lengthIn(first)).toBe(lengthIn(second));
    expect(body).toBe('{"status":"alive"}');
  });

  test('requests that come before the answers are answered in their order', async () => {
    const wire = new Wire(served.port).send(post('o-p1') + head('GET', '/healthz') + post('o-p2'));
    await wire.until(() => wire.answerCount() === 3);
    expect(wire.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 200', 'HTTP/1.1 201']);
    const [first, second] = [...wire.text.matchAll(/"seq":(\d+)/g)].map(([, seq]) => Number(seq));
    expect(second).toBe((first as number) + 1);
    wire.socket.destroy();
  });

  test('a body that comes bit by bit is read whole', async () => {
    const [request, rest] = [post('o-bits').slice(0, -60), post('o-bits').slice(-60)];
    const wire = new Wire(served.port).send(request);
    for (const letter of rest) {
      await new Promise((resolve) => setImmediate(resolve));
      wire.send(letter);
    }
    await wire.until(() => wire.answerCount() === 1);
    expect(wire.text).toMatch(/^HTTP\/1\.1 201 /);
    wire.socket.destroy();
  });

  test('a whole address as target, as a proxy gets it', async () => {
    const wire = new Wire(served.port).send(head('GET', 'http://points.test/healthz?#x'));
    await wire.until(() => wire.answerCount() === 1);
    expect(wire.text).toMatch(/^HTTP\/1\.1 200 /);
    wire.socket.destroy();
  });

  test('a refusal before the body is read keeps the connection for what comes next', async () => {
    const wire = new Wire(served.port).send(post('o-r', { authorization: 'Bearer no' }) + head('GET', '/healthz'));
    await wire.until(() => wire.answerCount() === 2);
    expect(wire.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 200']);
    wire.socket.destroy();
  });

  test('a body that goes on after its refusal is not read for ever', async () => {
    const wire = new Wire(served.port).send(head('POST', ORDERS, { ...merchant, 'content-length': '10000000000' }));
    await wire.until(() => wire.answerCount() === 1);
    expect(wire.text).toMatch(/^HTTP\/1\.1 413 /);
    await wire.until(() => wire.isClosed);
  });

  test('a client that asks before it sends is asked for the body of a call that may be', async () => {
    const request = post('o-expect', { expect: '100-continue' });
    const end = request.indexOf('\r\n\r\n') + 4;
    const wire = new Wire(served.port).send(request.slice(0, end));
    await wire.until(({ text }) => text === 'HTTP/1.1 100 Continue\r\n\r\n');
    wire.send(request.slice(end));
    await wire.until(({ text }) => text.includes('HTTP/1.1 201'));
    wire.socket.destroy();
  });

  test.each([
    [401, { authorization: 'Bearer no' }],
    [413, { 'content-length': '262145' }],
    [415, { 'content-type': 'text/plain' }],
  ])('and is told %d at once where it may not', async (status, headers) => {
    const wire = new Wire(served.port).send(head('POST', ORDERS, { ...merchant, expect: '100-continue', ...headers }));
    await wire.until(() => wire.isClosed);
    expect(wire.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(wire.text.toLowerCase()).toContain('connection: close');
  });

  test('a client that leaves in the middle of its body, or before its answer, is no fault', async () => {
    const before = server.log.length;
    const request = post('o-gone');
    const wires = [request.slice(0, -10), request, head('GET', '/v1/me')].map((text) =>
      new Wire(served.port).send(text),
    );
    await Promise.all(wires.map((wire) => once(wire.socket, 'connect')));
    // Each has been read by the server when a later connection has its answer.
    await new Wire(served.port)
      .send(head('GET', '/healthz', { connection: 'close' }))
      .until(({ isClosed }) => isClosed);
    for (const { socket } of wires) socket.resetAndDestroy();
    await Promise.all(wires.map((wire) => wire.until(({ isClosed }) => isClosed)));
    await new Wire(served.port)
      .send(head('GET', '/healthz', { connection: 'close' }))
      .until(({ isClosed }) => isClosed);
    expect(server.log.slice(before).join('')).not.toContain('"error"');
    expect(served.lines).toEqual([]);
  });
});
