import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Spoil } from '../support/fake-issuer.ts';
import { FakeIssuer, fakeEntry } from '../support/fake-issuer.ts';
import { sized } from '../support/size.ts';
import { aWallet, pageOf, SHOP } from './support/wallet.ts';

/** Forged statements and claims in one run. */
const FORGED_COUNT = sized(1_000, 10_000);

let issuer: FakeIssuer;
let wallet: ReturnType<typeof aWallet>;
beforeEach(async () => {
  issuer = new FakeIssuer();
  await issuer.start();
  issuer.post(120);
  issuer.post(30);
  wallet = aWallet(issuer);
  await wallet.link();
});
afterEach(() => issuer.stop());

const refresh = async () => {
  wallet.clock.now += 60_000;
  await wallet.refresher.refreshAll(true);
};
const number = () => wallet.shop?.account?.available;

/** A statement that promises a million. */
const rich = (claims: { loyalty: Record<string, object> }, program = issuer.program) => ({
  loyalty: {
    [program]: {
      ...Object.values(claims.loyalty)[0],
      rewards: [{ currency: { name: 'stars', code: 'STR' }, balance: { available: 1e6, pending: 0, expiring: [] } }],
    },
  },
});

describe('an honest shop', () => {
  test('changes the number with a new entry', async () => {
    expect(number()).toBe(150);
    issuer.post(50);
    await refresh();
    expect(wallet.shop).toMatchObject({ account: { available: 200, seq: 3 }, warning: null, failure: null });
    expect(wallet.shop?.checkedAt).toBe(wallet.clock.now);
  });

  test('is asked with its own ETag, and an unchanged answer counts as checked', async () => {
    await refresh();
    expect(wallet.shop?.checkedAt).toBe(wallet.clock.now);
    expect(wallet.store.statements.get(issuer.shopId)?.seq).toBe(2);
    issuer.calls.length = 0;
    await refresh();
    expect(issuer.calls).toEqual(['GET /v1/me/statement']);
  });

  test('may take points back, also more than there are', async () => {
    issuer.post(-200);
    await refresh();
    expect(wallet.shop).toMatchObject({ account: { available: -50 }, warning: null });
    issuer.post(80);
    await refresh();
    expect(number()).toBe(30);
  });

  test('shows pending points until the day they are confirmed, without a new entry', async () => {
    const day = new Date(wallet.clock.now + 3_600_000).toISOString();
    issuer.post(40, { availableAt: day });
    await refresh();
    expect(wallet.shop?.account).toMatchObject({ available: 150, pending: 40 });
    wallet.clock.now += 3_600_000;
    await refresh();
    expect(wallet.shop?.account).toMatchObject({ available: 190, pending: 0 });
  });

  test('loses expired points at their instant, before any entry writes them off', async () => {
    issuer.post(40, { expiresAt: new Date(wallet.clock.now + 3_600_000).toISOString() });
    await refresh();
    expect(number()).toBe(190);
    wallet.clock.now += 3_600_000;
    await refresh();
    expect(wallet.shop).toMatchObject({ account: { available: 150 }, warning: null });
  });

  test('may change its key: the new one is fetched once', async () => {
    await issuer.rotateKey();
    issuer.post(10);
    wallet.clock.now += 60_000;
    issuer.calls.length = 0;
    await refresh();
    expect(number()).toBe(160);
    expect(issuer.calls.filter((call) => call === 'GET /keys')).toHaveLength(1);
  });

  test('may send its history in many pages', async () => {
    for (let count = 0; count < 25; count++) issuer.post(1);
    issuer.pageSize = 4;
    await refresh();
    expect(wallet.shop?.account).toMatchObject({ available: 175, seq: 27 });
    expect(wallet.store.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 27 }, (_, index) => index + 1));
  });
});

