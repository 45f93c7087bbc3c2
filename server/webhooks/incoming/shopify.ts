import * as v from 'valibot';
import { currencySchema, instantSchema } from '../../../shared/protocol/schemas.ts';
import { eventInvalid, minorOf, times } from './amounts.ts';
import type { OrderedLine, OrderFact } from './facts.ts';
import { amountText, codesIn, numberId, type Reading, readShape, skuOf } from './reading.ts';

/** Money in the shop's own currency, beside the one that the customer saw. */
const moneySet = v.nullish(v.object({ shop_money: v.object({ amount: amountText, currency_code: currencySchema }) }));
const quantity = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000));
const taxLines = v.nullish(v.array(v.object({ price: amountText, price_set: moneySet })));
const allocations = v.nullish(v.array(v.object({ amount: amountText, amount_set: moneySet })));

const lineSchema = v.object({
  id: numberId,
  quantity,
  price: amountText,
  price_set: moneySet,
  sku: v.nullish(v.string()),
  variant_id: v.nullish(numberId),
  product_id: v.nullish(numberId),
  gift_card: v.nullish(v.boolean()),
  discount_allocations: allocations,
  tax_lines: taxLines,
});

const refundSchema = v.object({
  id: numberId,
  order_id: v.nullish(numberId),
  created_at: instantSchema,
  refund_line_items: v.pipe(v.array(v.object({ line_item_id: numberId, quantity })), v.maxLength(500)),
  order_adjustments: v.nullish(
    v.array(v.object({ kind: v.nullish(v.string()), amount: amountText, amount_set: moneySet })),
  ),
  transactions: v.nullish(v.array(v.object({ currency: v.nullish(currencySchema) }))),
});

const orderSchema = v.object({
  id: numberId,
  currency: currencySchema,
  created_at: instantSchema,
  processed_at: v.nullish(instantSchema),
  cancelled_at: v.nullish(instantSchema),
  financial_status: v.nullish(v.string()),
  test: v.nullish(v.boolean()),
  taxes_included: v.nullish(v.boolean()),
  customer: v.nullish(v.object({ id: v.nullish(numberId) })),
  line_items: v.pipe(v.array(lineSchema), v.maxLength(500)),
  shipping_lines: v.nullish(
    v.array(
      v.object({
        price: amountText,
        price_set: moneySet,
        is_removed: v.nullish(v.boolean()),
        discount_allocations: allocations,
        tax_lines: taxLines,
      }),
    ),
  ),
  discount_codes: v.nullish(v.array(v.object({ code: v.string() }))),
  note_attributes: v.nullish(v.array(v.object({ name: v.string(), value: v.unknown() }))),
  refunds: v.nullish(v.array(refundSchema)),
});

type ShopifyOrder = v.InferOutput<typeof orderSchema>;
type ShopifyRefund = v.InferOutput<typeof refundSchema>;

/** Order ids of a platform never meet those of another, nor the shop's own. */
const orderIdOf = (id: string) => `shopify:${id}`;

/** An order's attribute by which a shop hands over codes that were not entered as discounts. */
const CODES_ATTRIBUTE = 'laurel_codes';

/** Statuses of an order that was paid, whatever came after. */
const PAID = new Set(['paid', 'partially_refunded', 'refunded']);

/**
 * Reads an event of Shopify. The topic is a header and so is not signed: each kind of event is believed only where its
 * body, which is signed, says the same.
 *
 * @throws {LoyaltyError} `event_invalid`.
 */
export function readShopify(topic: string | undefined, event: unknown): Reading {
  switch (topic) {
    case 'orders/paid':
      return readPaid(readShape(orderSchema, event));
    case 'orders/cancelled':
      return readCancelled(readShape(orderSchema, event));
    case 'refunds/create':
      return readRefund(readShape(refundSchema, event));
    case 'customers/data_request': {
      const { customer, data_request } = readShape(dataRequestSchema, event);
      return { privacy: { kind: 'export', customerId: customer.id, reference: data_request.id } };
    }
    case 'customers/redact': {
      const { customer } = readShape(redactSchema, event);
      return { privacy: { kind: 'erasure', customerId: customer.id, reference: null } };
    }
    case 'shop/redact': {
      const { customer, shop_id } = readShape(shopRedactSchema, event);
      if (customer !== undefined) throw eventInvalid('/customer', 'no customer: the topic is about a shop');
      return { privacy: { kind: 'shop_erasure', customerId: null, reference: shop_id } };
    }
    default:
      return { skipped: 'topic_not_used' };
  }
}

const shop = { shop_id: numberId, shop_domain: v.string() };
const dataRequestSchema = v.object({
  ...shop,
  customer: v.object({ id: numberId }),
  data_request: v.object({ id: numberId }),
});
const redactSchema = v.object({
  ...shop,
  customer: v.object({ id: numberId }),
  orders_to_redact: v.array(v.unknown()),
});
const shopRedactSchema = v.object({ ...shop, customer: v.optional(v.unknown()) });

