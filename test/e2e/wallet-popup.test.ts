import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import type { ListStart, PendingLink, Shop } from '../../extension/storage/records.ts';
import { chromiumPath } from '../support/browsers.ts';
import { aPendingLink, aShop } from '../support/shop-record.ts';
import { type ChromiumWithWallet, chromiumWithWallet } from '../support/wallet-chromium.ts';

const screenshots = resolve(import.meta.dirname, '../../dist/screenshots');
const skip = chromiumPath ? false : 'no Chromium on this machine';

/** An issuer for which nothing ever changes: what a test stored stays as it is. */
let server: Server;
let issuer: string;
before(async () => {
  mkdirSync(screenshots, { recursive: true });
  server = createServer((request, response) => {
    response.writeHead(request.method === 'OPTIONS' ? 204 : 304, {
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization, if-none-match',
      etag: '"same"',
    });
    response.end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
});
after(() => new Promise((closed) => server.close(closed)));

const named = (en: string, zh: string, ar: string) => ({
  ...aShop({ issuer: '', program: '' }).facts,
  name: { en, 'zh-Hans': zh, ar },
});
const failure = { kind: 'offline', tryCount: 2, nextTryAt: Date.now() + 86_400_000 } as const;
const account = aShop({ issuer: '', program: '' }).account as NonNullable<Shop['account']>;

/** One shop in each state that the list can show. */
const everyState = (): Shop[] => [
  aShop({
    issuer,
    program: 'com.crema',
    account: {
      ...account,
      pending: 40,
      expiring: [
        { amount: 120, at: '2027-03-31' },
        { amount: 1130, at: '2027-10-12' },
      ],
    },
  }),
  aShop({ issuer, program: 'com.qimam', facts: named('Qimam Outdoor', '奇玛户外', 'قمم للمغامرات') }),
  aShop({
    issuer,
    program: 'com.stale',
    facts: named('Paper & Ink', '纸与墨', 'ورق وحبر'),
    checkedAt: Date.now() - 26 * 3_600_000,
    failure,
  }),
  aShop({
    issuer,
    program: 'com.revoked',
    facts: named('Old Town Bakery', '老城面包房', 'مخبز البلدة'),
    status: 'revoked',
  }),
  aShop({
    issuer,
    program: 'com.warned',
    facts: named('Velo Atelier', '单车工坊', 'ورشة الدراجات'),
    warning: { fault: 'chain_broken', foundAt: Date.now() },
    failure,
  }),
  aShop({
    issuer,
    program: 'com.new',
    facts: named(
      'A shop whose name is far too long for one line of a popup',
      '名字特别长的一家商店，一行放不下',
      'متجر اسمه أطول من أن يتسع له سطر واحد',
    ),
    account: { ...account, available: 1_234_567_890 },
  }),
  aShop({
    issuer,
    program: 'com.first',
    facts: named('Zest', '橙子', 'زيست'),
    account: null,
    checkedAt: null,
    failure,
  }),
];

/** Fills the wallet's database, through the popup's own origin, and shows it. */
async function show(popup: Page, shops: readonly Shop[], pendings: readonly PendingLink[] = []): Promise<void> {
  await popup.evaluate(
    async ({ shops, pendings }) => {
      const database = await new Promise<IDBDatabase>((opened) => {
        indexedDB.open('laurel-wallet').onsuccess = ({ target }) => opened((target as IDBOpenDBRequest).result);
      });
      const transaction = database.transaction([...database.objectStoreNames], 'readwrite');
      for (const name of database.objectStoreNames) transaction.objectStore(name).clear();
      for (const shop of shops) {
        transaction.objectStore('shops').put(shop);
        const endpoint = `${shop.issuer}/oauth`;
        transaction.objectStore('tokens').put({
          shop: shop.id,
          accessToken: 'token',
          accessExpiresAt: Date.now() + 3_600_000,
          refreshToken: null,
          tokenEndpoint: endpoint,
          revocationEndpoint: endpoint,
          jwksUri: endpoint,
        });
        transaction.objectStore('statements').put({ shop: shop.id, etag: '"same"', exp: Date.now() / 1000 + 3_600 });
      }
      for (const pending of pendings) transaction.objectStore('pendingLinks').put(pending);
      await new Promise((done) => {
        transaction.oncomplete = done;
      });
      database.close();
    },
    { shops, pendings },
  );
  // A popup opens at its top; a page that is loaded again goes back to where it was.
  await popup.evaluate(() => scrollTo(0, 0));
  await popup.reload();
  await popup.waitForFunction(
    () => document.querySelector('main')?.childElementCount && !document.querySelector('.busy'),
  );
}

async function assertAccessible(popup: Page, state: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page: popup }).analyze();
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    [],
    state,
  );
}

