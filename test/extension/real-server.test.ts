import { afterEach, beforeEach, expect, test } from 'vitest';
import { WALLET_CLIENT_ID } from '../../shared/protocol/names.ts';
import { form, ISSUER, openServer, PROGRAM, type TestServer } from '../support/server.ts';
import { MemoryStore } from './support/memory-store.ts';
import { aWallet, type LinkedIssuer } from './support/wallet.ts';

/** The wallet and the server that it is made for: what one takes for granted, the other does. */
const CUSTOMER = 'customer-1';
const HOUR_MS = 3_600_000;

let server: TestServer;
let issuer: LinkedIssuer;
beforeEach(async () => {
  server = await openServer();
  issuer = {
    origin: ISSUER,
    program: PROGRAM,
    shopId: `${ISSUER}/v1/programs/${PROGRAM}`,
    now: server.now,
    async issueCode(codeChallenge) {
      const { access_token } = await server.signIn(CUSTOMER);
      const request = { client_id: WALLET_CLIENT_ID, code_challenge: codeChallenge };
      const { body } = await server.call(
        'POST',
        '/oauth/code',
        { ...request, code_challenge_method: 'S256' },
        access_token,
      );
      return (body as { code: string }).code;
    },
  };
});
afterEach(() => server.close());

/** Sends to the server, at the wallet's own time; `lose` true: the server answers, and the answer does not arrive. */
function network(): { readonly fetcher: typeof fetch; lose: (path: string) => boolean } {
  const line = {
    lose: (_path: string) => false,
    fetcher: async (input: Parameters<typeof fetch>[0], init?: RequestInit) => {
      server.setNow(issuer.now());
      const { url } = new Request(input, init);
      const response = await server.app.request(url, init);
      if (line.lose(new URL(url).pathname)) throw new TypeError('network');
      return response;
    },
  };
  return line;
}

async function aLinkedWallet(store = new MemoryStore()) {
  const line = network();
  const wallet = aWallet(issuer, store, line.fetcher);
  wallet.clock.now = server.now();
  await wallet.link();
  const gift = { points: 40, reason: 'test' };
  const posted = await server.merchant('POST', `/members/${CUSTOMER}/adjustments`, gift, { 'idempotency-key': 'gift' });
  expect(posted.status).toBe(201);
  return { line, wallet };
}

test('a shop is linked and its points are followed', async () => {
  const { wallet } = await aLinkedWallet();
  wallet.clock.now += HOUR_MS;
  await wallet.refresher.refreshAll(true);
  expect(wallet.shop).toMatchObject({ status: 'linked', warning: null, account: { available: 40 } });
});

test('an exchange of tokens whose answer is lost, as often as that is, ends no link', async () => {
  const { line, wallet } = await aLinkedWallet();
  const before = wallet.store.tokens.get(issuer.shopId)?.refreshToken;
  line.lose = (path) => path === '/oauth/token';
  for (let count = 1; count <= 3; count++) {
    wallet.clock.now += HOUR_MS;
    await wallet.refresher.refreshAll(true);
    expect(wallet.shop).toMatchObject({ status: 'linked', failure: { kind: 'offline', tryCount: count } });
  }
  line.lose = () => false;
  await wallet.refresher.refreshAll(true);
  expect(wallet.shop).toMatchObject({ status: 'linked', failure: null, account: { available: 40 } });

  // And for good: what was stored in the end is what the server goes on from.
  const after = wallet.store.tokens.get(issuer.shopId)?.refreshToken;
  expect(after).not.toBe(before);
  wallet.clock.now += HOUR_MS;
  await wallet.refresher.refreshAll(true);
  expect(wallet.shop).toMatchObject({ status: 'linked', failure: null });
});

test('a worker that stops between the exchange and the storing of its answer leaves a link that goes on', async () => {
  const { wallet } = await aLinkedWallet();
  const stopped = Promise.withResolvers<null>();
  wallet.store.saveTokens = () => {
    stopped.resolve(null);
    return new Promise(() => undefined);
  };
  wallet.clock.now += HOUR_MS;
  void wallet.refresher.refreshAll(true);
  await stopped.promise;
  Reflect.deleteProperty(wallet.store, 'saveTokens');

  const next = aWallet(issuer, wallet.store, network().fetcher);
  next.clock.now = wallet.clock.now;
  await next.refresher.refreshAll(true);
  expect(next.shop).toMatchObject({ status: 'linked', failure: null, account: { available: 40 } });
});

test('a copied refresh token that was used since ends the link, and the wallet says so', async () => {
  const { wallet } = await aLinkedWallet();
  const copied = wallet.store.tokens.get(issuer.shopId)?.refreshToken ?? '';
  for (let count = 0; count < 2; count++) {
    wallet.clock.now += HOUR_MS;
    await wallet.refresher.refreshAll(true);
  }
  const grant = { grant_type: 'refresh_token', refresh_token: copied, client_id: WALLET_CLIENT_ID };
  expect(await server.request('/oauth/token', form(grant))).toMatchObject({ status: 400 });
  wallet.clock.now += HOUR_MS;
  await wallet.refresher.refreshAll(true);
  expect(wallet.shop).toMatchObject({ status: 'revoked', account: { available: 40 } });
});
