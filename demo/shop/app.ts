import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie, setCookie } from 'hono/cookie';
import { csrf } from 'hono/csrf';
import type { Html } from './html.ts';
import type { LaurelClient } from './laurel.ts';
import { type PageContext, page } from './layout.ts';
import type { Outbox } from './outbox.ts';
import * as pages from './pages.ts';
import { fill, formatMoney, type Product, type ShopProfile } from './profile.ts';
import { type ProgramDocument, rewardsPage } from './rewards-page.ts';
import { placeOrder, returnLines } from './sales.ts';
import type { Session, ShopOrder, ShopStore } from './store.ts';

const COOKIE = 'session';
const QUANTITY_MAX = 9;
const FORM_BYTES_MAX = 16_384;

export interface ShopServices {
  readonly profile: ShopProfile;
  readonly program: ProgramDocument;
  readonly store: ShopStore;
  readonly laurel: LaurelClient;
  readonly outbox: Outbox;
}

/** One merchant's web shop: pages for people, and the few calls that a merchant's back end makes to Laurel. */
export function createShop({ profile, program, store, laurel, outbox }: ShopServices): Hono {
  const app = new Hono();
  const { texts } = profile;
  const productOf = (sku: string): Product | undefined => profile.products.find((product) => product.sku === sku);
  const laurelOrigin = laurel.settings.origin;

  app.use(csrf(), bodyLimit({ maxSize: FORM_BYTES_MAX }));
  app.use(async (c, next) => {
    await next();
    // As strict as Laurel's documentation asks: the proof that its script and elements live under it.
    c.header(
      'content-security-policy',
      [
        "default-src 'none'",
        `script-src 'self' ${laurelOrigin}`,
        "style-src 'self'",
        "img-src 'self' data:",
        `connect-src 'self' ${laurelOrigin}`,
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        'trusted-types lit-html',
      ].join('; '),
    );
    c.header('x-content-type-options', 'nosniff');
    c.header('referrer-policy', 'strict-origin-when-cross-origin');
    // Pages hold a token that works once: a copy from a cache would be refused.
    if (!c.req.path.startsWith('/assets/')) c.header('cache-control', 'no-store');
  });

  for (const [name, file, type] of assetsOf(profile)) {
    const bytes = readFileSync(file, 'utf8');
    app.get(`/assets/${name}`, (c) => c.body(bytes, 200, { 'content-type': type, 'cache-control': 'no-cache' }));
  }

  const sessionOf = (c: Context): Session | null => store.session(getCookie(c, COOKIE));
  const customerOf = (session: Session | null) =>
    profile.customers.find(({ id }) => id === session?.customerId) ?? null;

  function keep(c: Context, session: Session): Session {
    setCookie(c, COOKIE, session.id, { httpOnly: true, sameSite: 'Lax', path: '/', maxAge: 31_536_000 });
    return session;
  }

  async function show(c: Context, title: string, main: Html, kind: string, status: 200 | 404 = 200): Promise<Response> {
    const session = sessionOf(c);
    const customer = customerOf(session);
    const context: PageContext = {
      profile,
      laurelOrigin,
      customer,
      memberToken: customer && (await laurel.memberToken(customer.id)),
      cartCount: countOf(session?.cart ?? {}),
      path: c.req.path,
    };
    return c.html(page(context, title, main, kind).text, status);
  }

  const wantsJson = (c: Context) => c.req.header('accept')?.includes('application/json') ?? false;
  const cartLines = (cart: Session['cart']): pages.CartLine[] =>
    Object.entries(cart).flatMap(([sku, quantity]) => {
      const product = productOf(sku);
      return product ? [{ product, quantity }] : [];
    });

  function placed(order: ShopOrder): pages.PlacedOrder {
    const points = order.pointsEarned;
    const earned =
      order.customerId === null
        ? texts.earnedGuest
        : points === null
          ? texts.earnedLater
          : fill(isLater(order.pointsAvailableAt) ? texts.earnedPending : texts.earned, {
              points: new Intl.NumberFormat(profile.locale).format(points),
              date: dateText(profile, order.pointsAvailableAt),
            });
    const total = formatMoney(
      profile,
      order.lines.reduce((sum, { netMinor }) => sum + netMinor, 0),
    );
    return { id: order.id, total, earned, url: `/orders/${order.id}` };
  }

  /** The order, if it belongs to whoever asks. */
  function orderOf(c: Context): ShopOrder | null {
    const order = store.order(c.req.param('order') ?? '');
    const session = sessionOf(c);
    if (!order || !session) return null;
    const isTheirs =
      order.customerId === null ? order.guestSessionId === session.id : order.customerId === session.customerId;
    return isTheirs ? order : null;
  }

  const isMember = (c: Context) => customerOf(sessionOf(c)) !== null;
  const notFound = (c: Context) => show(c, texts.notFound, pages.notFoundPage(profile), 'not-found', 404);
  app.notFound(notFound);

  app.get('/', (c) =>
    show(
      c,
      profile.name,
      profile.home((product) => pages.productCard(profile, product), pages.tierProgress(profile, isMember(c))),
      'home',
    ),
  );
  app.get('/rewards', (c) => show(c, texts.rewardsTitle, rewardsPage(profile, program, isMember(c)), 'rewards'));
  app.get('/products/:sku', (c) => {
    const product = productOf(c.req.param('sku'));
    if (!product) return notFound(c);
    return show(c, product.name, pages.productPage(profile, product, isMember(c)), 'product');
  });

  app.get('/cart', (c) =>
    show(c, texts.cart, pages.cartPage(profile, cartLines(sessionOf(c)?.cart ?? {}), isMember(c)), 'cart'),
  );
  app.post('/cart', async (c): Promise<Response> => {
    const form = await c.req.parseBody();
    const product = productOf(textOf(form['sku']));
    if (!product) return notFound(c);
    const session = sessionOf(c) ?? keep(c, store.openSession(null, {}));
    const cart = {
      ...session.cart,
      [product.sku]: quantityOf((session.cart[product.sku] ?? 0) + quantityOf(Number(form['quantity']))),
    };
    store.saveCart(session.id, cart);
    if (!wantsJson(c)) return c.redirect('/cart', 303);
    return c.json({ cartCount: countOf(cart), message: fill(texts.added, { name: product.name }) });
  });
  app.post('/cart/:sku', async (c) => {
    const form = await c.req.parseBody();
    const session = sessionOf(c);
    if (session && Object.hasOwn(session.cart, c.req.param('sku'))) {
      const { [c.req.param('sku')]: _, ...others } = session.cart;
      const isRemoved = form['action'] === 'remove';
      const cart = { ...session.cart, [c.req.param('sku')]: quantityOf(Number(form['quantity'])) };
      store.saveCart(session.id, isRemoved ? others : cart);
    }
    return c.redirect('/cart', 303);
  });

  app.get('/checkout', (c): Response | Promise<Response> => {
    const session = sessionOf(c);
    const lines = cartLines(session?.cart ?? {});
    if (lines.length === 0) return c.redirect('/cart', 303);
    return show(c, texts.checkout, pages.checkoutPage(profile, lines, customerOf(session)), 'checkout');
  });
  app.post('/checkout', async (c): Promise<Response> => {
    const form = await c.req.parseBody();
    const session = sessionOf(c) ?? keep(c, store.openSession(null, {}));
    // "Buy now" names its one product and leaves the cart as it is.
    const single = productOf(textOf(form['sku']));
    const lines = single ? [{ product: single, quantity: 1 }] : cartLines(session.cart);
    if (lines.length === 0) return c.redirect('/cart', 303);
    const customer = customerOf(session);
    const buyer = customer ? { customerId: customer.id } : { guestSessionId: session.id };
    const sale = placeOrder({ profile, store, laurel, outbox }, buyer, lines, Date.now());
    // Before the sale has settled: a second press of the button finds an empty cart.
    if (!single) store.saveCart(session.id, {});
    const shown = placed(await sale);
    if (!wantsJson(c)) return c.redirect(shown.url, 303);
    const cartCount = single ? countOf(session.cart) : 0;
    return c.json({ cartCount, order: { ...shown, title: `${texts.thanks} · ${profile.name}` } });
  });

  app.get('/orders/:order', (c) => {
    const order = orderOf(c);
    if (!order) return notFound(c);
    return show(
      c,
      `${texts.order} ${order.id}`,
      pages.orderPage(profile, order, placed(order), order.customerId !== null),
      'order',
    );
  });
  app.post('/orders/:order/returns', async (c): Promise<Response> => {
    const order = orderOf(c);
    if (!order) return notFound(c);
    const { sku } = await c.req.parseBody();
    const after = await returnLines({ profile, store, laurel, outbox }, order.id, typeof sku === 'string' ? sku : null);
    if (!after) return notFound(c);
    if (!wantsJson(c)) return c.redirect('/account', 303);
    const returnedSkus = after.lines.filter(({ isReturned }) => isReturned).map((line) => line.sku);
    return c.json({
      returnedSkus,
      isWhole: returnedSkus.length === after.lines.length,
      message: fill(texts.takenBack, { order: order.id }),
    });
  });

  app.get('/account', (c): Response | Promise<Response> => {
    const customer = customerOf(sessionOf(c));
    if (!customer) return c.redirect('/sign-in', 303);
    return show(c, texts.account, pages.accountPage(profile, customer, store.ordersOf(customer.id)), 'account');
  });
  app.get('/sign-in', (c) => show(c, texts.signInTitle, pages.signInPage(profile), 'sign-in'));
  app.post('/sign-in', async (c) => {
    const form = await c.req.parseBody();
    const customer = profile.customers.find(({ id }) => id === form['customer']);
    if (!customer) return c.redirect('/sign-in', 303);
    const session = sessionOf(c);
    keep(c, store.openSession(customer.id, session?.cart ?? {}, session?.id));
    return c.redirect('/account', 303);
  });
  app.post('/sign-out', (c) => {
    const session = sessionOf(c);
    keep(c, store.openSession(null, {}, session?.id));
    return c.redirect('/', 303);
  });

  /** Where laurel.js asks again once the page's own token has been used. Empty for guests. */
  app.get('/loyalty-token', async (c) => {
    const customer = customerOf(sessionOf(c));
    return customer ? c.text(await laurel.memberToken(customer.id)) : c.body(null, 204);
  });

  return app;
}

/** A form's field; a file in its place is as good as nothing. */
const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
const countOf = (cart: Session['cart']) => Object.values(cart).reduce((sum, quantity) => sum + quantity, 0);
const quantityOf = (value: number) => (Number.isInteger(value) ? Math.min(Math.max(value, 1), QUANTITY_MAX) : 1);
const isLater = (instant: string | null) => instant !== null && Date.parse(instant) > Date.now();
const dateText = ({ locale }: ShopProfile, instant: string | null) =>
  instant ? new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(Date.parse(instant)) : '';

function assetsOf({ slug }: ShopProfile): (readonly [name: string, file: string, type: string])[] {
  const demo = resolve(import.meta.dirname, '..');
  return [
    ['base.css', `${demo}/shop/base.css`, 'text/css; charset=utf-8'],
    ['orders.css', `${demo}/shop/orders.css`, 'text/css; charset=utf-8'],
    [`${slug}.css`, `${demo}/${slug}/${slug}.css`, 'text/css; charset=utf-8'],
    ['shop.js', `${demo}/shop/client/shop.js`, 'text/javascript; charset=utf-8'],
    ['icon.svg', `${demo}/${slug}/icon.svg`, 'image/svg+xml'],
  ];
}
