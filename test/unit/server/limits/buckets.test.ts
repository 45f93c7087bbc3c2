import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientAddress } from '../../../../server/limits/client-address.ts';
import { LIMITS_DEFAULT, NO_LIMITS, readLimits } from '../../../../server/limits/limits.ts';
import { headersOf } from '../../../../server/limits/rate-limited.ts';
import { TokenBuckets } from '../../../../server/limits/token-buckets.ts';
import { seed, sized } from '../../../support/size.ts';

const RUNS = sized(2_000, 100_000);

describe('a token bucket', () => {
  const policies = fc.record({
    name: fc.constant('test'),
    quota: fc.integer({ min: 1, max: 50 }),
    windowS: fc.integer({ min: 1, max: 120 }),
  });
  const waits = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 });

  test(`never gives more than its quota and what came back since, and never less (${RUNS} runs, seed ${seed})`, () => {
    fc.assert(
      fc.property(policies, waits, (policy, steps) => {
        let now = 1_000_000;
        const begin = now;
        let given = 0;
        const buckets = new TokenBuckets(policy, () => now, 10);
        for (const step of steps) {
          now += step;
          const standing = buckets.take('a');
          if (standing.isAllowed) given++;
          const most = policy.quota + ((now - begin) * policy.quota) / (policy.windowS * 1_000);
          expect(given).toBeLessThanOrEqual(most + 1e-6);
          expect(standing.remaining).toBeLessThanOrEqual(policy.quota);
          if (!standing.isAllowed) {
            // Whoever waits as told is served, and nobody is told to wait a second too long.
            const at = now;
            expect(standing.remaining).toBe(0);
            now = at + (standing.retryAfterS - 1) * 1_000 - 1;
            if (standing.retryAfterS > 1) expect(buckets.look('a').isAllowed).toBe(false);
            now = at + standing.retryAfterS * 1_000;
            expect(buckets.look('a').isAllowed).toBe(true);
            now = at;
          }
        }
      }),
      { numRuns: RUNS, seed },
    );
  });

  test('keeps clients apart, and forgets whom it has not seen for longest', () => {
    const buckets = new TokenBuckets({ name: 't', quota: 1, windowS: 60 }, () => 0, 2);
    expect(buckets.take('a').isAllowed).toBe(true);
    expect(buckets.take('a').isAllowed).toBe(false);
    expect(buckets.take('b').isAllowed).toBe(true);
    expect(buckets.take('c').isAllowed).toBe(true);
    expect(buckets.take('a').isAllowed).toBe(true);
    expect(buckets.take('c').isAllowed).toBe(false);
  });

  test('a clock that is set back by an hour locks nobody out for longer than a window', () => {
    let now = 3_600_000;
    const buckets = new TokenBuckets({ name: 't', quota: 2, windowS: 10 }, () => now, 10);
    buckets.take('a');
    buckets.take('a');
    now = 0;
    expect(buckets.take('a').retryAfterS).toBe(5);
  });

  test('says what is left as the draft writes it', () => {
    let now = 0;
    const buckets = new TokenBuckets({ name: 'public', quota: 10, windowS: 60 }, () => now, 10);
    expect(headersOf(buckets.take('a'))).toEqual({
      'ratelimit-policy': '"public";q=10;w=60',
      ratelimit: '"public";r=9;t=6',
    });
    for (let call = 0; call < 9; call++) buckets.take('a');
    expect(headersOf(buckets.take('a')).ratelimit).toBe('"public";r=0;t=60');
    now = 6_000;
    expect(headersOf(buckets.look('a')).ratelimit).toBe('"public";r=1;t=54');
  });
});

describe("a client's address", () => {
  test.each([
    ['203.0.113.7', undefined, 0, '203.0.113.7'],
    ['203.0.113.7', '198.51.100.1', 0, '203.0.113.7'],
    ['::ffff:203.0.113.7', undefined, 0, '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', undefined, 0, '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', undefined, 0, '2001:db8:1:2::/64'],
    ['2001:db8::9', undefined, 0, '2001:db8::/64'],
    ['127.0.0.1', undefined, 0, null],
    ['::1', undefined, 0, null],
    ['10.1.2.3', '198.51.100.1', 0, null],
    ['fd00::1', undefined, 0, null],
    [undefined, undefined, 0, null],
    ['10.1.2.3', '198.51.100.1', 1, '198.51.100.1'],
    ['10.1.2.3', '6.6.6.6, 198.51.100.1', 1, '198.51.100.1'],
    ['10.1.2.3', '6.6.6.6, 198.51.100.1, 10.0.0.9', 2, '198.51.100.1'],
    ['10.1.2.3', '198.51.100.1:4711', 1, '198.51.100.1'],
    ['10.1.2.3', '[2001:db8:1:2::9]:4711', 1, '2001:db8:1:2::/64'],
    ['10.1.2.3', 'unknown', 1, null],
    ['10.1.2.3', undefined, 1, null],
    ['10.1.2.3', '198.51.100.1', 2, null],
  ])('of %s with X-Forwarded-For %s behind %d proxies is %s', (peer, forwarded, proxies, expected) => {
    expect(clientAddress(peer, forwarded, proxies)).toBe(expected);
  });
});

describe('limits as an operator sets them', () => {
  test('are the defaults with what is changed', () => {
    expect(readLimits('on')).toEqual(LIMITS_DEFAULT);
    expect(readLimits('off')).toEqual(NO_LIMITS);
    expect(readLimits('public=600/60, refusals=off')).toEqual({
      ...LIMITS_DEFAULT,
      public: { quota: 600, windowS: 60 },
      refusals: null,
    });
  });

  test.each(['none', 'public=0/60', 'public=1', 'everyone=1/1', 'public=1/1;token=1/1', 'public=1.5/1', ''])(
    'are refused as %j, with what would be right',
    (text) => expect(readLimits(text)).toContain('public=600/60'),
  );
});