for (const locale of ['en-GB', 'zh-CN', 'ar'] as const) {
  describe(`the popup in ${locale}`, { skip }, () => {
    let browser: ChromiumWithWallet;
    let popup: Page;
    before(async () => {
      browser = await chromiumWithWallet({ locale });
      popup = await browser.openPopup();
    });
    after(() => browser?.close());

    /** Each state of the popup, by what is stored. */
    const states: Record<string, () => Promise<void>> = {
      welcome: () => show(popup, []),
      confirm: () => show(popup, [], [aPendingLink()]),
      failed: () =>
        show(
          popup,
          [],
          [
            aPendingLink({ origin: 'https://a.example', step: 'failed', failure: 'signed_out' }),
            aPendingLink({ origin: 'https://b.example', step: 'failed', failure: 'origin_not_listed' }),
          ],
        ),
      list: () => show(popup, everyState()),
      async open() {
        await show(popup, everyState());
        await popup.locator('details').evaluateAll((all) => {
          for (const details of all) (details as HTMLDetailsElement).open = true;
        });
        await popup.waitForFunction(
          () => document.querySelectorAll('.more').length === document.querySelectorAll('details').length,
        );
      },
    };

    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [380, 320]) {
        test(`every state is accessible and needs no sideways scrolling, ${colorScheme}, ${width} px`, async () => {
          await popup.emulateMedia({ colorScheme });
          await popup.setViewportSize({ width, height: 600 });
          for (const [state, reach] of Object.entries(states)) {
            await reach();
            assert.ok(
              (await popup.evaluate(() => document.documentElement.scrollWidth)) <= width,
              `${state} is too wide`,
            );
            await assertAccessible(popup, `${state}, ${locale}, ${colorScheme}`);
            const file = `popup-${locale}-${colorScheme}-${state}${width === 320 ? '-320' : ''}.png`;
            await popup.screenshot({ path: join(screenshots, file), fullPage: true });
          }
        });
      }
    }

    test(`reads ${locale === 'ar' ? 'right to left' : 'left to right'} in its own language`, async () => {
      assert.deepEqual(
        await popup.evaluate(() => [document.documentElement.lang, document.documentElement.dir]),
        { 'en-GB': ['en', 'ltr'], 'zh-CN': ['zh-Hans', 'ltr'], ar: ['ar', 'rtl'] }[locale],
      );
    });
  });
}

