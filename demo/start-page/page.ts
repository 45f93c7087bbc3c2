import { sprig } from '../../shared/look/sprig.ts';
import { type Html, html, raw } from '../shop/html.ts';
import type { ShopProfile } from '../shop/profile.ts';

/** What the start page tells of: where things are in this run. */
export interface StartFacts {
  readonly laurelOrigin: string;
  readonly shops: readonly { readonly origin: string; readonly programId: string; readonly profile: ShopProfile }[];
  readonly extensionFolders: { readonly chromium: string; readonly firefox: string };
  readonly dataFolder: string;
}

const WHAT = {
  crema: 'A coffee roastery, in English',
  mozhai: 'A bookshop, in Chinese',
  qimam: 'A mountain outfitter, in Arabic',
} as const;

const RULES = {
  crema: 'Beans at once, good for a year',
  mozhai: 'Ink after seven days, for ever',
  qimam: 'Points after fourteen days, good for a year',
} as const;

export function startPage({ laurelOrigin, shops, extensionFolders, dataFolder }: StartFacts): Html {
  const first = shops[0]?.origin ?? '';
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Laurel: three shops and a wallet</title>
<meta name="description" content="Where everything is in this run of the demo.">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/tokens.css">
<link rel="stylesheet" href="/start.css">
</head>
<body>
${shops.map(({ profile }) => profile.symbols)}
<header class="top"><p class="mark">${sprigSvg('mark-sprig')}Laurel</p><p class="running"><span class="dot"></span>Running on this machine</p></header>
<main>
<section class="hero">
  <div><h1>Three shops,<br>one wallet,<br>every point kept.</h1>
  <p class="lead">Each shop below is a merchant of its own, with its own back end, books and keys. Laurel keeps their points. The wallet in your browser checks them.</p></div>
  ${wreath}
</section>

<section aria-labelledby="shops"><h2 id="shops">The shops</h2>
<ul class="shops">${shops.map(
    ({ origin, profile }) => html`<li class="shop">
  <a class="shop-link" href="${origin}">${preview(profile)}<span class="visually-hidden">${WHAT[profile.slug]}: <bdi lang="${profile.locale}">${profile.name}</bdi></span></a>
  <div class="shop-words"><h3><bdi lang="${profile.locale}">${profile.name}</bdi></h3><p>${WHAT[profile.slug]}</p><p class="muted">${RULES[profile.slug]}</p>
  <p class="address">${new URL(origin).host}</p></div></li>`,
  )}</ul></section>

<section aria-labelledby="story"><h2 id="story">Five minutes, five steps</h2>
<ol class="steps">
  <li><h3>Sign in</h3><p>Open <a href="${first}/sign-in">Crema</a> and continue as Nora. Her beans stand in the header, and they are real: earned by orders that went through the ledger.</p></li>
  <li><h3>Buy a bag</h3><p>Any bag. No money moves. The number changes in place, and the progress bar with it.</p></li>
  <li><h3>Link the wallet</h3><p><a href="#wallet">Load it</a> once, then press its icon on the shop’s page and choose “Link this shop”.</p></li>
  <li><h3>Send it back</h3><p>Return the order in Nora’s account. Exactly what it earned is taken back, on the page and in the wallet.</p></li>
  <li><h3>Go abroad</h3><p>Do the same at <a href="${shops[1]?.origin}/sign-in"><bdi lang="zh-Hans">墨斋</bdi></a> and <a href="${shops[2]?.origin}/sign-in"><bdi lang="ar">قمم</bdi></a>: other rules, other scripts, the same wallet.</p></li>
</ol></section>

<section id="wallet" aria-labelledby="wallet-title"><h2 id="wallet-title">Load the wallet</h2>
<div class="browsers">
  ${browser('Chromium, Chrome, Edge', 'chrome://extensions', 'Switch on “Developer mode”, choose “Load unpacked”, and open this folder:', extensionFolders.chromium)}
  ${browser('Firefox', 'about:debugging#/runtime/this-firefox', 'Choose “Load Temporary Add-on”, and open this file:', `${extensionFolders.firefox}/manifest.json`)}
</div></section>

<section aria-labelledby="people"><h2 id="people">Who to be</h2>
<div class="people">${shops.map(
    ({
      origin,
      profile,
    }) => html`<div lang="${profile.locale}" dir="${profile.direction}"><h3><a href="${origin}/sign-in">${profile.name}</a></h3>
  <dl>${profile.customers.map(({ name, about }) => html`<div><dt>${name}</dt><dd>${about}</dd></div>`)}</dl></div>`,
  )}</div></section>

<section aria-labelledby="inside"><h2 id="inside">Behind the counter</h2>
<dl class="inside">
  <div><dt>Server</dt><dd><a href="${laurelOrigin}/healthz">${laurelOrigin}</a></dd></div>
  <div><dt>Its description</dt><dd><a href="${laurelOrigin}/openapi.json">/openapi.json</a></dd></div>
  <div><dt>The rules, as anybody may read them</dt><dd>${shops.map(({ programId }) => html`<a href="${laurelOrigin}/v1/programs/${programId}">${programId}</a> `)}</dd></div>
  <div><dt>Data, books and keys</dt><dd><code>${dataFolder}</code></dd></div>
</dl></section>
</main>
<footer class="bottom"><p>Ctrl-C in the terminal stops everything. What you did is there at the next start; delete the data folder to begin anew.</p></footer>
</body>
</html>`;
}

const sprigSvg = (name: string): Html =>
  raw(`<svg class="${name}" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="${sprig}"/></svg>`);

/** A laurel leaf, pointing up from its stalk at the origin. */
const LEAF = 'M0 0C-13-9-16-27 0-46 16-27 13-9 0 0z';
const RADIUS = 118;

/** A wreath of two branches that grow from below and almost meet, around the marks of the three shops. */
const wreath: Html = raw(
  `<svg class="wreath" viewBox="0 0 320 320" aria-hidden="true" focusable="false">${[1, -1].map(branch).join('')}
<g transform="translate(160 172)"><g transform="translate(-64 -22) scale(1.1)"><circle cx="20" cy="20" r="18" fill="#d99a3d"/><path d="M2 21h36a18 18 0 0 1-36 0z" fill="#a8452a"/><path d="M2 23q9-8 18 0t18 0v4q-9 8-18 0t-18 0z" fill="#2f1d14"/></g>
<g transform="translate(-22 -70)"><path fill="#a63a2b" d="M2 2h40v40H2z"/><path fill="none" stroke="#f3ead7" stroke-width="1.6" d="M6 6h32v32H6z"/><path fill="none" stroke="#f3ead7" stroke-width="2.6" d="M13 12h18v8H13zM22 12v18M12 25h20M11 32h22"/></g>
<g transform="translate(20 -22)"><path fill="#f2591d" d="M0 42 23 4l23 38z"/><path class="wreath-face" d="M23 4l23 38H31L18 22z"/></g></g></svg>`,
);

/** One branch: a stem along the circle, and leaves in pairs that lean forward and grow smaller. */
function branch(side: number): string {
  const at = (degrees: number) => {
    const turn = (degrees * Math.PI) / 180;
    return [160 + side * RADIUS * Math.sin(turn), 160 + RADIUS * Math.cos(turn)].map((value) => value.toFixed(1));
  };
  const leaves = [14, 36, 58, 80, 102, 123, 143].map((degrees, index) => {
    const [x, y] = at(degrees);
    const size = 0.98 - index * 0.055;
    const forward = side * (90 - degrees);
    return [-42, 42]
      .map(
        (lean) =>
          `<path transform="translate(${x} ${y}) rotate(${(forward + lean).toFixed(1)}) scale(${size})" d="${LEAF}"/>`,
      )
      .join('');
  });
  const [x, y] = at(160);
  const [startX, startY] = at(-8);
  const tip = `<path transform="translate(${x} ${y}) rotate(${side * (90 - 160)}) scale(.62)" d="${LEAF}"/>`;
  return `<g class="wreath-leaves">${leaves.join('')}${tip}</g><path class="wreath-stem" d="M${startX} ${startY}A${RADIUS} ${RADIUS} 0 0 ${side === 1 ? 0 : 1} ${x} ${y}"/>`;
}

function browser(name: string, address: string, words: string, path: string): Html {
  return html`<div class="browser"><h3>${name}</h3><ol><li>Open <code>${address}</code></li><li>${words}<code class="path" tabindex="0">${path}</code></li></ol></div>`;
}

/** The shop in small: its own mark and its own goods, on its own ground. */
function preview(profile: ShopProfile): Html {
  return html`<span class="preview preview-${profile.slug}" dir="${profile.direction}" aria-hidden="true">
  <span class="preview-bar"><span class="preview-brand">${profile.brand}</span><span class="preview-badge"></span></span>
  <span class="preview-goods">${profile.products.slice(0, 3).map(({ art }) => html`<span class="preview-art">${art}</span>`)}</span>
</span>`;
}
