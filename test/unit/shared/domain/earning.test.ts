import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Earner,
  earnForEvent,
  earnForOrder,
  type OrderLine,
  type OrderValue,
} from '../../../../shared/domain/earning.ts';
import type { Campaign, Earning, EarningRule } from '../../../../shared/domain/earning-rules.ts';
import { UNUSED, type Used } from '../../../../shared/domain/limits.ts';
import { reversalFor } from '../../../../shared/domain/refunds.ts';
import { localDateOf } from '../../../../shared/domain/time.ts';
import { seed, sized } from '../../../support/size.ts';

const perEuro: EarningRule = { id: 'per-euro', kind: 'per_amount', points: 1, perMinor: 100, currency: 'EUR' };
const BASIS = { tax: 'excluded', shipping: 'excluded', discounts: 'deducted' } as const;

function earningOf(rules: readonly EarningRule[], rest: Partial<Earning> = {}): Earning {
  return { rules, campaigns: [], stacking: 'product', basis: BASIS, confirmationDelayDays: 0, ...rest };
}
function earnerOf(rest: Partial<Earner> = {}): Earner {
  return { tierId: 'member', multiplierPercent: 100, day: '2026-03-31', used: () => UNUSED, ...rest };
}
const line = (netMinor: number, rest: Partial<OrderLine> = {}): OrderLine => ({
  sku: 'a',
  quantity: 1,
  netMinor,
  ...rest,
});
const order = (...lines: readonly OrderLine[]): OrderValue => ({ currency: 'EUR', lines });
const campaign = (id: string, multiplierPercent: number, rest: Partial<Campaign> = {}): Campaign => ({
  id,
  multiplierPercent,
  ...rest,
});

