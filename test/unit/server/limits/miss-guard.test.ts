import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMissGuard } from '../../../../server/limits/miss-guard.ts';
import { RateLimited } from '../../../../server/limits/rate-limited.ts';
import { seed, sized } from '../../../support/size.ts';

const HOUR_MS = 3_600_000;
const isLimited = (work: () => unknown) => {
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof RateLimited) return true;
    throw error;
  }
};

describe('F3: the guard against guessing', () => {
  test('ten misses of an account in an hour, fifty of an address', () => {
    let now = 0;
    const guard = createMissGuard(() => now);
    for (let miss = 0; miss < 10; miss++) {
      guard.attempt('anna', '203.0.113.7');
      now += 60_000;
    }
    expect(() => guard.check('anna', '198.51.100.1')).toThrow('Too many requests. Try again in 3000 seconds.');
    for (let miss = 10; miss < 50; miss++) guard.attempt(`account ${miss}`, '203.0.113.7');
    expect(isLimited(() => guard.check('ben', '203.0.113.7'))).toBe(true);
    expect(isLimited(() => guard.check('ben', '198.51.100.1'))).toBe(false);
    now = HOUR_MS;
    guard.check('anna', '203.0.113.7');
    // The first miss is an hour old, the second is not.
    guard.attempt('anna', '203.0.113.7');
    expect(isLimited(() => guard.check('anna', null))).toBe(true);
  });

  test('an IPv6 network of 64 bits is one address', () => {
    const guard = createMissGuard(() => 0);
    for (let miss = 0; miss < 50; miss++) guard.miss(null, `2001:db8:1:2::${miss.toString(16)}`);
    expect(isLimited(() => guard.check(null, '2001:db8:1:2:ffff::1'))).toBe(true);
    expect(isLimited(() => guard.check(null, '2001:db8:1:3::1'))).toBe(false);
  });

  test('a refusal says when, as other limits do', () => {
    const guard = createMissGuard(() => 0);
    for (let miss = 0; miss < 10; miss++) guard.miss('anna', null);
    try {
      guard.check('anna', null);
      expect.unreachable();
    } catch (error) {
      expect((error as RateLimited).code).toBe('rate_limited');
      expect((error as RateLimited).headers).toEqual({
        'retry-after': '3600',
        'ratelimit-policy': '"misses-account";q=10;w=3600',
        ratelimit: '"misses-account";r=0;t=3600',
      });
    }
  });

  test('right codes are no misses, however many', () => {
    const guard = createMissGuard(() => 0);
    for (let hit = 0; hit < 1_000; hit++) guard.attempt('anna', '203.0.113.7').hit();
    const last = guard.attempt('anna', '203.0.113.7');
    last.hit();
    last.hit();
    expect(isLimited(() => guard.check('anna', '203.0.113.7'))).toBe(false);
  });

  test('of tries that run at once none gets past the limit', () => {
    const guard = createMissGuard(() => 0);
    const begun = Array.from({ length: 1_000 }, () => isLimited(() => guard.attempt('anna', null)));
    expect(begun.filter((limited) => !limited).length).toBe(10);
  });

  test(`no hour of an account has more than ten misses, whatever the rhythm (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_200_000 }), { maxLength: 120 }), (waits) => {
        let now = 0;
        const guard = createMissGuard(() => now);
        const missed: number[] = [];
        for (const wait of waits) {
          now += wait;
          if (!isLimited(() => guard.attempt('anna', null))) missed.push(now);
        }
        for (const [index, at] of missed.entries()) {
          expect(missed[index + 10] ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(at + HOUR_MS);
        }
      }),
      { numRuns: sized(500, 20_000), seed },
    );
  });

  test('100,000 guesses at codes of 80 bits: 0 hits, and all but a few never looked up', { timeout: 60_000 }, () => {
    let now = 0;
    const guard = createMissGuard(() => now);
    const codes = new Set(Array.from({ length: 10_000 }, () => randomBytes(10).toString('hex')));
    let [hitCount, lookedUpCount] = [0, 0];
    for (let guess = 0; guess < 100_000; guess++) {
      // A botnet of 100 addresses with 1,000 accounts, over ten hours.
      now += 360;
      if (isLimited(() => guard.check(`account ${guess % 1_000}`, `198.51.100.${guess % 100}`))) continue;
      const attempt = guard.attempt(`account ${guess % 1_000}`, `198.51.100.${guess % 100}`);
      lookedUpCount++;
      if (codes.has(randomBytes(10).toString('hex'))) {
        attempt.hit();
        hitCount++;
      }
    }
    console.info(`F3: 100,000 guesses, ${lookedUpCount} looked up, ${hitCount} hits`);
    expect(hitCount).toBe(0);
    // 100 addresses, 50 each hour, ten hours.
    expect(lookedUpCount).toBeLessThanOrEqual(50_000);
  });

  test('remembers a bounded number of accounts and addresses', () => {
    const guard = createMissGuard(() => 0);
    for (let client = 0; client < 100_000; client++) guard.miss(`account ${client}`, null);
    for (let miss = 0; miss < 10; miss++) guard.miss('the latest', null);
    expect(isLimited(() => guard.check('the latest', null))).toBe(true);
  });
});
