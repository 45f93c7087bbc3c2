import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CodeAnswer, TokenAnswer } from '../../../../shared/protocol/api.ts';
import { SCOPE_READ, WALLET_CLIENT_ID } from '../../../../shared/protocol/names.ts';
import { stores } from '../../../support/ledger.ts';
import { type Answered, form, openServer, problemOf, type TestServer } from '../../../support/server.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

describe.each(stores)('linking a wallet on %s', (store) => {
  let server: TestServer;
  beforeEach(async () => {
    server = await openServer(store);
  });
  afterEach(() => server.close());

  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');

  async function getCode(customerId = 'c-1'): Promise<string> {
    const { access_token } = await server.signIn(customerId);
    const body = { client_id: WALLET_CLIENT_ID, code_challenge: challenge, code_challenge_method: 'S256' };
    const answer = await server.call('POST', '/oauth/code', body, access_token);
    expect(answer).toMatchObject({ status: 201, body: { expires_in: 60 } });
    return (answer.body as CodeAnswer).code;
  }
  const redeem = (code: string, fields: Record<string, string> = {}) =>
    server.request(
      '/oauth/token',
      form({
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        client_id: WALLET_CLIENT_ID,
        ...fields,
      }),
    );
  const refresh = (token: string, fields: Record<string, string> = {}) =>
    server.request(
      '/oauth/token',
      form({ grant_type: 'refresh_token', refresh_token: token, client_id: WALLET_CLIENT_ID, ...fields }),
    );
  const revoke = (token: string) => server.request('/oauth/revoke', form({ token, client_id: WALLET_CLIENT_ID }));
  const me = (token: string) => server.call('GET', '/v1/me', undefined, token);

  async function link(): Promise<TokenAnswer & { refresh_token: string }> {
    const answer = await redeem(await getCode());
    expect(answer.status).toBe(200);
    return answer.body as TokenAnswer & { refresh_token: string };
  }

  /** RFC 6749 5.2, as a strict client reads it. */
  function expectOAuthError(answer: Answered, error: string, status = 400): void {
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toMatchObject({ error, error_description: expect.stringMatching(/^[\x20-\x7e]+$/) });
  }

  test('a code and its verifier give a token that reads, and a refresh token', async () => {
    const answer = await redeem(await getCode());
    expect(answer).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 600, scope: SCOPE_READ, refresh_token: expect.any(String) },
    });
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { access_token } = answer.body as TokenAnswer;
    expect(await me(access_token)).toMatchObject({ status: 200 });
    expect(await server.call('GET', '/v1/me/statement', undefined, access_token)).toMatchObject({ status: 200 });
  });

  test('neither code nor refresh token is stored: only hashes', async () => {
    const { refresh_token } = await link();
    expect(await server.counts()).toMatchObject({ wallet_codes: 1, wallet_grants: 1 });
    expect(server.log.join('')).not.toContain(refresh_token);
  });

  test("the wallet's token changes nothing", async () => {
    const { access_token } = await link();
    const body = { survey: 'post-purchase', score: 9 };
    const answer = await server.call('POST', '/v1/me/survey-responses', body, access_token, { 'idempotency-key': 'k' });
    expect(problemOf(answer)).toMatchObject({ status: 403, code: 'forbidden' });
    expect(answer.headers.get('www-authenticate')).toContain('insufficient_scope');
  });

  test.each([
    { name: 'another verifier', fields: { code_verifier: 'x'.repeat(43) }, error: 'invalid_grant', status: 400 },
    { name: 'another client', fields: { client_id: 'somebody.else' }, error: 'invalid_client', status: 401 },
    { name: 'an altered code', fields: { code: `lrl_wc_Y29t.${'A'.repeat(43)}` }, error: 'invalid_grant', status: 400 },
    { name: 'no code at all', fields: { code: 'nonsense' }, error: 'invalid_grant', status: 400 },
    { name: 'a short verifier', fields: { code_verifier: 'short' }, error: 'invalid_request', status: 400 },
  ])('a code with $name gives nothing', async ({ fields, error, status }) => {
    const code = await getCode();
    expectOAuthError(await redeem(code, fields), error, status);
    expect(await server.counts()).toMatchObject({ wallet_grants: 0 });
  });

  test('a code is good for a minute', async () => {
    const [early, late] = [await getCode(), await getCode('c-2')];
    server.setNow(server.now() + MINUTE_MS - 1);
    expect((await redeem(early)).status).toBe(200);
    server.setNow(server.now() + 1);
    expectOAuthError(await redeem(late), 'invalid_grant');
  });

  test('a code used twice ends what came of it', async () => {
    const code = await getCode();
    const { access_token, refresh_token } = (await redeem(code)).body as TokenAnswer;
    expectOAuthError(await redeem(code), 'invalid_grant');
    expect(problemOf(await me(access_token))).toMatchObject({ status: 401, code: 'invalid_token' });
    expectOAuthError(await refresh(refresh_token ?? ''), 'invalid_grant');
  });

  test('of many uses of a code at once not one is left with a link', async () => {
    const code = await getCode();
    const answers = await Promise.all(Array.from({ length: 8 }, () => redeem(code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const { access_token } = answers.find(({ status }) => status === 200)?.body as TokenAnswer;
    expect(problemOf(await me(access_token)).code).toBe('invalid_token');
  });

  test('a refresh token is good once and gives the next', async () => {
    const first = await link();
    const second = await refresh(first.refresh_token);
    expect(second.status).toBe(200);
    const { refresh_token, access_token } = second.body as TokenAnswer;
    expect(refresh_token).not.toBe(first.refresh_token);
    expect((await me(access_token)).status).toBe(200);
    expect((await refresh(refresh_token ?? '')).status).toBe(200);
  });

  test('an exchange whose answer was lost can be repeated, and what was lost is good for nothing', async () => {
    const first = await link();
    const lost = (await refresh(first.refresh_token)).body as TokenAnswer;
    const kept = (await refresh(first.refresh_token)).body as TokenAnswer;
    const next = (await refresh(kept.refresh_token ?? '')).body as TokenAnswer;
    expect((await me(next.access_token)).status).toBe(200);
    expectOAuthError(await refresh(lost.refresh_token ?? ''), 'invalid_grant');
    // A lost token that turns up is a copy in wrong hands.
    expect(problemOf(await me(next.access_token)).code).toBe('invalid_token');
  });

  test('a refresh token used again after the next one was ends the link for everybody', async () => {
    const first = await link();
    const second = (await refresh(first.refresh_token)).body as TokenAnswer;
    const { refresh_token, access_token } = (await refresh(second.refresh_token ?? '')).body as TokenAnswer;
    expectOAuthError(await refresh(first.refresh_token), 'invalid_grant');
    expectOAuthError(await refresh(refresh_token ?? ''), 'invalid_grant');
    expect(problemOf(await me(access_token)).code).toBe('invalid_token');
  });

  test('a forged refresh token of a known grant ends nothing', async () => {
    const { refresh_token, access_token } = await link();
    const parts = refresh_token.split('.');
    for (const index of [0, 2, 3]) {
      const altered = parts.with(index, `${parts[index]?.slice(0, -2)}AA`).join('.');
      expectOAuthError(await refresh(altered), 'invalid_grant');
    }
    expectOAuthError(await refresh(refresh_token, { client_id: 'somebody.else' }), 'invalid_client', 401);
    expect((await me(access_token)).status).toBe(200);
    expect((await refresh(refresh_token)).status).toBe(200);
  });

  test('unlinking ends the grant and its access tokens at once, and succeeds for anything', async () => {
    const { refresh_token, access_token } = await link();
    expect(await revoke(refresh_token)).toMatchObject({ status: 200 });
    expect(problemOf(await me(access_token)).code).toBe('invalid_token');
    expectOAuthError(await refresh(refresh_token), 'invalid_grant');
    expect(await revoke(refresh_token)).toMatchObject({ status: 200 });
    expect(await revoke('nonsense')).toMatchObject({ status: 200 });
  });

  test("one member's unlinking leaves the others linked", async () => {
    const first = await link();
    const other = (await redeem(await getCode('c-2'))).body as TokenAnswer;
    await revoke(first.refresh_token);
    expect((await me(other.access_token)).status).toBe(200);
  });

  test('a link that is not used for 400 days ends', async () => {
    const { refresh_token } = await link();
    server.setNow(server.now() + 400 * DAY_MS);
    expectOAuthError(await refresh(refresh_token), 'invalid_grant');
  });

  test.each([
    { name: 'no grant type', fields: {}, error: 'unsupported_grant_type' },
    { name: 'an unknown one', fields: { grant_type: 'password' }, error: 'unsupported_grant_type' },
    { name: 'a missing field', fields: { grant_type: 'refresh_token' }, error: 'invalid_request' },
  ])('a token request with $name says so', async ({ fields, error }) => {
    expectOAuthError(await server.request('/oauth/token', form(fields)), error);
  });

  test('a field that comes twice is refused', async () => {
    const body = 'grant_type=refresh_token&refresh_token=a&refresh_token=b';
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expectOAuthError(await server.request('/oauth/token', { method: 'POST', body, headers }), 'invalid_request');
  });

  test('a JSON body is refused: the token endpoint takes forms', async () => {
    const answer = await server.call('POST', '/oauth/token', { grant_type: 'refresh_token' });
    expect(answer.status).toBe(415);
  });

  test('only the wallet is a client, and only S256 is a method', async () => {
    const { access_token } = await server.signIn('c-1');
    const good = { client_id: WALLET_CLIENT_ID, code_challenge: challenge, code_challenge_method: 'S256' };
    for (const [field, value] of [
      ['client_id', 'somebody.else'],
      ['code_challenge', 'short'],
      ['code_challenge_method', 'plain'],
    ] as const) {
      const answer = await server.call('POST', '/oauth/code', { ...good, [field]: value }, access_token);
      expect(problemOf(answer)).toMatchObject({ status: 400, errors: [{ pointer: `/${field}` }] });
    }
  });
});

test('the metadata names the endpoints under the issuer (RFC 8414)', async () => {
  const server = await openServer();
  const { body } = await server.request('/.well-known/oauth-authorization-server');
  expect(body).toMatchObject({
    issuer: 'https://points.test',
    token_endpoint: 'https://points.test/oauth/token',
    revocation_endpoint: 'https://points.test/oauth/revoke',
    jwks_uri: 'https://points.test/.well-known/jwks.json',
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
  });
  await server.close();
});
