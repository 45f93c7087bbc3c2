import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import type { indexedStore } from '../../extension/storage/indexed-store.ts';
import { isStrict, median } from '../support/bench/report.ts';
import { chromiumFlags, chromiumPath } from '../support/browsers.ts';
import { aShop } from '../support/shop-record.ts';

/**
 * How long the popup takes to its painted list, beside a bare page of the same extension that reads the same store and
 * draws by hand the rows that are in view; and how long the wallet's read takes, beside the browser's own `getAll` of the
 * same records in a store that is open already. Each round measures both sides one after the other, first the one, next
 * round the other; the figure is the median of the rounds' ratios, which what else the machine does moves least.
 */
const budgets = { popup: { must: 1.15, aim: 1.05 }, growth: 1.05, read: { must: 1.5, aim: 1.1 } } as const;

const POPUP_PATH = 'extension/popup/index.html';
const BARE_PATH = 'bare.html';

const ROUNDS_MIN = 12;

/** A windowed list and nothing else: what any popup has to do at least. The rows beyond the window are a spacer. */
const BARE = `
const opened = indexedDB.open('laurel-wallet');
opened.onsuccess = () => {
  const request = opened.result.transaction('shops').objectStore('shops').getAll();
  request.onsuccess = () => {
    const shown = Math.ceil(innerHeight / 60);
    const list = document.createElement('ul');
    list.style.blockSize = request.result.length * 60 + 'px';
    for (const shop of request.result.slice(0, shown)) {
      const row = document.createElement('li');
      row.style.blockSize = '60px';
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

/**
 * Notes when the frame that shows the first row has been made, without asking for frames before there is one, and then when
 * the popup has looked for news: what it does until then would otherwise be counted to the next page.
 */
const WATCH = `
new MutationObserver((_, observer) => {
  if (!document.querySelector('li')) return;
  observer.disconnect();
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { globalThis.paintedMs = performance.now(); };
    port2.postMessage(null);
  });
  let wasBusy = false;
  new MutationObserver(() => {
    const isBusy = document.querySelector('.busy') !== null;
    if (wasBusy && !isBusy) globalThis.isAtRest = true;
    wasBusy = isBusy;
  }).observe(document, { attributes: true, attributeFilter: ['class'], childList: true, subtree: true });
}).observe(document, { childList: true, subtree: true });`;

if (!chromiumPath) {
  console.log('wallet popup: skipped, no Chromium on this machine');
  process.exit();
}
const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'laurel-bench-'));
const extension = join(folder, 'extension');
cpSync(join(root, 'dist/extension-chrome'), extension, { recursive: true });
const css = readFileSync(join(extension, POPUP_PATH), 'utf8').match(/href="([^"]+\.css)"/)?.[1];
writeFileSync(join(extension, 'bare.js'), BARE);
writeFileSync(
  join(extension, BARE_PATH),
  `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="${css}"><script type="module" src="bare.js"></script><body></body>`,
);
// The wallet's own code that reads, for a page of the bench.
await build({
  configFile: false,
  root,
  logLevel: 'warn',
  build: {
    outDir: extension,
    emptyOutDir: false,
    lib: { entry: join(root, 'extension/storage/indexed-store.ts'), formats: ['es'], fileName: () => 'read.js' },
  },
});
const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
  executablePath: chromiumPath,
  headless: true,
  args: [...chromiumFlags, `--disable-extensions-except=${extension}`, `--load-extension=${extension}`],
  viewport: { width: 380, height: 600 },
});
await context.addInitScript(WATCH);
const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
const origin = `chrome-extension://${new URL(worker.url()).host}`;
const page = await context.newPage();

/** Milliseconds from the start of the navigation to the frame that shows the first row. */
async function timeTo(path: string): Promise<number> {
  await page.goto(`${origin}/${path}`, { waitUntil: 'commit' });
  const painted = await page.waitForFunction(() => (globalThis as { paintedMs?: number }).paintedMs);
  if (path !== BARE_PATH) await page.waitForFunction(() => (globalThis as { isAtRest?: true }).isAtRest);
  return painted.jsonValue() as Promise<number>;
}

