import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GRANT_JWT_BEARER } from '../../../../shared/protocol/names.ts';
import {
  form,
  ISSUER,
  openServer,
  PROGRAM,
  problemOf,
  program,
  SHOP,
  START,
  type TestServer,
} from '../../../support/server.ts';

const EXTENSIONS = [
  'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
  'moz-extension://5c1f9a5e-0b1c-4c55-8a6f-2a7e62a0c111',
];
const STRANGERS = [
  'https://evil.example',
  'https://shop.example.evil.example',
  'http://shop.example',
  'https://shop.example:8443',
  'null',
  'chrome-extension://',
];

describe('cross-origin calls', () => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await openServer();
    token = (await server.signIn('c-1')).access_token;
  });
  afterAll(() => server.close());

  const me = (origin: string) => server.call('GET', '/v1/me', undefined, token, { origin });
  const preflight = (path: string, origin: string, method = 'GET') =>
    server.request(path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': method } });

  test.each([SHOP, ISSUER, ...EXTENSIONS])('%s reads the account of its member', async (origin) => {
    const answer = await me(origin);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-expose-headers')).toBe('ETag, Link');
    expect(answer.headers.get('vary')).toContain('Origin');
  });

  test.each(STRANGERS)('%s is refused and cannot read even that', async (origin) => {
    const answer = await me(origin);
    expect(problemOf(answer)).toMatchObject({ status: 403, code: 'origin_not_allowed' });
    expect(answer.headers.has('access-control-allow-origin')).toBe(false);
  });

  test("another program's shop is refused, although the server knows it", async () => {
    const answer = await me('https://other.example');
    expect(answer.status).toBe(403);
    expect(answer.headers.has('access-control-allow-origin')).toBe(false);
  });

  test('a page can read why its token was refused', async () => {
    const answer = await server.call('GET', '/v1/me', undefined, 'nonsense', { origin: SHOP });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('access-control-allow-origin')).toBe(SHOP);
  });

  test.each([SHOP, ...EXTENSIONS])('%s may ask before, and the answer is kept for two hours', async (origin) => {
    const answer = await preflight('/v1/me', origin);
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, DELETE');
    expect(answer.headers.get('access-control-max-age')).toBe('7200');
    const allowed = answer.headers.get('access-control-allow-headers');
    for (const header of ['Authorization', 'Content-Type', 'Idempotency-Key', 'If-None-Match']) {
      expect(allowed).toContain(header);
    }
  });

  test.each(STRANGERS)('%s is told nothing when it asks before', async (origin) => {
    expect((await preflight('/v1/me', origin)).headers.has('access-control-allow-origin')).toBe(false);
  });

  test('no page may call as a merchant', async () => {
    const answer = await preflight(`/v1/programs/${PROGRAM}/orders`, SHOP, 'POST');
    expect(answer.headers.has('access-control-allow-origin')).toBe(false);
    const member = await server.merchant('GET', '/members/c-1', undefined, { origin: SHOP });
    expect(member.headers.has('access-control-allow-origin')).toBe(false);
  });

  test.each([`/v1/programs/${PROGRAM}`, `/v1/programs/${PROGRAM}/json-ld`, '/.well-known/jwks.json', '/openapi.json'])(
    'any page reads %s',
    async (path) => {
      const answer = await server.request(path, { headers: { origin: 'https://anybody.example' } });
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    },
  );

  test('credentials are never allowed', async () => {
    for (const { path } of server.app.routes) {
      const concrete = path.replace('{program}', PROGRAM).replaceAll(/\{\w+\}/g, 'x');
      for (const origin of [SHOP, ...EXTENSIONS, ...STRANGERS]) {
        expect((await preflight(concrete, origin)).headers.has('access-control-allow-credentials')).toBe(false);
      }
    }
    expect((await me(SHOP)).headers.has('access-control-allow-credentials')).toBe(false);
  });

  test('the exchange of a token is for pages of its program', async () => {
    const assertion = await server.shopToken('c-1');
    const exchange = (origin: string) =>
      server.request('/oauth/token', form({ grant_type: GRANT_JWT_BEARER, assertion }, { origin }));
    const refused = await exchange('https://other.example');
    expect(problemOf(refused)).toMatchObject({ status: 403, code: 'origin_not_allowed' });
    // The refusal has not used the token up.
    const granted = await exchange(SHOP);
    expect(granted.status).toBe(200);
    expect(granted.headers.get('access-control-allow-origin')).toBe(SHOP);
  });

  test('an origin that the program takes out is refused from then on', async () => {
    server.setNow(START + 10_000);
    await server.merchant('PUT', '', { ...program, origins: ['https://new.example'] });
    expect((await me(SHOP)).status).toBe(403);
    expect((await me('https://new.example')).status).toBe(200);
    server.setNow(START + 20_000);
    expect(
      (await preflight('/v1/me', 'https://new.example')).headers.get('access-control-allow-origin'),
    ).not.toBeNull();
  });
});
