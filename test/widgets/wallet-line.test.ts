import {
  ANNOUNCE,
  HANDSHAKE_VERSION,
  parsePageMessage,
  parseRequest,
  type Request,
} from '../../shared/protocol/handshake.ts';
import { assert } from './support/assert.ts';
import { anAccount, FakeApi, PROGRAM, SERVER } from './support/fake-api.ts';
import { openPage, type ShopPage, shownText, until } from './support/page.ts';

/** A wallet's content script, as far as a page can tell: it listens from the start, and keeps the ports it is given. */
const WALLET = `<script>
  window.laurelTestRequests = [];
  addEventListener('message', ({ data, ports }) => { if (ports[0]) laurelTestRequests.push({ data, port: ports[0] }) });
</script>`;

interface Exchange {
  readonly data: unknown;
  readonly port: MessagePort;
}
const exchangesOf = (page: ShopPage): Exchange[] =>
  (page.window as unknown as { laurelTestRequests: Exchange[] }).laurelTestRequests;

const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

describe('page and wallet', () => {
  let page: ShopPage;
  async function open(api = new FakeApi()): Promise<{ request: Request; port: MessagePort; said: unknown[] }> {
    page = await openPage({ api, head: WALLET, body: '<laurel-points-badge></laurel-points-badge>' });
    return meet(0);
  }
  async function meet(index: number) {
    const { data, port } = await until('a request', () => exchangesOf(page)[index]);
    const request = parseRequest(data);
    if (!request) throw new Error(`no request: ${JSON.stringify(data)}`);
    const said: unknown[] = [];
    port.onmessage = (event) => said.push(parsePageMessage(event.data, request.nonce));
    return { request, port, said };
  }
  beforeEach(() => sessionStorage.clear());
  afterEach(() => {
    const { errors } = page;
    page.close();
    assert.deepEqual([...errors], []);
  });

  it('the page asks once by itself, and names server and program', async () => {
    const { request } = await open();
    assert.equal(request.issuer, SERVER);
    assert.equal(request.program, PROGRAM);
    assert.equal(exchangesOf(page).length, 1);
  });

  it('a wallet that starts later is asked as well, on a line of its own', async () => {
    const { request } = await open();
    page.window.postMessage({ type: ANNOUNCE, v: HANDSHAKE_VERSION }, '*');
    const again = await meet(1);
    assert.ok(again.request.nonce !== request.nonce, 'another nonce');
  });

  it('gives a one-time code for the wallet’s challenge, never a token', async () => {
    const { port, request, said } = await open();
    port.postMessage({ type: 'challenge', nonce: request.nonce, codeChallenge: CHALLENGE });
    await until('the code', () => said.length);
    assert.deepEqual(said, [{ type: 'code', nonce: request.nonce, code: 'one-time-code' }]);
    const [call] = page.api.callsTo('/oauth/code');
    assert.deepEqual(JSON.parse(call?.body ?? '{}'), {
      client_id: 'io.github.laurel-loyalty.wallet',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    });
  });

  it('says that nobody is signed in', async () => {
    const api = new FakeApi();
    api.jwt = null;
    const { port, request, said } = await open(api);
    port.postMessage({ type: 'challenge', nonce: request.nonce, codeChallenge: CHALLENGE });
    await until('an answer', () => said.length);
    assert.deepEqual(said, [{ type: 'refused', nonce: request.nonce, reason: 'signed_out' }]);
  });

  for (const failure of ['offline', 403, 500] as const) {
    it(`says that it failed: ${failure}`, async () => {
      const api = new FakeApi();
      api.failures.set('/oauth/code', failure);
      const { port, request, said } = await open(api);
      port.postMessage({ type: 'challenge', nonce: request.nonce, codeChallenge: CHALLENGE });
      await until('an answer', () => said.length);
      assert.deepEqual(said, [{ type: 'refused', nonce: request.nonce, reason: 'failed' }]);
    });
  }

  it('hints to the wallet when the account moves, and only then', async () => {
    const { port, request, said } = await open();
    const badge = page.document.querySelector('laurel-points-badge');
    await until('the number', () => shownText(badge) === '1,250 beans');
    port.postMessage({ type: 'state', nonce: request.nonce, linked: true });
    // Messages of a port keep their order: an answered challenge says that the state was taken.
    port.postMessage({ type: 'challenge', nonce: request.nonce, codeChallenge: CHALLENGE });
    await until('the code', () => said.length === 1);
    await page.window.laurel.refresh();
    page.api.account = anAccount({ seq: 13 });
    await page.window.laurel.refresh();
    await until('the hint', () => said.length === 2);
    assert.deepEqual(said[1], { type: 'changed', nonce: request.nonce, seq: 13 });
  });

  it('takes nothing that is not of this exchange', async () => {
    const { port, request, said } = await open();
    for (const message of [
      null,
      5,
      'challenge',
      [],
      {},
      { type: 'challenge', codeChallenge: CHALLENGE },
      { type: 'challenge', nonce: 'other', codeChallenge: CHALLENGE },
      { type: 'challenge', nonce: request.nonce, codeChallenge: 'x'.repeat(9_999) },
      { type: 'code', nonce: request.nonce, code: 'x' },
    ]) {
      port.postMessage(message);
    }
    port.postMessage({ type: 'challenge', nonce: request.nonce, codeChallenge: CHALLENGE });
    await until('the answer to the one that counts', () => said.length);
    assert.equal(page.api.callsTo('/oauth/code').length, 1);
  });
});