describe('rules for orders', () => {
  const perOrder: EarningRule = { id: 'per-order', kind: 'per_order', points: 5 };
  const perPiece: EarningRule = { id: 'per-piece', kind: 'per_product', points: 10, match: { skus: ['b'] } };
  test.each([
    { why: 'a point for each whole euro', rules: [perEuro], lines: [line(199)], parts: { 'per-euro': 1 } },
    {
      why: 'rounded on the whole order, not on each line',
      rules: [perEuro],
      lines: [line(150), line(150)],
      parts: { 'per-euro': 3 },
    },
    { why: 'an order of nothing earns nothing', rules: [perEuro], lines: [line(0)], parts: {} },
    {
      why: 'per order, once however many lines',
      rules: [perOrder],
      lines: [line(1), line(2)],
      parts: { 'per-order': 5 },
    },
    { why: 'per order also where it is free', rules: [perOrder], lines: [line(0)], parts: { 'per-order': 5 } },
    {
      why: 'per piece',
      rules: [perPiece],
      lines: [line(100, { sku: 'b', quantity: 3 }), line(100)],
      parts: { 'per-piece': 30 },
    },
    {
      why: 'rules add up',
      rules: [perEuro, perOrder, perPiece],
      lines: [line(250, { sku: 'b' })],
      parts: { 'per-euro': 2, 'per-order': 5, 'per-piece': 10 },
    },
    {
      why: 'fractions of two rules make a whole point together',
      rules: [perEuro, { ...perEuro, id: 'more' }],
      lines: [line(150)],
      parts: { 'per-euro': 1, more: 2 },
    },
    {
      why: 'only lines of the category',
      rules: [{ ...perEuro, match: { categories: ['books'] } }],
      lines: [line(500, { category: 'books' }), line(500)],
      parts: { 'per-euro': 5 },
    },
    {
      why: 'a sku or a category is enough',
      rules: [{ ...perEuro, match: { skus: ['b'], categories: ['books'] } }],
      lines: [line(500, { category: 'books' }), line(300, { sku: 'b' })],
      parts: { 'per-euro': 8 },
    },
    {
      why: 'except wins over match',
      rules: [{ ...perEuro, match: { categories: ['books'] }, except: { skus: ['gift-card'] } }],
      lines: [line(500, { category: 'books', sku: 'gift-card' }), line(300, { category: 'books' })],
      parts: { 'per-euro': 3 },
    },
    {
      why: 'a rule of another tier does not hold',
      rules: [perEuro, { ...perOrder, tiers: ['gold'] }],
      lines: [line(100)],
      parts: { 'per-euro': 1 },
    },
    {
      why: 'a rule outside its window does not hold',
      rules: [perEuro, { ...perOrder, window: { until: '2026-03-30' } }],
      lines: [line(100)],
      parts: { 'per-euro': 1 },
    },
    {
      why: 'the last day of a window is in it',
      rules: [perEuro, { ...perOrder, window: { from: '2026-03-31', until: '2026-03-31' } }],
      lines: [line(100)],
      parts: { 'per-euro': 1, 'per-order': 5 },
    },
    {
      why: 'the rule of the order’s currency',
      rules: [perEuro, { ...perEuro, id: 'per-yen', currency: 'JPY', perMinor: 1 }],
      lines: [line(300)],
      parts: { 'per-euro': 3 },
    },
  ] as { why: string; rules: EarningRule[]; lines: OrderLine[]; parts: Record<string, number> }[])(
    '$why',
    ({ rules, lines, parts }) => {
      const earned = earnForOrder(earningOf(rules), order(...lines), earnerOf());
      expect(Object.fromEntries(earned.parts.map(({ rule, points }) => [rule, points]))).toEqual(parts);
      expect(earned.points).toBe(Object.values(parts).reduce((sum, points) => sum + points, 0));
    },
  );

  test('a currency that no rule per amount is for is refused, unless none is per amount', () => {
    const yen = { ...order(line(100)), currency: 'JPY' };
    expect(() => earnForOrder(earningOf([perEuro]), yen, earnerOf())).toThrow(
      expect.objectContaining({ code: 'currency_not_supported' }),
    );
    expect(earnForOrder(earningOf([perOrder]), yen, earnerOf()).points).toBe(5);
  });

  test.each([
    { basis: BASIS, points: 100, why: 'net' },
    { basis: { ...BASIS, tax: 'included' }, points: 119, why: 'with tax' },
    { basis: { ...BASIS, shipping: 'included' }, points: 105, why: 'with shipping' },
    { basis: { ...BASIS, discounts: 'ignored' }, points: 120, why: 'before discounts' },
    { basis: { tax: 'included', shipping: 'included', discounts: 'ignored' }, points: 144, why: 'all of it' },
  ] as const)('basis: $why', ({ basis, points }) => {
    const value = { ...order(line(10_000, { taxMinor: 1_900, discountMinor: 2_000 })), shippingMinor: 500 };
    expect(earnForOrder(earningOf([perEuro], { basis }), value, earnerOf()).points).toBe(points);
  });

  test('shipping is no line: it earns where no line is named, and not where one is', () => {
    const basis = { ...BASIS, shipping: 'included' } as const;
    const value = { ...order(line(10_000)), shippingMinor: 500 };
    expect(earnForOrder(earningOf([{ ...perEuro, match: { skus: ['a'] } }], { basis }), value, earnerOf()).points).toBe(
      100,
    );
    expect(
      earnForOrder(earningOf([{ ...perEuro, except: { skus: ['a'] } }], { basis }), value, earnerOf()).points,
    ).toBe(5);
  });

  test.each([
    { currency: 'JPY', perMinor: 100, netMinor: 1_980, points: 19, why: 'no decimals' },
    { currency: 'EUR', perMinor: 100, netMinor: 1_980, points: 19, why: 'two decimals' },
    { currency: 'KWD', perMinor: 1_000, netMinor: 19_800, points: 19, why: 'three decimals' },
    { currency: 'CLF', perMinor: 10_000, netMinor: 198_000, points: 19, why: 'four decimals' },
  ])('minor units with $why', ({ currency, perMinor, netMinor, points }) => {
    const earning = earningOf([{ ...perEuro, currency, perMinor }]);
    expect(earnForOrder(earning, { currency, lines: [line(netMinor)] }, earnerOf()).points).toBe(points);
  });

  test('too many points are refused, not wrapped', () => {
    const earning = earningOf([{ ...perEuro, points: 1_000_000, perMinor: 1 }]);
    const lines = Array.from({ length: 10 }, () => line(1_000_000_000_000));
    expect(() => earnForOrder(earning, order(...lines), earnerOf())).toThrow(
      expect.objectContaining({ code: 'points_overflow' }),
    );
  });
});

