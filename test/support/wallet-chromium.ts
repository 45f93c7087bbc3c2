import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type BrowserContext, chromium, type Page, type Worker } from 'playwright-core';
import { chromiumFlags, chromiumPath } from './browsers.ts';

/** Chromium with the built wallet in it. */
export interface ChromiumWithWallet {
  readonly context: BrowserContext;
  readonly extensionId: string;
  worker(): Promise<Worker>;
  /** The popup as a tab, looking at the tab of `page`. */
  openPopup(page?: Page): Promise<Page>;
  close(): Promise<void>;
}

/**
 * Starts Chromium with the wallet. Nobody can answer a permission prompt of a headless browser, so this copy of the
 * extension is granted the local shops by its manifest; every line of its code is the built one.
 */
export async function chromiumWithWallet(
  options: { readonly locale?: string; readonly colorScheme?: 'light' | 'dark' } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'laurel-chromium-'));
  const extension = join(folder, 'extension');
  cpSync(resolve(import.meta.dirname, '../../dist/extension-chrome'), extension, { recursive: true });
  const manifestPath = join(extension, 'manifest.json');
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as Record<string, unknown>;
  writeFileSync(
    manifestPath,
    JSON.stringify({ ...manifest, host_permissions: ['http://localhost/*', 'http://*.localhost/*'] }),
  );
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: chromiumPath as string,
    headless: true,
    args: [...chromiumFlags, `--disable-extensions-except=${extension}`, `--load-extension=${extension}`],
    viewport: { width: 1100, height: 800 },
    ...options,
  });
  const worker = async () => context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  const extensionId = new URL((await worker()).url()).host;

  const browser: ChromiumWithWallet = {
    context,
    extensionId,
    worker,
    async openPopup(page) {
      const popup = await context.newPage();
      await popup.setViewportSize({ width: 380, height: 600 });
      const tabId = page ? await tabIdOf(page, popup, extensionId) : null;
      await popup.goto(
        `chrome-extension://${extensionId}/extension/popup/index.html${tabId === null ? '' : `?tab=${tabId}`}`,
      );
      await popup.locator('h1').waitFor();
      return popup;
    },
    async close() {
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return browser;
}

/** The browser's id of a page's tab, found by its address from a page of the extension. */
async function tabIdOf(page: Page, popup: Page, extensionId: string): Promise<number> {
  await popup.goto(`chrome-extension://${extensionId}/extension/popup/index.html`);
  const id = await popup.evaluate(
    async (url) => (await chrome.tabs.query({})).find((tab) => tab.url === url)?.id,
    page.url(),
  );
  if (id === undefined) throw new Error(`no tab shows ${page.url()}`);
  return id;
}
