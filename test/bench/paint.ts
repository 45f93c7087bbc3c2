import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';
import { build } from 'vite';
import { report } from '../support/bench/report.ts';
import { chromiumFlags, chromiumPath } from '../support/browsers.ts';
import { aJwt, anAccount, PROGRAM } from '../widgets/support/fake-api.ts';

/**
 * When the member's number is on the page over slow 4G, beside a bare Lit element with the number in its markup:
 * `npm run build`, then `node test/bench/paint.ts`. The first visit asks the server; a later page of the same session has
 * the number seen last, marked with its time. Both sides have the same server, connection and caching, and each round
 * measures them one after the other, by turns, so that a busy machine slows both.
 */
const budgets = { first: { must: 1.35, aim: 1.2 }, session: { must: 1.08, aim: 1.02 } } as const;

const root = join(import.meta.dirname, '../..');
const ROUNDS = 8;
const PAGES_PER_SESSION = 4;

/** Lighthouse's slow 4G: 1.6 Mbit/s, 150 ms there and back. */
const SLOW_4G = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 94_000 };

/**
 * Before its first request to a shop a browser opens the connection: a round trip for TCP and one for TLS 1.3. The throttle
 * of the developer tools leaves both out. So the server holds back the page that comes first, on either side, until the
 * third round trip is over; the third is the request's own, which the throttle counts meanwhile.
 */
const FIRST_PAGE_MS = 3 * SLOW_4G.latency;
const CONNECTS = '?connects';

/** The floor: the smallest element that Lit makes, in one file. */
async function bareLit(): Promise<string> {
  const id = 'bare-lit';
  const code = `import { LitElement, css, html } from 'lit';
    customElements.define('bare-badge', class extends LitElement {
      static properties = { points: { type: Number } };
      static styles = css\`:host { display: inline-block }\`;
      render() { return html\`<b>\${this.points}</b> beans\`; }
    });`;
  const result = await build({
    configFile: false,
    root,
    logLevel: 'error',
    plugins: [
      {
        name: id,
        resolveId: (source) => (source.endsWith(id) ? join(root, id) : null),
        load: (from) => (from.endsWith(id) ? code : null),
      },
    ],
    build: {
      write: false,
      minify: true,
      lib: { entry: id, formats: ['es'], fileName: id },
      rolldownOptions: { output: { minify: true } },
    },
  });
  const [{ output }] = [result].flat() as unknown as [{ output: [{ code: string }] }];
  return output[0].code;
}

/** Without an icon of its own, the browser would ask for one while only our side is still loading. */
const page = (head: string, body: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">${head}</head><body><h1>Shop</h1>${body}</body></html>`;

type Answer = readonly [type: string, body: string | Buffer];

/** Every answer by its path, compressed before anybody asks. */
async function answers(): Promise<Map<string, Answer>> {
  const found = new Map<string, Answer>([
    [
      '/lit',
      [
        'text/html',
        page('<script type="module" src="/bare-lit.js"></script>', '<bare-badge points="1250"></bare-badge>'),
      ],
    ],
    ['/bare-lit.js', ['text/javascript', await bareLit()]],
    [
      '/laurel',
      [
        'text/html',
        page(
          `<meta name="laurel-member" content="${aJwt('anna')}"><script type="module" src="/laurel.js" data-program="${PROGRAM}"></script>`,
          '<laurel-points-badge></laurel-points-badge>',
        ),
      ],
    ],
    [
      '/oauth/token',
      [
        'application/json',
        JSON.stringify({ access_token: 't', token_type: 'Bearer', expires_in: 600, scope: 's', account: anAccount() }),
      ],
    ],
  ]);
  const widgets = join(root, 'dist/widgets');
  for (const file of globSync('**/*.js', { cwd: widgets }))
    found.set(`/${file}`, ['text/javascript', readFileSync(join(widgets, file))]);
  if (!found.has('/laurel.js')) throw new Error('dist/widgets is missing: npm run build');
  return new Map([...found].map(([path, [type, body]]) => [path, [type, brotliCompressSync(body)]]));
}

async function serve(): Promise<{ origin: string; close(): void }> {
  const byPath = await answers();
  const server = createServer((request, response) => {
    const [path = '', connects] = request.url?.split(CONNECTS) ?? [];
    const [type, body] = byPath.get(path) ?? [];
    if (!type) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': type,
      'Content-Encoding': 'br',
      // Pages of a shop with somebody signed in are never kept.
      'Cache-Control': type === 'text/html' ? 'no-store' : 'max-age=3600',
    });
    if (connects === undefined) response.end(body);
    else setTimeout(() => response.end(body), FIRST_PAGE_MS);
  }).listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { origin: `http://localhost:${port}`, close: () => server.close() };
}

/** Milliseconds from navigation to the frame that holds the number, for each page of one session. */
async function visit(browser: Browser, url: string): Promise<number[]> {
  const context = await browser.newContext();
  const view = await context.newPage();
  const devtools = await context.newCDPSession(view);
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', SLOW_4G);
  await view.addInitScript(() => {
    const look = () => {
      const text = document.querySelector('bare-badge, laurel-points-badge')?.shadowRoot?.textContent ?? '';
      if (/1,?250/.test(text)) Object.assign(window, { laurelBenchPaintedAt: performance.now() });
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  const times: number[] = [];
  for (let count = 0; count < PAGES_PER_SESSION; count++) {
    await view.goto(count === 0 ? url + CONNECTS : url);
    const handle = await view.waitForFunction(() => Reflect.get(window, 'laurelBenchPaintedAt') as number | undefined);
    times.push((await handle.jsonValue()) ?? Number.NaN);
  }
  await context.close();
  return times;
}

if (!chromiumPath) {
  console.log('paint: skipped, no Chromium on this machine');
  process.exit();
}
const site = await serve();
const browser = await chromium.launch({ executablePath: chromiumPath, args: [...chromiumFlags] });
const times: Record<'lit' | 'laurel', number[][]> = { lit: [], laurel: [] };
try {
  // The first round warms the browser.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const side of round % 2 ? (['laurel', 'lit'] as const) : (['lit', 'laurel'] as const)) {
      const pages = await visit(browser, `${site.origin}/${side}`);
      if (round > 0) times[side].push(pages);
    }
  }
} finally {
  await browser.close();
  site.close();
}
for (const [what, budget, ofSession] of [
  ['badge on a first visit, slow 4G', budgets.first, (pages: readonly number[]) => pages[0] ?? Number.NaN],
  // The best of a session's later pages: whatever else the machine does only adds to so short a time.
  ['badge on a later page, slow 4G', budgets.session, (pages: readonly number[]) => Math.min(...pages.slice(1))],
] as const) {
  report({
    what,
    unit: ' ms',
    subject: { name: 'ours', values: times.laurel.map(ofSession) },
    floor: { name: 'bare Lit', values: times.lit.map(ofSession) },
    better: 'less',
    budget,
  });
}
