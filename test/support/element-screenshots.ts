import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import type { Account } from '../../shared/protocol/api.ts';
import { anAccount, aProgram, PROGRAM } from '../widgets/support/fake-api.ts';
import { chromiumFlags, chromiumPath } from './browsers.ts';

/**
 * Draws every element in every state, light and dark, in each language, wide and at 320 px, to `dist/screenshots/`, for
 * eyes to judge: `npm run build`, then `node test/support/element-screenshots.ts`.
 */

const root = join(import.meta.dirname, '../..');
const out = join(root, 'dist/screenshots');

/** What is set on an element before it is drawn, and what a member then does. */
interface Shot {
  readonly title: string;
  readonly html: string;
  readonly account?: Account;
  readonly stale?: boolean;
  readonly score?: number;
  readonly send?: boolean;
}

const TAGS = ['laurel-points-badge', 'laurel-tier-progress', 'laurel-survey'];

const member = anAccount();
const { tier } = member;
const shots: readonly Shot[] = [
  { title: 'badge', html: '<laurel-points-badge></laurel-points-badge>', account: member },
  {
    title: 'badge, pending',
    html: '<laurel-points-badge></laurel-points-badge>',
    account: { ...member, balance: { ...member.balance, pending: 40 } },
  },
  { title: 'badge, not confirmed', html: '<laurel-points-badge></laurel-points-badge>', account: member, stale: true },
  { title: 'badge, one', html: '<laurel-points-badge points="1" unit="bean"></laurel-points-badge>' },
  { title: 'badge, below zero', html: '<laurel-points-badge points="-120" unit="beans"></laurel-points-badge>' },
  { title: 'badge, signed out', html: '<laurel-points-badge><a href="#">Join Crema Rewards</a></laurel-points-badge>' },
  { title: 'tier', html: '<laurel-tier-progress></laurel-tier-progress>', account: member },
  {
    title: 'tier, at risk, brand color',
    html: '<laurel-tier-progress class="yellow"></laurel-tier-progress>',
    account: { ...member, tier: { ...tier, qualifying: 320, next: tier.next && { ...tier.next, missing: 1680 } } },
  },
  {
    title: 'tier, at the top',
    html: '<laurel-tier-progress class="green"></laurel-tier-progress>',
    account: {
      ...member,
      tier: {
        ...tier,
        name: { en: 'Gold', 'zh-Hans': '金卡', ar: 'الذهبي' },
        qualifying: 2400,
        threshold: 2000,
        next: null,
      },
    },
  },
  {
    title: 'tier, first, not confirmed',
    html: '<laurel-tier-progress class="green"></laurel-tier-progress>',
    account: {
      ...member,
      tier: {
        ...tier,
        name: { en: 'Friend', 'zh-Hans': '会员', ar: 'صديق' },
        qualifying: 0,
        threshold: 0,
        reviewOn: null,
      },
    },
    stale: true,
  },
  { title: 'survey', html: '<laurel-survey survey="post-purchase" always></laurel-survey>' },
  {
    title: 'survey, chosen',
    html: '<laurel-survey survey="post-purchase" always class="green"></laurel-survey>',
    score: 9,
  },
  {
    title: 'survey, chosen on yellow',
    html: '<laurel-survey survey="worded" always class="yellow"></laurel-survey>',
    score: 3,
  },
  {
    title: 'survey, nothing chosen',
    html: '<laurel-survey survey="post-purchase" always></laurel-survey>',
    send: true,
  },
  {
    title: 'survey, not sent',
    html: '<laurel-survey survey="post-purchase" always class="green"></laurel-survey>',
    score: 7,
    send: true,
  },
  {
    title: 'survey, thanks',
    html: '<laurel-survey survey="post-purchase" always class="green taken"></laurel-survey>',
    score: 10,
    send: true,
  },
];