async function fill(count: number): Promise<void> {
  await page.goto(`${origin}/${POPUP_PATH}`);
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

interface Pair {
  readonly subject: number;
  readonly floor: number;
}

/** `count` rounds, or on a busy machine as many as `msMax` allows, but {@link ROUNDS_MIN}. */
async function paintRounds(count: number, msMax: number): Promise<Pair[]> {
  const rounds: Pair[] = [];
  const start = performance.now();
  for (let round = 0; round < count && (round < ROUNDS_MIN || performance.now() - start < msMax); round++) {
    const popup = () => timeTo(POPUP_PATH);
    const bare = () => timeTo(BARE_PATH);
    if (round % 2 === 0) {
      const floor = await bare();
      rounds.push({ floor, subject: await popup() });
    } else {
      const subject = await popup();
      rounds.push({ subject, floor: await bare() });
    }
  }
  // The first ones warm the caches that a browser in use has.
  return rounds.slice(4);
}

/** The wallet's read of all balances against a `getAll` of the same records; both stores are open. */
function readRounds(count: number): Promise<Pair[]> {
  return page.evaluate(async (roundCount) => {
    const module = '/read.js';
    const { indexedStore: store } = (await import(module)) as { indexedStore: typeof indexedStore };
    const database = await new Promise<IDBDatabase>((opened) => {
      indexedDB.open('laurel-wallet').onsuccess = ({ target }) => opened((target as IDBOpenDBRequest).result);
    });
    const bare = () =>
      new Promise((read) => {
        const request = database.transaction('shops').objectStore('shops').getAll();
        // The records are made when they are asked for.
        request.onsuccess = () => read(request.result);
      });
    const time = async (read: () => Promise<unknown>) => {
      const start = performance.now();
      await read();
      return performance.now() - start;
    };
    const rounds: Pair[] = [];
    for (let round = 0; round < roundCount; round++) {
      if (round % 2 === 0) {
        const floor = await time(bare);
        rounds.push({ floor, subject: await time(() => store.readShops()) });
      } else {
        const subject = await time(() => store.readShops());
        rounds.push({ subject, floor: await time(bare) });
      }
    }
    return rounds.slice(4);
  }, count);
}

const side = (rounds: readonly Pair[], name: keyof Pair) => median(rounds.map((round) => round[name]));
const ratioOf = (rounds: readonly Pair[]) => median(rounds.map(({ subject, floor }) => subject / floor));

/** Prints both sides and the ratio beside its budget; a missed "must" fails the program. */
function tell(what: string, floorName: string, rounds: readonly Pair[], budget?: { must: number; aim: number }): void {
  const ratio = ratioOf(rounds);
  const isMissed = budget !== undefined && ratio > budget.must;
  const mark = budget === undefined ? ' ' : isMissed ? '✗' : ratio <= budget.aim ? '★' : '✓';
  const limits = budget ? ` (must ≤ ${budget.must}×, aim ≤ ${budget.aim}×)` : '';
  const numbers = `${side(rounds, 'subject').toFixed(1)} ms; ${floorName} ${side(rounds, 'floor').toFixed(1)} ms`;
  console.log(`${mark} ${what} ${numbers}: ${ratio.toFixed(2)}×${limits}`);
  if (isMissed && isStrict) process.exitCode = 1;
}

try {
  await fill(500);
  const small = await paintRounds(84, 22_000);
  const read = await readRounds(64);
  await fill(5_000);
  const large = await paintRounds(20, 9_000);
  tell('popup with 500 shops, to its painted list', 'bare windowed list', small, budgets.popup);
  tell('popup with 5,000 shops, to its painted list', 'bare windowed list', large);
  const growth = side(large, 'subject') / side(small, 'subject');
  console.log(
    `${growth <= budgets.growth ? '★' : ' '} popup with 5,000 shops beside its own 500: ${growth.toFixed(2)}× (aim ≤ ${budgets.growth}×)`,
  );
  tell('balances of 500 shops, read by the wallet', 'bare getAll', read, budgets.read);
} finally {
  await context.close();
  rmSync(folder, { recursive: true, force: true });
}
