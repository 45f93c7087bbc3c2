import { createHash } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Route } from '../../../../server/http/route.ts';
import { createAccessTokens } from '../../../../server/identity/access-tokens.ts';
import { createVault } from '../../../../server/identity/vault.ts';
import type { CodeAnswer, TokenAnswer } from '../../../../shared/protocol/api.ts';
import { SCOPE_MEMBER, WALLET_CLIENT_ID } from '../../../../shared/protocol/names.ts';
import { anOrder } from '../../../support/ledger.ts';
import {
  form,
  ISSUER,
  openServer,
  PROGRAM,
  pointersOf,
  problemOf,
  SECRET,
  START,
  type TestServer,
} from '../../../support/server.ts';

/** Every route against every kind of caller, from the route table itself. */
describe('authorization matrix', () => {
  let server: TestServer;
  const credentials: Record<string, string | undefined> = {};

  beforeAll(async () => {
    server = await openServer();
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 10_00));
    const page = await server.signIn('c-1');
    const { memberId } = await server.services.accessTokens.verify(page.access_token);
    const tokens = (issuer: string, secret: string, clock: () => number) =>
      createAccessTokens({ issuer, vault: createVault(secret), clock }).issue({
        programId: PROGRAM,
        memberId,
        scope: SCOPE_MEMBER,
        grantId: null,
      });
    Object.assign(credentials, {
      nobody: undefined,
      'the merchant': server.keys.secretKey,
      'another merchant': server.otherKeys.secretKey,
      'a member key': server.keys.memberKey,
      'a shop page': page.access_token,
      'a wallet': await walletToken(page.access_token),
      'an expired token': (await tokens(ISSUER, SECRET, () => START - 600_000)).token,
      "another server's token": (await tokens('https://evil.example', SECRET, () => START)).token,
      'a token of another secret': (await tokens(ISSUER, `${SECRET}x`, () => START)).token,
      "a shop's own JWT": await server.shopToken('c-1'),
      'a statement': await statement(page.access_token),
      'a token without type': await new SignJWT({ program: PROGRAM, scope: SCOPE_MEMBER })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(ISSUER)
        .setAudience(ISSUER)
        .setSubject(memberId)
        .setExpirationTime(START / 1000 + 60)
        .sign(createVault(SECRET).keyOf('access-token')),
      nonsense: 'nonsense',
    });
  });
  afterAll(() => server.close());

  async function walletToken(pageToken: string): Promise<string> {
    const verifier = 'v'.repeat(43);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const body = { client_id: WALLET_CLIENT_ID, code_challenge: challenge, code_challenge_method: 'S256' };
    const { code } = (await server.call('POST', '/oauth/code', body, pageToken)).body as CodeAnswer;
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier, client_id: WALLET_CLIENT_ID };
    return ((await server.request('/oauth/token', form(fields))).body as TokenAnswer).access_token;
  }

  async function statement(pageToken: string): Promise<string> {
    const answer = await server.call('GET', '/v1/me/statement', undefined, pageToken);
    return (answer.body as { statement: string }).statement;
  }

  /** Who may use a route, by how it is declared. */
  const ALLOWED: Record<Route['access'], readonly string[]> = {
    public: [],
    merchant: ['the merchant'],
    reader: ['a shop page', 'a wallet'],
    member: ['a shop page'],
  };

  const PARAMETERS: Readonly<Record<string, string>> = {
    program: PROGRAM,
    order: 'o-1',
    member: 'c-1',
    redemption: `rdm_${'a'.repeat(20)}`,
    version: '1',
    platform: 'standard',
    request: `prv_${'a'.repeat(22)}`,
    endpoint: `whe_${'a'.repeat(20)}`,
    referral: `rfl_${'a'.repeat(20)}`,
  };

  /** An address of a route, with parameters that are well-formed: the caller is judged, not what he asks for. */
  function exampleOf(path: string): string {
    return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => PARAMETERS[name] ?? 'none');
  }

  test('holds for each route', async () => {
    let checkedCount = 0;
    for (const route of server.app.routes) {
      if (route.access === 'public') continue;
      const path = exampleOf(route.path);
      for (const [who, bearer] of Object.entries(credentials)) {
        const counts = await server.counts();
        const headers = { 'idempotency-key': 'matrix' };
        const body = route.method === 'GET' ? undefined : {};
        const answer = await server.call(route.method, path, body, bearer, headers);
        const isAllowed = ALLOWED[route.access].includes(who);
        const isRefused = answer.status === 401 || answer.status === 403;
        expect([route.name, who, isRefused]).toEqual([route.name, who, !isAllowed]);
        // The caller was judged, not the address.
        const misread =
          answer.status === 400 ? pointersOf(answer).filter((pointer) => pointer.startsWith('/path/')) : [];
        expect([route.name, misread]).toEqual([route.name, []]);
        if (isRefused) {
          expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
          expect(await server.counts()).toEqual(counts);
        }
        checkedCount++;
      }
    }
    expect(checkedCount).toBeGreaterThanOrEqual(10 * 13);
  });

  test('the codes tell why', async () => {
    const codeOf = async (method: string, path: string, who: string) =>
      problemOf(await server.call(method, path, method === 'GET' ? undefined : {}, credentials[who])).code;
    const member = `/v1/programs/${PROGRAM}/members/c-1`;
    expect(await codeOf('GET', member, 'nobody')).toBe('unauthorized');
    expect(await codeOf('GET', member, 'another merchant')).toBe('unauthorized');
    expect(await codeOf('GET', '/v1/me', 'nobody')).toBe('unauthorized');
    expect(await codeOf('GET', '/v1/me', 'an expired token')).toBe('invalid_token');
    expect(await codeOf('POST', '/oauth/code', 'a wallet')).toBe('forbidden');
  });

  test("a merchant's key opens its own program only", async () => {
    const other = '/v1/programs/org.other.points/members/c-1';
    expect(problemOf(await server.call('GET', other, undefined, server.keys.secretKey)).code).toBe('unauthorized');
    expect((await server.call('GET', other, undefined, server.otherKeys.secretKey)).status).toBe(404);
  });

  test('a revoked key is refused, also by a server that had read it', async () => {
    const { keys } = server.services;
    const { secretKey, secretKeyId } = await keys.issue(PROGRAM);
    const path = `/v1/programs/${PROGRAM}/members/c-1`;
    expect((await server.call('GET', path, undefined, secretKey)).status).toBe(200);
    const { createProgramKeys } = await import('../../../../server/identity/program-keys.ts');
    const elsewhere = createProgramKeys({ database: server.database, vault: createVault(SECRET), clock: server.now });
    expect(await elsewhere.revoke(PROGRAM, secretKeyId)).toBe(true);
    expect(await elsewhere.revoke(PROGRAM, secretKeyId)).toBe(false);
    server.setNow(START + 5_000);
    expect((await server.call('GET', path, undefined, secretKey)).status).toBe(401);
  });

  test.each(['Basic abc', 'Bearer', 'Bearer a b', 'bearer\tx', `Bearer ${'x'.repeat(100_000)}`])(
    'the header %.20s is refused',
    async (authorization) => {
      expect((await server.request('/v1/me', { headers: { authorization } })).status).toBe(401);
    },
  );

  test('a token that was good stops being good when it expires', async () => {
    server.setNow(START + 10_000);
    const { access_token } = await server.signIn('c-1');
    expect((await server.call('GET', '/v1/me', undefined, access_token)).status).toBe(200);
    server.setNow(START + 10_000 + 600_000);
    expect(problemOf(await server.call('GET', '/v1/me', undefined, access_token)).code).toBe('invalid_token');
  });

  test('secrets and personal data stay out of the log', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    const log = server.log.join('');
    expect(log).toContain('GET /v1/programs/{program}/members/{member}');
    for (const secret of [
      server.keys.secretKey,
      server.keys.memberKey,
      SECRET,
      credentials['a shop page'],
      'c-1',
      'o-1',
    ]) {
      expect(log).not.toContain(secret);
    }
  });
});
