import { describe, expect, test } from 'vitest';
import { allocateLots, type Lot, reclaimLots } from '../../../../shared/domain/lots.ts';
import { NEVER } from '../../../../shared/domain/time.ts';

describe('lots', () => {
  const lot = (seq: number, remaining: number, expiresAt: number, availableAt = 0): Lot => ({
    seq,
    initial: remaining,
    remaining,
    expired: 0,
    reversed: 0,
    availableAt,
    expiresAt,
    follows: false,
    isExtended: false,
  });

  test.each([
    { cost: 5, uses: [{ lot: 2, points: 5 }], rule: 'what expires first is spent first' },
    { cost: 10, uses: [{ lot: 2, points: 10 }], rule: 'to its last point' },
    {
      cost: 11,
      uses: [
        { lot: 2, points: 10 },
        { lot: 1, points: 1 },
      ],
      rule: 'then the next',
    },
    {
      cost: 30,
      uses: [
        { lot: 2, points: 10 },
        { lot: 1, points: 10 },
        { lot: 3, points: 10 },
      ],
      rule: 'what never expires last',
    },
  ])('$cost points: $rule', ({ cost, uses }) => {
    expect(allocateLots([lot(1, 10, 200), lot(2, 10, 150), lot(3, 10, NEVER)], cost, 100)).toEqual(uses);
  });

  test.each([
    { now: 149, payable: true, rule: 'the last millisecond counts' },
    { now: 150, payable: false, rule: 'expiresAt is the first instant at which they cannot be spent' },
    { now: 49, payable: false, rule: 'pending points cannot be spent' },
    { now: 50, payable: true, rule: 'availableAt is the first instant at which they can' },
  ])('at $now: $rule', ({ now, payable }) => {
    const allocate = () => allocateLots([lot(1, 10, 150, 50)], 10, now);
    if (payable) expect(allocate()).toHaveLength(1);
    else expect(allocate).toThrow(expect.objectContaining({ code: 'insufficient_points' }));
  });

  test('a refund takes from the order’s own lot, then from spendable ones, then from pending ones; the rest is owed', () => {
    const lots = [lot(1, 10, 150), lot(2, 10, 200), lot(3, 10, 120, 110), lot(4, 10, 90)];
    expect(reclaimLots(lots, 2, 35, 100)).toEqual({
      uses: [
        { lot: 2, points: 10 },
        { lot: 1, points: 10 },
        { lot: 3, points: 10 },
      ],
      missing: 5,
    });
  });
});
