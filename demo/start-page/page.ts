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
  <div><h1>Three shops,<br>one wallet,<br>every point accounted for.</h1>
  <p class="lead">Each shop below is a merchant of its own, with its own back end, books and keys. Laurel keeps their points. The wallet in your browser checks them.</p></div>
  ${wreath}
</section>

<section aria-labelledby="shops"><h2 id="shops">The shops</h2>
<ul class="shops">${shops.map(
    ({ origin, profile }) => html`<li class="shop">
  <a class="shop-link" href="${origin}" aria-label="${WHAT[profile.slug]}: ${profile.name}">${preview(profile)}</a>
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
    }) => html`<div><h3><a href="${origin}/sign-in"><bdi lang="${profile.locale}">${profile.name}</bdi></a></h3>
  <dl lang="${profile.locale}" dir="${profile.direction}">${profile.customers.map(({ name, about }) => html`<div><dt>${name}</dt><dd>${about}</dd></div>`)}</dl></div>`,
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

/** Two sprigs that meet: the mark, grown to a wreath around what Laurel is about. */
const wreath: Html = raw(`<svg class="wreath" viewBox="0 0 320 300" aria-hidden="true" focusable="false">
<g class="wreath-leaves"><path transform="translate(150 286) scale(-1 1) rotate(-12) translate(-46 -262) scale(11.4)" d="${sprig}"/><path transform="translate(170 286) rotate(-12) translate(-46 -262) scale(11.4)" d="${sprig}"/></g>
</svg>`);

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
