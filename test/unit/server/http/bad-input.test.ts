import naughtyStrings from 'big-list-of-naughty-strings';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anOrder } from '../../../support/ledger.ts';
import {
  type Answered,
  openServer,
  PROGRAM,
  pointersOf,
  problemOf,
  program,
  type TestServer,
} from '../../../support/server.ts';

const ORDERS = `/v1/programs/${PROGRAM}/orders`;
const JSON_TYPE = { 'content-type': 'application/json' };

describe('bad input is refused with the name of the field, and nothing is written', () => {
  let server: TestServer;
  let token: string;
  let counts: Record<string, number>;
  beforeAll(async () => {
    server = await openServer();
    await server.merchant('POST', ORDERS.slice(`/v1/programs/${PROGRAM}`.length), anOrder('o-1', 'c-1', 10_00));
    token = (await server.signIn('c-1')).access_token;
    counts = await server.counts();
  });
  afterAll(() => server.close());

  const post = (body: BodyInit, headers: Record<string, string> = JSON_TYPE, path = ORDERS) =>
    server.request(path, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${server.keys.secretKey}`, ...headers },
      duplex: 'half',
    } as RequestInit);

  async function expectRefusal(answer: Answered, code: string, pointers?: readonly string[]): Promise<void> {
    expect(problemOf(answer).code).toBe(code);
    if (pointers) expect(pointersOf(answer).sort()).toEqual([...pointers].sort());
    expect(await server.counts()).toEqual(counts);
  }

  const order = anOrder('o-2', 'c-1', 10_00);
  const line = order.lines[0];

  test.each<[string, unknown, string[]]>([
    ['a list', [], ['/id', '/memberId', '/placedAt', '/currency', '/lines']],
    ['null', null, ['']],
    ['a text', 'order', ['']],
    ['an empty object', {}, ['/id', '/memberId', '/placedAt', '/currency', '/lines']],
    ['a number as id', { ...order, id: 7 }, ['/id']],
    ['an object as id', { ...order, id: { name: 'x' } }, ['/id']],
    ['an empty id', { ...order, id: '' }, ['/id']],
    ['an id too long', { ...order, id: 'x'.repeat(129) }, ['/id']],
    ['control characters', { ...order, memberId: 'a\u0000b' }, ['/memberId']],
    ['a line break', { ...order, memberId: 'a\nb' }, ['/memberId']],
    ['a lone surrogate', { ...order, memberId: '\ud800' }, ['/memberId']],
    ['a date alone', { ...order, placedAt: '2026-03-31' }, ['/placedAt']],
    ['a time without offset', { ...order, placedAt: '2026-03-31T10:00:00' }, ['/placedAt']],
    ['a day that is not', { ...order, placedAt: '2026-02-30T99:00:00Z' }, ['/placedAt']],
    ['a number as time', { ...order, placedAt: 1_774_958_400_000 }, ['/placedAt']],
    ['a currency of two letters', { ...order, currency: 'EU' }, ['/currency']],
    ['a currency in small letters', { ...order, currency: 'eur' }, ['/currency']],
    ['no lines', { ...order, lines: [] }, ['/lines']],
    ['lines as an object', { ...order, lines: { 0: line, length: 1 } }, ['/lines']],
    ['501 lines', { ...order, lines: Array.from({ length: 501 }, () => line) }, ['/lines']],
    ['a fraction of a cent', { ...order, lines: [{ ...line, netMinor: 0.5 }] }, ['/lines/0/netMinor']],
    ['a negative amount', { ...order, lines: [{ ...line, netMinor: -1 }] }, ['/lines/0/netMinor']],
    ['an amount as text', { ...order, lines: [{ ...line, netMinor: '100' }] }, ['/lines/0/netMinor']],
    ['an amount beyond bounds', { ...order, lines: [{ ...line, netMinor: 1e12 + 1 }] }, ['/lines/0/netMinor']],
    ['2^53', { ...order, lines: [{ ...line, netMinor: 2 ** 53 }] }, ['/lines/0/netMinor']],
    ['no quantity', { ...order, lines: [{ ...line, quantity: 0 }] }, ['/lines/0/quantity']],
    ['a boolean', { ...order, lines: [{ ...line, quantity: true }] }, ['/lines/0/quantity']],
    ['points of its own', { ...order, points: 1_000_000 }, ['/points']],
    ['a tier of its own', { ...order, tier: 'gold' }, ['/tier']],
    ['two surprises', { ...order, a: 1, b: 2 }, ['/a', '/b']],
    ['many faults', { ...order, id: 1, currency: 2, x: 3 }, ['/id', '/currency', '/x']],
  ])('%s', async (_name, body, pointers) => {
    await expectRefusal(await post(JSON.stringify(body)), 'invalid_request', pointers);
  });

  test.each([
    ['__proto__', '{"__proto__":{"admin":true}}', '/__proto__'],
    ['constructor', '{"constructor":{"prototype":{"admin":true}}}', '/constructor'],
    ['toString', '{"toString":1}', '/toString'],
    ['__proto__ below', `${JSON.stringify(order).slice(0, -2)},{"__proto__":1}]}`, '/lines/1/__proto__'],
    ['NaN', '{"id":NaN}', ''],
    ['Infinity', '{"id":Infinity}', ''],
    ['a comment', '{} // order', ''],
    ['two documents', '{}{}', ''],
    ['a cut document', '{"id":"o-2"', ''],
    ['nothing', '', ''],
    ['deep lists', `${'['.repeat(50_000)}${']'.repeat(50_000)}`, '/0'.repeat(32)],
    ['deep objects', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`, '/a'.repeat(32)],
  ])('%s', async (_name, body, pointer) => {
    await expectRefusal(await post(body), 'invalid_request', [pointer]);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test('1e400, which becomes infinite', async () => {
    const body = JSON.stringify({ ...order, lines: [{ ...line, netMinor: '@' }] }).replace('"@"', '1e400');
    await expectRefusal(await post(body), 'invalid_request', ['/lines/0/netMinor']);
  });

  test.each([
    ['a byte that is none', [0x22, 0xff, 0x22]],
    ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
    ['a surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])('text that is not UTF-8: %s', async (_name, bytes) => {
    await expectRefusal(await post(new Uint8Array(bytes)), 'invalid_request', ['']);
  });

  test.each<[string, BodyInit]>([
    ['too long', ' '.repeat(262_145)],
    ['10 MB', 'x'.repeat(10_000_000)],
    ['too long, in pieces without a length', streamOf('x'.repeat(100_000), 4)],
  ])('a body %s', async (_name, body) => {
    await expectRefusal(await post(body), 'payload_too_large');
  });

  test('a body of the greatest length is read', async () => {
    const text = JSON.stringify({ ...order, x: '' });
    const padded = JSON.stringify({ ...order, x: 'y'.repeat(262_144 - text.length) });
    await expectRefusal(await post(padded), 'invalid_request', ['/x']);
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'application/jsonp',
    '',
  ])('the media type "%s"', async (type) => {
    await expectRefusal(await post(JSON.stringify(order), { 'content-type': type }), 'unsupported_media_type');
  });

  test('a byte order mark is skipped, and charset=utf-8 may be named', async () => {
    const body = `\ufeff${JSON.stringify(anOrder('o-1', 'c-1', 10_00))}`;
    const answer = await post(body, { 'content-type': 'Application/JSON; Charset="UTF-8"' });
    expect(answer).toMatchObject({ status: 200, body: { replayed: true } });
  });

  test.each(['x'.repeat(256), '""', '"open', 'tab\there', 'ümlaut'])('the Idempotency-Key %s', async (key) => {
    const answer = await server.merchant(
      'POST',
      '/members/c-1/adjustments',
      { points: 1, reason: 'r' },
      { 'idempotency-key': key },
    );
    await expectRefusal(answer, 'invalid_request', ['/header/Idempotency-Key']);
  });

  test.each([
    ['/v1/programs/..%2f..%2fetc/orders', 'unauthorized or invalid'],
    ['/v1/programs/%00/orders', ''],
    ['/v1/programs/%FF/orders', ''],
    [`/v1/programs/${'x'.repeat(5_000)}/orders`, ''],
  ])('the address %.60s', async (path) => {
    const answer = await post(JSON.stringify(order), JSON_TYPE, path);
    await expectRefusal(answer, 'invalid_request', ['/path/program']);
  });

  test.each([
    '/',
    '/v1',
    '/v1/me/',
    '/V1/ME',
    '/v1/programs',
    '/v1/programs//orders',
    '/.env',
    '/widgets/../package.json',
    '/widgets',
  ])('nothing is at %s', async (path) => {
    expect(problemOf(await server.request(path))).toMatchObject({ status: 404, code: 'not_found' });
  });

  test.each([
    ['DELETE', `/v1/programs/${PROGRAM}`, 'GET, PUT, OPTIONS'],
    ['GET', '/oauth/token', 'POST, OPTIONS'],
    ['PATCH', '/v1/me', 'GET, DELETE, OPTIONS'],
    ['PROPFIND', '/v1/me', 'GET, DELETE, OPTIONS'],
  ])('%s %s is not a method here', async (method, path, allow) => {
    const answer = await server.request(path, { method });
    expect(problemOf(answer)).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect(answer.headers.get('allow')).toBe(allow);
  });

  test('461 naughty strings in every text of every call: never a fault, and what is kept comes back unchanged', async () => {
    const texts = [...naughtyStrings, '\ud800', '\udfff\ud800', '\u0000', '\ufeff', '\u202e', 'a'.repeat(128), '🏳️‍🌈'];
    for (const [index, text] of texts.entries()) {
      const encoded = encodeURIComponent(text.toWellFormed());
      const answers = [
        await server.merchant('POST', '/orders', { ...order, id: text, currency: text }),
        await server.merchant('POST', '/orders', {
          ...order,
          lines: [{ ...line, sku: text, category: text, netMinor: text }],
        }),
        await server.merchant('POST', `/orders/${encoded}/refunds`, { id: text, refundedAt: text, amountMinor: 1 }),
        await server.merchant('GET', `/survey-responses?survey=${encoded}&cursor=${encoded}`),
        await server.merchant('PUT', '', { ...program, url: text, timeZone: text, defaultLocale: text }),
        await server.call(
          'POST',
          '/v1/me/survey-responses',
          { survey: text, score: 5, comment: text, locale: text },
          token,
          {
            'idempotency-key': `k-${index}`,
          },
        ),
        await server.call('GET', `/v1/me/entries?after=${encoded}`, undefined, token),
        await server.request(`/v1/programs/${encoded}`),
        await server.request(`/widgets/${encoded}`),
        await server.request('/oauth/token', {
          method: 'POST',
          body: new URLSearchParams({ grant_type: text, assertion: text }),
        }),
        await server.request('/oauth/revoke', { method: 'POST', body: new URLSearchParams({ token: text }) }),
      ];
      for (const answer of answers) {
        expect(answer.status).toBeLessThan(500);
        expect(answer.text).not.toMatch(/SQLITE|SELECT |node_modules|at [a-z]+ \(/);
      }
      const enrolled = await server.merchant('POST', '/orders', { ...order, id: `naughty-${index}`, memberId: text });
      if (enrolled.status === 201) {
        const read = await server.merchant('GET', `/members/${encoded}`);
        expect(read).toMatchObject({ status: 200, body: { memberId: text } });
      } else {
        expect(pointersOf(enrolled)).toEqual(['/memberId']);
      }
    }
  });
});

/** A body that is sent in pieces, without saying how long it is. */
function streamOf(piece: string, count: number): ReadableStream {
  let left = count;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new TextEncoder().encode(piece));
      else controller.close();
    },
  });
}
