import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Member, OrderReceipt } from '../../../../shared/protocol/api.ts';
import { anOrder, stores } from '../../../support/ledger.ts';
import { openServer, PROGRAM, pointersOf, problemOf, program, type TestServer } from '../../../support/server.ts';

describe.each(stores)('orders, refunds and adjustments on %s', (store) => {
  let server: TestServer;
  beforeEach(async () => {
    server = await openServer(store);
  });
  afterEach(() => server.close());

  const member = async (customerId: string) =>
    (await server.merchant('GET', `/members/${encodeURIComponent(customerId)}`)).body as Member;

  test('an order accrues points and enrols its customer', async () => {
    const answer = await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 12_50));
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      replayed: false,
      order: 'o-1',
      memberId: 'c-1',
      entry: { points: 12, seq: 1 },
    });
    expect(await member('c-1')).toMatchObject({ memberId: 'c-1', balance: { available: 12, pending: 0 } });
  });

  test('the same order again gives the first answer, and nothing more', async () => {
    const first = await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 12_50));
    const counts = await server.counts();
    const again = await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 12_50));
    expect(again.status).toBe(200);
    expect(again.body).toEqual({ ...(first.body as OrderReceipt), replayed: true });
    expect(await server.counts()).toEqual(counts);
  });

  test('the same order with other content is refused', async () => {
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 12_50));
    const answer = await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 12_51));
    expect(problemOf(answer)).toMatchObject({ status: 422, code: 'idempotency_conflict' });
    expect(await member('c-1')).toMatchObject({ balance: { available: 12 } });
  });

  test.each(['key-1', '"key-1"'])('an Idempotency-Key (%s) names the call, with or without quotes', async (key) => {
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 12_50), { 'idempotency-key': 'key-1' });
    const again = await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 12_50), { 'idempotency-key': key });
    expect(again.body).toMatchObject({ replayed: true });
    const other = await server.merchant('POST', '/orders', anOrder('o-2', 'c-1', 12_50), { 'idempotency-key': key });
    expect(problemOf(other)).toMatchObject({ status: 422, code: 'idempotency_conflict' });
  });

  test('64 copies at once count once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 64 }, () => server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 100_00))),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(63);
    expect(await member('c-1')).toMatchObject({ seq: 1, balance: { available: 100 } });
  });

  test('a currency without a rule is refused', async () => {
    const answer = await server.merchant('POST', '/orders', { ...anOrder('o-1', 'c-1', 12_50), currency: 'JPY' });
    expect(problemOf(answer)).toMatchObject({ status: 422, code: 'currency_not_supported' });
    expect(pointersOf(answer)).toEqual(['/currency']);
    expect((await server.counts())['members']).toBe(0);
  });

  test('points beyond what a JSON number carries are refused', async () => {
    const earning = {
      rules: [{ id: 'r', kind: 'per_amount', points: 1_000_000, perMinor: 1, currency: 'EUR' }],
      confirmationDelayDays: 0,
    };
    expect((await server.merchant('PUT', '', { ...program, earning })).status).toBe(200);
    server.setNow(server.now() + 1);
    const order = { ...anOrder('o-1', 'c-1', 10 ** 12), placedAt: new Date(server.now()).toISOString() };
    const answer = await server.merchant('POST', '/orders', order);
    expect(problemOf(answer)).toMatchObject({ status: 422, code: 'points_overflow' });
  });

  test('a refund takes back its share; a repeat takes nothing', async () => {
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 100_00));
    const refund = { id: 'r-1', refundedAt: '2026-03-31T11:30:00Z', amountMinor: 25_00 };
    const first = await server.merchant('POST', '/orders/o-1/refunds', refund);
    expect(first).toMatchObject({
      status: 201,
      body: { order: 'o-1', refund: 'r-1', memberId: 'c-1', entry: { points: -25 } },
    });
    const again = await server.merchant('POST', '/orders/o-1/refunds', refund);
    expect(again).toMatchObject({ status: 200, body: { replayed: true, entry: { points: -25 } } });
    const other = await server.merchant('POST', '/orders/o-1/refunds', { ...refund, amountMinor: 1 });
    expect(problemOf(other).code).toBe('idempotency_conflict');
    expect(await member('c-1')).toMatchObject({ balance: { available: 75 } });
  });

  test.each([
    { name: 'an unknown order', order: 'o-9', amountMinor: 1, status: 404, code: 'order_not_found' },
    { name: 'more than the order', order: 'o-1', amountMinor: 100_01, status: 422, code: 'refund_exceeds_order' },
  ])('a refund of $name is refused', async ({ order, amountMinor, status, code }) => {
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 100_00));
    const refund = { id: 'r-1', refundedAt: '2026-03-31T11:30:00Z', amountMinor };
    const answer = await server.merchant('POST', `/orders/${order}/refunds`, refund);
    expect(problemOf(answer)).toMatchObject({ status, code });
  });

  test('a refund says either an amount or lines', async () => {
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 100_00));
    const answer = await server.merchant('POST', '/orders/o-1/refunds', {
      id: 'r',
      refundedAt: '2026-03-31T11:30:00Z',
    });
    expect(problemOf(answer)).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(problemOf(answer).errors?.[0]?.detail).toBe('either amountMinor or lines');
  });

  test('an adjustment needs its key, and a repeat counts once', async () => {
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 10_00));
    const body = { points: 5, reason: 'A late parcel' };
    const keyless = await server.merchant('POST', '/members/c-1/adjustments', body);
    expect(problemOf(keyless)).toMatchObject({ status: 400, code: 'idempotency_key_missing' });
    const key = { 'idempotency-key': 'adj-1' };
    expect((await server.merchant('POST', '/members/c-1/adjustments', body, key)).status).toBe(201);
    expect((await server.merchant('POST', '/members/c-1/adjustments', body, key)).status).toBe(200);
    const other = await server.merchant('POST', '/members/c-1/adjustments', { ...body, points: 6 }, key);
    expect(problemOf(other)).toMatchObject({ status: 422, code: 'idempotency_conflict' });
    expect(await member('c-1')).toMatchObject({ balance: { available: 15 } });
  });

  test('an adjustment cannot take what is not there', async () => {
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 10_00));
    const key = { 'idempotency-key': 'adj-1' };
    const answer = await server.merchant('POST', '/members/c-1/adjustments', { points: -11, reason: 'Wrong' }, key);
    expect(problemOf(answer)).toMatchObject({ status: 409, code: 'insufficient_points' });
  });

  test('a member who is not enrolled is not found', async () => {
    expect(problemOf(await server.merchant('GET', '/members/nobody'))).toMatchObject({
      status: 404,
      code: 'member_not_found',
    });
  });

  test('a customer id may hold what an address cannot', async () => {
    const customerId = 'a/b c?d#é%2F漢';
    await server.merchant('POST', '/orders', anOrder('o/1', customerId, 10_00));
    expect(await member(customerId)).toMatchObject({ memberId: customerId, balance: { available: 10 } });
    const refund = { id: 'r-1', refundedAt: '2026-03-31T11:30:00Z', amountMinor: 10_00 };
    const answer = await server.merchant('POST', `/orders/${encodeURIComponent('o/1')}/refunds`, refund);
    expect(answer.status).toBe(201);
  });

  test("two programs' orders and customers of the same id have nothing to do with each other", async () => {
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 10_00));
    const other = '/v1/programs/org.other.points';
    const answer = await server.call(
      'POST',
      `${other}/orders`,
      anOrder('o-1', 'c-1', 99_00),
      server.otherKeys.secretKey,
    );
    expect(answer.body).toMatchObject({ replayed: false, entry: { points: 99 } });
    expect(await member('c-1')).toMatchObject({ program: PROGRAM, balance: { available: 10 } });
  });
});
