import naughtyStrings from 'big-list-of-naughty-strings';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Route } from '../../server/http/route.ts';
import { verify } from '../../server/verify/verify.ts';
import { GRANT_JWT_BEARER, WALLET_CLIENT_ID } from '../../shared/protocol/names.ts';
import { anOrder } from '../support/ledger.ts';
import { openServer, PROGRAM, program, type TestServer } from '../support/server.ts';

/**
 * Requests of every kind against every route of the table: whatever is sent, there is no fault of the server, the answer is
 * one that the route declares, a refusal writes nothing, and the ledger stays sound.
 *
 * `LAUREL_FUZZ_SEED` repeats a run; `LAUREL_TEST_SIZE=full` makes it long.
 */
const RUNS_PER_ROUTE = process.env['LAUREL_TEST_SIZE'] === 'full' ? 20_000 : 1_200;
const SEED = Number(process.env['LAUREL_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const HANG_MS = 2_000;

/** A good body for each route that takes one; the fuzz bends it. */
const SAMPLES: Readonly<Record<string, object>> = {
  putProgram: program,
  postOrder: anOrder('o-1', 'c-1', 12_50),
  postRefund: { id: 'r-1', refundedAt: '2026-03-31T11:30:00Z', amountMinor: 1 },
  postAdjustment: { points: 1, reason: 'Goodwill' },
  postSurveyResponse: { survey: 'post-purchase', score: 9, comment: 'Fine', locale: 'en' },
  postCode: { client_id: WALLET_CLIENT_ID, code_challenge: 'A'.repeat(43), code_challenge_method: 'S256' },
  postToken: {
    grant_type: GRANT_JWT_BEARER,
    assertion: 'a.b.c',
    code: 'x',
    refresh_token: 'y',
    client_id: WALLET_CLIENT_ID,
  },
  postRevocation: { token: 'x' },
  createWebhookEndpoint: { url: 'https://hooks.shop.example/laurel', eventTypes: ['points.posted'] },
  changeWebhookEndpoint: { isEnabled: false },
  rotateWebhookSecret: { previousValidS: 60 },
};

const text = fc.oneof(
  fc.constantFrom(...(naughtyStrings as readonly string[])),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 50 }),
  fc.constantFrom(
    '',
    '\ud800',
    '\u0000',
    '__proto__',
    '../..',
    '%00',
    'a'.repeat(3_000),
    '2026-03-31T11:00:00Z',
    'o-1',
    'c-1',
  ),
);
const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 53, -(2 ** 53), 2 ** 63, 1e308, Number.MIN_VALUE),
);
const leaf = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const value = fc.oneof(
  { withCrossShrink: true },
  { arbitrary: leaf, weight: 4 },
  { arbitrary: fc.array(leaf, { maxLength: 5 }), weight: 1 },
  { arbitrary: fc.dictionary(text, leaf, { maxKeys: 4 }), weight: 1 },
  { arbitrary: fc.jsonValue(), weight: 1 },
);

/** Changes of a good body: where in it (by a number that picks), and what comes there (`undefined` takes it away). */
const bends = fc.array(fc.tuple(fc.nat(), fc.option(value, { nil: undefined }), fc.boolean()), { maxLength: 3 });

const body = fc.oneof(
  { arbitrary: bends.map((list) => ({ kind: 'bent' as const, list })), weight: 5 },
  { arbitrary: fc.json().map((json) => ({ kind: 'raw' as const, bytes: Buffer.from(json) })), weight: 1 },
  {
    arbitrary: fc.uint8Array({ maxLength: 500 }).map((bytes) => ({ kind: 'raw' as const, bytes: Buffer.from(bytes) })),
    weight: 1,
  },
  {
    arbitrary: fc
      .constantFrom('[', '{"a":', '"', '{}{}', '[1e400]', '{"__proto__":{}}', '[NaN]', '['.repeat(10_000), '\ufeff{}')
      .map((json) => ({ kind: 'raw' as const, bytes: Buffer.from(json) })),
    weight: 1,
  },
);

const request = fc.record({
  params: fc.option(fc.array(text, { minLength: 2, maxLength: 2 }), { freq: 3, nil: null }),
  query: fc.option(fc.dictionary(fc.constantFrom('limit', 'cursor', 'after', 'survey', '__proto__', 'x'), text), {
    freq: 2,
    nil: null,
  }),
  who: fc.constantFrom('right', 'right', 'right', 'right', 'nobody', 'nonsense', 'other'),
  key: fc.option(fc.oneof(fc.constantFrom('k-1', '"k-2"'), text), { nil: null }),
  origin: fc.option(fc.constantFrom('https://shop.example', 'https://evil.example', 'null', 'moz-extension://x'), {
    nil: null,
  }),
  etag: fc.option(text, { freq: 8, nil: null }),
  type: fc.option(fc.constantFrom('text/plain', 'application/json; charset=utf-8', 'multipart/form-data', '', ';;;'), {
    freq: 8,
    nil: null,
  }),
  body,
});
type Drawn = typeof request extends fc.Arbitrary<infer T> ? T : never;

