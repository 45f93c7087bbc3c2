import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { LaurelClient } from '../../demo/shop/laurel.ts';
import { Outbox } from '../../demo/shop/outbox.ts';
import { ShopStore } from '../../demo/shop/store.ts';
import { type Demo, type RunningShop, startDemo } from '../../demo/start.ts';
import type { Member, SurveyResponsePage } from '../../shared/protocol/api.ts';
import { chromiumFlags, chromiumPath } from '../support/browsers.ts';

/** One shopper's way through the three shops, in a real browser, against the real server. */
describe('the storefront', { skip: chromiumPath ? false : 'no Chromium on this machine' }, () => {
  let demo: Demo;
  let dataFolder: string;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** What the page complained of: errors in its console, uncaught exceptions, breaches of its content security policy. */
  let complaints: string[];

  before(async () => {
    dataFolder = mkdtempSync(join(tmpdir(), 'laurel-storefront-'));
    demo = await startDemo({ ports: 'free', dataFolder });
    browser = await chromium.launch({ executablePath: chromiumPath as string, args: [...chromiumFlags] });
  });
  after(async () => {
    await browser?.close();
    await demo?.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await context?.close();
    complaints = [];
    // A zone that is nobody's: neither the shops' nor the machine's.
    context = await browser.newContext({ timezoneId: 'Pacific/Chatham', locale: 'de-AT' });
    page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
  });

  async function ask<T>(shop: RunningShop, path: string): Promise<T> {
    const response = await fetch(`${demo.laurel.endpoint}/v1/programs/${shop.programId}${path}`, {
      headers: { authorization: `Bearer ${shop.secretKey}` },
    });
    assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
    return (await response.json()) as T;
  }
  const memberOf = (shop: RunningShop, id: string) => ask<Member>(shop, `/members/${id}`);

  async function signIn(shop: RunningShop, customer: string): Promise<void> {
    await page.goto(`${shop.origin}/sign-in`);
    await page.locator(`button[value="${customer}"]`).click();
    await page.waitForURL(`${shop.origin}/account`);
  }

  const valueOf = (part: string) => page.locator(`laurel-points-badge [part=${part}]`).first();
  const badgeShows = (points: number) =>
    page.waitForFunction(
      (expected) => {
        const value = document.querySelector('laurel-points-badge')?.shadowRoot?.querySelector('[part=value]');
        return value !== null && value !== undefined && Number(value.textContent?.replace(/\D/g, '')) === expected;
      },
      points,
      { timeout: 10_000 },
    );
  /** A mark on the page that a reload would wipe. */
  const markPage = () => page.evaluate(() => Object.assign(window, { isSamePage: true }));
  const isSamePage = () => page.evaluate(() => (window as unknown as { isSamePage?: boolean }).isSamePage === true);
  const buyNow = async (shop: RunningShop, sku: string) => {
    await page.goto(`${shop.origin}/products/${sku}`);
    await markPage();
    await page.locator('form.buy-now button').click();
    await page.locator('.placed').waitFor();
    return page.locator('.placed [data-order=id]').innerText();
  };

  test('a guest sees what stands in the slots, and can buy without points', async () => {
    const { crema } = demo.shops;
    await page.goto(crema.origin);
    await page.waitForFunction(() => customElements.get('laurel-points-badge') !== undefined);
    assert.equal(await page.locator('laurel-points-badge').innerText(), 'Earn beans with every order');
    assert.ok(await page.locator('laurel-tier-progress .guest-progress').isVisible());
    const orderId = await buyNow(crema, 'filters');
    assert.match(await page.locator('.placed .earned').innerText(), /sign in first/);
    assert.equal(crema.store.order(orderId)?.customerId, null);
    assert.deepEqual(complaints, []);
    const other = await browser.newContext();
    const seen = await (await other.newPage()).goto(`${crema.origin}/orders/${orderId}`);
    assert.equal(seen?.status(), 404, 'another guest does not see the order');
    await other.close();
  });

  test('without scripts the shop still sells, and the slots stand', async () => {
    const { mozhai } = demo.shops;
    const plain = await browser.newContext({ javaScriptEnabled: false });
    const tab = await plain.newPage();
    await tab.goto(`${mozhai.origin}/sign-in`);
    await tab.locator('button[value="su-wanqing"]').click();
    await tab.goto(`${mozhai.origin}/products/cha-jing`);
    await tab.locator('form.buy button').click();
    await tab.waitForURL(`${mozhai.origin}/cart`);
    await tab.goto(`${mozhai.origin}/checkout`);
    await tab.locator('.checkout button').click();
    await tab.waitForURL(`${mozhai.origin}/orders/*`);
    assert.equal(await tab.locator('laurel-points-badge').innerText(), '我的墨点');
    // ¥56 and 10 for the order.
    assert.match(await tab.locator('.earned').innerText(), /此单得 66 墨点/);
    await tab.locator('.order > form button').click();
    await tab.waitForURL(`${mozhai.origin}/account`);
    assert.equal((await memberOf(mozhai, 'su-wanqing')).balance.pending, 0);
    await plain.close();
  });

  test('the badge shows the server’s number, in the shop’s language', async () => {
    for (const [shop, customer, unit] of [
      [demo.shops.crema, 'nora', 'beans'],
      [demo.shops.mozhai, 'lin-zhixia', '墨点'],
      [demo.shops.qimam, 'noura', 'نقطة'],
    ] as const) {
      const { balance } = await memberOf(shop, customer);
      assert.ok(balance.available > 0);
      await signIn(shop, customer);
      await badgeShows(balance.available);
      assert.equal(await valueOf('unit').innerText(), unit);
    }
    assert.deepEqual(complaints, []);
  });

  test('buying moves the badge to the exact number without a reload, and a refund moves it back', async () => {
    const { crema } = demo.shops;
    const { balance, tier } = await memberOf(crema, 'nora');
    assert.equal(tier.multiplierPercent, 125);
    await signIn(crema, 'nora');
    // €12.50 at 5 beans a euro, and a quarter more: 78.125, rounded down once.
    const orderId = await buyNow(crema, 'fjall');
    await badgeShows(balance.available + 78);
    assert.ok(await isSamePage());
    assert.match(await page.locator('.placed .earned').innerText(), /You earned 78 beans/);
    assert.equal((await memberOf(crema, 'nora')).balance.available, balance.available + 78);

    await page.goto(`${crema.origin}/account`);
    await badgeShows(balance.available + 78);
    await markPage();
    const order = page.locator('.order', { hasText: orderId });
    await order.getByRole('button', { name: `Return this order ${orderId}` }).click();
    await badgeShows(balance.available);
    assert.ok(await isSamePage());
    assert.ok(await order.getByText('Returned', { exact: true }).isVisible());
    assert.equal(await order.getByRole('button').count(), 0);
    assert.deepEqual(complaints, []);
  });

  test('returning one line takes back what that line earned', async () => {
    const { crema } = demo.shops;
    const { balance } = await memberOf(crema, 'tom');
    await signIn(crema, 'tom');
    for (const sku of ['bjork', 'filters']) {
      await page.goto(`${crema.origin}/products/${sku}`);
      await page.locator('form.buy button').click();
      await page.getByRole('status').getByText('is in your cart').waitFor();
    }
    await page.goto(`${crema.origin}/checkout`);
    await page.getByRole('button', { name: 'Place order' }).click();
    await page.locator('.placed').waitFor();
    // €14 and €6: 70 and 30 beans. The tier above begins at 500 qualifying beans, and Tom has 435.
    await badgeShows(balance.available + 100);
    const orderId = await page.locator('.placed [data-order=id]').innerText();
    await page.goto(`${crema.origin}/orders/${orderId}`);
    await page.getByRole('button', { name: `Return this Filter papers, ${orderId}` }).click();
    await badgeShows(balance.available + 70);
    assert.equal((await memberOf(crema, 'tom')).balance.available, balance.available + 70);
    assert.deepEqual(complaints, []);
  });

  test('points that wait for the return period show as pending', async () => {
    const { qimam } = demo.shops;
    const { balance } = await memberOf(qimam, 'layan').catch(() => ({ balance: { available: 0, pending: 0 } }));
    await signIn(qimam, 'layan');
    // SAR 95: 2 points for each 5 riyals, and 25 with the order.
    await buyNow(qimam, 'bottle');
    await page.waitForFunction(() =>
      /63/.test(
        document.querySelector('laurel-points-badge')?.shadowRoot?.querySelector('[part=pending]')?.textContent ?? '',
      ),
    );
    await badgeShows(balance.available);
    assert.equal((await memberOf(qimam, 'layan')).balance.pending, balance.pending + 63);
    assert.deepEqual(complaints, []);
  });

  test('the tier progress moves with the purchase', async () => {
    const { mozhai } = demo.shops;
    const { tier } = await memberOf(mozhai, 'chen-mo');
    assert.equal(tier.id, 'tongsheng');
    await signIn(mozhai, 'chen-mo');
    const bar = page.locator('laurel-tier-progress').first().getByRole('progressbar');
    await bar.waitFor();
    const before = Number(await bar.getAttribute('aria-valuenow'));
    // ¥128: 128 ink drops and 10 for the order carry Chen Mo over 300.
    await buyNow(mozhai, 'liao-zhai');
    await page.locator('.placed laurel-tier-progress').getByText('秀才').first().waitFor();
    const after = await memberOf(mozhai, 'chen-mo');
    assert.equal(after.tier.id, 'xiucai');
    assert.equal(after.tier.qualifying, before + 138);
    assert.deepEqual(complaints, []);
  });

  test('the survey is asked after buying, answered once, and listed for the merchant', async () => {
    const { crema } = demo.shops;
    await signIn(crema, 'amara');
    const orderId = await buyNow(crema, 'lingon');
    const survey = page.locator('.placed laurel-survey');
    await survey.getByText('How likely are you to recommend Crema to a friend?').waitFor();
    await survey.getByRole('radio', { name: '9', exact: true }).check();
    await survey.getByRole('textbox').fill('Björk, please, in one-kilo bags.');
    await survey.locator('[part=send]').click();
    await survey.locator('[part~=thanks]').waitFor();

    const listed = await ask<SurveyResponsePage>(crema, '/survey-responses?survey=post-purchase');
    const mine = listed.responses.filter(({ memberId }) => memberId === 'amara');
    assert.deepEqual(
      mine.map(({ score, comment }) => ({ score, comment })),
      [{ score: 9, comment: 'Björk, please, in one-kilo bags.' }],
    );
    await page.goto(`${crema.origin}/orders/${orderId}`);
    await badgeShows((await memberOf(crema, 'amara')).balance.available);
    await page.locator('laurel-survey').scrollIntoViewIfNeeded();
    assert.ok(await page.getByText('a person answers').isVisible());
    assert.equal(await page.locator('laurel-survey').getByRole('radio').count(), 0);
    assert.deepEqual(complaints, []);
  });

  test('one sample customer’s orders are nobody else’s, and signing out forgets the number', async () => {
    const { crema } = demo.shops;
    await signIn(crema, 'nora');
    const order = await page.locator('.order h3 a').first().getAttribute('href');
    const { balance } = await memberOf(crema, 'nora');
    await badgeShows(balance.available);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('laurel-points-badge').getByText('Earn beans with every order').waitFor();
    assert.deepEqual(complaints, []);
    const response = await page.goto(`${crema.origin}${order}`);
    assert.equal(response?.status(), 404);
  });

  test('an order whose answer was lost is sent again, and counts once', async () => {
    const { crema } = demo.shops;
    const folder = mkdtempSync(join(tmpdir(), 'laurel-lost-'));
    let lostCount = 0;
    // Between shop and Laurel: passes the call on, and drops the line before the first answer.
    const line = createServer((request, response) => {
      const ask = forward(
        demo.laurel.endpoint + request.url,
        { method: 'POST', headers: request.headers },
        (answer) => {
          if (lostCount++ === 0) response.destroy();
          else answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers));
        },
      );
      request.pipe(ask);
    }).listen(0, '127.0.0.1');
    await once(line, 'listening');
    const store = new ShopStore(join(folder, 'shop.sqlite'));
    const { port } = line.address() as AddressInfo;
    const laurel = new LaurelClient({ ...crema, origin: demo.laurel.origin, endpoint: `http://127.0.0.1:${port}` });
    const outbox = new Outbox(store, laurel);
    try {
      const body = { id: 'LOST-1', memberId: 'lost', placedAt: '2026-03-01T10:00:00Z', currency: 'EUR' };
      const sold = { sku: 'filters', category: 'Brewing', quantity: 1, netMinor: 600 };
      const lines = [{ ...sold, isReturned: false }];
      store.addOrder(
        {
          id: 'LOST-1',
          customerId: 'lost',
          guestSessionId: null,
          placedAt: 0,
          lines,
          pointsEarned: null,
          pointsAvailableAt: null,
        },
        {
          path: laurel.ordersPath,
          body: JSON.stringify({ ...body, lines: [sold] }),
        },
      );
      await outbox.flush();
      assert.equal(store.waiting().length, 1);
      assert.equal((await memberOf(crema, 'lost')).seq, 1);
      await until(() => store.waiting().length === 0);
      const { seq, balance } = await memberOf(crema, 'lost');
      assert.deepEqual({ lostCount, seq, available: balance.available }, { lostCount: 2, seq: 1, available: 30 });
      assert.equal(store.order('LOST-1')?.pointsEarned, 30);
    } finally {
      await outbox.close();
      store.close();
      line.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('the shop sells while Laurel is down, and the order arrives when it is back', async () => {
    const { mozhai } = demo.shops;
    const { balance } = await memberOf(mozhai, 'lin-zhixia');
    await demo.laurel.stop();
    try {
      await signIn(mozhai, 'lin-zhixia');
      assert.equal(await page.locator('laurel-points-badge').innerText(), '我的墨点');
      const orderId = await buyNow(mozhai, 'shi-jing');
      assert.match(await page.locator('.placed .earned').innerText(), /墨点正在路上/);
      assert.deepEqual(
        mozhai.store.waiting().map((item) => item.orderId),
        [orderId],
      );
      // Only what could not be fetched is complained of: nothing is thrown, nothing is blocked.
      assert.deepEqual(
        complaints.filter((text) => !text.includes('net::ERR_CONNECTION_REFUSED')),
        [],
      );
    } finally {
      await demo.laurel.start();
    }
    await until(() => mozhai.store.waiting().length === 0);
    assert.deepEqual(mozhai.store.refusals(), []);
    // ¥58 and 10 for the order, a quarter more: 85.
    await page.goto(`${mozhai.origin}/account`);
    await badgeShows(balance.available);
    assert.equal((await memberOf(mozhai, 'lin-zhixia')).balance.pending, balance.pending + 85);
  });
});

/** Waits for a condition that nothing announces. */
async function until(isTrue: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 40_000; !isTrue(); ) {
    assert.ok(Date.now() < deadline, `not within 40 s: ${isTrue.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
