import { type Html, html, raw } from './html.ts';
import { type Customer, fill, formatMoney, type Product, type ShopProfile } from './profile.ts';
import type { OrderLine, ShopOrder } from './store.ts';

/** Keeps a number with its sign on one line. */
const NO_BREAK = '\u00a0';

/** The insides of `<main>`, page by page; a shop's stylesheet gives them its look. */

export function productCard(profile: ShopProfile, product: Product): Html {
  return html`<article class="card" data-category="${product.category}">
  <a class="card-link" href="/products/${product.sku}">
    <span class="art">${product.art}</span>
    <h3 class="card-name">${product.name}</h3>
  </a>
  <p class="card-summary">${product.summary}</p>
  <p class="price">${formatMoney(profile, product.priceMinor)}</p>
</article>`;
}

export function productPage(profile: ShopProfile, product: Product, isMember: boolean): Html {
  const { texts } = profile;
  return html`<nav class="trail"><a href="/">${texts.backToShop}</a></nav>
<article class="product">
  <div class="product-art art">${product.art}</div>
  <div class="product-words">
    <p class="eyebrow">${product.category}</p>
    <h1>${product.name}</h1>
    <p class="lead">${product.summary}</p>
    <p class="price">${formatMoney(profile, product.priceMinor)}</p>
    <form class="buy" action="/cart" method="post" data-live="add">
      <input type="hidden" name="sku" value="${product.sku}">
      <label class="field quantity"><span>${texts.quantity}</span>${quantitySelect(profile, 1)}</label>
      <button class="button primary" type="submit">${texts.addToCart}</button>
    </form>
    <form class="buy-now" action="/checkout" method="post" data-live="buy">
      <input type="hidden" name="sku" value="${product.sku}">
      <button class="button" type="submit">${texts.buyNow}</button>
      <small>${texts.demoPayment}</small>
    </form>
    <div class="prose">${product.description.map((paragraph) => html`<p>${paragraph}</p>`)}</div>
    <dl class="facts">${product.facts.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
  </div>
</article>
${orderPlacedTemplate(profile, isMember)}`;
}

export interface CartLine {
  readonly product: Product;
  readonly quantity: number;
}

const totalOf = (lines: readonly CartLine[]) =>
  lines.reduce((sum, { product, quantity }) => sum + product.priceMinor * quantity, 0);

export function cartPage(profile: ShopProfile, lines: readonly CartLine[], isMember: boolean): Html {
  const { texts } = profile;
  if (lines.length === 0) {
    return html`<section class="narrow empty"><h1>${texts.cart}</h1><p class="lead">${texts.emptyCart}</p>
<p><a class="button primary" href="/">${texts.backToShop}</a></p></section>`;
  }
  return html`<h1>${texts.cart}</h1>
<div class="split">
  <ul class="lines">${lines.map(
    ({ product, quantity }) => html`<li class="line">
    <span class="line-art art">${product.art}</span>
    <div class="line-words"><h2><a href="/products/${product.sku}">${product.name}</a></h2><p>${product.summary}</p>
      <form action="/cart/${product.sku}" method="post">
        <label class="field quantity"><span>${texts.quantity}</span>${quantitySelect(profile, quantity, true)}</label>
        <button class="link-button without-script" name="action" value="update">${texts.update}</button>
        <button class="link-button" name="action" value="remove">${texts.remove}</button>
      </form>
    </div>
    <p class="price">${formatMoney(profile, product.priceMinor * quantity)}</p>
  </li>`,
  )}</ul>
  <aside class="panel">
    ${sums(profile, totalOf(lines))}
    <p><a class="button primary wide" href="/checkout">${texts.toCheckout}</a></p>
    ${tierProgress(profile, isMember)}
  </aside>
</div>`;
}

