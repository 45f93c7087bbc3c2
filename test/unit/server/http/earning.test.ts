import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Account, BenefitList, EventReceipt, Quote } from '../../../../shared/protocol/api.ts';
import { anOrder, stores } from '../../../support/ledger.ts';
import { openServer, PROGRAM, pointersOf, problemOf, program, type TestServer } from '../../../support/server.ts';

const perEvent = (event: string, points: number) => ({ id: event, kind: 'per_event', event, points });
const [member, silver, gold] = program.tiers.ladder as [object, object, object];
const document = {
  ...program,
  earning: {
    ...program.earning,
    rules: [...program.earning.rules, perEvent('review', 30), perEvent('survey', 15), perEvent('sign-up', 100)],
  },
  expiry: { kind: 'after_months', months: 12, extensionDays: 30 },
  value: [{ points: 100, amountMinor: 100, currency: 'EUR' }],
  tiers: {
    ...program.tiers,
    ladder: [
      member,
      { ...silver, benefits: [{ id: 'lounge', description: { en: 'Lounge' }, limit: { per: 'month', times: 2 } }] },
      gold,
    ],
  },
};

describe.each(stores)('events, quotes, tiers and benefits over HTTP on %s', (store) => {
  let server: TestServer;
  beforeEach(async () => {
    server = await openServer(store);
    await server.services.programs.apply(document);
  });
  afterEach(() => server.close());

  const event = (id: string, type: string, rest: object = {}) => ({
    id,
    type,
    memberId: 'anna',
    occurredAt: '2026-03-31T12:00:00Z',
    ...rest,
  });
  const account = async (bearer: string) => (await server.call('GET', '/v1/me', undefined, bearer)).body as Account;

  test('an event accrues what its rule says, once', async () => {
    const first = await server.merchant(
      'POST',
      '/events',
      event('e1', 'review', { data: { stars: 5, verified: true } }),
    );
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      replayed: false,
      event: 'e1',
      memberId: 'anna',
      entry: { points: 30, event: 'e1' },
    });
    const again = await server.merchant(
      'POST',
      '/events',
      event('e1', 'review', { data: { verified: true, stars: 5 } }),
    );
    expect(again.status).toBe(200);
    expect(again.body).toEqual({ ...(first.body as EventReceipt), replayed: true });
    expect(problemOf(await server.merchant('POST', '/events', event('e1', 'visit')))).toMatchObject({
      status: 422,
      code: 'idempotency_conflict',
    });
    expect((await server.merchant('POST', '/events', event('e2', 'visit'))).body).toMatchObject({ entry: null });
  });

  test.each([
    { body: event('laurel:x', 'review'), pointer: '/id', why: 'an id of the server’s own' },
    { body: event('e', 'order'), pointer: '/type', why: 'orders have a route of their own' },
    { body: event('e', 'Review!'), pointer: '/type', why: 'no type' },
    {
      body: event('e', 'review', { occurredAt: '2026-04-02T12:00:00Z' }),
      pointer: '/occurredAt',
      why: 'more than a day ahead',
    },
    { body: event('e', 'review', { data: { nested: {} } }), pointer: '/data/nested', why: 'data has one level' },
    { body: event('e', 'review', { points: 5 }), pointer: '/points', why: 'points follow from the rules' },
  ])('refused at $pointer: $why', async ({ body, pointer }) => {
    const answer = await server.merchant('POST', '/events', body);
    expect(problemOf(answer)).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(pointersOf(answer)).toContain(pointer);
  });

  test('an answered survey is an event, once, whatever is repeated', async () => {
    const { access_token: bearer } = await server.signIn('anna');
    const answer = () =>
      server.call('POST', '/v1/me/survey-responses', { survey: 'post-purchase', score: 9 }, bearer, {
        'idempotency-key': 'k1',
      });
    expect((await answer()).status).toBe(201);
    expect((await account(bearer)).balance.available).toBe(15);
    expect((await answer()).status).toBe(200);
    expect((await account(bearer)).balance.available).toBe(15);
  });

  test('who joins has the points for it, once', async () => {
    const join = { source: 'checkout', profile: {}, consents: [] };
    const { members } = server.services;
    const proof = { by: 'merchant' as const };
    const answer = await server.services.ledger.enrol(PROGRAM, 'anna');
    for (let time = 0; time < 2; time++) await members.joinAs(PROGRAM, answer, join as never, proof as never);
    expect((await server.services.ledger.readMember(PROGRAM, 'anna')).balance.available).toBe(100);
  });

  test('a quote, for a guest, for a member by the shop, and for the member', async () => {
    const cart = { currency: 'EUR', lines: [{ sku: 'a', quantity: 1, netMinor: 10_000 }] };
    const guest = await server.call('POST', `/v1/programs/${PROGRAM}/quote`, cart, undefined, {
      origin: 'https://shop.example',
    });
    expect(guest.body).toMatchObject({
      points: 100,
      parts: [{ rule: 'per-euro', kind: 'per_amount', name: null, points: 100, campaigns: [] }],
      tier: { id: 'member', multiplierPercent: 100 },
      tierAfter: { id: 'silver', name: { en: 'Silver' } },
      value: { amountMinor: 100, currency: 'EUR' },
    });
    await server.merchant('POST', '/orders', anOrder('1', 'anna', 10_000));
    const { access_token: bearer } = await server.signIn('anna');
    const own = await server.call('POST', '/v1/me/quote', cart, bearer);
    const shops = await server.merchant('POST', '/members/anna/quote', cart);
    expect((own.body as Quote).points).toBe(125);
    expect(shops.body).toEqual(own.body);
    expect(((await server.merchant('POST', '/members/nobody/quote', cart)).body as Quote).points).toBe(100);
    expect(await server.services.ledger.readMember(PROGRAM, 'anna')).toMatchObject({ seq: 1 });
    expect(problemOf(await server.call('POST', '/v1/me/quote', { ...cart, currency: 'USD' }, bearer))).toMatchObject({
      status: 422,
      code: 'currency_not_supported',
    });
    expect((await server.call('POST', `/v1/programs/org.none.such/quote`, cart)).status).toBe(404);
  });

  test('a tier by hand and its benefits', async () => {
    await server.merchant('POST', '/orders', anOrder('1', 'anna', 1_000));
    const { access_token: bearer } = await server.signIn('anna');
    const pin = { tier: 'silver', until: '2026-12-31', reason: 'moved from the old program' };
    expect(problemOf(await server.merchant('POST', '/members/anna/tier', pin)).code).toBe('idempotency_key_missing');
    expect((await server.merchant('POST', '/members/anna/tier', pin, { 'idempotency-key': 'k1' })).status).toBe(201);
    expect((await server.merchant('POST', '/members/anna/tier', pin, { 'idempotency-key': 'k1' })).status).toBe(200);
    expect((await account(bearer)).tier).toMatchObject({ id: 'silver', reviewOn: '2026-12-31', qualifying: 10 });
    expect(
      problemOf(
        await server.merchant(
          'POST',
          '/members/anna/tier',
          { tier: 'silver', reason: 'x' },
          { 'idempotency-key': 'k2' },
        ),
      ),
    ).toMatchObject({ status: 400 });
    expect((await server.merchant('POST', '/members/anna/benefits/lounge/uses', { id: 'u1' })).status).toBe(201);
    expect((await server.merchant('POST', '/members/anna/benefits/lounge/uses', { id: 'u1' })).status).toBe(200);
    expect((await server.call('GET', '/v1/me/benefits', undefined, bearer)).body as BenefitList).toEqual({
      tier: 'silver',
      benefits: [
        {
          id: 'lounge',
          description: { en: 'Lounge' },
          limit: { per: 'month', times: 2 },
          remaining: 1,
          renewsOn: '2026-04-01',
        },
      ],
    });
    expect(
      (
        await server.merchant(
          'POST',
          '/members/anna/tier',
          { tier: null, reason: 'a mistake' },
          { 'idempotency-key': 'k3' },
        )
      ).status,
    ).toBe(201);
    expect(problemOf(await server.merchant('POST', '/members/anna/benefits/lounge/uses', { id: 'u2' })).code).toBe(
      'tier_too_low',
    );
    expect((await account(bearer)).tier.id).toBe('member');
  });

  test('expiry put off by the member', async () => {
    await server.merchant('POST', '/orders', anOrder('1', 'anna', 1_000));
    const { access_token: bearer } = await server.signIn('anna');
    expect((await account(bearer)).balance.expiring).toMatchObject([
      { points: 10, lastDay: '2027-03-31', extendUntil: '2027-04-30' },
    ]);
    const put = (lastDay: string, key: string) =>
      server.call('POST', '/v1/me/extensions', { lastDay }, bearer, { 'idempotency-key': key });
    expect((await put('2027-03-31', 'k1')).status).toBe(201);
    expect((await put('2027-03-31', 'k1')).status).toBe(200);
    expect(problemOf(await put('2027-03-31', 'k2'))).toMatchObject({ status: 409, code: 'extension_not_available' });
    expect((await account(bearer)).balance.expiring).toEqual([
      { points: 10, lastDay: '2027-04-30', expiresAt: '2027-04-30T22:00:00.000Z' },
    ]);
  });
});
