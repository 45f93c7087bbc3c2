import * as v from 'valibot';
import { currencySchema } from '../../../shared/protocol/schemas.ts';
import { eventInvalid, minorOf, share } from './amounts.ts';
import type { OrderFact } from './facts.ts';
import { amountText, codesIn, numberId, type Reading, readShape, skuOf } from './reading.ts';

/** UTC without saying so. */
const gmt = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/, 'a date and time in UTC such as 2026-03-31T18:00:00'),
  v.check((text) => !Number.isNaN(Date.parse(`${text}Z`)), 'a date that exists'),
  v.transform((text) => `${text}Z`),
);

const lineSchema = v.object({
  id: v.nullish(v.unknown()),
  product_id: v.nullish(v.number()),
  variation_id: v.nullish(v.number()),
  sku: v.nullish(v.string()),
  quantity: v.pipe(v.number(), v.minValue(0), v.maxValue(1_000_000)),
  subtotal: amountText,
  total: amountText,
  total_tax: amountText,
});

const orderSchema = v.object({
  id: numberId,
  status: v.string(),
  currency: currencySchema,
  date_created_gmt: gmt,
  date_modified_gmt: gmt,
  total: amountText,
  shipping_total: amountText,
  customer_id: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  line_items: v.pipe(v.array(lineSchema), v.maxLength(500)),
  coupon_lines: v.nullish(v.array(v.object({ code: v.string() }))),
  meta_data: v.nullish(v.array(v.object({ key: v.string(), value: v.unknown() }))),
  refunds: v.nullish(v.array(v.object({ id: v.unknown(), total: amountText }))),
});

type WooOrder = v.InferOutput<typeof orderSchema>;

const orderIdOf = (id: string) => `woocommerce:${id}`;

/** An order's own field by which a shop hands over codes that are no coupons of WooCommerce. */
const CODES_KEYS = new Set(['laurel_codes', '_laurel_codes']);

const TOPICS = new Set(['order.created', 'order.updated', 'order.restored', 'order.deleted']);

/** WooCommerce has no event for a payment: an order with one of these was paid, or is to be paid at the door. */
const PAID = new Set(['processing', 'completed']);
const CANCELLED = new Set(['cancelled', 'failed', 'trash']);

/**
 * Reads an event of WooCommerce: but for a deletion, which names the order alone, each carries the order as it stands.
 *
 * @param now When a deletion is learned of, which has no date of its own.
 * @throws {LoyaltyError} `event_invalid`.
 */
export function readWooCommerce(topic: string | undefined, event: unknown, now: number): Reading {
  if (topic === undefined || !TOPICS.has(topic)) return { skipped: 'topic_not_used' };
  if (topic === 'order.deleted' && !hasStatus(event)) {
    const { id } = readShape(v.object({ id: numberId }), event);
    const at = new Date(now).toISOString();
    return { orderId: orderIdOf(id), facts: [state(at, true)] };
  }
  return readOrder(readShape(orderSchema, event));
}

const hasStatus = (event: unknown) => typeof event === 'object' && event !== null && Object.hasOwn(event, 'status');

function readOrder(order: WooOrder): Reading {
  const orderId = orderIdOf(order.id);
  const { status, date_modified_gmt: at } = order;
  const isPaid = PAID.has(status);
  if (!isPaid && status !== 'refunded' && !CANCELLED.has(status)) return { skipped: 'order_not_paid' };
  if (order.customer_id === 0) return { skipped: 'no_customer' };
  const lines = order.line_items.flatMap((line, index) => (line.quantity > 0 ? [lineOf(order, line, index)] : []));
  if (lines.length === 0) return { skipped: 'no_lines' };
  const net = lines.reduce((sum, { netMinor }) => sum + netMinor, 0);
  const totalMinor = status === 'refunded' ? net : refundedOf(order, net);
  const facts: OrderFact[] = [
    ...(status === 'refunded' ? [] : [state(at, !isPaid)]),
    ...(totalMinor > 0 || status === 'refunded' ? [{ name: 'refunded', rank: totalMinor, at } as const] : []),
  ];
  if (isPaid) {
    facts.unshift({
      name: 'paid',
      rank: 0,
      order: {
        id: orderId,
        memberId: String(order.customer_id),
        placedAt: order.date_created_gmt,
        currency: order.currency,
        lines,
        shippingMinor: amountOf(order.shipping_total, order.currency, '/shipping_total'),
        ...codesIn([
          ...(order.coupon_lines ?? []).map(({ code }) => code),
          ...(order.meta_data ?? []).filter(({ key }) => CODES_KEYS.has(key)).map(({ value }) => value),
        ]),
      },
    });
  }
  return { orderId, facts };
}

/** At the same second the cancellation counts. */
function state(at: string, isCancelled: boolean): OrderFact {
  return { name: 'state', rank: Date.parse(at) + (isCancelled ? 1 : 0), at, isCancelled };
}

function lineOf({ currency }: WooOrder, line: WooOrder['line_items'][number], index: number) {
  const pointer = `/line_items/${index}`;
  const netMinor = amountOf(line.total, currency, `${pointer}/total`);
  return {
    sku: skuOf(
      line.sku,
      line.variation_id ? `variation:${line.variation_id}` : null,
      line.product_id ? `product:${line.product_id}` : null,
    ),
    // Some shops sell by weight; the ledger counts pieces.
    quantity: Math.max(1, Math.floor(line.quantity)),
    netMinor,
    taxMinor: amountOf(line.total_tax, currency, `${pointer}/total_tax`),
    discountMinor: Math.max(0, amountOf(line.subtotal, currency, `${pointer}/subtotal`) - netMinor),
  };
}

/** Refunds come as what the customer got back of the whole order; the lines have the same part in it. */
function refundedOf(order: WooOrder, net: number): number {
  const total = amountOf(order.total, order.currency, '/total');
  const back = (order.refunds ?? []).reduce(
    (sum, refund, index) => sum + Math.abs(minorOf(refund.total, order.currency, `/refunds/${index}/total`)),
    0,
  );
  return back >= total && back > 0 ? net : share(net, back, total);
}

function amountOf(text: string, currency: string, pointer: string): number {
  const minor = minorOf(text, currency, pointer);
  if (minor < 0) throw eventInvalid(pointer, 'an amount of at least 0');
  return minor;
}
