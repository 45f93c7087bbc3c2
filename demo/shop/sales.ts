import type { LaurelClient } from './laurel.ts';
import type { Outbox } from './outbox.ts';
import type { CartLine } from './pages.ts';
import type { ShopProfile } from './profile.ts';
import type { OrderLine, ShopOrder, ShopStore } from './store.ts';

/** Longest that a buyer waits for Laurel; an order that is still unsent then goes out by itself. */
const WAIT_MS = 1_500;

interface Books {
  readonly profile: ShopProfile;
  readonly store: ShopStore;
  readonly laurel: LaurelClient;
  readonly outbox: Outbox;
}

/**
 * Sells: writes the order and the call that is owed to Laurel, then tries the call. The sale stands whatever Laurel
 * answers.
 */
export async function placeOrder(
  { profile, store, laurel, outbox }: Books,
  buyer: { readonly customerId: string } | { readonly guestSessionId: string },
  cart: readonly CartLine[],
  placedAt: number,
): Promise<ShopOrder> {
  const customerId = 'customerId' in buyer ? buyer.customerId : null;
  const order: ShopOrder = {
    id: store.nextOrderId(profile.slug.slice(0, 2).toUpperCase()),
    customerId,
    guestSessionId: 'guestSessionId' in buyer ? buyer.guestSessionId : null,
    placedAt,
    lines: cart.map(({ product, quantity }) => ({
      sku: product.sku,
      category: product.category,
      quantity,
      netMinor: product.priceMinor * quantity,
      isReturned: false,
    })),
    pointsEarned: null,
    pointsAvailableAt: null,
  };
  const body = JSON.stringify({
    id: order.id,
    memberId: customerId,
    placedAt: new Date(placedAt).toISOString(),
    currency: profile.currency,
    lines: order.lines.map(lineOf),
  });
  store.addOrder(order, customerId === null ? null : { path: laurel.ordersPath, body });
  await settled(outbox);
  return store.order(order.id) ?? order;
}

/** Takes back one line, or with `null` all that is left of the order. */
export async function returnLines(
  { store, laurel, outbox }: Books,
  orderId: string,
  sku: string | null,
): Promise<ShopOrder | null> {
  // Read and written without a pause between: of two presses of the button, the second finds nothing left to return.
  const order = store.order(orderId);
  if (!order) return null;
  const taken = order.lines.filter((line) => !line.isReturned && (sku === null || line.sku === sku));
  if (taken.length === 0) return order;
  const after = {
    ...order,
    lines: order.lines.map((line) => (taken.includes(line) ? { ...line, isReturned: true } : line)),
  };
  const refundId = `${order.id}-R${order.lines.filter(({ isReturned }) => isReturned).length + 1}`;
  const body = JSON.stringify({
    id: refundId,
    refundedAt: new Date().toISOString(),
    // A whole return names its amount, a partial one its lines: Laurel takes either.
    ...(sku === null
      ? { amountMinor: taken.reduce((sum, { netMinor }) => sum + netMinor, 0) }
      : { lines: taken.map(lineOf) }),
  });
  const path = `${laurel.ordersPath}/${encodeURIComponent(order.id)}/refunds`;
  store.addRefund(after, refundId, order.customerId === null ? null : { path, body });
  await settled(outbox);
  return after;
}

const lineOf = ({ sku, category, quantity, netMinor }: OrderLine) => ({ sku, category, quantity, netMinor });

function settled(outbox: Outbox): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, WAIT_MS);
    void outbox.flush().finally(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