describe('multipliers', () => {
  const campaigns = [campaign('double', 200), campaign('half-more', 150)];
  test.each([
    { stacking: 'max', tier: 125, points: 200, applied: ['double'], why: 'the largest alone' },
    { stacking: 'max', tier: 250, points: 250, applied: [], why: 'the tier’s, where it is the largest' },
    { stacking: 'sum', tier: 125, points: 275, applied: ['double', 'half-more'], why: '100 + 25 + 100 + 50' },
    { stacking: 'product', tier: 125, points: 375, applied: ['double', 'half-more'], why: '1.25 × 2 × 1.5' },
    { stacking: 'product', tier: 0, points: 0, applied: [], why: 'nothing times anything' },
    { stacking: 'max', tier: 0, points: 200, applied: ['double'], why: 'a campaign helps a tier without points' },
  ] as const)('$stacking with a tier of $tier %: $why', ({ stacking, tier, points, applied }) => {
    const earning = earningOf([perEuro], { campaigns, stacking });
    const earned = earnForOrder(earning, order(line(10_000)), earnerOf({ multiplierPercent: tier }));
    expect(earned).toMatchObject({ points, campaigns: applied, qualifying: 100 });
  });

  test('a campaign multiplies only the lines that it is for, and tells of which rule', () => {
    const books = campaign('books', 300, { match: { categories: ['books'] } });
    const earning = earningOf([perEuro, { id: 'b', kind: 'per_product', points: 7, match: { skus: ['b'] } }], {
      campaigns: [books],
    });
    const earned = earnForOrder(
      earning,
      order(line(1_000, { category: 'books' }), line(1_000, { sku: 'b' })),
      earnerOf(),
    );
    expect(earned.reasons).toEqual([
      { rule: 'per-euro', points: 40, campaigns: ['books'] },
      { rule: 'b', points: 7, campaigns: [] },
    ]);
  });

  test('a multiplier below 100 % takes away, and a sum never falls below nothing', () => {
    const less = [campaign('a', 0), campaign('b', 0)];
    expect(
      earnForOrder(earningOf([perEuro], { campaigns: less, stacking: 'sum' }), order(line(10_000)), earnerOf()).points,
    ).toBe(0);
    expect(
      earnForOrder(earningOf([perEuro], { campaigns: less, stacking: 'max' }), order(line(10_000)), earnerOf()).points,
    ).toBe(100);
  });

  test.each([
    { at: '2026-03-27T22:59:59Z', points: 10, why: 'Friday night' },
    { at: '2026-03-27T23:00:00Z', points: 20, why: 'Saturday begins in winter time' },
    { at: '2026-03-29T00:59:59Z', points: 20, why: 'before the clock goes forward' },
    { at: '2026-03-29T21:59:59Z', points: 20, why: 'the shorter Sunday to its end' },
    { at: '2026-03-29T22:00:00Z', points: 10, why: 'Monday begins in summer time' },
    { at: '2026-10-25T22:59:59Z', points: 20, why: 'the longer Sunday to its end' },
    { at: '2026-10-25T23:00:00Z', points: 10, why: 'Monday begins in winter time' },
  ])('double points on weekends at $at: $points, $why', ({ at, points }) => {
    const earning = earningOf([perEuro], { campaigns: [campaign('weekend', 200, { window: { weekdays: [6, 7] } })] });
    const day = localDateOf(Date.parse(at), 'Europe/Berlin');
    expect(earnForOrder(earning, order(line(1_000)), earnerOf({ day })).points).toBe(points);
  });

  test.each([
    { day: '2026-02-28', points: 10, why: 'a 29th that a month lacks does not occur' },
    { day: '2028-02-29', points: 20, why: 'in a leap year it does' },
    { day: '2026-03-01', points: 20, why: 'each first' },
    { day: '2026-03-02', points: 10, why: 'and no other day' },
  ])('member days on the 1st and 29th: $day gives $points, $why', ({ day, points }) => {
    const earning = earningOf([perEuro], { campaigns: [campaign('day', 200, { window: { daysOfMonth: [1, 29] } })] });
    expect(earnForOrder(earning, order(line(1_000)), earnerOf({ day })).points).toBe(points);
  });
});

