import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { verify } from '../../../server/verify/verify.ts';
import type { OrderRequest } from '../../../shared/protocol/api.ts';
import {
  anOrder,
  conservationFaults,
  openLedger,
  PROGRAM,
  program,
  type Store,
  stores,
  type TestLedger,
} from '../../support/ledger.ts';
import { seed, sized } from '../../support/size.ts';

let open: TestLedger | undefined;
async function start(store: Store, document: object = program): Promise<TestLedger> {
  open = await openLedger(store, document);
  return open;
}
afterEach(async () => {
  const t = open;
  open = undefined;
  if (!t) return;
  // Whatever a test did, the ledger can be recomputed from its entries.
  const [faults, { finding }] = [await conservationFaults(t), await verify(t.database)];
  await t.close();
  expect(faults).toEqual([]);
  expect(finding).toBeNull();
});

const perEuro = { id: 'per-euro', kind: 'per_amount', points: 1, perMinor: 100, currency: 'EUR' };
const withRules = (rules: readonly object[], rest: object = {}) => ({
  ...program,
  earning: { rules: [perEuro, ...rules], confirmationDelayDays: 0, ...rest },
});
const refund = (id: string, amountMinor: number, refundedAt = '2026-03-31T11:30:00Z') => ({
  id,
  amountMinor,
  refundedAt,
});
const available = async ({ ledger }: TestLedger, customer: string) =>
  (await ledger.readMember(PROGRAM, customer)).balance.available;
const anEvent = (id: string, memberId: string, type: string, occurredAt = '2026-03-31T11:00:00Z') => ({
  id,
  memberId,
  type,
  occurredAt,
});

