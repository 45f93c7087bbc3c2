import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { earnForOrder } from '../../../../shared/domain/earning.ts';
import type { EarningRule } from '../../../../shared/domain/earning-rules.ts';
import { UNUSED } from '../../../../shared/domain/limits.ts';
import { addPoints, floorRatio, points } from '../../../../shared/domain/points.ts';
import { reversalFor } from '../../../../shared/domain/refunds.ts';
import { seed, sized } from '../../../support/size.ts';

const perEuro = { id: 'per-euro', kind: 'per_amount', points: 1, perMinor: 100, currency: 'EUR' } as const;
const perOrder = { id: 'per-order', kind: 'per_order', points: 10 } as const;

/** Points of an order with one line, at a tier's multiplier. */
function pointsForOrder(
  rules: readonly EarningRule[],
  { netMinor, currency }: { readonly netMinor: number; readonly currency: string },
  multiplierPercent: number,
): number {
  const basis = { tax: 'excluded', shipping: 'excluded', discounts: 'deducted' } as const;
  return earnForOrder(
    { rules, campaigns: [], stacking: 'product', basis, confirmationDelayDays: 0 },
    { currency, lines: [{ sku: 'a', quantity: 1, netMinor }] },
    { tierId: 'member', multiplierPercent, day: '2026-03-31', used: () => UNUSED },
  ).points;
}

describe('points for an order', () => {
  test.each([
    { rules: [perEuro], netMinor: 99, percent: 100, earned: 0, rule: 'a part of a step earns nothing' },
    { rules: [perEuro], netMinor: 100, percent: 100, earned: 1, rule: 'a whole step earns' },
    { rules: [perEuro], netMinor: 199, percent: 100, earned: 1, rule: 'rounds down' },
    { rules: [perEuro], netMinor: 199, percent: 150, earned: 2, rule: 'rounds once, after the multiplier' },
    { rules: [perEuro, perOrder], netMinor: 199, percent: 100, earned: 11, rule: 'rules add up' },
    { rules: [perEuro, perOrder], netMinor: 150, percent: 125, earned: 14, rule: 'rules are rounded together' },
    { rules: [perOrder], netMinor: 0, percent: 100, earned: 10, rule: 'an order of no value earns per order' },
    { rules: [perEuro], netMinor: 26_828, percent: 100, earned: 268, rule: 'no fraction of a point is ever earned' },
    { rules: [perEuro], netMinor: 10_000, percent: 0, earned: 0, rule: 'a multiplier may be 0' },
    {
      rules: [{ ...perEuro, perMinor: 1, points: 3 }],
      netMinor: 7,
      percent: 100,
      earned: 21,
      rule: 'yen have no minor digits',
    },
  ])('$netMinor at $percent % earn $earned: $rule', ({ rules, netMinor, percent, earned }) => {
    expect(pointsForOrder(rules, { netMinor, currency: 'EUR' }, percent)).toBe(earned);
  });

  test('a currency without a rule is refused, and named', () => {
    expect(() => pointsForOrder([perEuro], { netMinor: 1, currency: 'USD' }, 100)).toThrow(
      expect.objectContaining({
        code: 'currency_not_supported',
        faults: [expect.objectContaining({ pointer: '/currency' })],
      }),
    );
  });

  test('with a rule for each currency, each earns by its own', () => {
    const rules = [perEuro, { ...perEuro, id: 'per-100-yen', currency: 'JPY' }];
    expect(pointsForOrder(rules, { netMinor: 250, currency: 'JPY' }, 100)).toBe(2);
  });

  test(`L11: agrees with exact arithmetic on ${sized(50_000, 1_000_000)} orders, or refuses`, {
    timeout: 300_000,
  }, () => {
    const amount = fc.oneof(
      fc.integer({ min: 0, max: 10_000_000 }),
      fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    );
    const rate = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(
        amount,
        rate,
        rate,
        rate,
        fc.integer({ min: 0, max: 10_000 }),
        (netMinor, pointsA, perA, pointsB, percent) => {
          const rules = [
            { ...perEuro, points: pointsA, perMinor: perA },
            { ...perOrder, points: pointsB },
          ];
          const at = (times: number) =>
            ((BigInt(netMinor) * BigInt(pointsA) + BigInt(pointsB) * BigInt(perA)) * BigInt(times)) /
            (BigInt(perA) * 100n);
          const exact = at(percent);
          // What qualifies is counted without the multiplier, and has to be exact as well.
          if (exact > BigInt(Number.MAX_SAFE_INTEGER) || at(100) > BigInt(Number.MAX_SAFE_INTEGER)) {
            expect(() => pointsForOrder(rules, { netMinor, currency: 'EUR' }, percent)).toThrow(
              expect.objectContaining({ code: 'points_overflow' }),
            );
          } else if (BigInt(pointsForOrder(rules, { netMinor, currency: 'EUR' }, percent)) !== exact) {
            throw new Error(`expected ${exact}`);
          }
        },
      ),
      { seed, numRuns: sized(50_000, 1_000_000) },
    );
  });
});