describe('limits', () => {
  const used = (points: number, times: number) => ({ used: () => ({ points, times }) });
  const limited = (limit: EarningRule['limit']): Earning => earningOf([{ ...perEuro, limit }]);
  test.each([
    { limit: { per: 'day', points: 50 }, before: [0, 0], points: 50, why: 'no more than the limit' },
    { limit: { per: 'day', points: 50 }, before: [30, 1], points: 20, why: 'what is left of it' },
    { limit: { per: 'day', points: 50 }, before: [60, 1], points: 0, why: 'nothing, when it was lowered meanwhile' },
    { limit: { per: 'day', times: 2 }, before: [100, 1], points: 99, why: 'the second of two times' },
    { limit: { per: 'day', times: 2 }, before: [100, 2], points: 0, why: 'not a third time' },
    { limit: { per: 'day', times: 2, points: 120 }, before: [100, 1], points: 20, why: 'whichever is reached first' },
  ] as const)('$why', ({ limit, before, points }) => {
    const earned = earnForOrder(limited(limit), order(line(9_999)), earnerOf(used(before[0], before[1])));
    expect(earned).toMatchObject({ points, qualifying: points });
  });

  test('fractions of other rules do not lift what reached its limit', () => {
    const earning = earningOf([
      { ...perEuro, id: 'half' },
      { ...perEuro, id: 'limited', points: 101, limit: { per: 'day', points: 50 } },
    ]);
    // 0.5 and 50.5: the second is 50 with its limit, and stays 50.
    const { parts, points } = earnForOrder(earning, order(line(50)), earnerOf());
    expect({ parts, points }).toEqual({ parts: [{ rule: 'limited', points: 50 }], points: 50 });
  });

  test('a campaign’s times are used up by what it multiplies, and by nothing else', () => {
    const once = campaign('once', 200, { limit: { per: 'month', times: 1 }, match: { skus: ['b'] } });
    const earning = earningOf([perEuro], { campaigns: [once] });
    expect(earnForOrder(earning, order(line(1_000)), earnerOf()).campaigns).toEqual([]);
    expect(earnForOrder(earning, order(line(1_000, { sku: 'b' })), earnerOf())).toMatchObject({
      points: 20,
      campaigns: ['once'],
    });
    expect(earnForOrder(earning, order(line(1_000, { sku: 'b' })), earnerOf(used(0, 1)))).toMatchObject({
      points: 10,
      campaigns: [],
    });
  });
});

describe('events', () => {
  const review: EarningRule = {
    id: 'review',
    kind: 'per_event',
    event: 'review',
    points: 30,
    limit: { per: 'month', points: 50 },
  };
  const welcome: EarningRule = { id: 'welcome', kind: 'per_event', event: 'sign-up', points: 100, qualifies: true };
  const earning = earningOf([
    perEuro,
    review,
    welcome,
    { ...review, id: 'gold-review', tiers: ['gold'], limit: undefined },
  ]);
  test.each([
    {
      event: 'review',
      earner: {},
      parts: { review: 30 },
      qualifying: 0,
      why: 'what the rule says, and not toward a tier',
    },
    {
      event: 'review',
      earner: { used: () => ({ times: 1, points: 30 }) },
      parts: { review: 20 },
      qualifying: 0,
      why: 'what the limit leaves',
    },
    {
      event: 'review',
      earner: { used: () => ({ times: 2, points: 50 }) },
      parts: {},
      qualifying: 0,
      why: 'nothing beyond it',
    },
    {
      event: 'review',
      earner: { tierId: 'gold' },
      parts: { review: 30, 'gold-review': 30 },
      qualifying: 0,
      why: 'each rule for it',
    },
    {
      event: 'sign-up',
      earner: { multiplierPercent: 300 },
      parts: { welcome: 100 },
      qualifying: 100,
      why: 'without the tier’s multiplier',
    },
    { event: 'visit', earner: {}, parts: {}, qualifying: 0, why: 'nothing without a rule' },
  ] as { event: string; earner: Partial<Earner>; parts: Record<string, number>; qualifying: number; why: string }[])(
    '$event: $why',
    ({ event, earner, parts, qualifying }) => {
      const earned = earnForEvent(earning, event, earnerOf(earner));
      expect(Object.fromEntries(earned.parts.map(({ rule, points }) => [rule, points]))).toEqual(parts);
      expect(earned.points).toBe(Object.values(parts).reduce((sum, points) => sum + points, 0));
      expect(earned.qualifying).toBe(qualifying);
    },
  );
});