describe('a statement is not believed, and the last good number stays', () => {
  const day = 86_400;
  test.each<{ rule: string; spoil: Spoil; fault: string }>([
    {
      rule: 'signed with none',
      spoil: { jws: (jws) => `${b64({ alg: 'none', typ: 'points-statement+jwt' })}.${jws.split('.')[1]}.` },
      fault: 'wrong_algorithm',
    },
    { rule: 'of another algorithm’s name', spoil: { header: { alg: 'EdDSA' } }, fault: 'wrong_algorithm' },
    { rule: 'of another type', spoil: { header: { typ: 'JWT' } }, fault: 'wrong_type' },
    { rule: 'without a type', spoil: { header: { typ: undefined } }, fault: 'wrong_type' },
    { rule: 'without a key id', spoil: { header: { kid: undefined } }, fault: 'unknown_key' },
    { rule: 'of a key that the issuer does not list', spoil: { header: { kid: 'other' } }, fault: 'unknown_key' },
    {
      rule: 'that was changed after signing',
      spoil: { jws: (jws) => jws.replace(/\.(.)/, (_, first) => `.${first === 'e' ? 'f' : 'e'}`) },
      fault: 'bad_signature',
    },
    { rule: 'of another issuer', spoil: { claims: () => ({ iss: 'https://evil.example' }) }, fault: 'wrong_issuer' },
    { rule: 'for another audience', spoil: { claims: () => ({ aud: 'another.wallet' }) }, fault: 'wrong_audience' },
    {
      rule: 'of another program',
      spoil: { claims: (claims) => rich(claims, 'com.other.rewards') },
      fault: 'wrong_program',
    },
    { rule: 'of another member', spoil: { claims: () => ({ sub: 'sub_2' }) }, fault: 'wrong_member' },
    {
      rule: 'of tomorrow',
      spoil: { claims: ({ iat }) => ({ iat: iat + 61, exp: iat + 120 }) },
      fault: 'not_yet_valid',
    },
    { rule: 'of the day before', spoil: { claims: ({ iat }) => ({ iat: iat - day, exp: iat }) }, fault: 'expired' },
    {
      rule: 'that lives longer than a day',
      spoil: { claims: ({ iat }) => ({ exp: iat + day + 1 }) },
      fault: 'lifetime_too_long',
    },
    {
      rule: 'that ends before it begins',
      spoil: { claims: ({ iat }) => ({ exp: iat - 1 }) },
      fault: 'lifetime_too_long',
    },
    {
      rule: 'older than one seen before',
      spoil: { claims: ({ iat }) => ({ iat: iat - 3_600, exp: iat + 60 }) },
      fault: 'older_than_seen',
    },
    {
      rule: 'whose sequence fell',
      spoil: { claims: () => ({ chain: { seq: 1, head: 'x' } }) },
      fault: 'sequence_fell',
    },
    {
      rule: 'with another head at the same entry',
      spoil: { claims: () => ({ chain: { seq: 2, head: 'x' } }) },
      fault: 'head_changed',
    },
    {
      rule: 'that claims entries which do not exist',
      spoil: { claims: () => ({ chain: { seq: 9, head: 'x' } }) },
      fault: 'entry_missing',
    },
    {
      rule: 'with a number that its entries do not come to',
      spoil: { claims: (claims) => rich(claims) },
      fault: 'balance_differs',
    },
    {
      rule: 'with a fraction of a point',
      spoil: { claims: ({ chain }) => ({ chain: { ...chain, seq: 2.5 } }) },
      fault: 'malformed',
    },
    { rule: 'without claims', spoil: { claims: () => ({ loyalty: {} }) }, fault: 'malformed' },
    { rule: 'that is no JWS', spoil: { jws: () => 'points' }, fault: 'malformed' },
    { rule: 'that is too long to read', spoil: { jws: (jws) => jws + 'A'.repeat(70_000) }, fault: 'malformed' },
  ])('$rule', async ({ spoil, fault }) => {
    issuer.spoil = spoil;
    await refresh();
    expect(wallet.shop).toMatchObject({ account: { available: 150, seq: 2 }, warning: { fault } });
    expect(wallet.store.evidence).toMatchObject([{ fault, believed: expect.any(String), refused: expect.any(String) }]);
    expect(wallet.store.statements.get(issuer.shopId)?.seq).toBe(2);
  });

  test('signed by a thief who uses the id of the shop’s key', async () => {
    const { privateKey } = await generateKeyPair('Ed25519');
    issuer.post(1);
    issuer.spoil = { privateKey, claims: (claims) => rich(claims) };
    await refresh();
    expect(wallet.shop).toMatchObject({ account: { available: 150 }, warning: { fault: 'bad_signature' } });
  });

  test('signed with HMAC under the public key', async () => {
    const jwk = await exportJWK((await generateKeyPair('Ed25519', { extractable: true })).publicKey);
    const forged = await new SignJWT({ loyalty: {} })
      .setProtectedHeader({ alg: 'HS256', typ: 'points-statement+jwt', kid: present(issuer.keys[0]).kid as string })
      .sign(new TextEncoder().encode(JSON.stringify(jwk)));
    issuer.post(1);
    issuer.spoil = { jws: () => forged };
    await refresh();
    expect(wallet.shop).toMatchObject({ account: { available: 150 }, warning: { fault: 'wrong_algorithm' } });
  });
});

