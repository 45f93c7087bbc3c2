import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeOf, normalizedCode } from '../../../../shared/domain/codes.ts';
import { LoyaltyError } from '../../../../shared/domain/errors.ts';
import { UNUSED } from '../../../../shared/domain/limits.ts';
import type { Lot } from '../../../../shared/domain/lots.ts';
import {
  discountOf,
  leastPrice,
  moneyOf,
  priceOf,
  type Redeemer,
  refusalOf,
} from '../../../../shared/domain/redeeming.ts';
import {
  debtPayments,
  refundedPoints,
  returnsOf,
  unusedPoints,
  withGrace,
} from '../../../../shared/domain/returning.ts';
import type { Reward } from '../../../../shared/domain/rewards.ts';

const amountOff = { kind: 'amount_off', amountMinor: 1_000, currency: 'EUR' } as const;
const fixed: Reward = {
  id: 'a',
  name: { en: 'A' },
  worth: amountOff,
  cost: { kind: 'fixed', points: 100 },
  holdMinutes: 60,
};
const slider: Reward = {
  ...fixed,
  worth: { ...amountOff, amountMinor: 1 },
  cost: { kind: 'variable', pointsMin: 10, pointsMax: 100, pointsStep: 15, amountMinor: 7, perPoints: 3 },
};

describe('the price of a reward', () => {
  test('a fixed one is what it is; another number is refused', () => {
    expect(priceOf(fixed, undefined)).toEqual({ points: 100, worth: amountOff });
    expect(priceOf(fixed, 100)).toEqual({ points: 100, worth: amountOff });
    expect(() => priceOf(fixed, 99)).toThrow(LoyaltyError);
  });

  test.each([
    [10, 23],
    [25, 58],
    [40, 93],
    [100, 233],
  ])('of %i points, rounded down, %i', (points, amountMinor) => {
    expect(priceOf(slider, points).worth).toMatchObject({ amountMinor });
  });

  test.each([undefined, 9, 11, 101, 115])('%s is not on the slider', (points) => {
    expect(() => priceOf(slider, points)).toThrow(LoyaltyError);
  });

  test('the least of a slider is its beginning', () => {
    expect(leastPrice(slider)).toMatchObject({ points: 10, worth: { amountMinor: 23 } });
  });
});

describe('why a reward cannot be had', () => {
  const rich: Redeemer = { tierId: 'gold', available: 1_000, day: '2026-03-31', used: UNUSED, stockLeft: null };
  const terms: Reward = {
    ...fixed,
    tiers: ['gold'],
    window: { from: '2026-03-01', until: '2026-03-31' },
    limit: { per: 'month', times: 2, points: 250 },
  };

  test.each<[string, Partial<Redeemer>, object | null]>([
    ['it can', {}, null],
    ['just enough points', { available: 100 }, null],
    ['a point is missing', { available: 99 }, { reason: 'not_enough_points', missing: 1 }],
    ['in debt', { available: -50 }, { reason: 'not_enough_points', missing: 150 }],
    ['the day after', { day: '2026-04-01' }, { reason: 'not_now' }],
    ['another tier', { tierId: 'silver' }, { reason: 'tier_too_low', tiers: ['gold'] }],
    ['the last piece', { stockLeft: 1 }, null],
    ['no piece', { stockLeft: 0 }, { reason: 'out_of_stock' }],
    ['more taken than there are', { stockLeft: -3 }, { reason: 'out_of_stock' }],
    ['as often as may be', { used: { times: 2, points: 0 } }, { reason: 'limit_reached' }],
    ['as many points as may be', { used: { times: 1, points: 151 } }, { reason: 'limit_reached' }],
    [
      'all of it: the day comes first',
      { day: '2026-04-01', tierId: 'x', stockLeft: 0, available: 0 },
      { reason: 'not_now' },
    ],
  ])('%s', (_name, change, refusal) => {
    expect(refusalOf(terms, 100, { ...rich, ...change })).toEqual(refusal);
  });
});

describe('what a code takes off an order', () => {
  const order = { netMinor: 2_999, currency: 'EUR', shippingMinor: 490 };
  test.each<[string, Parameters<typeof discountOf>, object]>([
    ['an amount', [amountOff, order], { discountMinor: 1_000 }],
    ['an amount beyond the order', [amountOff, { ...order, netMinor: 600 }], { discountMinor: 600 }],
    ['an amount of another currency', [amountOff, { ...order, currency: 'USD' }], { reason: 'currency_differs' }],
    ['an order that is too small', [amountOff, order, 3_000], { reason: 'order_too_small' }],
    ['percent, rounded down', [{ kind: 'percent_off', percent: 10 }, order], { discountMinor: 299 }],
    [
      'percent with a cap',
      [{ kind: 'percent_off', percent: 50, amountMinorMax: 500, currency: 'EUR' }, order],
      { discountMinor: 500 },
    ],
    ['shipping', [{ kind: 'free_shipping' }, order], { discountMinor: 490 }],
    ['a service', [{ kind: 'service' }, order], { discountMinor: 0 }],
  ])('%s', (_name, args, discount) => {
    expect(discountOf(...args)).toEqual(discount);
  });

  test('points in money, rounded down', () => {
    expect(moneyOf(99, [{ points: 10, amountMinor: 7, currency: 'EUR' }])).toEqual([
      { currency: 'EUR', amountMinor: 69 },
    ]);
  });
});

