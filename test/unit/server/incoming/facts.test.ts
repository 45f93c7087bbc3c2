import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type OrderFact, targetOf } from '../../../../server/webhooks/incoming/facts.ts';
import { seed, sized } from '../../../support/size.ts';

const RUNS = sized(5_000, 500_000);
const NET = 100_00;
const LINES = [
  { id: 'a', quantity: 3, netMinor: 33_34 },
  { id: 'b', quantity: 7, netMinor: 66_66 },
] as const;

const paid: OrderFact = {
  name: 'paid',
  rank: 0,
  order: {
    id: 'shopify:1',
    memberId: '7',
    placedAt: '2026-03-01T00:00:00Z',
    currency: 'EUR',
    lines: LINES.map(({ id, ...line }) => ({ sku: id, ...line })),
  },
  lines: LINES,
  grossMinor: 119_00,
};

const piece = fc.record({
  a: fc.integer({ min: 0, max: 3 }),
  b: fc.integer({ min: 0, max: 7 }),
  other: fc.integer({ min: -120_00, max: 120_00 }),
});

/** Refunds that return no more than was ordered; how much is paid back with them is anybody's guess. */
const refunds = fc.array(piece, { maxLength: 8 }).map((pieces) => {
  const left = { a: 3, b: 7 };
  return pieces.map(({ a, b, other }, index): OrderFact => {
    const lines = [
      { id: 'a', quantity: Math.min(a, left.a) },
      { id: 'b', quantity: Math.min(b, left.b) },
    ] as const;
    left.a -= lines[0].quantity;
    left.b -= lines[1].quantity;
    return { name: `refund ${index}`, rank: 0, at: '2026-03-02T00:00:00Z', lines, otherMinor: other };
  });
});

const totalOf = (facts: readonly OrderFact[]) => targetOf(facts)?.refund?.totalMinor ?? 0;

describe('what follows from the facts of an order', () => {
  test(`is the same in any order of them, and never less for one more (${RUNS} sets, seed ${seed})`, () => {
    fc.assert(
      fc.property(
        refunds.chain((facts) => fc.tuple(fc.constant(facts), fc.shuffledSubarray(facts, { minLength: facts.length }))),
        ([facts, shuffled]) => {
          const total = totalOf([paid, ...facts]);
          expect(totalOf([...shuffled, paid])).toBe(total);
          expect(total).toBeLessThanOrEqual(NET);
          for (let length = 1; length <= shuffled.length; length++) {
            const before = totalOf([paid, ...shuffled.slice(0, length - 1)]);
            expect(totalOf([paid, ...shuffled.slice(0, length)])).toBeGreaterThanOrEqual(before);
          }
        },
      ),
      { numRuns: RUNS, seed },
    );
  });

  test(`is everything once every line came back, however it was split (${RUNS} splits, seed ${seed})`, () => {
    const splits = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 7 })), { maxLength: 6 });
    fc.assert(
      fc.property(splits, (parts) => {
        const left = { a: 3, b: 7 };
        const facts: OrderFact[] = [...parts, [3, 7] as const].map(([a, b], index) => {
          const quantities = [
            { id: 'a', quantity: Math.min(a, left.a) },
            { id: 'b', quantity: Math.min(b, left.b) },
          ] as const;
          left.a -= quantities[0].quantity;
          left.b -= quantities[1].quantity;
          return { name: `refund ${index}`, rank: 0, at: '2026-03-02T00:00:00Z', lines: quantities, otherMinor: 0 };
        });
        expect(totalOf([paid, ...facts])).toBe(NET);
      }),
      { numRuns: RUNS, seed },
    );
  });

  test('a sum and single refunds, and a line that was added after the payment', () => {
    const at = '2026-03-02T00:00:00Z';
    expect(totalOf([paid, { name: 'refunded', rank: 40_00, at }])).toBe(40_00);
    const added: OrderFact = { name: 'refund 1', rank: 0, at, lines: [{ id: 'z', quantity: 1 }], otherMinor: 0 };
    expect(totalOf([paid, added])).toBe(0);
    expect(totalOf([paid, { ...added, lines: [], otherMinor: 11_90 }])).toBe(10_00);
    expect(targetOf([added])).toBeNull();
  });

  test('the latest word on whether it stands counts', () => {
    const at = '2026-03-02T00:00:00Z';
    expect(totalOf([paid, { name: 'state', rank: 2, at, isCancelled: true }])).toBe(NET);
    expect(totalOf([paid, { name: 'state', rank: 2, at, isCancelled: false }])).toBe(0);
  });
});
