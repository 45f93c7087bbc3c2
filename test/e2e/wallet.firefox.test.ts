import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'puppeteer-core';
import { type Demo, startDemo } from '../../demo/start.ts';
import { firefoxPath } from '../support/browsers.ts';
import { type FirefoxWithWallet, firefoxWithWallet } from '../support/wallet-firefox.ts';

const screenshots = resolve(import.meta.dirname, '../../dist/screenshots');

describe('the wallet in Firefox', { skip: firefoxPath ? false : 'no Firefox on this machine' }, () => {
  let demo: Demo;
  let browser: FirefoxWithWallet;
  let dataFolder: string;
  let shop: Page;
  let popup: Page;

  before(async () => {
    mkdirSync(screenshots, { recursive: true });
    dataFolder = mkdtempSync(join(tmpdir(), 'laurel-wallet-firefox-'));
    demo = await startDemo({ ports: 'free', dataFolder });
    browser = await firefoxWithWallet();
    shop = await browser.openShop(`${demo.shops.crema.origin}/sign-in`);
    await Promise.all([shop.waitForNavigation(), shop.click('button[name=customer][value=nora]')]);
    await shop.goto(`${demo.shops.crema.origin}/`);
  });
  after(async () => {
    await browser?.close();
    await demo?.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  const numberIn = (text: string | null | undefined) => Number((text ?? '').replace(/\D/g, ''));
  const badgeNumber = async () => {
    const handle = await shop.waitForFunction(
      () => document.querySelector('laurel-points-badge')?.shadowRoot?.textContent?.match(/\d[\d,.]*/)?.[0],
    );
    return numberIn(await handle.jsonValue());
  };
  const figure = async () => numberIn(await popup.$eval('.here .figure', (element) => element.textContent));
  const press = async (name: string) => {
    const button = await popup.waitForSelector(`::-p-xpath(//button[normalize-space()='${name}'])`);
    await button?.click();
  };
  const shot = (name: string) => popup.screenshot({ path: join(screenshots, `wallet-firefox-${name}.png`) });

  test('links a signed-in shopper after asking, and shows the number of the page', async () => {
    const before = await badgeNumber();
    popup = await browser.openPopup(demo.shops.crema.origin);
    await press('Link this shop');
    await popup.waitForSelector('#confirm');
    await shot('confirm');
    await press('Link');
    await popup.waitForSelector('.here .proof');
    await shot('linked');
    assert.equal(await figure(), before);
  });

  test('a purchase changes the number on the page and in the wallet', async () => {
    const before = await figure();
    await shop.bringToFront();
    await shop.evaluate(async (sku) => {
      const body = new URLSearchParams({ sku });
      const answer = await fetch('/checkout', { method: 'POST', body, headers: { accept: 'application/json' } });
      if (!answer.ok) throw new Error(`checkout answered ${answer.status}`);
      await (window as unknown as { laurel: { refresh(): Promise<void> } }).laurel.refresh();
    }, demo.shops.crema.profile.products[0]?.sku ?? '');
    await popup.bringToFront();
    await popup.waitForFunction(
      (shown) => Number(document.querySelector('.here .figure')?.textContent?.replace(/\D/g, '')) > shown,
      {},
      before,
    );
    await shop.bringToFront();
    assert.equal(await figure(), await badgeNumber());
  });

  test('unlinks after asking, and gives its access back', async () => {
    await popup.bringToFront();
    await press('Unlink');
    await popup.waitForSelector('#unlink');
    await popup.click('.question .danger');
    await popup.waitForFunction(() => document.querySelectorAll('.shop').length === 0);
    await popup.waitForFunction(async () => {
      const { permissions, scripting } = (globalThis as unknown as { browser: typeof chrome }).browser;
      const [{ origins }, scripts] = await Promise.all([permissions.getAll(), scripting.getRegisteredContentScripts()]);
      return origins?.length === 0 && scripts.length === 0;
    });
    assert.equal(await popup.$('.shop'), null);
  });
});
