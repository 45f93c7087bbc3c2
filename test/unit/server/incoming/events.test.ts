import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { textStatement } from '../../../../server/database/statement.ts';
import { verify } from '../../../../server/verify/verify.ts';
import { forgetWaitingFacts } from '../../../../server/webhooks/incoming/order-facts.ts';
import type { Member, PrivacyRequestPage, WebhookAnswer } from '../../../../shared/protocol/api.ts';
import {
  fixture,
  fixtureObject,
  SHOPIFY_SECRET,
  STANDARD_SECRET,
  shopifyHeaders,
  standardHeaders,
  WOOCOMMERCE_SECRET,
  wooHeaders,
} from '../../../support/incoming-webhooks.ts';
import { program } from '../../../support/ledger.ts';
import { rewardProgram } from '../../../support/rewards.ts';
import { openServer, PROGRAM, pointersOf, problemOf, START, type TestServer } from '../../../support/server.ts';

const SHOPIFY_MEMBER = '7102398456';

describe('events of shop platforms', () => {
  let server: TestServer;

  beforeEach(async () => {
    server = await openServer();
    const { webhookSources } = server.services;
    await webhookSources.rotate(PROGRAM, 'shopify', SHOPIFY_SECRET, 0);
    await webhookSources.rotate(PROGRAM, 'woocommerce', WOOCOMMERCE_SECRET, 0);
    await webhookSources.rotate(PROGRAM, 'standard', STANDARD_SECRET, 0);
  });
  afterEach(() => server.close());

  const send = (platform: string, body: string, headers: Record<string, string>) =>
    server.request(`/v1/programs/${PROGRAM}/webhooks/${platform}`, { method: 'POST', body, headers });
  const textOf = (event: string | object) => (typeof event === 'string' ? fixture(event) : JSON.stringify(event));
  const shopify = (topic: string, event: string | object) =>
    send('shopify', textOf(event), shopifyHeaders(topic, textOf(event)));
  const woo = (topic: string, event: string | object) =>
    send('woocommerce', textOf(event), wooHeaders(topic, textOf(event)));
  const standard = (event: string | object) =>
    send('standard', textOf(event), standardHeaders(textOf(event), server.now()));
  const answerOf = async (answered: Promise<{ body: unknown }>) => (await answered).body as WebhookAnswer;
  const balanceOf = async (member: string) =>
    ((await server.merchant('GET', `/members/${member}`)).body as Member).balance.available;

  /** A program that earns a point per yen as well. */
  const earnYen = () =>
    server.services.programs.apply({
      ...program,
      earning: {
        ...program.earning,
        rules: [
          ...program.earning.rules,
          { id: 'per-yen', kind: 'per_amount', points: 1, perMinor: 100, currency: 'JPY' },
        ],
      },
    });

  describe('Shopify', () => {
    test('an order, a refund by lines, a refund by amount and a cancellation, each once', async () => {
      expect(await answerOf(shopify('orders/paid', 'shopify/orders-paid.json'))).toEqual({ outcome: 'applied' });
      // 2 × 18.90 - 3.61 - 5.46 tax, and 34.50 - 3.29 - 4.98 tax: 54.96 net.
      expect(await balanceOf(SHOPIFY_MEMBER)).toBe(54);
      expect(await answerOf(shopify('orders/paid', 'shopify/orders-paid.json'))).toEqual({ outcome: 'unchanged' });

      expect(await answerOf(shopify('refunds/create', 'shopify/refunds-create.json'))).toEqual({ outcome: 'applied' });
      // One of two bags, 14.36 of 54.96: the rest earns 39.
      expect(await balanceOf(SHOPIFY_MEMBER)).toBe(39);
      await shopify('refunds/create', 'shopify/refunds-create-amount-only.json');
      // 10.00 of 65.40 with tax are 8.40 of 54.96; the shipping earned nothing: 32.20 are left.
      expect(await balanceOf(SHOPIFY_MEMBER)).toBe(31);

      // The refund in the cancelled order is the one known already.
      expect(await answerOf(shopify('orders/cancelled', 'shopify/orders-cancelled.json'))).toEqual({
        outcome: 'applied',
      });
      expect(await balanceOf(SHOPIFY_MEMBER)).toBe(0);
      expect(await answerOf(shopify('refunds/create', 'shopify/refunds-create.json'))).toEqual({
        outcome: 'unchanged',
      });
      expect((await server.counts())['refunds']).toBe(3);
    });

    test('what the ledger was told of an order', async () => {
      const posting = vi.spyOn(server.services.ledger, 'postOrder');
      await shopify('orders/paid', 'shopify/orders-paid.json');
      expect(posting.mock.calls.map(([, order]) => order)).toEqual([
        {
          id: 'shopify:450789469',
          memberId: SHOPIFY_MEMBER,
          placedAt: '2026-03-30T18:12:03+02:00',
          currency: 'EUR',
          lines: [
            { sku: 'ESP-250', quantity: 2, netMinor: 28_73, taxMinor: 5_46, discountMinor: 3_61 },
            { sku: 'variant:49148385', quantity: 1, netMinor: 26_23, taxMinor: 4_98, discountMinor: 3_29 },
          ],
          shippingMinor: 4_12,
          redemptionCodes: ['7Q4K-9F2M-XW3H-B8TD', 'H2VA-7C0R-5PNE-Q9GS'],
        },
      ]);
    });

    test('the code of a reward among its discount codes is used by the order', async () => {
      await server.services.programs.apply({ ...rewardProgram, id: PROGRAM });
      const { ledger, redemptions } = server.services;
      const memberId = await ledger.enrol(PROGRAM, SHOPIFY_MEMBER);
      await ledger.postAdjustment(PROGRAM, SHOPIFY_MEMBER, { points: 100, reason: 'gift' }, 'gift');
      const { redemption } = await redemptions.redeem(PROGRAM, memberId, { reward: 'ten-off' }, 'once');
      const code = redemption.code ?? '';
      const check = async () => (await server.merchant('POST', '/redemptions/check', { code })).status;
      expect(await check()).toBe(200);
      const order = {
        ...fixtureObject('shopify/orders-paid.json'),
        processed_at: '2026-03-31T12:00:00Z',
        discount_codes: [{ code: code.toLowerCase(), amount: '10.00', type: 'fixed_amount' }],
        note_attributes: [],
      };
      expect(await answerOf(shopify('orders/paid', order))).toEqual({ outcome: 'applied' });
      expect(await check()).toBe(422);
      expect(await answerOf(shopify('orders/paid', order))).toEqual({ outcome: 'unchanged' });
      // Cancelled, the order leaves the points as they were before.
      const cancelled = { ...order, cancelled_at: '2026-03-31T12:00:00Z', refunds: [] };
      expect(await answerOf(shopify('orders/cancelled', cancelled))).toEqual({ outcome: 'applied' });
      expect(await balanceOf(SHOPIFY_MEMBER)).toBe(100);
    });

    test('a currency without decimals, and a gift card that rules can leave out', async () => {
      await earnYen();
      const placed = { ...fixtureObject('shopify/orders-paid-jpy.json'), processed_at: '2026-03-31T12:00:00Z' };
      expect(await answerOf(shopify('orders/paid', placed))).toEqual({ outcome: 'applied' });
      expect(await balanceOf(SHOPIFY_MEMBER)).toBe(78);
      const broken = textOf('shopify/orders-paid-jpy.json').replaceAll('"2800"', '"2800.5"');
      const refused = await send('shopify', broken, shopifyHeaders('orders/paid', broken));
      expect([refused.status, pointersOf(refused)]).toEqual([422, ['/line_items/0/price']]);
    });

    test('is known by the newer headers as well', async () => {
      const body = fixture('shopify/orders-paid.json');
      const { 'x-shopify-topic': topic = '', 'x-shopify-hmac-sha256': hmac = '' } = shopifyHeaders('orders/paid', body);
      const headers = { 'content-type': 'application/json', 'shopify-topic': topic, 'shopify-hmac-sha256': hmac };
      expect(await answerOf(send('shopify', body, headers))).toEqual({ outcome: 'applied' });
    });

    test.each([
      ['orders/paid', 'shopify/orders-paid-jpy-guest.json', {}, 'no_customer'],
      ['orders/paid', 'shopify/orders-paid.json', { test: true }, 'test_order'],
      ['orders/paid', 'shopify/orders-paid.json', { line_items: [] }, 'no_lines'],
      ['orders/paid', 'shopify/orders-paid-jpy.json', {}, 'currency_not_supported'],
      ['orders/cancelled', 'shopify/orders-cancelled.json', { customer: null }, 'no_customer'],
      ['orders/edited', 'shopify/orders-paid.json', {}, 'topic_not_used'],
    ])('skips %s of %s with %j: %s', async (topic, name, change, reason) => {
      const counts = await server.counts();
      const answer = await answerOf(shopify(topic, { ...fixtureObject(name), ...change }));
      expect(answer).toEqual({ outcome: 'skipped', reason });
      expect(await server.counts()).toEqual(counts);
    });

    test.each([
      ['orders/paid', { financial_status: 'pending' }, '/financial_status'],
      ['orders/cancelled', { cancelled_at: null }, '/cancelled_at'],
      ['orders/paid', { id: -1 }, '/id'],
      ['orders/paid', { currency: 'euro' }, '/currency'],
      ['orders/paid', { line_items: 7 }, '/line_items'],
      ['orders/paid', { processed_at: '2027-01-01T00:00:00Z' }, '/processed_at'],
    ])('refuses %s with %j at %s', async (topic, change, pointer) => {
      const counts = await server.counts();
      const refused = await shopify(topic, { ...fixtureObject('shopify/orders-paid.json'), ...change });
      expect([refused.status, problemOf(refused).code, pointersOf(refused)]).toEqual([422, 'event_invalid', [pointer]]);
      expect(await server.counts()).toEqual(counts);
    });

    test('a topic is believed only where the signed body says the same', async () => {
      await shopify('orders/paid', 'shopify/orders-paid.json');
      for (const topic of ['orders/cancelled', 'refunds/create', 'customers/redact', 'shop/redact']) {
        expect([topic, (await shopify(topic, 'shopify/orders-paid.json')).status]).toEqual([topic, 422]);
      }
      expect((await shopify('shop/redact', 'shopify/customers-redact.json')).status).toBe(422);
      expect(await balanceOf(SHOPIFY_MEMBER)).toBe(54);
    });

    test('a customer whom it has erased is forgotten, and comes back as somebody new', async () => {
      await shopify('orders/paid', 'shopify/orders-paid.json');
      await shopify('refunds/create', 'shopify/refunds-create.json');
      expect(await answerOf(shopify('customers/redact', 'shopify/customers-redact.json'))).toEqual({
        outcome: 'recorded',
      });
      expect((await server.merchant('GET', `/members/${SHOPIFY_MEMBER}`)).status).toBe(404);
      expect((await server.counts())['order_facts']).toBe(0);
      const { requests } = (await server.merchant('GET', '/privacy-requests')).body as PrivacyRequestPage;
      expect(requests).toMatchObject([{ kind: 'erasure', memberId: null, doneAt: expect.any(String) }]);
      await shopify('orders/paid', { ...fixtureObject('shopify/orders-paid.json'), id: 450_789_999 });
      expect(await balanceOf(SHOPIFY_MEMBER)).toBe(54);
      await shopify('customers/redact', 'shopify/customers-redact.json');
      expect((await server.merchant('GET', `/members/${SHOPIFY_MEMBER}`)).status).toBe(404);
    });

    test('keeps what the law has it ask for, until it is done', async () => {
      for (const [topic, name] of [
        ['customers/data_request', 'shopify/customers-data-request.json'],
        ['customers/redact', 'shopify/customers-redact.json'],
        ['shop/redact', 'shopify/shop-redact.json'],
        ['customers/redact', 'shopify/customers-redact.json'],
      ] as const) {
        expect(await answerOf(shopify(topic, name))).toEqual({ outcome: 'recorded' });
        server.setNow(server.now() + 1_000);
      }
      const list = async (query = '') =>
        (await server.merchant('GET', `/privacy-requests${query}`)).body as PrivacyRequestPage;
      const { requests } = await list();
      expect(requests.map(({ kind, memberId }) => [kind, memberId])).toEqual([
        ['shop_erasure', null],
        ['erasure', null],
        ['export', SHOPIFY_MEMBER],
      ]);
      const first = await list('?limit=2');
      expect(first.requests.length).toBe(2);
      expect((await list(`?limit=2&cursor=${first.nextCursor}`)).requests).toEqual(requests.slice(2));
      const id = requests[2]?.id ?? '';
      await server.merchant('DELETE', `/privacy-requests/${id}`);
      expect((await list()).requests[2]?.doneAt).toBe(new Date(server.now()).toISOString());
      // Nothing of the person but the shop's own number.
      expect(server.log.join('')).not.toContain('noa@example.com');
    });
  });

  describe('WooCommerce', () => {
    test('an order from its creation to its refund', async () => {
      expect(await answerOf(send('woocommerce', fixture('woocommerce/ping.txt'), {}))).toEqual({
        outcome: 'skipped',
        reason: 'ping',
      });
      expect(await answerOf(woo('order.created', 'woocommerce/order-created-pending.json'))).toEqual({
        outcome: 'skipped',
        reason: 'order_not_paid',
      });
      expect(await answerOf(woo('order.updated', 'woocommerce/order-updated-processing.json'))).toEqual({
        outcome: 'applied',
      });
      // 27.45 + 41.36 without tax and shipping, after discounts.
      expect(await balanceOf('26')).toBe(68);
      await woo('order.updated', 'woocommerce/order-updated-partly-refunded.json');
      // 17.36 of 86.78 that were paid are 13.76 of 68.81.
      expect(await balanceOf('26')).toBe(54);
      // A refund that is deleted gives nothing back by itself, and a late repeat takes nothing twice.
      for (const name of [
        'order-updated-refund-deleted',
        'order-updated-processing',
        'order-updated-partly-refunded',
      ]) {
        expect(await answerOf(woo('order.updated', `woocommerce/${name}.json`))).toEqual({ outcome: 'unchanged' });
      }
      expect(await balanceOf('26')).toBe(54);
      await woo('order.updated', 'woocommerce/order-updated-refunded.json');
      expect(await balanceOf('26')).toBe(0);
    });

    test('the codes of its coupons and of its own field', async () => {
      const posting = vi.spyOn(server.services.ledger, 'postOrder');
      await woo('order.updated', 'woocommerce/order-updated-processing.json');
      expect(posting.mock.calls[0]?.[1].redemptionCodes).toEqual(['7Q4K-9F2M-XW3H-B8TD', 'H2VA-7C0R-5PNE-Q9GS']);
      expect(posting.mock.calls[0]?.[1].lines).toEqual([
        { sku: 'ESP-250', quantity: 2, netMinor: 27_45, taxMinor: 5_22, discountMinor: 1_96 },
        { sku: 'variation:23', quantity: 1, netMinor: 41_36, taxMinor: 7_85, discountMinor: 3_05 },
      ]);
    });

    test('cancelled, deleted, by a guest', async () => {
      await woo('order.updated', 'woocommerce/order-updated-processing.json');
      await woo('order.updated', 'woocommerce/order-updated-cancelled.json');
      expect(await balanceOf('26')).toBe(0);
      expect(await answerOf(woo('order.updated', 'woocommerce/order-updated-guest.json'))).toEqual({
        outcome: 'skipped',
        reason: 'no_customer',
      });
      const other = { ...fixtureObject('woocommerce/order-updated-processing.json'), id: 800 };
      await woo('order.created', other);
      expect(await balanceOf('26')).toBe(68);
      await woo('order.deleted', { id: 800 });
      expect(await balanceOf('26')).toBe(0);
    });

    test('an order that failed first and was paid then keeps its points', async () => {
      const failed = {
        ...fixtureObject('woocommerce/order-created-pending.json'),
        status: 'failed',
        date_modified_gmt: '2026-03-30T16:20:09',
      };
      expect(await answerOf(woo('order.updated', failed))).toEqual({ outcome: 'waiting' });
      await woo('order.updated', 'woocommerce/order-updated-processing.json');
      expect(await balanceOf('26')).toBe(68);
      expect(await answerOf(woo('order.updated', failed))).toEqual({ outcome: 'unchanged' });
      expect(await balanceOf('26')).toBe(68);
    });

    test.each([
      [{ currency: 'KWD', total: '12.3456' }, ['/total']],
      [{ total: 12.3 }, ['/total']],
      [{ customer_id: 'x' }, ['/customer_id']],
      [{ date_created_gmt: '2026-02-30 10:00' }, ['/date_created_gmt']],
    ])('refuses %j at %j', async (change, pointers) => {
      const event = {
        ...fixtureObject('woocommerce/order-updated-partly-refunded.json'),
        ...change,
      };
      const refused = await woo('order.updated', event);
      expect([refused.status, pointersOf(refused)]).toEqual([422, pointers]);
    });
  });

  describe('Standard Webhooks', () => {
    test("an order in the shop's own words", async () => {
      expect(await answerOf(standard('standard/order-paid.json'))).toEqual({ outcome: 'applied' });
      expect(await balanceOf('c-1')).toBe(50);
      await standard('standard/order-refunded.json');
      expect(await balanceOf('c-1')).toBe(37);
      expect(await answerOf(standard('standard/order-refunded.json'))).toEqual({ outcome: 'unchanged' });
      await standard('standard/order-cancelled.json');
      expect(await balanceOf('c-1')).toBe(0);
    });

    test('the same order by API and by webhook is one order', async () => {
      const { data } = fixtureObject('standard/order-paid.json');
      await server.merchant('POST', '/orders', data);
      expect(await answerOf(standard('standard/order-paid.json'))).toEqual({ outcome: 'unchanged' });
      const other = { type: 'order.paid', data: { ...(data as object), currency: 'USD' } };
      const refused = await standard(other);
      expect([refused.status, problemOf(refused).code]).toEqual([422, 'idempotency_conflict']);
      expect(await balanceOf('c-1')).toBe(50);
    });

    test('a refusal is not remembered: the event may be mended and sent again', async () => {
      const { data } = fixtureObject('standard/order-paid.json');
      const wrong = { type: 'order.paid', data: { ...(data as object), currency: 'USD' } };
      expect(problemOf(await standard(wrong)).code).toBe('currency_not_supported');
      expect((await server.counts())['order_facts']).toBe(0);
      expect(await answerOf(standard('standard/order-paid.json'))).toEqual({ outcome: 'applied' });
    });

    test.each([
      [{ type: 'order.shipped', data: {} }, ['/type']],
      [
        { type: 'order.paid', data: { id: 'o-1' } },
        ['/data/memberId', '/data/placedAt', '/data/currency', '/data/lines'],
      ],
      [
        { type: 'order.refunded', data: { id: 'o-1', refundedMinor: 1.5, refundedAt: '2026-03-31T11:00:00Z' } },
        ['/data/refundedMinor'],
      ],
      [
        { type: 'order.refunded', data: { id: 'o-1', refundedMinor: 1, refundedAt: '2026-05-31T11:00:00Z' } },
        ['/data/refundedAt'],
      ],
      [[], ['/type', '/data']],
    ])('refuses %j at %j', async (event, pointers) => {
      const refused = await standard(event);
      expect([refused.status, problemOf(refused).code]).toEqual([422, 'event_invalid']);
      expect(pointersOf(refused).sort()).toEqual([...pointers].sort());
    });

    test.each([
      ['nothing', ''],
      ['half a document', '{'],
      ['null', 'null'],
      ['a text', '"x"'],
      ['100,000 levels', '['.repeat(100_000)],
      ['a control character', '\u0000'],
    ])('refuses %s with 422', async (_what, body) => {
      const refused = await send('standard', body, standardHeaders(body, server.now()));
      expect([refused.status, problemOf(refused).code]).toEqual([422, 'event_invalid']);
    });
  });

  test('a fact that somebody changed in the database has no effect, and verify names it', async () => {
    await standard('standard/order-refunded.json');
    const change = textStatement("UPDATE order_facts SET body = replace(body, '2026', '2025') WHERE name = 'refunded'");
    await server.database.transaction((tx) => tx.run(change, {}));
    const answer = await server.app.request(`https://points.test/v1/programs/${PROGRAM}/webhooks/standard`, {
      method: 'POST',
      body: fixture('standard/order-paid.json'),
      headers: standardHeaders(fixture('standard/order-paid.json'), server.now()),
    });
    expect(answer.status).toBe(500);
    expect((await server.counts())['orders']).toBe(0);
    expect((await verify(server.database)).finding).toMatchObject({ table: 'order_facts', key: 'o-1001 refunded' });
  });

  test('a refund that comes before its order waits for it, for two weeks at most', async () => {
    expect(await answerOf(standard('standard/order-refunded.json'))).toEqual({ outcome: 'waiting' });
    const facts = (now: number) => forgetWaitingFacts(server.database, PROGRAM, now);
    expect(await facts(START + 13 * 86_400_000)).toBe(0);
    expect(await answerOf(standard('standard/order-paid.json'))).toEqual({ outcome: 'applied' });
    expect(await balanceOf('c-1')).toBe(37);
    // Both are kept now, for later refunds of the order.
    expect(await facts(START + 400 * 86_400_000)).toBe(0);
    const other = { type: 'order.cancelled', data: { id: 'never-seen', cancelledAt: '2026-03-31T11:40:00Z' } };
    expect(await answerOf(standard(other))).toEqual({ outcome: 'waiting' });
    expect(await facts(START + 15 * 86_400_000)).toBe(1);
  });
});