export function checkoutPage(profile: ShopProfile, lines: readonly CartLine[], customer: Customer | null): Html {
  const { texts } = profile;
  return html`<h1>${texts.checkout}</h1>
<div class="split">
  <form class="checkout" id="checkout" action="/checkout" method="post" data-live="buy">
    <p class="lead">${customer ? fill(texts.checkoutAs, { name: customer.name }) : html`${texts.checkoutGuest} <a href="/sign-in">${texts.signIn}</a>`}</p>
    ${field('name', texts.fields.name, customer?.name ?? '', 'name')}
    ${field('address', texts.fields.address, texts.sampleAddress.address, 'street-address')}
    ${field('city', texts.fields.city, texts.sampleAddress.city, 'address-level2')}
    <p><button class="button primary wide" type="submit">${texts.placeOrder}</button></p>
    <p><small>${texts.demoPayment}</small></p>
  </form>
  <aside class="panel">
    <ul class="brief-lines">${lines.map(
      ({ product, quantity }) =>
        html`<li><span>${product.name} ×${NO_BREAK}${quantity}</span><span>${formatMoney(profile, product.priceMinor * quantity)}</span></li>`,
    )}</ul>
    ${sums(profile, totalOf(lines))}
  </aside>
</div>
${orderPlacedTemplate(profile, customer !== null)}`;
}

/** What takes the page's place once an order is placed; the script fills in `data-order`. */
function orderPlacedTemplate(profile: ShopProfile, isMember: boolean): Html {
  return html`<template id="order-placed">${orderPlaced(profile, { id: '', total: '', earned: '', url: '' }, isMember)}</template>`;
}

export interface PlacedOrder {
  readonly id: string;
  readonly total: string;
  /** What the order earned, in the receipt's own number; or why there is none yet. */
  readonly earned: string;
  readonly url: string;
}

function orderPlaced({ texts }: ShopProfile, order: PlacedOrder, isMember: boolean): Html {
  return html`<section class="narrow placed">
  <p class="eyebrow">${texts.order} <bdi data-order="id">${order.id}</bdi></p>
  <h1 tabindex="-1">${texts.thanks}</h1>
  <p class="lead">${texts.thanksLine}</p>
  <p class="earned" data-order="earned">${order.earned}</p>
  <dl class="sums"><div class="sum-total"><dt>${texts.total}</dt><dd data-order="total">${order.total}</dd></div></dl>
  ${
    isMember &&
    html`<div class="panel"><laurel-tier-progress></laurel-tier-progress></div>
  <laurel-survey survey="post-purchase"><p>${texts.help}</p></laurel-survey>`
  }
  <p class="row"><a class="button" href="/">${texts.backToShop}</a> <a class="button" data-order-link href="${order.url}">${texts.orderDetails}</a></p>
</section>`;
}

export function orderPage(profile: ShopProfile, order: ShopOrder, placed: PlacedOrder, isMember: boolean): Html {
  return html`${orderPlaced(profile, placed, isMember)}
<section class="narrow"><h2>${profile.texts.orderDetails}</h2>${orderCard(profile, order)}</section>`;
}

export function orderCard(profile: ShopProfile, order: ShopOrder): Html {
  const { texts } = profile;
  const canReturn = order.lines.some(({ isReturned }) => !isReturned);
  const total = order.lines.reduce((sum, { netMinor }) => sum + netMinor, 0);
  const placedOn = new Intl.DateTimeFormat(profile.locale, { dateStyle: 'long' }).format(order.placedAt);
  return html`<article class="order" data-order-card${canReturn ? null : raw(' data-returned')}>
  <header class="order-head">
    <h3><a href="/orders/${order.id}"><bdi>${order.id}</bdi></a></h3>
    <p><time datetime="${new Date(order.placedAt).toISOString()}">${placedOn}</time></p>
    <p class="price">${formatMoney(profile, total)}</p>
  </header>
  <ul class="order-lines">${order.lines.map((line) => orderLine(profile, order, line))}</ul>
  <form class="when-kept" action="/orders/${order.id}/returns" method="post" data-live="return">
    <button class="link-button">${texts.returnOrder}<span class="visually-hidden"> ${order.id}</span></button>
  </form>
</article>`;
}

