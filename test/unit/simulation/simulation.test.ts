import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { seed, sized } from '../../support/size.ts';
import { Random } from './random.ts';
import { type Outcome, World } from './world.ts';

/**
 * L15: a shop's life with its servers, store, clocks, jobs and messages both ways, in one process from one seed. What
 * fails replays: `LAUREL_TEST_SEED=<seed>` lives the same lives again, the same calls in the same order.
 */

const DAYS = 90;
const { randomBytes } = crypto;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
  crypto.randomBytes = randomBytes;
  syncBuiltinESMExports();
});

async function live(lifeSeed: number, days = DAYS): Promise<Outcome> {
  // Ids come from the seed as well: what is sorted by them is the same each time.
  const ids = new Random(lifeSeed ^ 0x5bd1e995);
  crypto.randomBytes = ((length: number) => ids.bytes(length)) as typeof crypto.randomBytes;
  syncBuiltinESMExports();
  const world = await World.create(new Random(lifeSeed));
  try {
    return await world.run(days);
  } catch (error) {
    throw new Error(`life ${lifeSeed}, ${new Date(world.now).toISOString()}: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await world.close();
  }
}

test('the same seed lives the same life', { timeout: 120_000 }, async () => {
  const [first, second] = [await live(seed, 20), await live(seed, 20)];
  expect(second).toEqual(first);
  expect((await live(seed + 1, 20)).traceHash).not.toBe(first.traceHash);
});

test(`L15: ${sized(6, 300)} lives of ${DAYS} days`, { timeout: 3_600_000 }, async () => {
  const lives = Number(process.env['LAUREL_LIVES'] ?? sized(6, 300));
  const sums: Record<string, number> = {};
  for (let index = 0; index < lives; index++) {
    const { counts } = await live(seed + index);
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  }
  console.log(`L15: ${lives} lives × ${DAYS} days, ${JSON.stringify(sums)}, 0 differences (seed ${seed})`);
  expect(Math.min(...Object.values(sums))).toBeGreaterThan(0);
});
