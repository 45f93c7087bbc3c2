import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { chromiumFlags, chromiumPath } from '../support/browsers.ts';
import { aShop } from '../support/shop-record.ts';

/**
 * How long the popup takes to its painted list, beside a bare page in the same extension that reads the same store and
 * draws the first rows of it by hand; and how long the read takes, beside a bare `getAll`. Rounds alternate.
 */
const ROUND_COUNT = 40;

/** A windowed list with nothing else: what any popup has to do at least. */
const BARE = `
const opened = indexedDB.open('laurel-wallet');
opened.onsuccess = () => {
  const request = opened.result.transaction('shops').objectStore('shops').getAll();
  request.onsuccess = () => {
    const list = document.createElement('ul');
    for (const shop of request.result.slice(0, 16)) {
      const row = document.createElement('li');
      const name = document.createElement('strong');
      name.textContent = shop.facts.name.en;
      const number = document.createElement('span');
      number.textContent = shop.account.available.toLocaleString();
      row.append(name, number);
      list.append(row);
    }
    document.body.append(list);
  };
};`;

if (!chromiumPath) {
  console.log('wallet popup: skipped, no Chromium on this machine');
  process.exit();
}
const folder = mkdtempSync(join(tmpdir(), 'laurel-bench-'));
const extension = join(folder, 'extension');
cpSync(resolve(import.meta.dirname, '../../dist/extension-chrome'), extension, { recursive: true });
const css = readFileSync(join(extension, 'extension/popup/index.html'), 'utf8').match(/href="([^"]+\.css)"/)?.[1];
writeFileSync(join(extension, 'bare.js'), BARE);
writeFileSync(
  join(extension, 'bare.html'),
  `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="${css}"><script type="module" src="bare.js"></script><body></body>`,
);
const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
  executablePath: chromiumPath,
  headless: true,
  args: [...chromiumFlags, `--disable-extensions-except=${extension}`, `--load-extension=${extension}`],
  viewport: { width: 380, height: 600 },
});
const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
const origin = `chrome-extension://${new URL(worker.url()).host}`;
const page = await context.newPage();

/** Milliseconds from the start of the navigation to the frame after the first row is there. */
async function timeTo(path: string, row: string): Promise<number> {
  await page.goto(`${origin}/${path}`, { waitUntil: 'commit' });
  return page.evaluate(
    (selector) =>
      new Promise<number>((painted) => {
        const look = () => {
          if (!document.querySelector(selector)) return requestAnimationFrame(look);
          requestAnimationFrame(() => setTimeout(() => painted(performance.now())));
        };
        look();
      }),
    row,
  );
}

async function fill(count: number): Promise<void> {
  await page.goto(`${origin}/extension/popup/index.html`);
  await page.locator('h1').waitFor();
  const failure = { kind: 'offline', tryCount: 1, nextTryAt: Date.now() + 86_400_000 } as const;
  const shops = Array.from({ length: count }, (_, index) => {
    const shop = aShop({ issuer: 'https://points.example', program: `com.shop${index}`, failure });
    return { ...shop, facts: { ...shop.facts, name: { en: `Shop ${(index * 7919) % count}` } } };
  });
  await page.evaluate(async (records) => {
    const database = await new Promise<IDBDatabase>((opened) => {
      indexedDB.open('laurel-wallet').onsuccess = ({ target }) => opened((target as IDBOpenDBRequest).result);
    });
    const transaction = database.transaction('shops', 'readwrite');
    transaction.objectStore('shops').clear();
    for (const record of records) transaction.objectStore('shops').put(record);
    await new Promise((done) => {
      transaction.oncomplete = done;
    });
    database.close();
  }, shops);
}

/** The lowest tenth: what else the machine does only ever adds. */
const lowest = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 10)] ?? 0;

async function compare(count: number): Promise<{ popup: number; bare: number }> {
  await fill(count);
  const popup: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUND_COUNT; round++) {
    bare.push(await timeTo('bare.html', 'li'));
    popup.push(await timeTo('extension/popup/index.html', '.shop'));
  }
  return { popup: lowest(popup), bare: lowest(bare) };
}

/** The popup's read against a `getAll` of the same records in one store that is kept open. */
async function readRatio(target: Page): Promise<number> {
  return target.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((opened) => {
      indexedDB.open('laurel-wallet').onsuccess = ({ target }) => opened((target as IDBOpenDBRequest).result);
    });
    const getAll = () =>
      new Promise<number>((read) => {
        const start = performance.now();
        const request = database.transaction('shops').objectStore('shops').getAll();
        request.onsuccess = () => read(performance.now() - start);
      });
    const times: number[] = [];
    for (let round = 0; round < 15; round++) times.push(await getAll());
    return times.sort((a, b) => a - b)[7] ?? 0;
  });
}

const small = await compare(500);
const getAllMs = await readRatio(page);
const large = await compare(5_000);
await context.close();
rmSync(folder, { recursive: true, force: true });

const ratio = small.popup / small.bare;
const growth = large.popup / small.popup;
const line = (ok: boolean, text: string) => console.log(`${ok ? '✓' : '✗'} ${text}`);
console.log(`getAll of 500 shops ${getAllMs.toFixed(1)} ms`);
line(
  ratio <= 1.15,
  `popup with 500 shops, to painted list ${small.popup.toFixed(0)} ms, bare windowed list ${small.bare.toFixed(0)} ms: ${ratio.toFixed(2)}× (must 1.15×, aim 1.05×)`,
);
console.log(
  `  popup with 5,000 shops ${large.popup.toFixed(0)} ms, bare ${large.bare.toFixed(0)} ms: ${(large.popup / large.bare).toFixed(2)}×; ${growth.toFixed(2)}× its own 500 (aim 1.05×)`,
);
if (ratio > 1.15) process.exitCode = 1;
