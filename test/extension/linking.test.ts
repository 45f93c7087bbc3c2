import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PENDING_MS_MAX } from '../../extension/linking/linking.ts';
import { FakeIssuer } from '../support/fake-issuer.ts';
import { aWallet, POPUP, pageOf, SHOP, TAB_ID } from './support/wallet.ts';

let issuer: FakeIssuer;
beforeEach(async () => {
  issuer = new FakeIssuer();
  await issuer.start();
  issuer.post(120);
});
afterEach(() => issuer.stop());

describe('linking a shop', () => {
  test('takes the challenge, the code, the shopper’s word and ends with a verified number', async () => {
    const wallet = aWallet(issuer);
    const { codeChallenge } = await wallet.ask();
    expect(codeChallenge).toMatch(/^[\w-]{43}$/);
    await wallet.send(
      { type: 'page_code', ...wallet.named, code: issuer.issueCode(codeChallenge ?? '') },
      pageOf(SHOP),
    );
    expect(wallet.store.pendings.get(SHOP)).toMatchObject({
      step: 'confirm',
      facts: { name: { en: 'Example Stars' } },
    });
    expect(wallet.shop, 'nothing is linked before the shopper agrees').toBeUndefined();
    expect(issuer.calls).not.toContain('POST /oauth/token');

    await wallet.send({ type: 'confirm', origin: SHOP }, POPUP);
    expect(wallet.shop).toMatchObject({ status: 'linked', account: { available: 120, seq: 1, displayId: '••••7Q2K' } });
    expect(wallet.store.pendings.size).toBe(0);
    expect(await wallet.send({ type: 'page_request', ...wallet.named }, pageOf(SHOP))).toEqual({ linked: true });
  });

  test('asks no server before the shopper presses "Link" and grants access', async () => {
    const wallet = aWallet(issuer);
    await wallet.send({ type: 'page_request', ...wallet.named }, pageOf(SHOP));
    await wallet.send({ type: 'link', tabId: TAB_ID, origin: SHOP, ...wallet.named }, POPUP);
    expect(issuer.calls).toEqual([]);
    expect(wallet.store.pendings.get(SHOP)?.step).toBe('permission');
  });

  test('gives the page no challenge when the program does not list its origin', async () => {
    issuer.origins = ['https://another.example'];
    const wallet = aWallet(issuer);
    expect(await wallet.ask()).toEqual({ linked: false });
    expect(wallet.store.pendings.get(SHOP)).toMatchObject({ step: 'failed', failure: 'origin_not_listed' });
  });

  test('gives no challenge to a page that names another program', async () => {
    const wallet = aWallet(issuer);
    await wallet.ask();
    const other = { type: 'page_request', issuer: issuer.origin, program: 'com.other.rewards' };
    expect(await wallet.send(other, pageOf(SHOP))).toEqual({ linked: false });
  });

  test('never shows the page a token or the verifier', async () => {
    const wallet = aWallet(issuer);
    const replies = [await wallet.ask()];
    await wallet.link();
    replies.push((await wallet.send({ type: 'page_request', ...wallet.named }, pageOf(SHOP))) as never);
    const tokens = wallet.store.tokens.get(issuer.shopId);
    for (const secret of [tokens?.accessToken, tokens?.refreshToken]) {
      expect(secret).toBeTruthy();
      expect(JSON.stringify(replies)).not.toContain(secret);
    }
  });

  test('a code made for another challenge is refused, and the shopper is not asked twice', async () => {
    const wallet = aWallet(issuer);
    await wallet.ask();
    await wallet.send({ type: 'page_code', ...wallet.named, code: issuer.issueCode('stolen') }, pageOf(SHOP));
    await wallet.send({ type: 'confirm', origin: SHOP }, POPUP);
    expect(wallet.shop).toBeUndefined();
    const again = (await wallet.send({ type: 'page_request', ...wallet.named }, pageOf(SHOP))) as {
      codeChallenge: string;
    };
    await wallet.send(
      { type: 'page_code', ...wallet.named, code: issuer.issueCode(again.codeChallenge) },
      pageOf(SHOP),
    );
    expect(wallet.shop?.account?.available).toBe(120);
  });

  test('gives up after three codes that the issuer refuses', async () => {
    const wallet = aWallet(issuer);
    await wallet.ask();
    await wallet.send({ type: 'page_code', ...wallet.named, code: 'no' }, pageOf(SHOP));
    await wallet.send({ type: 'confirm', origin: SHOP }, POPUP);
    for (let count = 0; count < 5; count++) {
      await wallet.send({ type: 'page_code', ...wallet.named, code: 'no' }, pageOf(SHOP));
    }
    expect(wallet.store.pendings.get(SHOP)).toMatchObject({ step: 'failed', failure: 'refused' });
    expect(issuer.calls.filter((call) => call === 'POST /oauth/token')).toHaveLength(4);
  });

  test('a code that grew old while the shopper thought is replaced by a fresh one', async () => {
    const wallet = aWallet(issuer);
    const { codeChallenge } = await wallet.ask();
    await wallet.send(
      { type: 'page_code', ...wallet.named, code: issuer.issueCode(codeChallenge ?? '') },
      pageOf(SHOP),
    );
    wallet.clock.now += 60_000;
    await wallet.send({ type: 'confirm', origin: SHOP }, POPUP);
    expect(issuer.calls).not.toContain('POST /oauth/token');
    const again = (await wallet.send({ type: 'page_request', ...wallet.named }, pageOf(SHOP))) as {
      codeChallenge: string;
    };
    expect(again.codeChallenge).not.toBe(codeChallenge);
    await wallet.send(
      { type: 'page_code', ...wallet.named, code: issuer.issueCode(again.codeChallenge) },
      pageOf(SHOP),
    );
    expect(wallet.shop?.account?.available).toBe(120);
  });

  test('a page where nobody is signed in ends the attempt with the reason', async () => {
    const wallet = aWallet(issuer);
    await wallet.ask();
    await wallet.send({ type: 'page_refused', ...wallet.named, reason: 'signed_out' }, pageOf(SHOP));
    expect(wallet.store.pendings.get(SHOP)).toMatchObject({ step: 'failed', failure: 'signed_out' });
  });

  test('an unfinished attempt is forgotten', async () => {
    const wallet = aWallet(issuer);
    await wallet.ask();
    wallet.clock.now += PENDING_MS_MAX;
    expect(await wallet.send({ type: 'page_request', ...wallet.named }, pageOf(SHOP))).toEqual({ linked: false });
    expect(wallet.store.pendings.size).toBe(0);
  });

  test('the worker may stop after each step: a new one goes on from what is stored', async () => {
    const { store } = aWallet(issuer);
    const fresh = () => {
      const next = aWallet(issuer, store);
      next.granted.add(SHOP);
      return next;
    };
    await aWallet(issuer, store).send({ type: 'link', tabId: TAB_ID, origin: SHOP, ...fresh().named }, POPUP);
    await fresh().linking.advanceAll();
    const { codeChallenge } = (await fresh().send({ type: 'page_request', ...fresh().named }, pageOf(SHOP))) as {
      codeChallenge: string;
    };
    const code = issuer.issueCode(codeChallenge);
    await fresh().send({ type: 'page_code', ...fresh().named, code }, pageOf(SHOP));
    await store.changePending(SHOP, (pending) => ({ ...pending, step: 'redeem', confirmedAt: 1 }));
    await fresh().linking.advanceAll();
    expect(store.shops.get(issuer.shopId)?.account?.available).toBe(120);
  });

  test('unlinking forgets everything but the token to revoke', async () => {
    const wallet = aWallet(issuer);
    await wallet.link();
    await wallet.send({ type: 'unlink', shop: issuer.shopId }, POPUP);
    const { shops, statements, chains, tokens, entries, revocations } = wallet.store;
    expect([shops.size, statements.size, chains.size, tokens.size, entries.length]).toEqual([0, 0, 0, 0, 0]);
    expect([...revocations.values()]).toMatchObject([{ endpoint: `${issuer.origin}/oauth/revoke` }]);
  });
});
