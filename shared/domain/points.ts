import { LoyaltyError } from './errors.ts';

declare const unit: unique symbol;

/** A whole number of points, never negative. */
export type Points = number & { readonly [unit]: 'points' };

/**
 * Checks that `value` is a whole, non-negative number of points.
 *
 * @throws {RangeError} for anything else: such a number is a bug, not a refusal.
 */
export function points(value: number): Points {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`points: expected a whole number >= 0, got ${value}`);
  }
  return value as Points;
}

/**
 * `floor(value * numerator / denominator)` without loss: products beyond 2^53 are computed as BigInt.
 * All arguments are whole; `value` and `numerator` at least 0, `denominator` at least 1.
 *
 * @throws {LoyaltyError} `points_overflow` when the result is beyond 2^53 - 1.
 */
export function floorRatio(value: number, numerator: number, denominator: number): number {
  const product = value * numerator;
  if (Number.isSafeInteger(product)) return Math.floor(product / denominator);
  return fromBigInt((BigInt(value) * BigInt(numerator)) / BigInt(denominator));
}

/**
 * Back from BigInt, refusing what a JSON number cannot carry exactly.
 *
 * @throws {LoyaltyError} `points_overflow`.
 */
export function fromBigInt(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < -BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new LoyaltyError('points_overflow', 'The result is larger than 9,007,199,254,740,991 points.');
  }
  return Number(value);
}

/**
 * `a + b`, refused rather than rounded when it leaves the whole numbers that JSON can carry.
 *
 * @throws {LoyaltyError} `points_overflow`.
 */
export function addPoints(a: number, b: number): number {
  const sum = a + b;
  if (!Number.isSafeInteger(sum)) {
    throw new LoyaltyError('points_overflow', 'The balance would leave the range of ±9,007,199,254,740,991.');
  }
  return sum;
}
