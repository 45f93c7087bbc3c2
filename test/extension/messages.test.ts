import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isOwnPage, isShopOrigin, pageSender } from '../../extension/senders.ts';
import { FakeIssuer } from '../support/fake-issuer.ts';
import { seed, sized } from '../support/size.ts';
import { aWallet, POPUP, pageOf, SELF, SHOP, TAB_ID } from './support/wallet.ts';

/** Messages that a run of the fuzzer sends. */
const MESSAGE_COUNT = sized(2_000, 20_000);

let issuer: FakeIssuer;
beforeAll(async () => {
  issuer = new FakeIssuer();
  await issuer.start();
  issuer.post(500);
});
afterAll(() => issuer.stop());

const page = pageOf(SHOP);
const HOSTILE: readonly { readonly who: string; readonly sender: object }[] = [
  { who: 'another extension', sender: { ...page, id: 'another-id' } },
  { who: 'another extension’s page', sender: { id: 'another-id', origin: 'chrome-extension://another-id' } },
  { who: 'nobody', sender: {} },
  { who: 'a sub-frame', sender: { ...page, frameId: 3 } },
  { who: 'a frame without a number', sender: { ...page, frameId: undefined } },
  { who: 'a page without a tab', sender: { ...page, tab: undefined } },
  { who: 'no origin', sender: { ...page, origin: undefined } },
  { who: 'an opaque origin', sender: { ...page, origin: 'null' } },
  { who: 'an empty origin', sender: { ...page, origin: '' } },
  { who: 'a look-alike host', sender: { ...page, origin: `${SHOP}.evil` } },
  { who: 'a host that ends alike', sender: { ...page, origin: 'https://evilshop.example' } },
  { who: 'a host in punycode', sender: { ...page, origin: 'https://xn--shp-sna.example' } },
  { who: 'a host with a trailing dot', sender: { ...page, origin: `${SHOP}.` } },
  { who: 'another port', sender: { ...page, origin: `${SHOP}:8443` } },
  { who: 'another scheme', sender: { ...page, origin: SHOP.replace('https', 'http') } },
  { who: 'user info before another host', sender: { ...page, origin: `${SHOP}@evil.example` } },
  { who: 'user info before our host', sender: { ...page, origin: 'https://evil@shop.example' } },
  { who: 'an origin with a path', sender: { ...page, origin: `${SHOP}/` } },
  { who: 'capitals', sender: { ...page, origin: 'https://SHOP.example' } },
  { who: 'a local file', sender: { ...page, origin: 'file://' } },
  { who: 'a blob', sender: { ...page, origin: `blob:${SHOP}` } },
  { who: 'our popup within a frame', sender: { ...POPUP, frameId: 2 } },
  { who: 'our popup’s look-alike', sender: { ...POPUP, origin: `${SELF.origin}.evil` } },
];

const COMMANDS = (named: object, shop: string): readonly object[] => [
  { type: 'link', tabId: TAB_ID, origin: 'https://new.example', ...named },
  { type: 'granted', origin: SHOP },
  { type: 'confirm', origin: SHOP },
  { type: 'cancel', origin: SHOP },
  { type: 'unlink', shop },
  { type: 'refresh', asked: true },
];
const CALLS = (named: object): readonly object[] => [
  { type: 'page_request', ...named },
  { type: 'page_code', ...named, code: 'code' },
  { type: 'page_refused', ...named, reason: 'signed_out' },
  { type: 'page_changed', ...named, seq: 99 },
];

/** A wallet with one linked shop and, at another origin, a link that waits for its code. */
async function aBusyWallet() {
  const wallet = aWallet(issuer);
  issuer.origins = [SHOP, 'https://waiting.example'];
  await wallet.link();
  wallet.granted.add('https://waiting.example');
  await wallet.send({ type: 'link', tabId: TAB_ID, origin: 'https://waiting.example', ...wallet.named }, POPUP);
  return wallet;
}

describe.each(HOSTILE)('$who', ({ sender }) => {
  test('gets nothing and changes nothing, whatever it says', async () => {
    const wallet = await aBusyWallet();
    const before = wallet.store.snapshot();
    const callCount = issuer.calls.length;
    for (const message of [...CALLS(wallet.named), ...COMMANDS(wallet.named, issuer.shopId)]) {
      const reply = await wallet.send(message, sender);
      expect(reply).not.toHaveProperty('codeChallenge');
      expect(reply).not.toHaveProperty('linked', true);
    }
    expect(wallet.store.snapshot()).toBe(before);
    expect(issuer.calls.length, 'no request is caused').toBe(callCount);
  });
});