/**
 * The slow way: every piece of every rule as a whole number of a common unit, 1 / (100^n × all perMinor), so that nothing
 * is ever a fraction. Written from the sentences of docs/earning.md, line by line, without a look at the rules' kinds as
 * classes of their own.
 */
function slowly(earning: Earning, value: OrderValue, earner: Earner): { points: bigint; qualifying: bigint } {
  const allows = (limit: EarningRule['limit'], used: Used) => limit?.times === undefined || used.times < limit.times;
  const holds = (terms: EarningRule | Campaign) =>
    (terms.tiers === undefined || terms.tiers.includes(earner.tierId)) &&
    (terms.window?.from === undefined || terms.window.from <= earner.day);
  const listed = (terms: EarningRule | Campaign, sku?: string, category?: string) => {
    const isIn = (list: { skus?: readonly string[] | undefined; categories?: readonly string[] | undefined }) =>
      [...(list.skus ?? [])].some((known) => known === sku) ||
      [...(list.categories ?? [])].some((known) => known === category);
    return (terms.match === undefined || isIn(terms.match)) && (terms.except === undefined || !isIn(terms.except));
  };
  const unit = earning.rules.reduce(
    (product, rule) => product * (rule.kind === 'per_amount' ? BigInt(rule.perMinor) : 1n),
    100n ** BigInt(earning.campaigns.length + 1),
  );
  const running = earning.campaigns.filter(
    (one) => holds(one) && allows(one.limit, earner.used(`campaign:${one.id}`, one.limit ?? { per: 'day' })),
  );
  const multiplied = (base: bigint, lines: readonly { sku?: string; category?: string | undefined }[]) => {
    const percents = running
      .filter((one) => lines.some(({ sku, category }) => listed(one, sku, category)))
      .map((one) => BigInt(one.multiplierPercent));
    const tier = BigInt(earner.multiplierPercent);
    if (earning.stacking === 'max') return (base * percents.reduce((a, b) => (a > b ? a : b), tier)) / 100n;
    if (earning.stacking === 'sum') {
      const sum = percents.reduce((a, b) => a + b - 100n, tier);
      return sum < 0n ? 0n : (base * sum) / 100n;
    }
    return percents.reduce((product, percent) => (product * percent) / 100n, (base * tier) / 100n);
  };
  const lines: { sku?: string; category?: string | undefined; quantity: number; minor: number }[] = value.lines.map(
    (one) => ({
      ...one,
      minor:
        one.netMinor +
        (earning.basis.tax === 'included' ? (one.taxMinor ?? 0) : 0) +
        (earning.basis.discounts === 'ignored' ? (one.discountMinor ?? 0) : 0),
    }),
  );
  if (earning.basis.shipping === 'included' && value.shippingMinor)
    lines.push({ quantity: 0, minor: value.shippingMinor });
  let [total, qualifying] = [0n, 0n];
  for (const rule of earning.rules) {
    if (rule.kind === 'per_event' || !holds(rule) || (rule.kind === 'per_amount' && rule.currency !== value.currency))
      continue;
    const used = earner.used(`rule:${rule.id}`, rule.limit ?? { per: 'day' });
    const counted = lines.filter(({ sku, category }) => listed(rule, sku, category));
    if (counted.length === 0 || !allows(rule.limit, used)) continue;
    let [sum, base] = [0n, 0n];
    const pieces = rule.kind === 'per_order' ? [counted] : counted.map((one) => [one]);
    for (const piece of pieces) {
      const [one] = piece as [(typeof counted)[number]];
      const worth =
        rule.kind === 'per_order'
          ? unit * BigInt(rule.points)
          : rule.kind === 'per_product'
            ? unit * BigInt(rule.points) * BigInt(one.quantity)
            : (unit * BigInt(rule.points) * BigInt(one.minor)) / BigInt(rule.perMinor);
      base += worth;
      sum += multiplied(worth, piece);
    }
    const cap = rule.limit?.points === undefined ? null : unit * BigInt(Math.max(0, rule.limit.points - used.points));
    total += cap !== null && sum > cap ? cap : sum;
    qualifying += cap !== null && base > cap ? cap : base;
  }
  return { points: total / unit, qualifying: qualifying / unit };
}

