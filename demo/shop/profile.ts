import type { Html } from './html.ts';

/** Everything in which one shop differs from another: its words, its goods, its look. */
export interface ShopProfile {
  /** First label of the host, and name of the shop's files. */
  readonly slug: ShopSlug;
  readonly name: string;
  /** BCP 47; words, numbers and dates of the shop. */
  readonly locale: string;
  readonly direction: 'ltr' | 'rtl';
  /** ISO 4217, with two minor digits. */
  readonly currency: string;
  readonly programId: string;
  readonly themeColor: { readonly light: string; readonly dark: string };
  readonly products: readonly Product[];
  readonly customers: readonly Customer[];
  readonly history: readonly PastOrder[];
  readonly texts: ShopTexts;
  /** Symbols that the art refers to, drawn once a page. */
  readonly symbols?: Html;
  readonly brand: Html;
  /** What stands in `<main>` of the home page. `card` draws a product as every list does; `progress` is the member's. */
  home(card: (product: Product) => Html, progress: Html): Html;
}

export type ShopSlug = 'crema' | 'mozhai' | 'qimam';

export interface Product {
  /** As it stands in addresses and on order lines. */
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly priceMinor: number;
  /** One line under the name. */
  readonly summary: string;
  readonly description: readonly string[];
  readonly facts: readonly (readonly [label: string, value: string])[];
  /** Inline SVG, decorative: the name stands beside it. */
  readonly art: Html;
}

/** Somebody to sign in as. */
export interface Customer {
  readonly id: string;
  readonly name: string;
  /** How the sign-in page introduces the person. */
  readonly about: string;
}

/** An order from before the shop's first start, posted like any other. */
export interface PastOrder {
  readonly customerId: string;
  readonly daysAgo: number;
  readonly lines: readonly (readonly [sku: string, quantity: number])[];
}

/** The shop's own words. `{name}`-like parts are filled in by {@link fill}. */
export interface ShopTexts {
  readonly skipToContent: string;
  readonly tagline: string;
  readonly shop: string;
  readonly rewards: string;
  readonly cart: string;
  readonly account: string;
  readonly signIn: string;
  readonly signOut: string;
  readonly mainNavigation: string;
  readonly guestBadge: string;
  /** In the badge's place while a signed-in member's number is not known. */
  readonly memberBadge: string;
  readonly guestProgress: string;
  readonly addToCart: string;
  readonly added: string;
  readonly buyNow: string;
  readonly backToShop: string;
  readonly quantity: string;
  readonly remove: string;
  readonly update: string;
  readonly emptyCart: string;
  readonly subtotal: string;
  readonly delivery: string;
  readonly deliveryFree: string;
  readonly total: string;
  readonly toCheckout: string;
  readonly checkout: string;
  readonly demoPayment: string;
  readonly placeOrder: string;
  readonly checkoutAs: string;
  readonly checkoutGuest: string;
  readonly thanks: string;
  readonly thanksLine: string;
  readonly earned: string;
  readonly earnedPending: string;
  readonly earnedLater: string;
  readonly earnedGuest: string;
  readonly order: string;
  readonly orders: string;
  readonly noOrders: string;
  readonly orderDetails: string;
  readonly returnLine: string;
  readonly returnOrder: string;
  readonly returned: string;
  readonly returnNote: string;
  readonly takenBack: string;
  readonly hello: string;
  readonly accountIntro: string;
  readonly signInTitle: string;
  readonly signInIntro: string;
  readonly signInAs: string;
  readonly notFound: string;
  readonly notFoundLine: string;
  readonly failed: string;
  readonly rewardsTitle: string;
  readonly rewardsIntro: string;
  readonly howTitle: string;
  readonly earnRule: string;
  readonly earnOrderRule: string;
  readonly postedAfter: string;
  readonly postedAtOnce: string;
  readonly expiresAfter: string;
  readonly expiresNever: string;
  readonly tiersTitle: string;
  readonly fromPoints: string;
  readonly anyPoints: string;
  readonly perYear: string;
  readonly fields: { readonly name: string; readonly address: string; readonly city: string };
  readonly sampleAddress: { readonly address: string; readonly city: string };
  readonly footer: readonly string[];
  readonly demoNote: string;
  /** In the survey's place while none is due. */
  readonly help: string;
}

/** Puts values into a text's `{…}` places. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (place, key: string) => String(values[key] ?? place));
}

/** A price as the shop writes it. */
export function formatMoney(profile: ShopProfile, minor: number): string {
  return new Intl.NumberFormat(profile.locale, {
    style: 'currency',
    currency: profile.currency,
    // Round prices read better without ".00"; any other keeps its two digits.
    minimumFractionDigits: minor % 100 === 0 ? 0 : 2,
  }).format(minor / 100);
}