describe('a real shop page', () => {
  test('cannot give the wallet’s own commands', async () => {
    const wallet = await aBusyWallet();
    const before = wallet.store.snapshot();
    for (const command of COMMANDS(wallet.named, issuer.shopId)) {
      expect(await wallet.send(command, page)).toEqual({ ok: false });
      const disguised = { ...page, url: `${SELF.origin}/extension/popup/index.html` };
      expect(await wallet.send(command, disguised)).toEqual({ ok: false });
    }
    expect(wallet.store.snapshot()).toBe(before);
  });

  test('cannot bring a code before it is asked for one: there is no first message to win a race with', async () => {
    const wallet = aWallet(issuer);
    await wallet.send({ type: 'page_code', ...wallet.named, code: 'early' }, page);
    await wallet.send({ type: 'link', tabId: TAB_ID, origin: SHOP, ...wallet.named }, POPUP);
    await wallet.send({ type: 'page_code', ...wallet.named, code: 'early' }, page);
    expect(wallet.store.pendings.get(SHOP)).toMatchObject({ step: 'permission', code: null });
  });

  test('cannot replace the code that the shopper is about to confirm', async () => {
    const wallet = aWallet(issuer);
    await wallet.ask();
    await wallet.send({ type: 'page_code', ...wallet.named, code: 'first' }, page);
    await wallet.send({ type: 'page_code', ...wallet.named, code: 'second' }, page);
    expect(wallet.store.pendings.get(SHOP)?.code?.value).toBe('first');
  });

  test('cannot answer for another shop’s link', async () => {
    const wallet = await aBusyWallet();
    await wallet.send({ type: 'page_code', ...wallet.named, code: 'mine' }, page);
    expect(wallet.store.pendings.get('https://waiting.example')?.code).toBeNull();
  });

  test.each([
    { what: 'no object', message: 'page_request' },
    { what: 'nothing', message: null },
    { what: 'a list', message: [{ type: 'page_request' }] },
    { what: 'an unknown type', message: { type: 'page_pay', issuer: 'x', program: 'y' } },
    { what: 'a type of the prototype', message: { type: 'constructor', issuer: 'x', program: 'y' } },
    { what: 'inherited fields', message: Object.create({ type: 'page_request', issuer: 'x', program: 'y' }) },
    {
      what: '__proto__ fields',
      message: JSON.parse('{"__proto__":{"type":"page_request","issuer":"x","program":"y"}}'),
    },
    { what: 'an oversized field', message: { type: 'page_request', issuer: 'x'.repeat(513), program: 'y' } },
    { what: 'an empty field', message: { type: 'page_request', issuer: '', program: 'y' } },
    { what: 'a number for a text', message: { type: 'page_request', issuer: 1, program: 'y' } },
    { what: 'a fraction for a sequence', message: { type: 'page_changed', issuer: 'x', program: 'y', seq: 1.5 } },
    { what: 'a negative sequence', message: { type: 'page_changed', issuer: 'x', program: 'y', seq: -1 } },
  ])('that sends $what is refused', async ({ message }) => {
    const wallet = aWallet(issuer);
    expect(await wallet.send(message, page)).toEqual({ ok: false });
  });

  test('cannot run a getter of its message', async () => {
    const wallet = aWallet(issuer);
    let isRun = false;
    const message = {
      get type() {
        isRun = true;
        return 'page_request';
      },
    };
    expect(await wallet.send(message, page)).toEqual({ ok: false });
    expect(isRun).toBe(false);
  });

  test('whose claim is no news causes no request', async () => {
    const wallet = await aBusyWallet();
    for (const seq of [0, 1]) await wallet.send({ type: 'page_changed', ...wallet.named, seq }, page);
    expect(wallet.hinted).toEqual([]);
    await wallet.send({ type: 'page_changed', ...wallet.named, seq: 2 }, page);
    expect(wallet.hinted).toEqual([issuer.shopId]);
  });
});

test(`${MESSAGE_COUNT} made-up messages from pages change nothing and throw nothing`, async () => {
  const wallet = await aBusyWallet();
  const before = wallet.store.snapshot();
  const { issuer: named, program } = wallet.named;
  const senders = fc.oneof(
    fc.constantFrom(...HOSTILE.map(({ sender }) => sender), page, pageOf('https://waiting.example.evil')),
    fc.record({
      id: fc.constantFrom(SELF.id, 'another-id', undefined),
      origin: fc.oneof(fc.webUrl(), fc.string(), fc.constant(undefined)),
      frameId: fc.constantFrom(0, 1, -1, undefined),
      tab: fc.constantFrom({ id: TAB_ID }, {}, undefined),
    }),
  );
  const text = fc.oneof(
    fc.constantFrom(named, program, SHOP, issuer.shopId, ''),
    fc.string(),
    fc.string({ minLength: 600 }),
  );
  const value = fc.oneof(text, fc.integer(), fc.double(), fc.constant(null), fc.boolean(), fc.object({ maxDepth: 1 }));
  const type = fc.constantFrom(
    ...[...CALLS({}), ...COMMANDS({}, '')].map((message) => (message as { type: string }).type),
    '__proto__',
    'constructor',
  );
  const message = fc.oneof(
    fc.anything(),
    fc.record(
      { type, issuer: value, program: value, code: value, reason: value, origin: value, shop: value, tabId: value },
      { requiredKeys: ['type'] },
    ),
  );
  await fc.assert(
    fc.asyncProperty(message, senders, async (data, sender) => {
      await wallet.send(data, sender);
      expect(wallet.store.snapshot()).toBe(before);
    }),
    { numRuns: MESSAGE_COUNT, seed },
  );
});

describe('origins', () => {
  test.each([
    ['https://shop.example', true],
    ['https://shop.example:8443', true],
    ['http://localhost:8801', true],
    ['http://crema.localhost:8801', true],
    ['http://shop.example', false],
    ['http://localhost.evil.example', false],
    ['http://127.0.0.1:8801', false],
    ['https://shop.example/', false],
    ['https://user@shop.example', false],
    ['chrome-extension://abc', false],
    ['null', false],
    ['', false],
  ])('%s may be a shop’s: %s', (origin, isOne) => {
    expect(isShopOrigin(origin)).toBe(isOne);
  });

  test('only our own pages are our own pages', () => {
    expect(isOwnPage(POPUP, SELF)).toBe(true);
    expect(isOwnPage({ ...POPUP, frameId: 0, tab: { id: 1 } } as never, SELF)).toBe(true);
    expect(isOwnPage(page, SELF)).toBe(false);
    expect(pageSender(POPUP, SELF)).toBeNull();
  });
});