const someMatch = fc.option(
  fc.record({ skus: fc.subarray(['a', 'b', 'c'], { minLength: 1 }), categories: fc.subarray(['x', 'y']) }),
  { nil: undefined },
);
const someTerms = {
  match: someMatch,
  except: someMatch,
  tiers: fc.option(fc.subarray(['member', 'gold'], { minLength: 1 }), { nil: undefined }),
  window: fc.option(fc.constantFrom({ from: '2026-03-31' }, { from: '2026-04-01' }), { nil: undefined }),
};
const someLimit = fc.option(
  fc.record({
    per: fc.constantFrom('day', 'lifetime'),
    times: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    points: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
  }),
  { nil: undefined },
);
const someRule = (id: string): fc.Arbitrary<EarningRule> =>
  fc.oneof(
    fc.record({
      ...someTerms,
      limit: someLimit,
      id: fc.constant(id),
      kind: fc.constant('per_amount' as const),
      points: fc.integer({ min: 1, max: 50 }),
      perMinor: fc.constantFrom(1, 3, 7, 100, 1_000),
      currency: fc.constantFrom('EUR', 'JPY'),
    }),
    fc.record({
      ...someTerms,
      limit: someLimit,
      id: fc.constant(id),
      kind: fc.constant('per_order' as const),
      points: fc.integer({ min: 1, max: 50 }),
    }),
    fc.record({
      ...someTerms,
      limit: someLimit,
      id: fc.constant(id),
      kind: fc.constant('per_product' as const),
      points: fc.integer({ min: 1, max: 50 }),
    }),
  ) as fc.Arbitrary<EarningRule>;
