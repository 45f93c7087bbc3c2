import { createHash } from 'node:crypto';
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Account, EntryPage } from '../../../../shared/protocol/api.ts';
import { WALLET_CLIENT_ID } from '../../../../shared/protocol/names.ts';
import { parseStatementClaims } from '../../../../shared/protocol/statement.ts';
import { anOrder, stores } from '../../../support/ledger.ts';
import { ISSUER, openServer, PROGRAM, pointersOf, problemOf, type TestServer } from '../../../support/server.ts';

const HOUR_MS = 3_600_000;

describe.each(stores)("a member's account on %s", (store) => {
  let server: TestServer;
  let token: string;
  beforeEach(async () => {
    server = await openServer(store);
    token = (await server.signIn('c-1')).access_token;
  });
  afterEach(() => server.close());

  const me = (path = '', headers?: HeadersInit) => server.call('GET', `/v1/me${path}`, undefined, token, headers);
  const order = (id: string, netMinor: number) => server.merchant('POST', '/orders', anOrder(id, 'c-1', netMinor));

  test('shows the balance the moment an order was answered', async () => {
    expect(await me()).toMatchObject({ body: { program: PROGRAM, seq: 0, balance: { available: 0 } } });
    await order('o-1', 12_50);
    const answer = await me();
    expect(answer).toMatchObject({ body: { seq: 1, balance: { available: 12 }, surveysDue: ['post-purchase'] } });
    expect(answer.headers.get('cache-control')).toBe('private, no-cache');
    expect(answer.headers.get('vary')).toBe('Authorization, Origin');
  });

  test('never shows an old number: each of 50 orders is seen at once', async () => {
    for (let count = 1; count <= 50; count++) {
      await order(`o-${count}`, 1_00);
      expect(((await me()).body as Account).seq).toBe(count);
    }
  });

  test('its ETag is strong, begins with seq, and holds until the account changes', async () => {
    await order('o-1', 12_50);
    const etag = (await me()).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"1-[\w-]+"$/);
    for (const sent of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await me('', { 'if-none-match': sent });
      expect(again).toMatchObject({ status: 304, text: '' });
      expect(again.headers.get('etag')).toBe(etag);
    }
    await order('o-2', 1_00);
    expect(await me('', { 'if-none-match': etag })).toMatchObject({ status: 200, body: { seq: 2 } });
  });

  test('history comes in pages, newest first, with bytes that hash to a chain', async () => {
    for (let count = 1; count <= 7; count++) await order(`o-${count}`, 1_00);
    const entries: EntryPage['entries'] = [];
    let path: string | null = '/entries?limit=3';
    const lengths: number[] = [];
    while (path !== null) {
      const answer = await me(path);
      const page = answer.body as EntryPage;
      entries.push(...page.entries);
      lengths.push(page.entries.length);
      const link = answer.headers.get('link');
      expect(link === null).toBe(page.nextCursor === null);
      path = link === null ? null : (/^<https:\/\/points\.test\/v1\/me(.*)>; rel="next"$/.exec(link)?.[1] ?? '');
    }
    expect(lengths).toEqual([3, 3, 1]);
    expect(entries.map(({ entry }) => entry.seq)).toEqual([7, 6, 5, 4, 3, 2, 1]);
    let prev: string | null = null;
    for (const { bytes, hash } of entries.toReversed()) {
      expect(createHash('sha256').update(bytes).digest('base64url')).toBe(hash);
      expect(JSON.parse(bytes)).toMatchObject({ prev });
      prev = hash;
    }
  });

  test('history can stop at an entry that the caller has', async () => {
    for (let count = 1; count <= 5; count++) await order(`o-${count}`, 1_00);
    const answer = await me('/entries?after=3');
    expect((answer.body as EntryPage).entries.map(({ entry }) => entry.seq)).toEqual([5, 4]);
    expect((answer.body as EntryPage).nextCursor).toBeNull();
  });

  test.each([
    ['/entries?limit=0', '/query/limit'],
    ['/entries?limit=101', '/query/limit'],
    ['/entries?limit=1.5', '/query/limit'],
    ['/entries?cursor=WyJhIl0', '/query/cursor'],
    ['/entries?cursor=%00', '/query/cursor'],
    ['/entries?after=-1', '/query/after'],
    ['/entries?surprise=1', '/query/surprise'],
    ['/entries?limit=1&limit=2', '/query/limit'],
    ['/entries?__proto__=1', '/query/__proto__'],
    ['?fields=all', '/query/fields'],
  ])('%s is refused at %s', async (path, pointer) => {
    const answer = await me(path);
    expect(problemOf(answer)).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(pointersOf(answer)).toEqual([pointer]);
  });

  test('the statement is signed by a published key and says what the account says', async () => {
    await order('o-1', 12_50);
    const { statement } = (await me('/statement')).body as { statement: string };
    const jwks = (await server.request('/.well-known/jwks.json')).body as JSONWebKeySet;
    const { payload, protectedHeader } = await compactVerify(statement, createLocalJWKSet(jwks));
    expect(protectedHeader).toEqual({ alg: 'Ed25519', typ: 'points-statement+jwt', kid: jwks.keys[0]?.kid });
    const claims = parseStatementClaims(JSON.parse(new TextDecoder().decode(payload)));
    const { entries } = (await me('/entries')).body as EntryPage;
    expect(claims).toMatchObject({ iss: ISSUER, aud: WALLET_CLIENT_ID, chain: { seq: 1, head: entries[0]?.hash } });
    expect((claims?.exp ?? 0) - (claims?.iat ?? 0)).toBe(86_400);
    const [membership] = Object.values(claims?.loyalty ?? {});
    expect(Object.keys(claims?.loyalty ?? {})).toEqual([PROGRAM]);
    expect(membership?.rewards[0]?.balance).toMatchObject({ available: 12, pending: 0 });
    const { accessTokens } = server.services;
    expect(claims?.sub).not.toContain((await accessTokens.verify(token)).memberId);
  });

  test('a statement is kept while nothing changes, and made anew before it is too old', async () => {
    await order('o-1', 12_50);
    const first = await me('/statement');
    const etag = first.headers.get('etag') ?? '';
    expect(await me('/statement', { 'if-none-match': etag })).toMatchObject({ status: 304 });
    await order('o-2', 1_00);
    expect(await me('/statement', { 'if-none-match': etag })).toMatchObject({ status: 200 });
    const now = (await me('/statement')).headers.get('etag') ?? '';
    server.setNow(server.now() + 7 * HOUR_MS);
    token = (await server.signIn('c-1')).access_token;
    expect(await me('/statement', { 'if-none-match': now })).toMatchObject({ status: 200 });
  });

  test('two members never see each other', async () => {
    await order('o-1', 12_50);
    const other = (await server.signIn('c-2')).access_token;
    const answer = await server.call('GET', '/v1/me', undefined, other);
    expect(answer).toMatchObject({ body: { seq: 0, balance: { available: 0 } } });
    expect((await server.call('GET', '/v1/me/entries', undefined, other)).body).toEqual({
      entries: [],
      nextCursor: null,
    });
  });
});
