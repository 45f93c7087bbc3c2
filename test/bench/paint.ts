import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';
import { build } from 'vite';
import { chromiumFlags, chromiumPath } from '../support/browsers.ts';
import { aJwt, anAccount, PROGRAM } from '../widgets/support/fake-api.ts';

/**
 * When the member's number is on the page over slow 4G, beside a bare Lit element with the number in its markup:
 * `npm run build`, then `node test/bench/paint.ts`. The first visit must be within 1.35 times, a later page of the same
 * session within 1.08 times (the number seen last, marked with its time).
 */

const root = join(import.meta.dirname, '../..');
const ROUNDS = 7;
const FIRST_RATIO_MAX = 1.35;
const SESSION_RATIO_MAX = 1.08;

/** Lighthouse's slow 4G: 1.6 Mbit/s, 150 ms there and back. */
const SLOW_4G = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 94_000 };

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

const page = (head: string, body: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>${head}</head><body><h1>Shop</h1>${body}</body></html>`;

async function serve(): Promise<{ origin: string; close(): void }> {
  const lit = await bareLit();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const answer = (type: string, body: string | Buffer) =>
      response
        .writeHead(200, {
          'Content-Type': type,
          'Content-Encoding': 'br', // Pages of a shop with somebody signed in are never kept.
          'Cache-Control': type === 'text/html' ? 'no-store' : 'max-age=3600',
        })
        .end(brotliCompressSync(body));
    if (pathname === '/lit')
      answer(
        'text/html',
        page('<script type="module" src="/bare-lit.js"></script>', '<bare-badge points="1250"></bare-badge>'),
      );
    else if (pathname === '/bare-lit.js') answer('text/javascript', lit);
    else if (pathname === '/laurel')
      answer(
        'text/html',
        page(
          `<meta name="laurel-member" content="${aJwt('anna')}"><script type="module" src="/laurel.js" data-program="${PROGRAM}"></script>`,
          '<laurel-points-badge></laurel-points-badge>',
        ),
      );
    else if (pathname === '/oauth/token')
      answer(
        'application/json',
        JSON.stringify({ access_token: 't', token_type: 'Bearer', expires_in: 600, scope: 's', account: anAccount() }),
      );
    else
      readFile(join(root, 'dist/widgets', pathname)).then(
        (file) => answer('text/javascript', file),
        () => response.writeHead(404).end(),
      );
  }).listen(0);
  const { port } = server.address() as AddressInfo;
  return { origin: `http://localhost:${port}`, close: () => server.close() };
}

/** Milliseconds from navigation to the frame that holds the number; for each visit of one session. */
async function visit(browser: Browser, url: string, visits: number): Promise<number[]> {
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
  for (let count = 0; count < visits; count++) {
    await view.goto(url);
    const handle = await view.waitForFunction(() => Reflect.get(window, 'laurelBenchPaintedAt') as number | undefined);
    times.push((await handle.jsonValue()) ?? Number.NaN);
  }
  await context.close();
  return times;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

if (!chromiumPath) throw new Error('Chromium is missing: npm run browsers, or set CHROMIUM');
const site = await serve();
const browser = await chromium.launch({ executablePath: chromiumPath, args: [...chromiumFlags] });
const rounds: { lit: number[]; laurel: number[] }[] = [];
try {
  // Side by side, so that a busy machine slows both.
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({
      lit: await visit(browser, `${site.origin}/lit`, 2),
      laurel: await visit(browser, `${site.origin}/laurel`, 2),
    });
  }
} finally {
  await browser.close();
  site.close();
}
let isWithin = true;
for (const [index, what, most] of [
  [0, 'first visit', FIRST_RATIO_MAX],
  [1, 'next page of a session', SESSION_RATIO_MAX],
] as const) {
  const [lit, laurel] = [
    median(rounds.map((round) => round.lit[index] ?? Number.NaN)),
    median(rounds.map((round) => round.laurel[index] ?? Number.NaN)),
  ];
  const ratio = laurel / lit;
  isWithin &&= ratio <= most;
  console.log(
    `${ratio <= most ? '✓' : '✗'} ${ratio.toFixed(2)}×  must ${most}×  ${what}: ${laurel.toFixed(0)} ms beside ${lit.toFixed(0)} ms of bare Lit`,
  );
}
if (!isWithin) process.exitCode = 1;