describe.each(stores)('earning on %s', (store) => {
  describe('limits', () => {
    const daily = { id: 'bonus', kind: 'per_order', points: 50, limit: { per: 'day', times: 1 } };
    // Without tiers above the first one, which would multiply.
    const flat = { ...program.tiers, ladder: program.tiers.ladder.slice(0, 1) };

    test('a day begins and ends in the program’s zone, also where the clock changes', async () => {
      const t = await start(store, { ...withRules([daily]), tiers: flat });
      const bonusAt = async (id: string, placedAt: string) =>
        (await t.ledger.postOrder(PROGRAM, anOrder(id, 'anna', 0, placedAt))).entry.points;
      expect(await bonusAt('1', '2026-03-28T22:59:59.999Z')).toBe(50);
      // Berlin's 29 March: 23 hours, from 23:00 to 22:00 UTC.
      expect(await bonusAt('2', '2026-03-28T23:00:00Z')).toBe(50);
      expect(await bonusAt('3', '2026-03-29T21:59:59.999Z')).toBe(0);
      expect(await bonusAt('4', '2026-03-29T22:00:00Z')).toBe(50);
      // What is told late counts on its own day.
      expect(await bonusAt('5', '2026-03-28T12:00:00Z')).toBe(0);
    });

    test.each([
      { per: 'week', first: '2026-03-29T21:59:59Z', next: '2026-03-29T22:00:00Z' },
      { per: 'month', first: '2026-02-28T22:59:59Z', next: '2026-02-28T23:00:00Z' },
      { per: 'year', first: '2025-12-31T22:59:59Z', next: '2025-12-31T23:00:00Z' },
    ])('per $per, in points', async ({ per, first, next }) => {
      const t = await start(store, withRules([{ ...daily, limit: { per, points: 70 } }]));
      const bonusAt = async (id: string, placedAt: string) =>
        (await t.ledger.postOrder(PROGRAM, anOrder(id, 'anna', 0, placedAt))).entry.points;
      expect([await bonusAt('1', first), await bonusAt('2', first), await bonusAt('3', first)]).toEqual([50, 20, 0]);
      expect(await bonusAt('4', next)).toBe(50);
    });

    test('many orders at once do not earn more than the limit', async () => {
      const t = await start(store, withRules([{ ...daily, limit: { per: 'lifetime', points: 470 } }]));
      const entries = await Promise.all(
        Array.from(
          { length: 60 },
          async (_, index) => (await t.ledger.postOrder(PROGRAM, anOrder(`${index}`, 'anna', 0))).entry,
        ),
      );
      expect(entries.reduce((sum, { points }) => sum + points, 0)).toBe(470);
    });

    test('an order that is returned whole gives its uses back; one that is returned in part does not', async () => {
      const t = await start(
        store,
        withRules([daily], {
          campaigns: [{ id: 'once', multiplierPercent: 200, limit: { per: 'lifetime', times: 1 } }],
        }),
      );
      const post = async (id: string) => (await t.ledger.postOrder(PROGRAM, anOrder(id, 'anna', 10_000))).entry;
      expect(await post('1')).toMatchObject({ points: 300, campaigns: ['once'] });
      await t.ledger.postRefund(PROGRAM, '1', refund('a', 4_000));
      expect((await post('2')).points).toBe(125);
      await t.ledger.postRefund(PROGRAM, '1', refund('b', 6_000));
      expect(await post('3')).toMatchObject({ points: 375, campaigns: ['once'] });
      // A second refund of the whole, of nothing, gives nothing back once more.
      await t.ledger.postRefund(PROGRAM, '1', refund('c', 0));
      expect((await post('4')).points).toBe(150);
    });

    test('uses of periods long over are swept, those of a lifetime are kept, and verify knows', async () => {
      const once = { id: 'welcome', kind: 'per_order', points: 7, limit: { per: 'lifetime', times: 1 } };
      const t = await start(store, withRules([daily, once]));
      await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 0, '2024-03-31T11:00:00Z'));
      await t.ledger.postOrder(PROGRAM, anOrder('2', 'anna', 0, '2026-03-31T11:00:00Z'));
      expect(await t.ledger.sweepUses(PROGRAM, Date.parse('2026-03-31T12:00:00Z'))).toBe(1);
      expect(await t.ledger.sweepUses(PROGRAM, Date.parse('2026-03-31T12:00:00Z'))).toBe(0);
      expect((await verify(t.database)).finding).toBeNull();
      const { entry } = await t.ledger.postOrder(PROGRAM, anOrder('3', 'anna', 0, '2026-03-31T11:30:00Z'));
      expect(entry.points).toBe(0);
    });
  });

  describe('refunds that other systems got wrong', () => {
    test('buy, refund, repeat: nothing is kept (odoo 257854)', async () => {
      const t = await start(store);
      for (let round = 0; round < 10; round++) {
        await t.ledger.postOrder(PROGRAM, anOrder(`o${round}`, 'anna', 5_000));
        await t.ledger.postRefund(PROGRAM, `o${round}`, refund('r', 5_000));
      }
      expect(await available(t, 'anna')).toBe(0);
      expect((await t.ledger.readMember(PROGRAM, 'anna')).tier.qualifying).toBe(0);
    });

    test('a refund takes points once, however often it is told (odoo 212922)', async () => {
      const t = await start(store);
      await t.ledger.postOrder(PROGRAM, anOrder('o', 'anna', 5_000));
      for (let time = 0; time < 3; time++) await t.ledger.postRefund(PROGRAM, 'o', refund('r', 5_000));
      expect(await available(t, 'anna')).toBe(0);
    });

    test('a partial refund takes its part once (odoo 221928)', async () => {
      const t = await start(store);
      await t.ledger.postOrder(PROGRAM, anOrder('o', 'anna', 5_000));
      const { entry } = await t.ledger.postRefund(PROGRAM, 'o', refund('r1', 2_000));
      expect(entry.points).toBe(-20);
      expect((await t.ledger.postRefund(PROGRAM, 'o', refund('r2', 3_000))).entry.points).toBe(-30);
    });

    test('a refunded line is no line that earns (odoo 177312)', async () => {
      const t = await start(store, withRules([{ id: 'per-piece', kind: 'per_product', points: 10 }]));
      await t.ledger.postOrder(PROGRAM, anOrder('o', 'anna', 5_000));
      const lines = [{ sku: 'sku-1', quantity: 1, netMinor: 5_000 }];
      const { entry } = await t.ledger.postRefund(PROGRAM, 'o', { id: 'r', refundedAt: '2026-03-31T11:30:00Z', lines });
      expect(entry.points).toBe(-60);
      expect(await available(t, 'anna')).toBe(0);
    });

    test('points are whole: 268.28 euro are 268 points (odoo 153541), and part-steps do not earn (nop 5235)', async () => {
      const t = await start(store, withRules([]));
      expect((await t.ledger.postOrder(PROGRAM, anOrder('o', 'anna', 26_828))).entry.points).toBe(268);
      expect((await t.ledger.postOrder(PROGRAM, anOrder('p', 'bert', 99))).entry.points).toBe(0);
    });

    test('what a campaign doubled is taken back doubled, after it has ended', async () => {
      const weekend = { id: 'weekend', multiplierPercent: 200, window: { until: '2026-03-31' } };
      const t = await start(store, withRules([], { campaigns: [weekend] }));
      const { entry } = await t.ledger.postOrder(PROGRAM, anOrder('o', 'anna', 5_000));
      expect(entry).toMatchObject({ points: 100, qualifying: 50, campaigns: ['weekend'] });
      t.setNow('2026-04-10T12:00:00Z');
      const half = await t.ledger.postRefund(PROGRAM, 'o', refund('a', 2_500, '2026-04-10T11:00:00Z'));
      expect(half.entry).toMatchObject({ points: -50, qualifying: -25 });
      const rest = await t.ledger.postRefund(PROGRAM, 'o', refund('b', 2_500, '2026-04-10T11:00:00Z'));
      expect(rest.entry).toMatchObject({ points: -50, qualifying: -25, balance: 0 });
    });

    test('what has lapsed is not taken, whether an entry has written it off or not', async () => {
      const t = await start(store);
      for (const customer of ['early', 'late']) await t.ledger.postOrder(PROGRAM, anOrder(customer, customer, 10_000));
      t.setNow('2027-04-02T00:00:00Z');
      const lateRefund = refund('r', 10_000, '2027-04-01T23:00:00Z');
      const unwritten = await t.ledger.postRefund(PROGRAM, 'late', lateRefund);
      await t.ledger.expireLots(PROGRAM, Date.parse('2027-04-02T00:00:00Z'));
      const written = await t.ledger.postRefund(PROGRAM, 'early', lateRefund);
      expect([unwritten.entry.points, written.entry.points]).toEqual([0, 0]);
      expect([await available(t, 'late'), await available(t, 'early')]).toEqual([0, 0]);
    });

    test('an order of nothing is counted, and refunded once', async () => {
      const t = await start(store, {
        ...withRules([{ id: 'per-order', kind: 'per_order', points: 5 }]),
        tiers: { ...program.tiers, metric: { kind: 'orders' } },
      });
      await t.ledger.postOrder(PROGRAM, anOrder('o', 'anna', 0));
      expect((await t.ledger.readMember(PROGRAM, 'anna')).tier.qualifying).toBe(1);
      for (const id of ['a', 'b']) await t.ledger.postRefund(PROGRAM, 'o', refund(id, 0));
      expect((await t.ledger.readMember(PROGRAM, 'anna')).tier.qualifying).toBe(0);
      expect(await available(t, 'anna')).toBe(0);
    });
  });

  test(`L12: ${sized(400, 10_000)} orders with campaigns and limits, refunded in random pieces: all of it is taken back`, {
    timeout: 300_000,
  }, async () => {
    const rules = [
      { id: 'per-piece', kind: 'per_product', points: 3, match: { skus: ['b'] }, limit: { per: 'day', points: 40 } },
      { id: 'per-order', kind: 'per_order', points: 5, limit: { per: 'week', times: 3 } },
    ];
    const campaigns = [
      { id: 'double', multiplierPercent: 200, match: { skus: ['a'] } },
      { id: 'more', multiplierPercent: 133, limit: { per: 'month', times: 5 } },
    ];
    const t = await start(store, withRules(rules, { campaigns, stacking: 'sum' }));
    const count = sized(400, 10_000);
    const cases = fc.sample(
      fc.record({
        minors: fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 4 }),
        cuts: fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 4 }),
        hoursAgo: fc.integer({ min: 2, max: 1_000 }),
      }),
      { numRuns: count, seed },
    );
    await Promise.all(
      cases.map(async ({ minors, cuts, hoursAgo }, index) => {
        const id = `o${index}`;
        const placedAt = new Date(Date.parse('2026-03-31T12:00:00Z') - hoursAgo * 3_600_000).toISOString();
        const order: OrderRequest = {
          ...anOrder(id, `member-${index % 20}`, 0, placedAt),
          lines: minors.map((netMinor, line) => ({ sku: line % 2 ? 'b' : 'a', quantity: 1 + line, netMinor })),
        };
        const { entry } = await t.ledger.postOrder(PROGRAM, order);
        const total = minors.reduce((sum, minor) => sum + minor, 0);
        const ends = [...cuts.map((cut) => Math.floor((total * cut) / 100)), total].sort((a, b) => a - b);
        const taken = { points: 0, qualifying: 0 };
        let before = 0;
        for (const [piece, end] of ends.entries()) {
          const reversal = await t.ledger.postRefund(PROGRAM, id, refund(`r${piece}`, end - before, placedAt));
          before = end;
          taken.points -= reversal.entry.points;
          taken.qualifying -= reversal.entry.qualifying;
        }
        expect(taken).toEqual({ points: entry.points, qualifying: entry.qualifying });
      }),
    );
    console.log(`L12 on ${store}: ${count} orders, 0 points left over or missing (seed ${seed})`);
  });

  describe('events', () => {
    const review = { id: 'review', kind: 'per_event', event: 'review', points: 30, limit: { per: 'month', times: 2 } };

    test('accrue once by their own id, in one entry or none', async () => {
      const t = await start(
        store,
        withRules([review, { ...review, id: 'first', points: 10, limit: { per: 'lifetime', times: 1 } }]),
      );
      const first = await t.ledger.postEvent(PROGRAM, anEvent('e1', 'anna', 'review'));
      expect(first).toMatchObject({ replayed: false, event: 'e1', memberId: 'anna' });
      expect(first.entry).toMatchObject({ kind: 'accrual', points: 40, qualifying: 0, event: 'e1' });
      expect(first.entry?.parts).toEqual([
        { rule: 'review', points: 30 },
        { rule: 'first', points: 10 },
      ]);
      expect(await t.ledger.postEvent(PROGRAM, anEvent('e1', 'anna', 'review'))).toEqual({ ...first, replayed: true });
      await expect(t.ledger.postEvent(PROGRAM, anEvent('e1', 'bert', 'review'))).rejects.toMatchObject({
        code: 'idempotency_conflict',
      });
      expect((await t.ledger.postEvent(PROGRAM, anEvent('e2', 'anna', 'review'))).entry?.points).toBe(30);
      expect((await t.ledger.postEvent(PROGRAM, anEvent('e3', 'anna', 'review'))).entry).toBeNull();
      expect(await t.ledger.postEvent(PROGRAM, anEvent('e3', 'anna', 'review'))).toMatchObject({
        replayed: true,
        entry: null,
      });
      expect((await t.ledger.postEvent(PROGRAM, anEvent('e4', 'anna', 'unheard-of'))).entry).toBeNull();
      expect(await available(t, 'anna')).toBe(70);
    });

    test('an event of nothing enrols its customer all the same', async () => {
      const t = await start(store);
      await t.ledger.postEvent(PROGRAM, anEvent('e1', 'anna', 'visit'));
      expect((await t.ledger.readMember(PROGRAM, 'anna')).seq).toBe(0);
    });

    test('64 copies at once count once', async () => {
      const t = await start(store, withRules([{ ...review, limit: undefined }]));
      const answers = await Promise.all(
        Array.from({ length: 64 }, () => t.ledger.postEvent(PROGRAM, anEvent('e', 'anna', 'review'))),
      );
      expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect(await available(t, 'anna')).toBe(30);
    });

    test('the same data in another order is the same event', async () => {
      const t = await start(store, withRules([review]));
      await t.ledger.postEvent(PROGRAM, { ...anEvent('e', 'anna', 'review'), data: { a: 1, b: 'x' } });
      expect(
        (await t.ledger.postEvent(PROGRAM, { ...anEvent('e', 'anna', 'review'), data: { b: 'x', a: 1 } })).replayed,
      ).toBe(true);
    });

    test('count toward a tier where their rule says so', async () => {
      const t = await start(store, withRules([{ ...review, points: 100, qualifies: true }]));
      expect((await t.ledger.postEvent(PROGRAM, anEvent('e', 'anna', 'review'))).entry).toMatchObject({
        qualifying: 100,
        tier: 'silver',
      });
    });

    test('more than a day ahead is a mistake', async () => {
      const t = await start(store, withRules([review]));
      await expect(
        t.ledger.postEvent(PROGRAM, anEvent('e', 'anna', 'review', '2026-04-02T12:00:00Z')),
      ).rejects.toMatchObject({ code: 'invalid_request' });
    });
  });

  test(`a quote is what posting that order comes to (${sized(150, 4_000)} carts)`, { timeout: 300_000 }, async () => {
    const rules = [
      { id: 'per-piece', kind: 'per_product', points: 4, match: { skus: ['b'] }, limit: { per: 'day', points: 60 } },
      { id: 'gold-only', kind: 'per_order', points: 9, tiers: ['gold'], limit: { per: 'week', times: 4 } },
    ];
    const campaigns = [
      { id: 'double', name: { en: 'Double points' }, multiplierPercent: 200, limit: { per: 'month', times: 6 } },
    ];
    const document = {
      ...withRules(rules, { campaigns, stacking: 'max', confirmationDelayDays: 3 }),
      value: [{ points: 100, amountMinor: 150, currency: 'EUR' }],
    };
    const t = await start(store, document);
    const carts = fc.sample(
      fc.record({
        member: fc.integer({ min: 0, max: 5 }),
        minutes: fc.integer({ min: 0, max: 3_000 }),
        lines: fc.array(
          fc.record({
            sku: fc.constantFrom('a', 'b'),
            quantity: fc.integer({ min: 1, max: 5 }),
            netMinor: fc.integer({ min: 0, max: 9_000 }),
          }),
          { minLength: 1, maxLength: 4 },
        ),
      }),
      { numRuns: sized(150, 4_000), seed },
    );
    let now = Date.parse('2026-03-31T12:00:00Z');
    for (const [index, { member, minutes, lines }] of carts.entries()) {
      now += minutes * 60_000;
      const instant = new Date(now).toISOString();
      t.setNow(instant);
      const cart = { currency: 'EUR', lines };
      const customerId = `m${member}`;
      const quoted = await t.ledger.quote(PROGRAM, { customerId }, cart);
      expect(await t.ledger.quote(PROGRAM, { customerId }, cart)).toEqual(quoted);
      const { entry } = await t.ledger.postOrder(PROGRAM, {
        id: `o${index}`,
        memberId: customerId,
        placedAt: instant,
        ...cart,
      });
      expect({
        points: quoted.points,
        qualifying: quoted.qualifying,
        parts: quoted.parts.map(({ rule, points }) => ({ rule, points })),
        campaigns: [...new Set(quoted.parts.flatMap((part) => part.campaigns.map(({ id }) => id)))],
        percent: quoted.tier.multiplierPercent,
        tier: quoted.tierAfter.id,
      }).toEqual({
        points: entry.points,
        qualifying: entry.qualifying,
        parts: entry.parts ?? [],
        campaigns: entry.campaigns ?? [],
        percent: entry.multiplierPercent,
        tier: entry.tier,
      });
      expect(quoted.value).toEqual({ amountMinor: Math.floor((entry.points * 150) / 100), currency: 'EUR' });
      if (entry.lot)
        expect([quoted.availableAt, quoted.expiresAt]).toEqual([entry.lot.availableAt, entry.lot.expiresAt]);
    }
    console.log(`quotes on ${store}: ${carts.length} carts, 0 differences to the order posted (seed ${seed})`);
  });

  test('a quote for a guest is one for somebody who joins now; it says until when it holds', async () => {
    const t = await start(store);
    const cart = { currency: 'EUR', lines: [{ sku: 'a', quantity: 1, netMinor: 10_000 }] };
    expect(await t.ledger.quote(PROGRAM, null, cart)).toMatchObject({
      points: 100,
      tier: { id: 'member' },
      tierAfter: { id: 'silver' },
      value: null,
      // The end of the program's day.
      validUntil: '2026-03-31T22:00:00.000Z',
    });
    await expect(t.ledger.quote(PROGRAM, null, { ...cart, currency: 'USD' })).rejects.toMatchObject({
      code: 'currency_not_supported',
    });
  });

  describe('a tier set by hand', () => {
    const pin = (tier: string | null, until?: string) => ({ tier, ...(until && { until }), reason: 'a good customer' });

    test('holds to its day, multiplies, and gives back what was earned', async () => {
      const t = await start(store);
      await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 10_000));
      const { entry } = await t.ledger.pinTier(PROGRAM, 'anna', pin('gold', '2026-06-30'), 'k1');
      expect(entry).toMatchObject({
        kind: 'adjustment',
        points: 0,
        tier: 'gold',
        reason: 'a good customer',
        pinned: { tier: 'gold', until: '2026-06-30' },
      });
      expect((await t.ledger.pinTier(PROGRAM, 'anna', pin('gold', '2026-06-30'), 'k1')).replayed).toBe(true);
      expect((await t.ledger.readMember(PROGRAM, 'anna')).tier).toMatchObject({
        id: 'gold',
        reviewOn: '2026-06-30',
        qualifying: 100,
      });
      expect((await t.ledger.postOrder(PROGRAM, anOrder('2', 'anna', 1_000))).entry.multiplierPercent).toBe(150);
      t.setNow('2026-06-30T21:59:59Z');
      expect((await t.ledger.readMember(PROGRAM, 'anna')).tier.id).toBe('gold');
      t.setNow('2026-06-30T22:00:00Z');
      expect((await t.ledger.readMember(PROGRAM, 'anna')).tier).toMatchObject({ id: 'silver', reviewOn: '2027-03-31' });
      const memberId = await t.ledger.memberIdOf(PROGRAM, 'anna');
      expect(await t.ledger.reviewTier(PROGRAM, memberId, Date.parse('2026-06-30T22:00:00Z'))).toMatchObject({
        reviewCount: 1,
        isChanged: true,
      });
      expect((await t.ledger.readMember(PROGRAM, 'anna')).tier).toMatchObject({ id: 'silver', reviewOn: '2027-03-31' });
    });

    test('can be taken back, once', async () => {
      const t = await start(store);
      await t.ledger.enrol(PROGRAM, 'anna');
      await t.ledger.pinTier(PROGRAM, 'anna', pin('gold', '2026-06-30'), 'k1');
      const { entry } = await t.ledger.pinTier(PROGRAM, 'anna', pin(null), 'k2');
      expect(entry).toMatchObject({ tier: 'member', pinned: null });
      await expect(t.ledger.pinTier(PROGRAM, 'anna', pin(null), 'k3')).rejects.toMatchObject({
        code: 'tier_not_pinned',
      });
    });

    test.each([
      { tier: 'platinum', until: '2026-06-30', code: 'tier_not_found' },
      { tier: 'gold', until: '2026-03-30', code: 'invalid_request' },
    ])('$tier until $until is refused: $code', async ({ tier, until, code }) => {
      const t = await start(store);
      await t.ledger.enrol(PROGRAM, 'anna');
      await expect(t.ledger.pinTier(PROGRAM, 'anna', pin(tier, until), 'k')).rejects.toMatchObject({ code });
      await expect(t.ledger.pinTier(PROGRAM, 'nobody', pin(tier, until), 'k')).rejects.toMatchObject({
        code: 'member_not_found',
      });
    });
  });

  test('T4: a zone that is changed later moves no period that is past', async () => {
    const t = await start(
      store,
      withRules([{ id: 'bonus', kind: 'per_order', points: 5, limit: { per: 'day', times: 1 } }]),
    );
    const cases = sized(40, 200);
    const zones = ['Pacific/Kiritimati', 'Etc/GMT+12', 'America/New_York', 'Asia/Kathmandu', 'UTC'];
    for (let index = 0; index < cases; index++) {
      const placedAt = new Date(Date.parse('2026-01-01T00:00:00Z') + index * 9 * 3_600_000).toISOString();
      await t.ledger.postOrder(PROGRAM, anOrder(`o${index}`, `m${index}`, 12_000, placedAt));
    }
    const before = await Promise.all(
      Array.from({ length: cases }, (_, index) => t.ledger.readMember(PROGRAM, `m${index}`)),
    );
    for (const [step, timeZone] of zones.entries()) {
      t.setNow(`2026-03-31T12:00:0${step + 1}Z`);
      await t.programs.apply({
        ...withRules([{ id: 'bonus', kind: 'per_order', points: 5, limit: { per: 'day', times: 1 } }]),
        timeZone,
      });
      for (const [index, { balance, tier }] of before.entries()) {
        if (index < zones.length) continue;
        const now = await t.ledger.readMember(PROGRAM, `m${index}`);
        expect(now.balance.expiring.map(({ expiresAt }) => expiresAt)).toEqual(
          balance.expiring.map(({ expiresAt }) => expiresAt),
        );
        expect([now.tier.id, now.tier.since]).toEqual([tier.id, tier.since]);
      }
      // A refund takes what no longer counts from the day on which it had counted.
      await t.ledger.postRefund(PROGRAM, `o${step}`, refund('r', 12_000, '2026-03-31T12:00:00Z'));
      expect((await t.ledger.readMember(PROGRAM, `m${step}`)).tier.qualifying).toBe(0);
    }
  });

  test('benefits of the tier, with their limits', async () => {
    const [member, silver, gold] = program.tiers.ladder as [object, object, object];
    const lounge = { id: 'lounge', description: { en: 'Lounge' }, limit: { per: 'month', times: 2 } };
    const ladder = [
      member,
      { ...silver, benefits: [lounge, { id: 'wrapping', description: { en: 'Gift wrapping' } }] },
      gold,
    ];
    const t = await start(store, { ...program, tiers: { ...program.tiers, ladder } });
    await t.ledger.enrol(PROGRAM, 'anna');
    const use = (id: string, benefit = 'lounge') => t.ledger.useBenefit(PROGRAM, 'anna', benefit, { id });
    await expect(use('u1')).rejects.toMatchObject({ code: 'tier_too_low' });
    await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 10_000));
    await expect(use('u1', 'nothing')).rejects.toMatchObject({ code: 'benefit_not_found' });
    expect(await use('u1')).toMatchObject({
      replayed: false,
      benefit: 'lounge',
      remaining: 1,
      entry: { points: 0, benefit: { id: 'lounge', use: 'u1' } },
    });
    expect(await use('u1')).toMatchObject({ replayed: true, remaining: 1 });
    const copies = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => use(`v${index}`)));
    expect(copies.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(use('u9')).rejects.toMatchObject({ code: 'limit_reached' });
    expect(await use('w1', 'wrapping')).toMatchObject({ remaining: null });
    const memberId = await t.ledger.memberIdOf(PROGRAM, 'anna');
    expect(await t.ledger.readBenefits(PROGRAM, memberId)).toMatchObject({
      tier: 'silver',
      benefits: [
        { id: 'lounge', limit: { per: 'month', times: 2 }, remaining: 0, renewsOn: '2026-04-01' },
        { id: 'wrapping', limit: null, remaining: null, renewsOn: null },
      ],
    });
    t.setNow('2026-03-31T22:00:00Z');
    expect(await use('u9')).toMatchObject({ remaining: 1 });
  });
});