function orderLine(profile: ShopProfile, order: ShopOrder, line: OrderLine): Html {
  const { texts } = profile;
  const product = profile.products.find(({ sku }) => sku === line.sku);
  const name = product?.name ?? line.sku;
  return html`<li data-line="${line.sku}"${line.isReturned ? raw(' data-returned') : null}>
    <span class="order-art art">${product?.art}</span>
    <span class="order-line-name">${name} ×${NO_BREAK}${line.quantity}</span>
    <span class="price">${formatMoney(profile, line.netMinor)}</span>
    <span class="when-returned">${texts.returned}</span>
    <form class="when-kept" action="/orders/${order.id}/returns" method="post" data-live="return">
      <button class="link-button" name="sku" value="${line.sku}">${texts.returnLine}<span class="visually-hidden"> ${name}, ${order.id}</span></button>
    </form>
  </li>`;
}

export function accountPage(profile: ShopProfile, customer: Customer, orders: readonly ShopOrder[]): Html {
  const { texts } = profile;
  return html`<div class="account-head"><div><h1>${fill(texts.hello, { name: customer.name })}</h1><p class="lead">${texts.accountIntro}</p></div>
  <form action="/sign-out" method="post"><button class="button">${texts.signOut}</button></form></div>
<div class="split">
  <section><h2>${texts.orders}</h2>
    ${orders.length === 0 ? html`<p>${texts.noOrders}</p>` : html`<p class="muted">${texts.returnNote}</p>`}
    <div class="orders">${orders.map((order) => orderCard(profile, order))}</div>
  </section>
  <aside class="panel">${tierProgress(profile, true)}<p><a href="/rewards">${texts.rewards}</a></p></aside>
</div>`;
}

export function signInPage(profile: ShopProfile): Html {
  const { texts } = profile;
  return html`<section class="narrow"><h1>${texts.signInTitle}</h1><p class="lead">${texts.signInIntro}</p>
<form class="people" action="/sign-in" method="post">${profile.customers.map(
    ({ id, name, about }) => html`<button class="person" name="customer" value="${id}">
  <span class="person-initial" aria-hidden="true">${[...name][0]}</span>
  <span class="person-words"><b>${fill(texts.signInAs, { name })}</b><span>${about}</span></span></button>`,
  )}</form></section>`;
}

export function notFoundPage({ texts }: ShopProfile): Html {
  return html`<section class="narrow empty"><h1>${texts.notFound}</h1><p class="lead">${texts.notFoundLine}</p>
<p><a class="button primary" href="/">${texts.backToShop}</a></p></section>`;
}

/** A member's own place in it is not known without Laurel: the room stays empty. A guest is told what would be there. */
export const tierProgress = ({ texts }: ShopProfile, isMember: boolean): Html =>
  html`<laurel-tier-progress>${!isMember && html`<p class="guest-progress">${texts.guestProgress}</p>`}</laurel-tier-progress>`;

function sums(profile: ShopProfile, totalMinor: number): Html {
  const { texts } = profile;
  return html`<dl class="sums">
  <div><dt>${texts.subtotal}</dt><dd>${formatMoney(profile, totalMinor)}</dd></div>
  <div><dt>${texts.delivery}</dt><dd>${texts.deliveryFree}</dd></div>
  <div class="sum-total"><dt>${texts.total}</dt><dd>${formatMoney(profile, totalMinor)}</dd></div>
</dl>`;
}

function quantitySelect(profile: ShopProfile, selected: number, isLive = false): Html {
  const number = new Intl.NumberFormat(profile.locale);
  const options = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(
    (count) =>
      html`<option value="${count}"${count === selected ? raw(' selected') : null}>${number.format(count)}</option>`,
  );
  return html`<select name="quantity"${isLive ? raw(' data-submit-on-change') : null}>${options}</select>`;
}

const field = (name: string, label: string, value: string, autocomplete: string): Html =>
  html`<label class="field"><span>${label}</span><input name="${name}" value="${value}" autocomplete="${autocomplete}" maxlength="120" required></label>`;
