import { type Content, type Html, html, raw } from './html.ts';
import type { Customer, ShopProfile } from './profile.ts';

/** What every page needs to know about its visitor and its shop. */
export interface PageContext {
  readonly profile: ShopProfile;
  /** Public origin of Laurel. */
  readonly laurelOrigin: string;
  readonly customer: Customer | null;
  /** Fresh proof of who is signed in, so that the first number needs no round trip; `null` for guests. */
  readonly memberToken: string | null;
  readonly cartCount: number;
  readonly path: string;
}

/** A whole page: head with Laurel's script, header with the badge, `main`, footer. */
export function page(context: PageContext, title: string, main: Content, kind: string): Html {
  const { profile, laurelOrigin, customer, memberToken, path } = context;
  const { texts } = profile;
  return html`<!doctype html>
<html lang="${profile.locale}" dir="${profile.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title === profile.name ? `${profile.name} · ${texts.tagline}` : `${title} · ${profile.name}`}</title>
<meta name="description" content="${texts.tagline}">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" media="(prefers-color-scheme: light)" content="${profile.themeColor.light}">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="${profile.themeColor.dark}">
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/base.css">
<link rel="stylesheet" href="/assets/orders.css">
<link rel="stylesheet" href="/assets/${profile.slug}.css">
${memberToken && html`<meta name="laurel-member" content="${memberToken}">`}
<script type="module" src="${laurelOrigin}/laurel.js" data-program="${profile.programId}" data-member="/loyalty-token"></script>
<script type="module" src="/assets/shop.js"></script>
</head>
<body class="page-${kind}" data-failed="${texts.failed}">
<a class="skip-link" href="#main">${texts.skipToContent}</a>
${profile.symbols}
<header class="site-header">
  <a class="brand" href="/">${profile.brand}<span class="visually-hidden">${profile.name}</span></a>
  <nav class="site-nav" aria-label="${texts.mainNavigation}">
    ${link('/', texts.shop, path)}
    ${link('/rewards', texts.rewards, path)}
  </nav>
  <div class="loyalty">
    ${
      customer
        ? html`<laurel-points-badge><a class="badge-fallback" href="/account">${texts.memberBadge}</a></laurel-points-badge>`
        : html`<laurel-points-badge><a class="badge-fallback" href="/sign-in">${texts.guestBadge}</a></laurel-points-badge>`
    }
  </div>
  <div class="site-actions">
    <a class="action" href="${customer ? '/account' : '/sign-in'}"${current(path, customer ? '/account' : '/sign-in')}>${ICON_PERSON}<span>${customer ? customer.name : texts.signIn}</span></a>
    <a class="action" href="/cart"${current(path, '/cart')}>${ICON_CART}<span>${texts.cart}</span><b class="cart-count" data-cart-count>${context.cartCount || ''}</b></a>
  </div>
</header>
<main id="main" tabindex="-1">${main}</main>
<footer class="site-footer">
  <div class="footer-brand">${profile.brand}</div>
  <div class="footer-words">${texts.footer.map((line) => html`<p>${line}</p>`)}</div>
  <p class="demo-note">${texts.demoNote}</p>
</footer>
<p class="status" role="status" data-status></p>
</body>
</html>`;
}

const current = (path: string, href: string): Html | null => (path === href ? raw(' aria-current="page"') : null);

const link = (href: string, label: string, path: string): Html =>
  html`<a href="${href}"${current(path, href)}>${label}</a>`;

const ICON_PERSON = raw(
  '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="8" r="4"/><path d="M4 20c1.2-4 4.2-6 8-6s6.8 2 8 6"/></svg>',
);

const ICON_CART = raw(
  '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M5 9h14l-1.2 10.5a1 1 0 0 1-1 .9H7.2a1 1 0 0 1-1-.9z"/><path d="M8.5 11V7a3.5 3.5 0 0 1 7 0v4"/></svg>',
);
