import { assert } from './support/assert.ts';
import { aJwt, anAccount, bodyOf, FakeApi, PROGRAM, SERVER } from './support/fake-api.ts';
import { openPage, type PageParts, type ShopPage, scriptTag, shownText, until } from './support/page.ts';

const BADGE = '<laurel-points-badge>Join</laurel-points-badge>';
const KEY = `laurel:${PROGRAM}`;
let page: ShopPage;

async function open(parts: Partial<PageParts> = {}): Promise<Element> {
  page = await openPage({ body: BADGE, ...parts });
  return page.document.querySelector('laurel-points-badge') as Element;
}
const shows = (element: Element, text: string) => until(`“${text}”`, () => shownText(element) === text);
const settled = () => until('a defined badge', () => page.window.customElements.get('laurel-points-badge'));
const withBalance = (available: number, seq: number) =>
  anAccount({ seq, balance: { available, pending: 0, expiring: [] } });

describe('laurel.js', () => {
  beforeEach(() => sessionStorage.clear());
  afterEach(() => {
    const { errors } = page;
    page.close();
    assert.deepEqual(errors, []);
  });

  it('shows what the server says, with one call to the shop and one to the server', async () => {
    await shows(await open(), '1,250 beans');
    assert.deepEqual(
      page.api.calls.map(({ url }) => new URL(url).pathname),
      ['/loyalty-token', '/oauth/token'],
    );
  });

  it('asks once for however many elements', async () => {
    await open({
      body: `${BADGE.repeat(20)}<laurel-tier-progress></laurel-tier-progress><laurel-survey survey="a"></laurel-survey>`,
    });
    await until('all badges', () =>
      [...page.document.querySelectorAll('laurel-points-badge')].every((badge) => shownText(badge) === '1,250 beans'),
    );
    await until('the program', () => page.api.callsTo(`/v1/programs/${PROGRAM}`).length);
    assert.equal(page.api.callsTo('/oauth/token').length, 1);
    assert.equal(page.api.callsTo(`/v1/programs/${PROGRAM}`).length, 1);
    assert.equal(page.api.callsTo('/v1/me').length, 0);
  });

  it('takes the JWT from the page without asking the shop', async () => {
    await shows(await open({ head: `<meta name="laurel-member" content="${aJwt()}">` }), '1,250 beans');
    assert.equal(page.api.callsTo('/loyalty-token').length, 0);
  });

  it('asks the shop when the JWT of the page is used up', async () => {
    const api = new FakeApi();
    const used = aJwt();
    const { fetch } = api;
    api.fetch = (input, init) =>
      bodyOf(init).includes(used) ? Promise.resolve(new Response('{}', { status: 401 })) : fetch(input, init);
    await shows(await open({ api, head: `<meta name="laurel-member" content="${used}">` }), '1,250 beans');
    assert.equal(api.callsTo('/loyalty-token').length, 1);
  });

  it('asks nothing on a page without elements, and finds those that come later', async () => {
    await open({ body: '<p>About us</p>' });
    await until('laurel', () => page.window.laurel);
    assert.deepEqual(page.api.calls, []);
    page.document.body.insertAdjacentHTML('beforeend', BADGE);
    await shows(page.document.querySelector('laurel-points-badge') as Element, '1,250 beans');
  });

  it('serves an element in a shadow root of the shop’s', async () => {
    await open();
    await settled();
    const host = page.document.body.appendChild(page.document.createElement('div'));
    const root = host.attachShadow({ mode: 'open' });
    root.innerHTML = BADGE;
    await shows(root.firstElementChild as Element, '1,250 beans');
  });

  it('keeps the number of an element that is moved, and of one that is added again', async () => {
    const badge = await open();
    await shows(badge, '1,250 beans');
    page.document.body.prepend(badge);
    assert.equal(shownText(badge), '1,250 beans');
    badge.remove();
    page.api.account = withBalance(7, 13);
    await page.window.laurel.refresh();
    page.document.body.append(badge);
    assert.equal(shownText(badge), '7 beans');
  });

  it('asks nobody while the page is only prerendered', async () => {
    const head =
      '<script>Object.defineProperty(document, "prerendering", { value: true, configurable: true })</script>';
    const badge = await open({ head });
    await settled();
    assert.deepEqual(page.api.calls, []);
    Object.defineProperty(page.document, 'prerendering', { value: false });
    page.document.dispatchEvent(new Event('prerenderingchange'));
    await shows(badge, '1,250 beans');
  });

  it('looks again when the shopper comes back, and not on every blink', async () => {
    const badge = await open();
    await shows(badge, '1,250 beans');
    for (let times = 0; times < 5; times++) page.window.dispatchEvent(new Event('focus'));
    await page.window.laurel.refresh();
    assert.equal(page.api.callsTo('/v1/me').length, 1);
    const { Date: clock } = page.window;
    const realNow = clock.now;
    clock.now = () => realNow() + 6_000;
    page.api.account = withBalance(9, 13);
    for (let times = 0; times < 5; times++) page.window.dispatchEvent(new Event('focus'));
    await shows(badge, '9 beans');
    assert.equal(page.api.callsTo('/v1/me').length, 2);
  });

  it('says which program the page belongs to, by a link that is displayed and has no box', async () => {
    const head = `<style>
      body > :last-child, main > :last-child, head > :last-child, head + body { outline: 1px solid red }
      link { padding: 9px; border: 9px solid }
    </style>`;
    const stockOf = ({ documentElement, head, body }: Document) => [
      documentElement.scrollHeight,
      head.childElementCount,
      body.childElementCount,
      documentElement.querySelectorAll(':is(head, main, body) > :last-child, head + body').length,
    ];
    let before: unknown[] = [];
    await shows(
      await open({ head, onParsed: ({ document }) => (before = stockOf(document)) && undefined }),
      '1,250 beans',
    );
    const link = page.document.querySelector<HTMLLinkElement>('link[rel="loyalty-program"]') as HTMLLinkElement;
    assert.equal(link.href, `${SERVER}/v1/programs/${PROGRAM}`);
    assert.equal(page.window.getComputedStyle(link).display, 'contents');
    assert.equal(link.getClientRects().length, 0);
    assert.equal(link.previousElementSibling, page.document.body);
    assert.deepEqual(stockOf(page.document), before);
  });

  it('loads the first element without waiting for a frame when it is in view', async () => {
    const head = '<script>IntersectionObserver.prototype.observe = () => {}</script>';
    await shows(await open({ head }), '1,250 beans');
  });

  for (const [where, style] of [
    ['far below', 'margin-block-start: 5000px'],
    ['hidden', 'display: none'],
  ] as const) {
    it(`leaves an element that is ${where} alone until it is near`, async () => {
      const badge = await open({ body: `<div style="${style}">${BADGE}</div>` });
      await until('the number', () => sessionStorage.getItem(KEY)?.includes('1250'));
      assert.equal(page.window.customElements.get('laurel-points-badge'), undefined);
      (badge.parentElement as HTMLElement).removeAttribute('style');
      await shows(badge, '1,250 beans');
    });
  }

  it('twice on a page is once', async () => {
    const twice = `${scriptTag()}${scriptTag().replace('laurel.ts', 'laurel.ts?again')}`;
    await shows(await open({ scriptTag: twice }), '1,250 beans');
    assert.equal(page.api.callsTo('/oauth/token').length, 1);
    assert.equal(page.document.querySelectorAll('link[rel="loyalty-program"]').length, 1);
  });

  it('leaves a `laurel` of the page’s own alone', async () => {
    await shows(await open({ head: '<script>var laurel = "a tree"</script>' }), '1,250 beans');
    assert.equal(page.window.laurel as unknown, 'a tree');
  });

  it('does not let another site decide who is signed in', async () => {
    await open({ script: 'data-member="https://evil.test/loyalty-token"' });
    await settled();
    await page.window.laurel.refresh();
    assert.deepEqual(page.api.calls, []);
  });

  describe('refresh', () => {
    it('shows the new number without a reload', async () => {
      const badge = await open();
      await shows(badge, '1,250 beans');
      page.api.account = withBalance(1310, 13);
      await page.window.laurel.refresh();
      assert.equal(shownText(badge), '1,310 beans');
    });

    it('asks with the ETag it has, and takes 304 for a confirmation', async () => {
      const badge = await open();
      await shows(badge, '1,250 beans');
      await page.window.laurel.refresh();
      await page.window.laurel.refresh();
      assert.deepEqual(
        page.api.callsTo('/v1/me').map(({ headers }) => headers.get('If-None-Match')),
        [null, '"12"'],
      );
      assert.equal(shownText(badge), '1,250 beans');
    });

    it('gets a new token when the old one is refused', async () => {
      const badge = await open();
      await shows(badge, '1,250 beans');
      page.api.revokeTokens();
      page.api.account = withBalance(2, 13);
      await page.window.laurel.refresh();
      assert.equal(shownText(badge), '2 beans');
      assert.equal(page.api.callsTo('/oauth/token').length, 2);
    });

    it('gets a new token before the old one ends', async () => {
      const api = new FakeApi();
      api.tokenSeconds = 20;
      await shows(await open({ api }), '1,250 beans');
      await page.window.laurel.refresh();
      assert.equal(api.callsTo('/oauth/token').length, 2);
      assert.equal(api.callsTo('/v1/me').length, 0);
    });

    it('marks the number with its time when the server cannot be reached', async () => {
      const badge = await open();
      await shows(badge, '1,250 beans');
      for (const failure of ['offline', 503, 429] as const) {
        page.api.failures.set('/v1/me', failure);
        await page.window.laurel.refresh();
        assert.ok(shownText(badge).startsWith('1,250 as of '), `${failure}: ${shownText(badge)}`);
      }
      page.api.failures.clear();
      await page.window.laurel.refresh();
      assert.equal(shownText(badge), '1,250 beans');
    });

    it('marks the number of a page that was left open and has no way to ask who is signed in', async () => {
      const api = new FakeApi();
      api.tokenSeconds = 20;
      const head = `<meta name="laurel-member" content="${aJwt()}">`;
      const badge = await open({ api, head, script: 'data-x' });
      await shows(badge, '1,250 beans');
      await page.window.laurel.refresh();
      assert.ok(shownText(badge).startsWith('1,250 as of '), shownText(badge));
    });

    it('shows the slot again when the shopper has signed out', async () => {
      const badge = await open();
      await shows(badge, '1,250 beans');
      page.api.revokeTokens();
      page.api.jwt = null;
      await page.window.laurel.refresh();
      assert.equal(shownText(badge), 'Join');
      assert.equal(sessionStorage.getItem(KEY), '[]');
    });
  });

  describe('identify', () => {
    it('signs in and out on a page that knows by itself', async () => {
      const badge = await open({ script: '' });
      await settled();
      await page.window.laurel.identify(aJwt());
      assert.equal(shownText(badge), '1,250 beans');
      await page.window.laurel.identify(null);
      assert.equal(shownText(badge), 'Join');
    });

    it('never shows one customer what another has', async () => {
      const badge = await open({ script: '' });
      await settled();
      await page.window.laurel.identify(aJwt('anna'));
      page.api.failures.set('/oauth/token', 'offline');
      await page.window.laurel.identify(aJwt('bela'));
      assert.equal(shownText(badge), 'Join');
    });
  });

  describe('what was seen last in this session', () => {
    const remember = (sub: string, account: unknown = anAccount()) =>
      sessionStorage.setItem(KEY, JSON.stringify([sub, account]));
    const hanging = () => {
      const api = new FakeApi();
      api.jwt = aJwt('customer-1');
      api.failures.set('/oauth/token', 'hang');
      return api;
    };

    it('is shown at once, with its time, until the server has spoken', async () => {
      remember('customer-1');
      const badge = await open({ api: hanging() });
      await until('the marked number', () => shownText(badge).startsWith('1,250 as of '));
    });

    it('becomes a plain number once it is confirmed', async () => {
      remember('customer-1', withBalance(3, 11));
      await shows(await open(), '1,250 beans');
    });

    it('belongs to its customer alone', async () => {
      remember('somebody-else');
      const badge = await open({ api: hanging() });
      await until('the token call', () => page.api.callsTo('/oauth/token').length);
      await settled();
      assert.equal(shownText(badge), 'Join');
    });

    for (const text of [
      '',
      'null',
      '{',
      '[]',
      '["customer-1"]',
      '["customer-1",{}]',
      '["customer-1",{"program":"other"}]',
      `["customer-1",{"program":"${PROGRAM}"}]`,
    ]) {
      it(`is not guessed from ${text || 'nothing'}`, async () => {
        sessionStorage.setItem(KEY, text);
        const badge = await open({ api: hanging() });
        await until('the token call', () => page.api.callsTo('/oauth/token').length);
        await settled();
        assert.equal(shownText(badge), 'Join');
      });
    }
  });

  describe('shows the slot', () => {
    const refusing = (path: string, failure: 'offline' | number) => {
      const api = new FakeApi();
      api.failures.set(path, failure);
      return api;
    };
    const signedOut = new FakeApi();
    signedOut.jwt = null;
    const otherProgram = new FakeApi();
    otherProgram.account = anAccount({ program: 'other.program' });
    const noNumber = new FakeApi();
    noNumber.account = anAccount({ balance: { available: '1250', pending: 0, expiring: [] } as never });
    noNumber.account.balance.available = 12.5;
    for (const [why, api] of [
      ['when nobody is signed in', signedOut],
      ['when the shop cannot be reached', refusing('/loyalty-token', 'offline')],
      ['when the shop fails', refusing('/loyalty-token', 500)],
      ['when the server cannot be reached', refusing('/oauth/token', 'offline')],
      ['when the server fails', refusing('/oauth/token', 503)],
      ['when the server refuses', refusing('/oauth/token', 401)],
      ['when the server speaks of another program', otherProgram],
      ['when the server sends no whole number', noNumber],
    ] as const) {
      it(why, async () => {
        const badge = await open({ api });
        await settled();
        await page.window.laurel.refresh();
        assert.equal(shownText(badge), 'Join');
      });
    }
  });
});
