import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { type Demo, type RunningShop, startDemo } from '../../demo/start.ts';
import { chromiumFlags, chromiumPath } from '../support/browsers.ts';

const SCREENSHOTS = resolve(import.meta.dirname, '../../dist/screenshots');

const VIEWS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 900 }, hasAxe: true },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 900 }, hasAxe: true },
  // The narrowest screen of WCAG 2.2, 1.4.10. What axe looks at is the same there as on the wide one.
  { name: '320', colorScheme: 'light', viewport: { width: 320, height: 640 }, hasAxe: false },
] as const;

/** Layout Instability API; not in TypeScript's library. */
interface LayoutShift extends PerformanceEntry {
  readonly value: number;
  readonly hadRecentInput: boolean;
  readonly sources: readonly {
    readonly node: Node | null;
    readonly previousRect: DOMRectReadOnly;
    readonly currentRect: DOMRectReadOnly;
  }[];
}

/** What the page's own script notes from its first moment. */
interface Notes {
  /** Elements that moved by themselves, and by how much. */
  readonly shifts: string[];
  readonly violations: string[];
}

/** Every page of the demo, as a shopper meets it: nothing shifts, nothing is blocked, nothing is out of reach. */
describe('the pages of the shops', { skip: chromiumPath ? false : 'no Chromium on this machine' }, () => {
  let demo: Demo;
  let dataFolder: string;
  let browser: Browser;

  before(async () => {
    mkdirSync(SCREENSHOTS, { recursive: true });
    dataFolder = mkdtempSync(join(tmpdir(), 'laurel-pages-'));
    demo = await startDemo({ ports: 'free', dataFolder });
    browser = await chromium.launch({ executablePath: chromiumPath as string, args: [...chromiumFlags] });
  });
  after(async () => {
    await browser?.close();
    await demo?.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  async function open(
    view: (typeof VIEWS)[number],
  ): Promise<{ context: BrowserContext; page: Page; errors: string[] }> {
    const { colorScheme, viewport } = view;
    const context = await browser.newContext({ colorScheme, viewport, reducedMotion: 'reduce' });
    // A picture of a long page takes its time on a busy machine.
    context.setDefaultTimeout(120_000);
    await context.addInitScript(() => {
      const notes: Notes = { shifts: [], violations: [] };
      Object.assign(window, { notes });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as LayoutShift[]) {
          if (entry.hadRecentInput) continue;
          // Other words in the same place, inside an element's shadow (whose nodes are not told): the line keeps its height,
          // and its start or its end. Chromium counts it; nothing on the page has moved. test/widgets/layout-shift.test.ts
          // looks at the elements' own insides.
          const isReworded = entry.sources.every(
            ({ node, previousRect: a, currentRect: b }) =>
              !node && a.y === b.y && a.height === b.height && (a.x === b.x || a.right === b.right),
          );
          if (isReworded && entry.sources.length > 0) continue;
          const moved = entry.sources.map(({ node, previousRect: a, currentRect: b }) => {
            const name = node instanceof Element ? `${node.localName}.${node.className}` : `${node?.textContent}`;
            return `${name} ${a.x},${a.y},${a.width},${a.height} → ${b.x},${b.y},${b.width},${b.height}`;
          });
          notes.shifts.push(`${entry.value} ${moved.join('; ')}`);
        }
      }).observe({ type: 'layout-shift', buffered: true });
      document.addEventListener('securitypolicyviolation', (event) => {
        notes.violations.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`);
      });
    });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(String(error)));
    return { context, page, errors };
  }

  async function check(page: Page, view: (typeof VIEWS)[number], kind: string): Promise<void> {
    const what = `${kind}-${view.name}`;
    await page.evaluate(() => document.fonts.ready);
    const { shifts, violations, overflow } = await page.evaluate(() => ({
      ...(window as unknown as { notes: Notes }).notes,
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
    // The picture first: it shows what a failure is about.
    await page.screenshot({ path: join(SCREENSHOTS, `${what}.png`), fullPage: true });
    assert.deepEqual(shifts, [], `${what}: layout shift`);
    assert.deepEqual(violations, [], `${what}: content security policy`);
    assert.equal(overflow, 0, `${what}: scrolls sideways`);
    if (!view.hasAxe) return;
    const { violations: faults } = await new AxeBuilder({ page }).analyze();
    assert.deepEqual(
      faults.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id} ${String(target)}: ${failureSummary}`),
      ),
      [],
      `${what}: accessibility`,
    );
  }

  /** The elements have drawn what the server said. */
  const settled = (page: Page) =>
    page.waitForFunction(() => {
      const near = (element: Element) => element.getBoundingClientRect().top < innerHeight + 400;
      const drawn = (selector: string, part: string) =>
        [...document.querySelectorAll(selector)].every(
          (element) => !near(element) || element.shadowRoot?.querySelector(`[part~=${part}]`),
        );
      return drawn('laurel-points-badge', 'value') && drawn('laurel-tier-progress', 'bar');
    });

  async function walk(shop: RunningShop, view: (typeof VIEWS)[number]): Promise<void> {
    const { context, page, errors } = await open(view);
    const { origin, profile } = shop;
    const name = (kind: string) => `${profile.slug}-${kind}`;
    const [first, second] = profile.products;
    const [customer] = profile.customers;
    assert.ok(first && second && customer);

    await page.goto(origin);
    await page.waitForFunction(() => customElements.get('laurel-points-badge') !== undefined);
    await check(page, view, name('home-guest'));
    await page.goto(`${origin}/sign-in`);
    await check(page, view, name('sign-in'));
    await page.locator(`button[value="${customer.id}"]`).click();
    await page.waitForURL(`${origin}/account`);
    await settled(page);
    await check(page, view, name('account'));
    for (const { sku } of [first, second]) {
      await page.goto(`${origin}/products/${sku}`);
      await settled(page);
      if (sku === first.sku) await check(page, view, name('product'));
      await page.locator('form.buy button').click();
      await page.locator('[role=status][data-shown]').waitFor();
    }
    for (const kind of ['', 'rewards', 'cart', 'checkout']) {
      await page.goto(`${origin}/${kind}`);
      await settled(page);
      await check(page, view, name(kind || 'home'));
    }
    await page.locator('.checkout button').click();
    await page.waitForURL(`${origin}/orders/*`);
    await page.reload();
    await settled(page);
    await page.locator('laurel-survey [part=send]').waitFor();
    await check(page, view, name('order'));
    assert.deepEqual(errors, [], 'the console');

    await page.goto(`${origin}/nowhere`);
    await settled(page);
    await check(page, view, name('not-found'));
    await context.close();
  }

  for (const slug of ['crema', 'mozhai', 'qimam'] as const) {
    for (const view of VIEWS) {
      test(`${slug}, ${view.name}: still, allowed by its policy, within its width${view.hasAxe ? ', without an axe violation' : ''}`, () =>
        walk(demo.shops[slug], view));
    }
  }

  for (const view of VIEWS) {
    test(`the start page, ${view.name}: the same, and every link on it leads somewhere`, async () => {
      const { context, page, errors } = await open(view);
      await page.goto(demo.startOrigin);
      await check(page, view, 'start');
      assert.deepEqual(errors, []);
      const links = await page
        .locator('a[href^=http]')
        .evaluateAll((found) => found.map((link) => (link as HTMLAnchorElement).href));
      assert.ok(links.length > 10);
      for (const link of new Set(links)) {
        // This process need not know the names of the hosts; the browser does.
        const response = await context.newPage().then(async (tab) => {
          const answer = await tab.goto(link);
          await tab.close();
          return answer;
        });
        assert.equal(response?.status(), 200, link);
      }
      await context.close();
    });
  }
});
