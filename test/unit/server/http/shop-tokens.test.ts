import { createHmac } from 'node:crypto';
import { exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TokenAnswer } from '../../../../shared/protocol/api.ts';
import { GRANT_JWT_BEARER, SCOPE_MEMBER } from '../../../../shared/protocol/names.ts';
import { anOrder, stores } from '../../../support/ledger.ts';
import { form, openServer, PROGRAM, problemOf, START, type TestServer } from '../../../support/server.ts';

const NOW_S = START / 1000;

const exchangeWith = (server: TestServer, assertion: string) =>
  server.request('/oauth/token', form({ grant_type: GRANT_JWT_BEARER, assertion }));

describe.each(stores)("a shop's JWT for its customer on %s", (store) => {
  let server: TestServer;
  beforeEach(async () => {
    server = await openServer(store);
  });
  afterEach(() => server.close());

  test('gives a token and the account, as GET /v1/me has it', async () => {
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 12_50));
    const answer = await exchangeWith(server, await server.shopToken('c-1'));
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 600, scope: SCOPE_MEMBER } });
    const { access_token, account, refresh_token } = answer.body as TokenAnswer;
    expect(refresh_token).toBeUndefined();
    expect((await server.call('GET', '/v1/me', undefined, access_token)).body).toEqual(account);
  });

  test('enrols a customer who is new, once', async () => {
    await Promise.all(Array.from({ length: 8 }, () => server.signIn('c-new')));
    expect(await server.counts()).toMatchObject({ members: 1 });
  });

  test('is good once, also for 16 at once', async () => {
    const token = await server.shopToken('c-1');
    const answers = await Promise.all(Array.from({ length: 16 }, () => exchangeWith(server, token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(problemOf(await exchangeWith(server, token))).toMatchObject({ code: 'invalid_token', status: 400 });
  });

  test('is good until its last second', async () => {
    const [early, late] = [await server.shopToken('c-1'), await server.shopToken('c-1')];
    server.setNow(START + 299_999);
    expect((await exchangeWith(server, early)).status).toBe(200);
    server.setNow(START + 300_000);
    expect((await exchangeWith(server, late)).status).toBe(400);
  });

  test('stops being good when its key is revoked, also for a server that had read it', async () => {
    await server.signIn('c-1');
    await server.services.keys.revoke(PROGRAM, server.keys.memberKeyId);
    expect((await exchangeWith(server, await server.shopToken('c-1'))).status).toBe(400);
  });
});

describe("a shop's JWT that breaks a rule", () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await openServer();
  });
  afterEach(() => server.close());

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['expired', { iat: NOW_S - 301, exp: NOW_S - 1 }, {}],
    ['expiring now', { exp: NOW_S }, {}],
    ['living too long', { exp: NOW_S + 301 }, {}],
    ['from the future', { iat: NOW_S + 120, exp: NOW_S + 200 }, {}],
    ['not good yet', { nbf: NOW_S + 100 }, {}],
    ['for another audience', { aud: 'https://evil.example' }, {}],
    ['for an audience that only begins alike', { aud: 'https://points.test.evil.example' }, {}],
    ['without audience', { aud: undefined }, {}],
    ['without issuer', { iss: undefined }, {}],
    ["of another program, with this program's key", { iss: 'org.other.points' }, {}],
    ['of a program that is not there', { iss: 'com.nobody.here' }, {}],
    ['of a program that is no name', { iss: '../../etc' }, {}],
    ['without subject', { sub: undefined }, {}],
    ['with an empty subject', { sub: '' }, {}],
    ['with a number as subject', { sub: 7 }, {}],
    ['with a subject too long', { sub: 'x'.repeat(129) }, {}],
    ['with control characters in its subject', { sub: 'a\u0000b' }, {}],
    ['without id', { jti: undefined }, {}],
    ['with a number as id', { jti: 7 }, {}],
    ['without time of issue', { iat: undefined }, {}],
    ['without end', { exp: undefined }, {}],
    ['with a text as end', { exp: '9999999999' }, {}],
    ['with an endless end', { exp: 1e300 }, {}],
    ['without key id', {}, { kid: undefined }],
    ['with an unknown key id', {}, { kid: 'f'.repeat(24) }],
    ['of another type', {}, { typ: 'at+jwt' }],
    ['with an extension that must be understood', {}, { crit: ['exp'], exp: 1 }],
  ])('%s is refused, and nothing is written', async (_name, claims, header) => {
    const counts = await server.counts();
    let token: string;
    try {
      token = await server.shopToken('c-1', claims, header);
    } catch {
      // The library refuses to sign such a thing; a forger would not.
      token = rawToken(
        { alg: 'HS256', kid: server.keys.memberKeyId, ...header },
        { ...usual(), ...claims },
        server.keys.memberKey,
      );
    }
    const answer = await exchangeWith(server, token);
    expect(problemOf(answer)).toMatchObject({ status: 400, code: 'invalid_token', error: 'invalid_grant' });
    expect(await server.counts()).toEqual(counts);
  });

  const usual = () => ({
    iss: PROGRAM,
    aud: 'https://points.test',
    sub: 'c-1',
    iat: NOW_S,
    exp: NOW_S + 300,
    jti: `forged-${Math.random()}`,
  });

  test('forged in any way is refused', async () => {
    const { keys, otherKeys } = server;
    const header = { alg: 'HS256', kid: keys.memberKeyId };
    const good = rawToken(header, usual(), keys.memberKey);
    const [head = '', body = '', signature = ''] = good.split('.');
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const forgeries = {
      'no algorithm': `${encode({ ...header, alg: 'none' })}.${body}.`,
      'no algorithm, in capitals': `${encode({ ...header, alg: 'NONE' })}.${body}.${signature}`,
      'no signature': `${head}.${body}.`,
      'another HMAC': rawToken({ ...header, alg: 'HS512' }, usual(), keys.memberKey, 'sha512'),
      "another program's key": rawToken({ ...header, kid: otherKeys.memberKeyId }, usual(), otherKeys.memberKey),
      "the merchant's secret key": rawToken({ ...header, kid: keys.secretKeyId }, usual(), keys.secretKey),
      'the secret part of the key alone': rawToken(header, usual(), keys.memberKey.split('_').slice(3).join('_')),
      'an empty key': rawToken(header, usual(), '\u0000'),
      'an RSA key': await new SignJWT(usual()).setProtectedHeader({ ...header, alg: 'RS256' }).sign(privateKey),
      'an RSA public key taken for an HMAC secret': rawToken(header, usual(), await exportSPKI(publicKey)),
      'a key of its own in the header': rawToken(
        { ...header, jwk: { kty: 'oct', k: Buffer.from('mine').toString('base64url') } },
        usual(),
        'mine',
      ),
      'claims changed after signing': `${head}.${encode({ ...usual(), sub: 'c-2' })}.${signature}`,
      'more parts': `${good}.x`,
      'fewer parts': `${head}.${body}`,
      'no token at all': 'nonsense',
      'very long': `${good}${'A'.repeat(10_000)}`,
      'not JSON inside': `${head}.${Buffer.from('{').toString('base64url')}.${signature}`,
    };
    for (const [name, token] of Object.entries(forgeries)) {
      const answer = await exchangeWith(server, token);
      expect([name, answer.status]).toEqual([name, 400]);
    }
    expect((await exchangeWith(server, good)).status).toBe(200);
  });

  test('altered in any one character is refused', async () => {
    const token = await server.shopToken('c-1');
    for (let index = 0; index < token.length; index += 7) {
      const character = token[index] === 'A' ? 'B' : 'A';
      const altered = token.slice(0, index) + character + token.slice(index + 1);
      expect([index, (await exchangeWith(server, altered)).status]).toEqual([index, 400]);
    }
  });
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token as a forger makes it: any header, any key. */
function rawToken(header: object, claims: object, key: string, algorithm = 'sha256'): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${createHmac(algorithm, key).update(input).digest('base64url')}`;
}
