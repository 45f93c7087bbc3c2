import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type Demo, startDemo } from '../../demo/start.ts';
import { chromiumPath } from '../support/browsers.ts';
import { type ChromiumWithWallet, chromiumWithWallet } from '../support/wallet-chromium.ts';

const screenshots = resolve(import.meta.dirname, '../../dist/screenshots');

describe('the wallet in Chromium', { skip: chromiumPath ? false : 'no Chromium on this machine' }, () => {
  let demo: Demo;
  let browser: ChromiumWithWallet;
  let dataFolder: string;
  let shop: Page;
  let popup: Page;

  before(async () => {
    mkdirSync(screenshots, { recursive: true });
    dataFolder = mkdtempSync(join(tmpdir(), 'laurel-wallet-e2e-'));
    demo = await startDemo({ ports: 'free', dataFolder });
    browser = await chromiumWithWallet();
    shop = await browser.context.newPage();
    await shop.goto(`${demo.shops.crema.origin}/sign-in`);
    await shop.locator('button[name=customer][value=nora]').click();
    await shop.goto(`${demo.shops.crema.origin}/`);
  });
  after(async () => {
    await browser?.close();
    await demo?.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  /** The number that the shop's badge shows, once it does. */
  const badgeNumber = async (page: Page) => {
    const badge = page.locator('laurel-points-badge').first();
    const handle = await page.waitForFunction(
      (element) => element?.shadowRoot?.textContent?.match(/\d[\d,.]*/)?.[0],
      await badge.elementHandle(),
    );
    return Number(((await handle.jsonValue()) as string).replace(/\D/g, ''));
  };
  const numberIn = (text: string | null | undefined) => Number((text ?? '').replace(/\D/g, ''));
  const figure = () => popup.locator('.here .figure');
  const shot = (name: string) => popup.screenshot({ path: join(screenshots, `wallet-${name}.png`), fullPage: true });

  test('links a signed-in shopper after asking, and shows the number of the page', async () => {
    const before = await badgeNumber(shop);
    popup = await browser.openPopup(shop);
    await shot('offer');
    await popup.getByRole('button', { name: 'Link this shop' }).click();
    await popup.getByRole('heading', { name: 'Link Crema Beans?' }).waitFor();
    await shot('confirm');
    await popup.getByRole('button', { name: 'Link', exact: true }).click();
    await popup.locator('.here .proof').waitFor();
    await shot('linked');
    assert.equal(numberIn(await figure().innerText()), before);
    assert.match(await popup.locator('.here').innerText(), /••••\w{4}/);
  });

  test('keeps tokens in its own database: no page, no message and no shared storage holds one', async () => {
    const tokens = await popup.evaluate(async () => {
      const database = await new Promise<IDBDatabase>((resolve) => {
        indexedDB.open('laurel-wallet').onsuccess = ({ target }) => resolve((target as IDBOpenDBRequest).result);
      });
      const request = database.transaction('tokens').objectStore('tokens').getAll();
      const stored = await new Promise<{ accessToken: string; refreshToken: string }[]>((resolve) => {
        request.onsuccess = () => resolve(request.result);
      });
      return stored.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]);
    });
    assert.equal(tokens.length, 2);
    const shared = await popup.evaluate(async () => JSON.stringify(await chrome.storage.local.get(null)));
    assert.equal(shared, '{}');
    const page = await shop.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
    );
    for (const token of tokens) assert.ok(token.length > 20 && !page.includes(token) && !shop.url().includes(token));
  });

  test('a purchase changes the number on the page and in the wallet', async () => {
    const before = await badgeNumber(shop);
    await shop.goto(`${demo.shops.crema.origin}/`);
    await badgeNumber(shop);
    // Any purchase will do: "Buy now" of the first product that has it.
    const product = demo.shops.crema.profile.products[0];
    await shop.goto(`${demo.shops.crema.origin}/products/${product?.sku}`);
    await badgeNumber(shop);
    await shop.evaluate(async (sku) => {
      const body = new URLSearchParams({ sku: sku ?? '' });
      const answer = await fetch('/checkout', { method: 'POST', body, headers: { accept: 'application/json' } });
      if (!answer.ok) throw new Error(`checkout answered ${answer.status}`);
      await (window as unknown as { laurel: { refresh(): Promise<void> } }).laurel.refresh();
    }, product?.sku);
    await popup.bringToFront();
    const change = await popup.waitForFunction((seqBefore) => {
      const text = document.querySelector('.here')?.textContent ?? '';
      const entries = Number(text.match(/(\d+) entr/)?.[1] ?? 0);
      return entries > seqBefore ? text : null;
    }, 4);
    await shop.bringToFront();
    assert.match((await change.jsonValue()) ?? '', /pending|beans/);
    const shown = await badgeNumber(shop);
    assert.ok(shown > before, `${before} → ${shown}`);
    assert.equal(numberIn(await figure().innerText()), shown);
    await shot('after-purchase');
  });

  test('goes on after the browser stopped its worker', async () => {
    const cdp = await browser.context.newCDPSession(shop);
    await cdp.send('ServiceWorker.enable');
    await cdp.send('ServiceWorker.stopAllWorkers');
    await popup.getByRole('button', { name: 'Check now' }).click();
    await popup.getByText('Checked.', { exact: true }).waitFor();
    assert.equal(numberIn(await figure().innerText()), await badgeNumber(shop));
  });

  test('a server that is away leaves the number, and says of when it is', async () => {
    const before = await figure().innerText();
    await demo.laurel.stop();
    await popup.getByRole('button', { name: 'Check now' }).click();
    await popup.getByText('The shop cannot be reached at the moment.').waitFor();
    assert.equal(await figure().innerText(), before);
    assert.match(await popup.locator('.here .next').innerText(), /as of/);
    await shot('offline');
    await demo.laurel.start();
    await popup.getByRole('button', { name: 'Check now' }).click();
    await popup.getByText('The shop cannot be reached at the moment.').waitFor({ state: 'detached' });
  });

  test('lights up on partner pages by the browser’s own hand, and asks for nothing on other pages', async () => {
    const worker = await browser.worker();
    const rules = await worker.evaluate(
      () => new Promise((resolve) => chrome.declarativeContent.onPageChanged.getRules(undefined as never, resolve)),
    );
    assert.equal((rules as unknown[]).length, 1);
    const registered = await worker.evaluate(() => chrome.scripting.getRegisteredContentScripts());
    assert.deepEqual(
      registered.map(({ matches }) => matches),
      [['http://crema.localhost/*']],
    );
  });

  test('unlinks after asking: the shop forgets the wallet and the wallet the shop', async () => {
    await popup.bringToFront();
    await popup.getByRole('button', { name: 'Unlink' }).click();
    await popup.getByRole('heading', { name: 'Unlink Crema Beans?' }).waitFor();
    await shot('unlink');
    await popup.getByRole('button', { name: 'Unlink' }).click();
    await popup.getByRole('button', { name: 'Link this shop' }).waitFor();
    // The token is revoked last, after the shopper has seen that it is done.
    await popup.waitForFunction(async () => {
      const database = await new Promise<IDBDatabase>((resolve) => {
        indexedDB.open('laurel-wallet').onsuccess = ({ target }) => resolve((target as IDBOpenDBRequest).result);
      });
      const counts = [...database.objectStoreNames].map(
        (name) =>
          new Promise<number>((resolve) => {
            const request = database.transaction(name).objectStore(name).count();
            request.onsuccess = () => resolve(name === 'keys' ? 0 : request.result);
          }),
      );
      const total = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
      database.close();
      return total === 0;
    });
    const worker = await browser.worker();
    assert.deepEqual(await worker.evaluate(() => chrome.scripting.getRegisteredContentScripts()), []);
  });
});