describe('a history that was rewritten is noticed', () => {
  test.each([
    { what: 'an entry removed', fault: 'entry_missing', spoil: drop(4) },
    { what: 'an entry changed and hashed anew', fault: 'chain_broken', spoil: rewrite(3) },
    { what: 'an entry changed under its old hash', fault: 'entry_hash_wrong', spoil: relabel(4) },
    { what: 'an entry that is no JSON', fault: 'entry_malformed', spoil: garble(5) },
  ])('$what', async ({ fault, spoil }) => {
    for (const points of [5, 6, 7]) issuer.post(points);
    issuer.spoilEntries = spoil;
    await refresh();
    expect(wallet.shop).toMatchObject({ account: { available: 150, seq: 2 }, warning: { fault } });
    expect(wallet.store.evidence[0]?.entries.length).toBeGreaterThan(0);
  });

  test('a wholly new history with the same number', async () => {
    issuer.entries = [];
    for (const points of [100, 50, 1]) issuer.post(points);
    await refresh();
    expect(wallet.shop).toMatchObject({ account: { available: 150, seq: 2 }, warning: { fault: 'chain_broken' } });
  });

  test('an entry whose balance does not add up', async () => {
    const last = present(issuer.entries.at(-1));
    issuer.entries.push(fakeEntry({ seq: 3, prev: last.hash, points: 5, balance: 999, lot: { points: 5 } }));
    await refresh();
    expect(wallet.shop?.warning?.fault).toBe('sum_wrong');
  });

  test('the warning ends when the shop keeps its word again, and the evidence stays', async () => {
    issuer.post(5);
    issuer.spoil = { claims: () => ({ sub: 'sub_2' }) };
    await refresh();
    expect(wallet.shop?.warning).not.toBeNull();
    issuer.spoil = {};
    await refresh();
    expect(wallet.shop).toMatchObject({ account: { available: 155 }, warning: null });
    expect(wallet.store.evidence).toHaveLength(1);
  });
});

describe('what a page claims', () => {
  test(`changes no number: ${FORGED_COUNT} forged claims and statements, 0 points`, async () => {
    const thief = await generateKeyPair('Ed25519');
    const kid = present(issuer.keys[0]).kid as string;
    const before = JSON.stringify(wallet.shop?.account);
    for (let count = 0; count < FORGED_COUNT; count++) {
      const forger: Spoil[] = [
        { privateKey: thief.privateKey, header: { kid }, claims: (claims) => rich(claims) },
        { claims: (claims) => ({ ...rich(claims), jti: String(count) }) },
        { claims: (claims) => ({ ...rich(claims), aud: `wallet.${count}` }) },
        { claims: (claims) => ({ ...rich(claims), iss: `https://${count}.example` }) },
        { claims: (claims) => ({ ...rich(claims), iat: claims.iat - 90_000 - count, exp: claims.iat - 1 }) },
      ];
      issuer.spoil = present(forger[count % forger.length]);
      await wallet.send({ type: 'page_changed', ...wallet.named, seq: 3 + count, points: 1e6 }, pageOf(SHOP));
    }
    expect(JSON.stringify(wallet.shop?.account)).toBe(before);
    expect(wallet.hinted).toHaveLength(FORGED_COUNT);
    expect(issuer.calls.filter((call) => call === 'GET /v1/me/statement').length).toBeGreaterThan(FORGED_COUNT);
    // Enough to show, and no way to fill the shopper's disk.
    expect(wallet.store.evidence).toHaveLength(20);
  });

  test('a statement of yesterday, replayed, is not believed', async () => {
    const yesterday = await issuer.sign();
    wallet.clock.now += 25 * 3_600_000;
    issuer.post(5);
    issuer.spoil = { jws: () => yesterday };
    await refresh();
    expect(wallet.shop).toMatchObject({ account: { seq: 2 }, warning: { fault: 'expired' } });
  });
});

