import { resolve } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { GECKO_ID } from '../../extension/manifest.ts';
import { firefoxPath } from './browsers.ts';

/** Any will do, as long as it is known: Firefox makes up another one for each profile. */
const UUID = '7b0f7c3e-8f5a-4c1d-9a57-2d6f0a1b3c4e';
const POPUP = `moz-extension://${UUID}/extension/popup/index.html`;

/** Firefox with the built wallet in it. */
export interface FirefoxWithWallet {
  readonly browser: Browser;
  openShop(url: string): Promise<Page>;
  /** The popup as a tab, looking at the tab that shows an address of `origin`. */
  openPopup(origin: string): Promise<Page>;
  close(): Promise<void>;
}

/** Starts Firefox with the wallet. The preference answers its permission prompt, which no headless browser shows, with yes. */
export async function firefoxWithWallet(): Promise<FirefoxWithWallet> {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: firefoxPath as string,
    headless: true,
    args: ['--remote-allow-system-access'],
    extraPrefsFirefox: {
      'extensions.webextensions.uuids': JSON.stringify({ [GECKO_ID]: UUID }),
      'extensions.webextOptionalPermissionPrompts': false,
      'intl.accept_languages': 'en-US',
    },
  });
  await browser.installExtension(resolve(import.meta.dirname, '../../dist/extension-firefox'));

  return {
    browser,
    async openShop(url) {
      const page = await browser.newPage();
      await page.goto(url);
      return page;
    },
    async openPopup(origin) {
      const popup = await browser.newPage();
      await popup.setViewport({ width: 380, height: 640 });
      await goToExtensionPage(popup, POPUP);
      await grant(popup, origin);
      const tabId = await popup.evaluate(async (shop) => {
        const tabs = await (globalThis as unknown as { browser: typeof chrome }).browser.tabs.query({});
        return tabs.find(({ url }) => url?.startsWith(shop))?.id;
      }, origin);
      await goToExtensionPage(popup, `${POPUP}?tab=${tabId}`);
      return popup;
    },
    close: () => browser.close(),
  };
}

/**
 * Stands in for `activeTab`, which only a press of the real toolbar button gives: without it the popup cannot look at the
 * page for its link. It is the same permission that "Link" asks for a moment later.
 */
async function grant(popup: Page, origin: string): Promise<void> {
  await popup.evaluate(
    (pattern) => {
      const button = document.createElement('button');
      button.id = 'grant';
      button.onclick = async () => {
        const { permissions } = (globalThis as unknown as { browser: typeof chrome }).browser;
        button.dataset['granted'] = String(await permissions.request({ origins: [pattern] }));
      };
      document.body.prepend(button);
    },
    `http://${new URL(origin).hostname}/*`,
  );
  await popup.click('#grant');
  await popup.waitForSelector('#grant[data-granted=true]');
}

/** Firefox gives no answer to this navigation: the page moves to the extension's process meanwhile. */
async function goToExtensionPage(page: Page, url: string): Promise<void> {
  page.goto(url, { timeout: 1 }).catch(() => {});
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const shown = await page.evaluate(() => (document.querySelector('h1') ? location.href : '')).catch(() => '');
    if (shown === url) return;
    await new Promise((proceed) => setTimeout(proceed, 50));
  }
  throw new Error(`Firefox did not open ${url}`);
}