const someEarning: fc.Arbitrary<Earning> = fc.record({
  rules: fc
    .integer({ min: 1, max: 5 })
    .chain((length) => fc.tuple(...Array.from({ length }, (_, index) => someRule(`r${index}`)))),
  campaigns: fc.integer({ min: 0, max: 3 }).chain((length) =>
    fc.tuple(
      ...Array.from({ length }, (_, index) =>
        fc.record({
          ...someTerms,
          limit: someLimit,
          id: fc.constant(`c${index}`),
          multiplierPercent: fc.constantFrom(0, 33, 100, 150, 200, 333),
        }),
      ),
    ),
  ) as fc.Arbitrary<Campaign[]>,
  stacking: fc.constantFrom('max', 'sum', 'product'),
  basis: fc.record({
    tax: fc.constantFrom('excluded', 'included'),
    shipping: fc.constantFrom('excluded', 'included'),
    discounts: fc.constantFrom('deducted', 'ignored'),
  }),
  confirmationDelayDays: fc.constant(0),
}) as fc.Arbitrary<Earning>;
const someOrder: fc.Arbitrary<OrderValue> = fc.record({
  currency: fc.constantFrom('EUR', 'JPY'),
  lines: fc.array(
    fc.record({
      sku: fc.constantFrom('a', 'b', 'c', 'd'),
      category: fc.constantFrom(undefined, 'x', 'y'),
      quantity: fc.integer({ min: 1, max: 9 }),
      netMinor: fc.integer({ min: 0, max: 20_000 }),
      taxMinor: fc.integer({ min: 0, max: 3_000 }),
      discountMinor: fc.integer({ min: 0, max: 3_000 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  shippingMinor: fc.constantFrom(undefined, 0, 499),
});

describe('L11, L12: against whole numbers of the smallest unit', () => {
  const runs = sized(20_000, 500_000);
  test(`${runs} random programs and orders: the same points, and parts that make the whole`, {
    timeout: 300_000,
  }, () => {
    let overLimit = 0;
    fc.assert(
      fc.property(
        someEarning,
        someOrder,
        fc.constantFrom('member', 'gold'),
        fc.constantFrom(0, 100, 125, 333),
        fc.record({ times: fc.integer({ min: 0, max: 3 }), points: fc.integer({ min: 0, max: 300 }) }),
        (earning, value, tierId, multiplierPercent, used) => {
          const earner = earnerOf({ tierId, multiplierPercent, used: () => used });
          const isSupported =
            !earning.rules.some(({ kind }) => kind === 'per_amount') ||
            earning.rules.some((rule) => rule.kind === 'per_amount' && rule.currency === value.currency);
          if (!isSupported) {
            expect(() => earnForOrder(earning, value, earner)).toThrow();
            return;
          }
          const earned = earnForOrder(earning, value, earner);
          const expected = slowly(earning, value, earner);
          expect({ points: BigInt(earned.points), qualifying: BigInt(earned.qualifying) }).toEqual(expected);
          expect(earned.parts.reduce((sum, { points }) => sum + points, 0)).toBe(earned.points);
          for (const { rule, points } of earned.parts) {
            const limit = earning.rules.find(({ id }) => id === rule)?.limit?.points;
            if (limit !== undefined && points + used.points > limit) overLimit++;
          }
        },
      ),
      { numRuns: runs, seed },
    );
    expect(overLimit).toBe(0);
    console.log(`L11: ${runs} orders, 0 differences to whole numbers, 0 parts above a limit (seed ${seed})`);
  });
});

describe('L12: refunds', () => {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

  test(`${sized(20_000, 1_000_000)} orders in random pieces: nothing is left over or missing`, {
    timeout: 300_000,
  }, () => {
    const runs = sized(20_000, 1_000_000);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000_000 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        (netMinor, points, qualifying, weights, isWhole) => {
          const all = sum(weights) || 1;
          const target = isWhole ? netMinor : Math.floor(netMinor / 2);
          const pieces = weights.map((weight) => Math.floor((target * weight) / all));
          pieces.push(target - sum(pieces));
          let [refundedMinor, reversedPoints, reversedQualifying] = [0, 0, 0];
          for (const piece of pieces) {
            const state = { netMinor, points, qualifying, refundedMinor, reversedPoints, reversedQualifying };
            const reversal = reversalFor(state, piece, 0);
            if (reversal.points < 0 || reversal.qualifying < 0) throw new Error('a refund gave points');
            refundedMinor = reversal.refundedMinor;
            reversedPoints += reversal.points;
            reversedQualifying += reversal.qualifying;
          }
          // In one piece it takes the same; and what is kept is what the rest earned, rounded down as the order was.
          const fresh = { netMinor, points, qualifying, refundedMinor: 0, reversedPoints: 0, reversedQualifying: 0 };
          const once = reversalFor(fresh, target, 0);
          expect({ reversedPoints, reversedQualifying }).toEqual({
            reversedPoints: once.points,
            reversedQualifying: once.qualifying,
          });
          expect(points - reversedPoints).toBe(Number((BigInt(points) * BigInt(netMinor - target)) / BigInt(netMinor)));
          if (isWhole) expect(reversedPoints).toBe(points);
        },
      ),
      { numRuns: runs, seed },
    );
    console.log(`L12: ${runs} orders in random pieces, 0 points left over or missing (seed ${seed})`);
  });
});