const page = (lang: string, scheme: string) => `<!doctype html>
<html lang="${lang}" dir="${lang === 'ar' ? 'rtl' : 'ltr'}" style="color-scheme:${scheme}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Elements</title>
<style>
  body { margin: 0; padding: 16px; font: 16px/1.5 system-ui, 'Noto Sans', 'Noto Sans SC', 'Noto Sans Arabic', sans-serif;
    background: light-dark(#fff, #1a1a1c); color: light-dark(#222, #eee); columns: 320px; column-gap: 40px; }
  section { break-inside: avoid; margin-block-end: 24px; }
  h2 { font: 12px/16px monospace; margin: 0 0 8px; opacity: .7; direction: ltr; }
  .yellow { --laurel-accent: #ffd400 } .green { --laurel-accent: #2a6048 }
  a { color: inherit }
</style>
<script type="module" src="/laurel.js" data-program="${PROGRAM}"></script></head>
<body>${shots.map(({ title, html }) => `<section><h2>${title}</h2>${html}</section>`).join('')}</body></html>`;

async function drawStates(view: Page): Promise<void> {
  // Modules are loaded near the viewport.
  for (const tag of TAGS) await view.locator(tag).first().scrollIntoViewIfNeeded();
  await view.waitForFunction((tags) => tags.every((tag) => customElements.get(tag)), TAGS);
  const elements = shots.map((shot, index) => ({
    ...shot,
    element: view.locator('section').nth(index).locator('> :last-child'),
  }));
  for (const { element, score, send } of elements) {
    if (score !== undefined) await element.locator('input').nth(score).check({ force: true });
    if (send) await element.locator('button').click();
  }
  // After the answers: the page session says that nobody is signed in when one is sent.
  for (const { element, account, stale } of elements) {
    if (account)
      await element.evaluate((node, facts) => Object.assign(node, facts), { account, stale: stale ?? false });
  }
  // What was set is drawn in the same task; languages and fonts come after.
  await view.evaluate(() => document.fonts.ready);
  await view.waitForFunction(() =>
    [...document.querySelectorAll('laurel-tier-progress, laurel-survey')].every((node) =>
      node.shadowRoot?.querySelector('.view'),
    ),
  );
}

if (!chromiumPath) throw new Error('Chromium is missing: npm run browsers, or set CHROMIUM');
await mkdir(out, { recursive: true });
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const answer = (type: string, body: string | Buffer, status = 200) =>
    response.writeHead(status, { 'Content-Type': type }).end(body);
  if (pathname === '/')
    answer('text/html', page(searchParams.get('lang') ?? 'en', searchParams.get('scheme') ?? 'light'));
  else if (pathname === `/v1/programs/${PROGRAM}`) answer('application/json', JSON.stringify(aProgram()));
  else
    readFile(join(root, 'dist/widgets', pathname)).then(
      (file) => answer('text/javascript', file),
      () => answer('application/problem+json', '{}', 404),
    );
}).listen(0);
const { port } = server.address() as AddressInfo;
const browser = await chromium.launch({ executablePath: chromiumPath, args: [...chromiumFlags] });
try {
  const draw = async (
    name: string,
    lang: string,
    scheme: 'light' | 'dark',
    width: number,
    forcedColors: 'active' | 'none',
  ) => {
    const view = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme, forcedColors });
    await view.goto(`http://localhost:${port}/?lang=${lang}&scheme=${scheme}`);
    // The answers to `taken` arrive; all others find no server.
    await view.evaluate(() =>
      document.addEventListener('laurel-answer', (event) => {
        if ((event.target as Element).classList.contains('taken')) event.preventDefault();
      }),
    );
    await drawStates(view);
    await view.screenshot({ path: join(out, `elements-${name}.png`), fullPage: true });
    await view.close();
  };
  for (const lang of ['en', 'zh-Hans', 'ar']) {
    for (const scheme of ['light', 'dark'] as const) {
      for (const width of [320, 1160]) await draw(`${lang}-${scheme}-${width}`, lang, scheme, width, 'none');
    }
  }
  await draw('en-forced-colors', 'en', 'dark', 1160, 'active');
} finally {
  await browser.close();
  server.close();
}
console.log(`drawn to ${out}`);