function readPaid(order: ShopifyOrder): Reading {
  const { id, customer } = order;
  if (!PAID.has(order.financial_status ?? '')) {
    throw eventInvalid('/financial_status', 'paid, partially_refunded or refunded in an order that was paid');
  }
  if (order.test) return { skipped: 'test_order' };
  if (!customer?.id) return { skipped: 'no_customer' };
  const lines = order.line_items.flatMap((line, index) => (line.quantity > 0 ? [lineOf(order, line, index)] : []));
  if (lines.length === 0) return { skipped: 'no_lines' };
  const paid: OrderFact = {
    name: 'paid',
    rank: 0,
    order: {
      id: orderIdOf(id),
      memberId: customer.id,
      placedAt: order.processed_at ?? order.created_at,
      currency: order.currency,
      lines: lines.map(({ posted }) => posted),
      shippingMinor: shippingOf(order),
      ...codesIn([
        ...(order.discount_codes ?? []).map(({ code }) => code),
        ...(order.note_attributes ?? []).filter(({ name }) => name === CODES_ATTRIBUTE).map(({ value }) => value),
      ]),
    },
    lines: lines.map(({ ordered }) => ordered),
    grossMinor: lines.reduce((sum, { posted }) => sum + posted.netMinor + posted.taxMinor, 0),
  };
  return { orderId: orderIdOf(id), facts: [paid, ...refundsOf(order)] };
}

function readCancelled(order: ShopifyOrder): Reading {
  const { id, cancelled_at: at } = order;
  if (!at) throw eventInvalid('/cancelled_at', 'when the order was cancelled');
  if (order.test) return { skipped: 'test_order' };
  if (!order.customer?.id) return { skipped: 'no_customer' };
  return {
    orderId: orderIdOf(id),
    facts: [{ name: 'state', rank: Date.parse(at), at, isCancelled: true }, ...refundsOf(order)],
  };
}

function readRefund(refund: ShopifyRefund): Reading {
  if (!refund.order_id) throw eventInvalid('/order_id', 'the order that was refunded');
  return { orderId: orderIdOf(refund.order_id), facts: [refundFact(refund, '')] };
}

/** An order carries its refunds: what one event lost, the next one brings. */
function refundsOf({ refunds }: ShopifyOrder): OrderFact[] {
  return (refunds ?? []).map((refund, index) => refundFact(refund, `/refunds/${index}`));
}

function refundFact(refund: ShopifyRefund, root: string): OrderFact {
  let otherMinor = 0;
  for (const [index, { kind, amount, amount_set: set }] of (refund.order_adjustments ?? []).entries()) {
    // Shipping earned nothing that could be taken back here.
    if (kind === 'shipping_refund') continue;
    const pointer = `${root}/order_adjustments/${index}`;
    const currency = set?.shop_money.currency_code ?? refund.transactions?.find((item) => item.currency)?.currency;
    if (!currency) throw eventInvalid(`${pointer}/amount_set`, 'the amount with its currency');
    // Negative where the customer got more than the lines were worth.
    otherMinor -= minorOf(set?.shop_money.amount ?? amount, currency, pointer);
  }
  return {
    name: `refund ${refund.id}`,
    rank: 0,
    at: refund.created_at,
    lines: refund.refund_line_items.map((line) => ({ id: line.line_item_id, quantity: line.quantity })),
    otherMinor,
  };
}

/** A line as the ledger takes it, and as later refunds name it. */
function lineOf(order: ShopifyOrder, line: ShopifyOrder['line_items'][number], index: number) {
  const pointer = `/line_items/${index}`;
  const money = moneyReader(order.currency);
  const price = money(line.price, line.price_set, `${pointer}/price`);
  const full = times(price, line.quantity, `${pointer}/quantity`);
  const discountMinor = allocated(line.discount_allocations, money, pointer);
  const taxMinor = taxed(line.tax_lines, money, pointer);
  const netMinor = Math.max(0, full - discountMinor - (order.taxes_included ? taxMinor : 0));
  const posted = {
    sku: skuOf(line.sku, line.variant_id && `variant:${line.variant_id}`, `product:${line.product_id ?? line.id}`),
    // The one kind of article that the event itself tells: money in another form, which rules may leave out.
    ...(line.gift_card && { category: 'gift_card' }),
    quantity: line.quantity,
    netMinor,
    taxMinor,
    discountMinor,
  };
  const ordered: OrderedLine = { id: line.id, quantity: line.quantity, netMinor };
  return { posted, ordered };
}

function shippingOf(order: ShopifyOrder): number {
  const money = moneyReader(order.currency);
  return (order.shipping_lines ?? []).reduce((sum, line, index) => {
    if (line.is_removed) return sum;
    const pointer = `/shipping_lines/${index}`;
    const price = money(line.price, line.price_set, `${pointer}/price`);
    const tax = order.taxes_included ? taxed(line.tax_lines, money, pointer) : 0;
    return sum + Math.max(0, price - allocated(line.discount_allocations, money, pointer) - tax);
  }, 0);
}

type MoneyReader = ReturnType<typeof moneyReader>;

/** Reads amounts that must not be negative. */
function moneyReader(currency: string) {
  return (text: string, set: v.InferOutput<typeof moneySet>, pointer: string): number => {
    const minor = minorOf(set?.shop_money.amount ?? text, currency, pointer);
    if (minor < 0) throw eventInvalid(pointer, 'an amount of at least 0');
    return minor;
  };
}

function allocated(items: v.InferOutput<typeof allocations>, money: MoneyReader, root: string): number {
  return (items ?? []).reduce(
    (sum, { amount, amount_set }, index) =>
      sum + money(amount, amount_set, `${root}/discount_allocations/${index}/amount`),
    0,
  );
}

function taxed(items: v.InferOutput<typeof taxLines>, money: MoneyReader, root: string): number {
  return (items ?? []).reduce(
    (sum, { price, price_set }, index) => sum + money(price, price_set, `${root}/tax_lines/${index}/price`),
    0,
  );
}
