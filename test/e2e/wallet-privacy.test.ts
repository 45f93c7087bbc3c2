import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ANNOUNCE } from '../../shared/protocol/handshake.ts';
import { chromiumPath } from '../support/browsers.ts';
import { FakeIssuer } from '../support/fake-issuer.ts';
import { type ChromiumWithWallet, chromiumWithWallet } from '../support/wallet-chromium.ts';

describe('what the wallet tells of the pages a shopper visits', {
  skip: chromiumPath ? false : 'no Chromium on this machine',
}, () => {
  const issuer = new FakeIssuer();
  let shops: Server;
  let browser: ChromiumWithWallet;
  /** Requests that the shops' server saw, by path. */
  const visits: string[] = [];

  /** Pages that note every message they get from anybody. */
  const pages: Record<string, string> = {
    '/plain': '',
    // As laurel.js inserts it: displayed, without a box.
    '/partner': `const link = document.createElement('link');
      link.rel = 'loyalty-program'; link.href = ISSUER + '/v1/programs/${issuer.program}';
      link.style.display = 'contents'; document.documentElement.append(link);`,
    '/elements': `document.body.append(document.createElement('laurel-points-badge'));`,
  };

  before(async () => {
    await issuer.start();
    shops = createServer((request, response) => {
      visits.push(request.url ?? '');
      const script = pages[request.url ?? ''];
      response.writeHead(script === undefined ? 404 : 200, { 'content-type': 'text/html' });
      response.end(
        `<!doctype html><html><head><title>Shop</title></head><body><p>Shop</p><script>
          window.heard = []; addEventListener('message', ({ data }) => heard.push(data?.type));
          ${(script ?? '').replace('ISSUER', JSON.stringify(issuer.origin))}</script></body></html>`,
      );
    });
    await new Promise<void>((listening) => shops.listen(0, '127.0.0.1', listening));
    browser = await chromiumWithWallet();
  });
  after(async () => {
    await browser?.close();
    await issuer.stop();
    shops.closeAllConnections();
    await new Promise((closed) => shops.close(closed));
  });

  const address = (path: string) => `http://localhost:${(shops.address() as AddressInfo).port}${path}`;
  const heard = (page: { evaluate<T>(body: () => T): Promise<T> }) =>
    page.evaluate(() => (window as unknown as { heard: string[] }).heard);

  test('nothing to anybody while no shop is linked, also when the popup is opened on a partner page', async () => {
    const page = await browser.context.newPage();
    for (const path of ['/plain', '/partner', '/elements', '/partner']) await page.goto(address(path));
    const popup = await browser.openPopup(page);
    await popup.getByRole('button', { name: 'Link this shop' }).waitFor();
    await popup.waitForFunction(() => !document.querySelector('.busy'));
    assert.deepEqual(issuer.calls, [], 'the program’s server was asked nothing');
    assert.deepEqual(
      visits.filter((path) => !(path in pages) && path !== '/favicon.ico'),
      [],
    );
    assert.deepEqual(await heard(page), [], 'the page was told nothing');
    const stored = await popup.evaluate(async () => {
      const database = await new Promise<IDBDatabase>((opened) => {
        indexedDB.open('laurel-wallet').onsuccess = ({ target }) => opened((target as IDBOpenDBRequest).result);
      });
      const counts = [...database.objectStoreNames].map(
        (name) =>
          new Promise<number>((counted) => {
            const request = database.transaction(name).objectStore(name).count();
            request.onsuccess = () => counted(request.result);
          }),
      );
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    });
    assert.equal(stored, 0, 'nothing of the visit is stored');
    await popup.close();
    await page.close();
  });

  test('the browser itself knows partner pages: the wallet’s conditions hold there, and nowhere else', async () => {
    // The icon cannot be read back, so the same conditions get an action that can be seen: running the content script.
    const worker = await browser.worker();
    await worker.evaluate(async () => {
      const { onPageChanged, RequestContentScript } = chrome.declarativeContent;
      const [rule] = await new Promise<chrome.events.Rule[]>((found) =>
        onPageChanged.getRules(['partner-page'], found as never),
      );
      const conditions = (rule?.conditions ?? []).map(
        (condition) => new chrome.declarativeContent.PageStateMatcher({ css: (condition as { css: string[] }).css }),
      );
      const actions = [new RequestContentScript({ js: ['content-script.js'] })];
      await new Promise<void>((added) =>
        onPageChanged.addRules([{ id: 'probe', conditions, actions }] as never, () => added()),
      );
    });
    const plain = await browser.context.newPage();
    await plain.goto(address('/plain'));
    for (const path of ['/partner', '/elements']) {
      const page = await browser.context.newPage();
      await page.goto(address(path));
      await page.waitForFunction((type) => (window as unknown as { heard: string[] }).heard.includes(type), ANNOUNCE);
      await page.close();
    }
    assert.deepEqual(await heard(plain), []);
    await plain.close();
  });
});