describe('points that come back', () => {
  test('the part that was not used: never more than was paid, never for nothing, off by less than a point', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.integer({ min: 1, max: 1e9 }),
        fc.double({ min: 0, max: 1.2, noNaN: true }),
        (points, amountMinor, share) => {
          const usedMinor = Math.floor(amountMinor * share);
          const back = unusedPoints(points, usedMinor, amountMinor);
          const exact = (points * Math.max(0, amountMinor - usedMinor)) / amountMinor;
          return usedMinor === 0
            ? back === points
            : back >= 0 && back < points && back <= exact + 1 && back >= Math.min(points - 1, exact) - 1e-6;
        },
      ),
      { numRuns: 20_000 },
    );
  });

  test('a coupon took no points and gives none back, however little of it was used', () => {
    expect([0, 1, 300, 500].map((usedMinor) => unusedPoints(0, usedMinor, 500))).toEqual([0, 0, 0, 0]);
  });

  test('every split of a refund gives back the same, and the whole all', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.nat(1e6),
        fc.integer({ min: 1, max: 1e9 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
        (points, less, netMinor, cuts) => {
          const unused = less % points;
          const sums = [...cuts.map((cut) => Math.floor(cut * netMinor)).sort((a, b) => a - b), netMinor];
          let returned = unused;
          for (const refundedMinor of sums) {
            returned += refundedPoints({ points, unused, returned }, { netMinor, refundedMinor });
            const at = refundedPoints({ points, unused, returned: unused }, { netMinor, refundedMinor });
            if (returned !== unused + at || returned > points) return false;
          }
          return returned === points;
        },
      ),
      { numRuns: 20_000 },
    );
  });

  test('what was taken last comes back first; no more than was taken', () => {
    const uses = [
      { lot: 1, points: 60 },
      { lot: 4, points: 30 },
      { lot: 2, points: 10 },
    ];
    expect(returnsOf(uses, 0, 25)).toEqual([
      { lot: 2, points: 10 },
      { lot: 4, points: 15 },
    ]);
    expect(returnsOf(uses, 25, 75)).toEqual([
      { lot: 4, points: 15 },
      { lot: 1, points: 60 },
    ]);
    expect(() => returnsOf(uses, 25, 76)).toThrow(RangeError);
  });

  const lot = (expires: string, isExtended = false): Lot => ({
    seq: 1,
    initial: 100,
    remaining: 0,
    expired: 0,
    reversed: 0,
    availableAt: 0,
    follows: false,
    expiresAt: Date.parse(expires),
    isExtended,
  });
  const at = Date.parse('2026-03-01T12:00:00Z');

  test.each<[string, Lot, boolean, string | undefined]>([
    ['a lot with time keeps it', lot('2026-06-01T00:00:00Z'), false, undefined],
    [
      'one that ran out gets 30 days, to the end of the day',
      lot('2026-02-01T00:00:00Z'),
      false,
      '2026-03-31T22:00:00.000Z',
    ],
    ['by the member’s doing once', lot('2026-02-01T00:00:00Z', true), false, undefined],
    ['by the shop’s each time', lot('2026-02-01T00:00:00Z', true), true, '2026-03-31T22:00:00.000Z'],
  ])('%s', (_name, known, isShops, expires) => {
    const [back] = withGrace([{ lot: 1, points: 5 }], () => known, { at, timeZone: 'Europe/Berlin', isShops });
    expect(back?.expiresAt).toBe(expires === undefined ? undefined : Date.parse(expires));
  });

  test('a debt is paid from what expires first', () => {
    const lots = [lot('2026-09-01T00:00:00Z'), lot('2026-06-01T00:00:00Z')];
    const returns = [
      { lot: 0, points: 50 },
      { lot: 1, points: 30 },
    ];
    expect(debtPayments(returns, (seq) => lots[seq] as Lot, 40)).toEqual([
      { lot: 1, points: 30 },
      { lot: 0, points: 10 },
    ]);
    expect(debtPayments(returns, (seq) => lots[seq] as Lot, 0)).toEqual([]);
  });
});

describe('codes', () => {
  test('80 bits and back, however they are typed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 10, maxLength: 10 }), fc.integer(), (bytes, turn) => {
        const code = codeOf(bytes);
        const typed = [...code].map((letter, index) => {
          const styles: Record<string, string> = { 0: 'oO0', 1: 'iIlL1', '-': ' -' };
          const style = styles[letter] ?? letter + letter.toLowerCase();
          return style[Math.abs(turn + index) % style.length];
        });
        return normalizedCode(typed.join('')) === code && normalizedCode(`  ${code.replaceAll('-', '')}\n`) === code;
      }),
    );
    expect(codeOf(new Uint8Array(10).fill(255))).toBe('ZZZZ-ZZZZ-ZZZZ-ZZZZ');
    expect(new Set(Array.from({ length: 80 }, (_, bit) => codeOf(oneBit(bit)))).size).toBe(80);
  });

  test.each(['', 'x', 'ZZZZ-ZZZZ-ZZZZ-ZZZ', 'ZZZZ-ZZZZ-ZZZZ-ZZZZ-Z', 'UUUU-ZZZZ-ZZZZ-ZZZZ', 'ZZZZ_ZZZZ_ZZZZ_ZZZZ'])(
    '%s is none',
    (text) => {
      expect(normalizedCode(text)).toBeNull();
    },
  );
});

function oneBit(bit: number): Uint8Array {
  const bytes = new Uint8Array(10);
  bytes[bit >> 3] = 1 << (bit & 7);
  return bytes;
}