describe('the popup’s controls', { skip }, () => {
  let browser: ChromiumWithWallet;
  let popup: Page;
  before(async () => {
    browser = await chromiumWithWallet({ locale: 'en-GB' });
    popup = await browser.openPopup();
    await show(popup, everyState());
  });
  after(() => browser?.close());

  test('are all reached and used by keyboard alone', async () => {
    await popup.locator('h1').focus();
    const focused = () =>
      popup.evaluate(
        () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
      );
    await popup.keyboard.press('Tab');
    assert.match(await focused(), /Check now/);
    await popup.keyboard.press('Tab');
    assert.match(await focused(), /A shop whose name/);
    await popup.keyboard.press('Enter');
    await popup.locator('details').first().locator('.more').waitFor();
    await popup.keyboard.press('Tab');
    assert.match(await focused(), /Unlink/);
    await popup.keyboard.press('Enter');
    await popup.getByRole('heading', { name: /Unlink A shop/ }).waitFor();
    assert.match(await focused(), /Unlink A shop/, 'the question takes the focus');
    await popup.keyboard.press('Tab');
    await popup.keyboard.press('Tab');
    assert.match(await focused(), /Keep/);
    await popup.keyboard.press('Enter');
    await popup.getByRole('heading', { name: /Unlink A shop/ }).waitFor({ state: 'detached' });
    assert.match(await focused(), /Unlink/, 'and gives it back');
  });

  test('tell a screen reader each shop’s name, number and state in one go', async () => {
    const tree = await popup.getByRole('list').first().ariaSnapshot();
    for (const words of [
      'strong: Crema\n      - text: 1,250 beans Use 120 beans by 31 Mar 2027',
      'strong: Old Town Bakery\n      - text: 1,250 beans Not linked any more',
    ]) {
      assert.ok(tree.includes(words), `${words}\n${tree}`);
    }
  });

  test('save the evidence as a file with both statements and no token', async () => {
    await popup.evaluate(
      (shop) =>
        new Promise((done) => {
          indexedDB.open('laurel-wallet').onsuccess = ({ target }) => {
            const database = (target as IDBOpenDBRequest).result;
            const transaction = database.transaction('evidence', 'readwrite');
            const [believed, refused, entries, keys] = ['first.jws', 'second.jws', [], [{ kid: 'k' }]];
            transaction
              .objectStore('evidence')
              .put({ shop, foundAt: 0, fault: 'chain_broken', believed, refused, entries, keys });
            transaction.oncomplete = () => {
              database.close();
              done(null);
            };
          };
        }),
      `${issuer}/v1/programs/com.warned`,
    );
    const [download] = await Promise.all([
      popup.waitForEvent('download'),
      popup.getByRole('button', { name: 'Save the evidence' }).click(),
    ]);
    assert.equal(download.suggestedFilename(), 'laurel-evidence-com.warned.json');
    const text = readFileSync(await download.path(), 'utf8');
    const { findings, issuer: named } = JSON.parse(text);
    assert.equal(named, issuer);
    assert.deepEqual(findings, [
      {
        foundAt: '1970-01-01T00:00:00.000Z',
        fault: 'chain_broken',
        believedStatement: 'first.jws',
        refusedStatement: 'second.jws',
        refusedEntries: [],
        keys: [{ kid: 'k' }],
      },
    ]);
    assert.ok(!text.includes('token'));
  });

  test('draw more shops as the shopper scrolls', async () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      aShop({
        issuer,
        program: `com.shop${index}`,
        facts: named(`Shop ${String(index).padStart(2, '0')}`, 'x', 'x'),
        failure,
      }),
    );
    await show(popup, many);
    assert.equal(await popup.locator('.shop').count(), 10);
    await popup.getByText('Shop 09').scrollIntoViewIfNeeded();
    await popup.waitForFunction(() => document.querySelectorAll('.shop').length > 10);
    await popup.getByText('Shop 49').scrollIntoViewIfNeeded();
    await popup.getByText('Shop 59').waitFor();
  });

  test('begin the list with what began it last, and believe nothing of it but the order', async () => {
    const shop = (name: string, available: number) =>
      aShop({ issuer, program: `com.${name}`, facts: named(name, name, name), account: { ...account, available } });
    const [apple, birch, cedar] = [shop('Apple', 1), shop('Birch', 2), shop('Cedar', 3)] as const;
    await show(popup, [cedar, apple, birch]);
    assert.deepEqual(await readListStart(popup), [apple.id, birch.id, cedar.id]);

    for (const start of [[cedar.id, birch.id], [birch.id], [apple.id, `${issuer}/v1/programs/gone`]]) {
      await change(popup, 'listStarts', { language: 'en-GB', shops: start });
      await change(popup, 'shops', { ...birch, account: { ...account, available: 77 } });
      await popup.reload();
      await popup.waitForFunction(() => document.querySelectorAll('.shop').length === 3);
      await popup.waitForFunction(() => document.querySelector('.name')?.textContent === 'Apple');
      assert.deepEqual(await popup.locator('.name').allTextContents(), ['Apple', 'Birch', 'Cedar']);
      assert.deepEqual(await popup.locator('.figure').allTextContents(), ['1', '77', '3']);
      assert.equal(await popup.getByRole('status').textContent(), '', 'no shop is told to be new');
    }
  });
});

/** Ids of the shops that the popup will read first. */
function readListStart(popup: Page): Promise<readonly string[]> {
  return popup.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((opened) => {
      indexedDB.open('laurel-wallet').onsuccess = ({ target }) => opened((target as IDBOpenDBRequest).result);
    });
    return new Promise((read) => {
      const request = database.transaction('listStarts').objectStore('listStarts').get(navigator.language);
      request.onsuccess = () => {
        database.close();
        read((request.result as ListStart).shops);
      };
    });
  });
}

/** Puts one record into the wallet's database. */
function change(popup: Page, store: string, record: Shop | ListStart): Promise<void> {
  return popup.evaluate(
    async ([name, value]) => {
      const database = await new Promise<IDBDatabase>((opened) => {
        indexedDB.open('laurel-wallet').onsuccess = ({ target }) => opened((target as IDBOpenDBRequest).result);
      });
      const transaction = database.transaction(name, 'readwrite');
      transaction.objectStore(name).put(value);
      await new Promise((done) => {
        transaction.oncomplete = done;
      });
      database.close();
    },
    [store, record] as const,
  );
}