describe('a shop that cannot be reached', () => {
  test('keeps its last good number and is asked less and less', async () => {
    issuer.trouble = 503;
    await refresh();
    const first = present(wallet.shop?.failure);
    expect(first).toMatchObject({ kind: 'unavailable', tryCount: 1 });
    expect(number()).toBe(150);
    await wallet.refresher.refreshAll(true);
    expect(present(wallet.shop?.failure).nextTryAt).toBeGreaterThan(first.nextTryAt);
    issuer.calls.length = 0;
    await wallet.refresher.refreshAll();
    expect(issuer.calls, 'backing off').toEqual([]);
    issuer.trouble = null;
    wallet.clock.now = present(wallet.shop?.failure).nextTryAt;
    await wallet.refresher.refreshAll();
    expect(wallet.shop).toMatchObject({ failure: null, checkedAt: wallet.clock.now });
  });

  test('never waits longer than six hours', async () => {
    issuer.trouble = 500;
    for (let count = 0; count < 40; count++) await wallet.refresher.refreshAll(true);
    expect(present(wallet.shop?.failure).nextTryAt - wallet.clock.now).toBeLessThanOrEqual(6 * 3_600_000 * 1.2);
  });
});

describe('tokens', () => {
  test('are renewed before they end, and the new refresh token is kept', async () => {
    const before = wallet.store.tokens.get(issuer.shopId);
    wallet.clock.now += 3_600_000;
    await refresh();
    const after = wallet.store.tokens.get(issuer.shopId);
    expect(after?.refreshToken).not.toBe(before?.refreshToken);
    expect(wallet.shop?.failure).toBeNull();
  });

  test('whose exchange was answered but not stored are exchanged again: the shop stays linked', async () => {
    const before = wallet.store.tokens.get(issuer.shopId);
    // A worker that is stopped never comes back from what it awaits.
    const stopped = Promise.withResolvers<null>();
    wallet.store.saveTokens = () => {
      stopped.resolve(null);
      return new Promise(() => undefined);
    };
    wallet.clock.now += 3_600_000;
    issuer.post(5);
    void wallet.refresher.refreshAll(true);
    await stopped.promise;
    Reflect.deleteProperty(wallet.store, 'saveTokens');
    expect(wallet.store.tokens.get(issuer.shopId)).toEqual(before);

    const { clock, store } = wallet;
    wallet = aWallet(issuer, store);
    wallet.clock.now = clock.now;
    await refresh();
    expect(wallet.shop).toMatchObject({ status: 'linked', failure: null, account: { available: 155 } });
    expect(wallet.store.tokens.get(issuer.shopId)?.refreshToken).not.toBe(before?.refreshToken);
  });

  test('are stored before they are used', async () => {
    wallet.clock.now += 3_600_000;
    issuer.calls.length = 0;
    const saveTokens = wallet.store.saveTokens.bind(wallet.store);
    wallet.store.saveTokens = async (tokens) => {
      issuer.calls.push('stored');
      await saveTokens(tokens);
    };
    await refresh();
    expect(issuer.calls.filter((call) => !call.includes('/programs/'))).toEqual([
      'POST /oauth/token',
      'stored',
      'GET /v1/me/statement',
    ]);
  });

  test('that the issuer revoked leave the shop as not linked any more, with its number', async () => {
    issuer.revokeAll();
    await refresh();
    expect(wallet.shop).toMatchObject({ status: 'revoked', account: { available: 150 } });
    issuer.calls.length = 0;
    await refresh();
    expect(issuer.calls, 'a revoked shop is left alone').toEqual([]);
  });
});

function drop(seq: number) {
  return (items: readonly ReturnType<typeof fakeEntry>[]) => items.filter((item) => item.seq !== seq);
}
function rewrite(seq: number) {
  return (items: readonly ReturnType<typeof fakeEntry>[]) =>
    items.map((item) => (item.seq === seq ? fakeEntry({ ...JSON.parse(item.bytes), kind: 'adjustment' }) : item));
}
function relabel(seq: number) {
  return (items: readonly ReturnType<typeof fakeEntry>[]) =>
    items.map((item) => (item.seq === seq ? { ...item, bytes: item.bytes.replace('accrual', 'expiry_') } : item));
}
function garble(seq: number) {
  return (items: readonly ReturnType<typeof fakeEntry>[]) =>
    items.map((item) => (item.seq === seq ? { ...item, bytes: item.bytes.slice(1) } : item));
}
function b64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('expected a value');
  return value;
}