describe('whole numbers', () => {
  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('points refuses %s', (value) => {
    expect(() => points(value)).toThrow(RangeError);
  });

  test.each([
    { value: 7, numerator: 2, denominator: 3, result: 4 },
    { value: 0, numerator: 5, denominator: 7, result: 0 },
    { value: Number.MAX_SAFE_INTEGER, numerator: 3, denominator: 3, result: Number.MAX_SAFE_INTEGER },
    {
      value: Number.MAX_SAFE_INTEGER,
      numerator: 999_999_999_999,
      denominator: 1_000_000_000_000,
      result: 9_007_199_254_731_983,
    },
  ])(
    'floorRatio of $value × $numerator / $denominator is $result, however large the product',
    ({ value, numerator, denominator, result }) => {
      expect(floorRatio(value, numerator, denominator)).toBe(result);
    },
  );

  test('sums that leave the whole numbers are refused, not rounded', () => {
    expect(addPoints(Number.MAX_SAFE_INTEGER - 1, 1)).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => addPoints(Number.MAX_SAFE_INTEGER, 1)).toThrow(expect.objectContaining({ code: 'points_overflow' }));
    expect(() => addPoints(-Number.MAX_SAFE_INTEGER, -1)).toThrow(expect.objectContaining({ code: 'points_overflow' }));
  });
});

describe('reversalFor', () => {
  const order = { netMinor: 999, points: 9, qualifying: 9, refundedMinor: 0, reversedPoints: 0, reversedQualifying: 0 };

  test.each([
    { amount: 0, taken: 0, rule: 'nothing refunded takes nothing' },
    { amount: 1, taken: 1, rule: 'the member keeps what the rest earns, rounded down' },
    { amount: 111, taken: 1, rule: 'a ninth of the order takes a ninth of the points' },
    { amount: 999, taken: 9, rule: 'a full refund takes everything' },
  ])('$amount of 999 takes $taken of 9: $rule', ({ amount, taken }) => {
    expect(reversalFor(order, amount, 0).points).toBe(taken);
  });

  test('more than the order was worth is refused, with what is left', () => {
    expect(() => reversalFor({ ...order, refundedMinor: 900 }, 100, 0)).toThrow(
      expect.objectContaining({ code: 'refund_exceeds_order', message: '99 of 999 minor units are left to refund.' }),
    );
  });

  test('points that expired are not taken a second time', () => {
    expect(reversalFor(order, 999, 4).points).toBe(5);
    expect(reversalFor({ ...order, reversedPoints: 5 }, 999, 4).points).toBe(0);
  });

  test('an order of no value is refunded whole', () => {
    expect(reversalFor({ ...order, netMinor: 0 }, 0, 0)).toMatchObject({ points: 9, qualifying: 9 });
  });

  test(`L12: ${sized(20_000, 500_000)} orders, refunded in random pieces, give back exactly what they earned`, {
    timeout: 300_000,
  }, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000_000 }),
        fc.integer({ min: 0, max: 10_000_000 }),
        fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 12 }),
        (netMinor, earned, shares) => {
          const state = {
            netMinor,
            points: earned,
            qualifying: Math.floor(earned / 2),
            refundedMinor: 0,
            reversedPoints: 0,
            reversedQualifying: 0,
          };
          const total = shares.reduce((sum, share) => sum + share, 0);
          let until = 0;
          for (const [index, share] of shares.entries()) {
            until += share;
            const upTo = index === shares.length - 1 ? netMinor : Math.floor((netMinor * until) / total);
            const reversal = reversalFor(state, upTo - state.refundedMinor, 0);
            if (reversal.points < 0 || reversal.qualifying < 0) throw new Error('a refund gave points');
            state.refundedMinor = reversal.refundedMinor;
            state.reversedPoints += reversal.points;
            state.reversedQualifying += reversal.qualifying;
            // Whatever the pieces so far, the member keeps what the rest of the order earns.
            const kept = (BigInt(earned) * BigInt(netMinor - state.refundedMinor)) / BigInt(netMinor);
            if (BigInt(earned - state.reversedPoints) !== kept)
              throw new Error(`kept ${earned - state.reversedPoints}, not ${kept}`);
          }
          if (state.reversedPoints !== earned || state.reversedQualifying !== state.qualifying)
            throw new Error('points are left over');
        },
      ),
      { seed, numRuns: sized(20_000, 500_000) },
    );
  });
});
