import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
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

  before(async () => {
    mkdirSync(screenshots, { recursive: true });
    dataFolder = mkdtempSync(join(tmpdir(), 'laurel-wallet-e2e-'));
    demo = await startDemo({ ports: 'free', dataFolder });
    browser = await chromiumWithWallet();
    shop = await browser.context.newPage();
  });
  after(async () => {
    await browser?.close();
    await demo?.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  const badgeNumber = (page: Page) =>
    page.locator('laurel-points-badge').first().evaluate((badge) => {
      const digits = badge.shadowRoot?.textContent?.match(/[\d,.]+/)?.[0];
      return digits === undefined ? null : Number(digits.replace(/\D/g, ''));
    });
  const walletNumber = async (popup: Page) =>
    Number((await popup.locator('.here .figure').innerText()).replace(/\D/g, ''));

  test('links a signed-in shopper, shows the page’s number, follows a purchase, and unlinks', async () => {
    const { origin } = demo.shops.crema;
    await shop.goto(`${origin}/sign-in`);
    await shop.locator('button[value=nora], form:has(input[value=nora]) button').first().click();
    await shop.goto(`${origin}/`);
    await shop.waitForFunction(() => /\d/.test(document.querySelector('laurel-points-badge')?.shadowRoot?.textContent ?? ''));
    const before = await badgeNumber(shop);

    const popup = await browser.openPopup(shop);
    await popup.screenshot({ path: join(screenshots, 'wallet-offer.png') });
    await popup.getByRole('button', { name: 'Link this shop' }).click();
    await popup.getByRole('heading', { name: /Link .*\?/ }).waitFor();
    await popup.screenshot({ path: join(screenshots, 'wallet-confirm.png') });
    await popup.getByRole('button', { name: 'Link', exact: true }).click();
    await popup.locator('.here .proof').waitFor();
    await popup.screenshot({ path: join(screenshots, 'wallet-linked.png') });
    assert.equal(await walletNumber(popup), before);

    console.log('number', before);
  });
});