describe(`requests of every kind (seed ${SEED})`, () => {
  let server: TestServer;
  let memberToken: string;
  let answeredCount = 0;
  const statuses = new Map<number, number>();

  beforeAll(async () => {
    server = await openServer();
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 12_50));
    memberToken = (await server.signIn('c-1')).access_token;
  });
  afterAll(() => server.close());

  async function send(route: Route, drawn: Drawn): Promise<void> {
    const before = await server.counts();
    const startedAt = performance.now();
    const { status, text: answer } = await server.request(addressOf(route, drawn), initOf(route, drawn));
    expect(performance.now() - startedAt).toBeLessThan(HANG_MS);
    expect(answer).not.toMatch(/SQLITE|node_modules|\.ts:\d|syntax error at|lrl_sk_[0-9a-f]/);
    if (status >= 400) expect(await server.counts()).toEqual(before);
    answeredCount++;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }

  function addressOf(route: Route, { params, query }: Drawn): string {
    const usual: Record<string, string> = { program: PROGRAM, order: 'o-1', member: 'c-1', file: 'x.js' };
    let count = 0;
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const drawn = name === 'program' && count % 2 === 0 ? undefined : params?.[count++ % 2];
      return encodeURIComponent((drawn ?? usual[name] ?? 'x').toWellFormed());
    });
    return query ? `${path}?${new URLSearchParams(query)}` : path;
  }

  function initOf(route: Route, drawn: Drawn): RequestInit {
    const headers = new Headers();
    const right = route.access === 'merchant' ? server.keys.secretKey : memberToken;
    const bearer = { right, nobody: null, nonsense: 'nonsense', other: server.otherKeys.secretKey }[drawn.who];
    if (bearer !== null) headers.set('authorization', `Bearer ${bearer}`);
    for (const [name, text] of [
      ['idempotency-key', drawn.key],
      ['origin', drawn.origin],
      ['if-none-match', drawn.etag],
    ] as const) {
      if (text !== null && isHeaderText(text)) headers.set(name, text);
    }
    if (!route.body) return { method: route.method, headers };
    const isForm = route.bodyKind === 'form';
    headers.set('content-type', drawn.type ?? (isForm ? 'application/x-www-form-urlencoded' : 'application/json'));
    return { method: route.method, headers, body: bodyOf(route, drawn, isForm) };
  }

  test('every route answers as it declares', { timeout: RUNS_PER_ROUTE * 3_000 }, async () => {
    for (const route of server.app.routes) {
      await fc.assert(
        fc.asyncProperty(request, (drawn) => send(route, drawn)),
        { numRuns: route.body ? RUNS_PER_ROUTE : Math.ceil(RUNS_PER_ROUTE / 3), seed: SEED },
      );
    }
    expect(answeredCount).toBeGreaterThan(RUNS_PER_ROUTE * 8);
    // A fuzz that is refused at the door finds nothing behind it.
    for (const status of [200, 201, 400, 401, 404, 415, 422])
      expect([status, statuses.get(status) ?? 0]).not.toEqual([status, 0]);
  });

  test('the ledger is sound afterwards', async () => {
    const { finding, entryCount } = await verify(server.database);
    expect(finding?.message).toBeUndefined();
    expect(entryCount).toBeGreaterThan(0);
  });
});

function bodyOf(route: Route, { body: drawn }: Drawn, isForm: boolean): BodyInit {
  if (drawn.kind === 'raw') return new Uint8Array(drawn.bytes);
  const bent = structuredClone(SAMPLES[route.name] ?? {}) as Record<string, unknown>;
  for (const [pick, replacement, isNewField] of drawn.list) bend(bent, pick, replacement, isNewField);
  if (!isForm) return JSON.stringify(bent);
  return new URLSearchParams(
    Object.entries(bent).map(([name, field]) => [
      name,
      typeof field === 'string' ? field : (JSON.stringify(field) ?? ''),
    ]),
  );
}

/** Changes one place of a tree, picked by a number. */
function bend(tree: Record<string, unknown>, pick: number, replacement: unknown, isNewField: boolean): void {
  const places: [Record<string, unknown>, string][] = [];
  const walk = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      places.push([node as Record<string, unknown>, key]);
      walk(child);
    }
  };
  walk(tree);
  const [holder, key] = places[pick % Math.max(places.length, 1)] ?? [tree, 'x'];
  if (isNewField) holder[`x${pick % 3}`] = replacement;
  else if (replacement === undefined) Reflect.deleteProperty(holder, key);
  else holder[key] = replacement;
}

/** Text that a header can carry at all; the rest never leaves a client. */
const isHeaderText = (text: string) => /^[\x20-\x7e\x80-\xff]*$/.test(text);
