import { assert } from './support/assert.ts';
import { aJwt, anAccount, FakeApi, PROGRAM } from './support/fake-api.ts';
import { openPage, type ShopPage, until } from './support/page.ts';

/** The rules that docs/widgets.md asks shops to put into their style sheet. */
async function documentedRules(): Promise<string> {
  const text = await (await fetch('/docs/widgets.md')).text();
  const rules = /```css\n([^`]+)```/.exec(text)?.[1];
  if (!rules) throw new Error('docs/widgets.md has no style rules');
  return `<style>${rules}</style>`;
}

const BODY = `<header style="display:flex;gap:1em"><b>Shop</b><laurel-points-badge>Join us</laurel-points-badge><nav>Cart</nav></header>
  <laurel-tier-progress></laurel-tier-progress><p>Below the tier</p>
  <laurel-survey survey="post-purchase">How was it?</laurel-survey><p>Below the survey</p>`;

/** Collects shifts inside the page: the API counts only what moves in its own frame. */
const OBSERVE = `<script>
  window.laurelTestShifts = [];
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) laurelTestShifts.push(entry.value) })
    .observe({ type: 'layout-shift', buffered: true });
</script>`;

type Watched = { readonly laurelTestShifts: number[] };
const shiftsOf = (page: ShopPage): number[] => [...(page.window as unknown as Watched).laurelTestShifts];

/** Two frames are painted: what moved has been reported by then. */
async function painted({ window: view }: ShopPage): Promise<void> {
  for (let frame = 0; frame < 3; frame++) {
    await new Promise((resolve) => {
      view.requestAnimationFrame(resolve);
    });
  }
}

const canWatch = PerformanceObserver.supportedEntryTypes.includes('layout-shift');

describe('layout shift', () => {
  beforeEach(() => sessionStorage.clear());
  if (!canWatch) {
    it.skip('is reported by Chromium alone', () => {});
    return;
  }

  it('is seen by these tests: a page that moves is told apart', async () => {
    const page = await openPage({ head: OBSERVE, body: '<p id="a">a</p><p>b</p>', scriptTag: '' });
    await painted(page);
    const first = page.document.getElementById('a') as HTMLElement;
    first.style.blockSize = '200px';
    await until('a shift', () => shiftsOf(page).length);
    page.close();
  });

  const failing = new FakeApi();
  failing.failures.set('/oauth/token', 503);
  const signedOut = new FakeApi();
  signedOut.jwt = null;
  const due = new FakeApi();
  due.account = anAccount({ surveysDue: ['post-purchase'], balance: { available: 1250, pending: 40, expiring: [] } });
  const seen = new FakeApi();
  seen.jwt = aJwt('customer-1');
  for (const [what, api, width, lang] of [
    ['while loading', new FakeApi(), 800, 'en'],
    ['while loading at 320 px', new FakeApi(), 320, 'en'],
    ['when a survey opens', due, 800, 'en'],
    ['when a survey opens at 320 px', due, 320, 'en'],
    ['in Arabic', due, 800, 'ar'],
    ['in Arabic at 320 px', due, 320, 'ar'],
    ['in Chinese', due, 800, 'zh-CN'],
    ['when signed out', signedOut, 800, 'en'],
    ['when the server fails', failing, 800, 'en'],
    ['from the last number seen to the confirmed one', seen, 800, 'en'],
  ] as const) {
    it(`is exactly 0 ${what}`, async () => {
      if (api === seen)
        sessionStorage.setItem(`laurel:${PROGRAM}`, JSON.stringify(['customer-1', anAccount({ seq: 9 })]));
      const page = await openPage({
        head: (await documentedRules()) + OBSERVE,
        body: BODY,
        api,
        width,
        lang,
        dir: lang === 'ar' ? 'rtl' : 'ltr',
      });
      const tags = ['laurel-points-badge', 'laurel-tier-progress', 'laurel-survey'];
      await until('all elements', () => tags.every((tag) => page.window.customElements.get(tag)));
      await page.window.laurel.refresh();
      const isShown = api !== failing && api !== signedOut;
      if (isShown) {
        const shown = api === due ? tags : tags.slice(0, 2);
        await until('all views', () =>
          shown.every((tag) => page.document.querySelector(tag)?.shadowRoot?.querySelector('.view')),
        );
      }
      await painted(page);
      assert.deepEqual(shiftsOf(page), []);
      page.close();
    });
  }
});
