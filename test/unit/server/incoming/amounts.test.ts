import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimalsOf, minorOf, share, times } from '../../../../server/webhooks/incoming/amounts.ts';
import { seed, sized } from '../../../support/size.ts';

const RUNS = sized(20_000, 1_000_000);
const currencies = fc.constantFrom('EUR', 'USD', 'CNY', 'AED', 'JPY', 'KRW', 'KWD', 'BHD', 'TND', 'CLF', 'XYZ');
const minors = fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 });

/** An amount as text, by moving the point in a text: a way that shares nothing with the one under test. */
function textOf(minor: number, decimals: number): string {
  const digits = String(Math.abs(minor)).padStart(decimals + 1, '0');
  const sign = minor < 0 ? '-' : '';
  return decimals === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

describe('money of events', () => {
  test(`${RUNS} amounts come out as they went in, to the last unit (seed ${seed})`, () => {
    fc.assert(
      fc.property(currencies, minors, fc.integer({ min: 0, max: 4 }), (currency, minor, zeros) => {
        const decimals = decimalsOf(currency);
        const text = textOf(minor, decimals);
        expect(minorOf(text, currency, '/x')).toBe(minor);
        // Zeros behind say nothing more, and are no further decimals.
        const point = decimals === 0 && zeros > 0 ? '.' : '';
        expect(minorOf(`${text}${point}${'0'.repeat(zeros)}`, currency, '/x')).toBe(minor);
      }),
      { numRuns: RUNS, seed },
    );
  });

  test(`more decimals than the currency has are refused with their place (seed ${seed})`, () => {
    fc.assert(
      fc.property(currencies, minors, fc.integer({ min: 1, max: 9 }), (currency, minor, more) => {
        const decimals = decimalsOf(currency);
        const text = `${textOf(minor, decimals)}${decimals === 0 ? '.' : ''}${more}`;
        expect(() => minorOf(text, currency, '/lines/0/price')).toThrow('at /lines/0/price');
      }),
      { numRuns: 5_000, seed },
    );
  });

  test.each([
    ['19.99', 'EUR', 1999],
    ['1999', 'JPY', 1999],
    ['1999.00', 'JPY', 1999],
    ['1.999', 'KWD', 1999],
    ['-0.10', 'USD', -10],
    ['0.1', 'USD', 10],
    ['-0.00', 'USD', 0],
    ['1.1', 'CLF', 11_000],
  ])('%s %s is %d', (text, currency, minor) => {
    expect(Object.is(minorOf(text, currency, ''), minor)).toBe(true);
  });

  test('what cannot be counted is refused', () => {
    expect(() => minorOf('10000000000.01', 'EUR', '/total')).toThrow('/total');
    expect(() => times(1_000_000_000_000, 2, '/quantity')).toThrow('/quantity');
    expect(times(3, 333_333, '')).toBe(999_999);
  });

  test(`a part is exact where floating-point numbers are not (seed ${seed})`, () => {
    const amounts = fc.integer({ min: 1, max: 1_000_000_000_000 });
    fc.assert(
      fc.property(amounts, amounts, amounts, (amount, part, whole) => {
        const got = BigInt(share(amount, Math.min(part, whole), whole));
        const exact = BigInt(amount) * BigInt(Math.min(part, whole));
        expect(got * BigInt(whole) <= exact && exact < (got + 1n) * BigInt(whole)).toBe(true);
      }),
      { numRuns: 5_000, seed },
    );
    expect(share(5, 1, 0)).toBe(0);
  });
});
