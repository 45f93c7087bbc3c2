import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HINT_MS_MAX, HINT_MS_MIN, type HintCredit, Hints } from '../../extension/service-worker/hints.ts';

let looks: number[];
let hasMoved: boolean;
let hints: Hints;
let credits: Map<string, HintCredit>;

const START = Date.parse('2027-02-28T18:20:00Z');

/** A worker as it starts: what it knows is in the memory. */
const aWorker = () =>
  new Hints(
    async () => {
      looks.push(Date.now() - START);
      return hasMoved;
    },
    { read: async (shop) => credits.get(shop), write: async (shop, credit) => void credits.set(shop, credit) },
    Date.now,
  );
beforeEach(() => {
  vi.useFakeTimers({ now: START });
  looks = [];
  hasMoved = true;
  credits = new Map();
  hints = aWorker();
});
afterEach(() => vi.useRealTimers());

test('the first hint is followed at once', async () => {
  await hints.take('shop');
  expect(looks).toEqual([0]);
});

test('hints within the gap become one look at its end, so that the last purchase is not missed', async () => {
  await hints.take('shop');
  const taken = Promise.all([hints.take('shop'), hints.take('shop'), hints.take('shop')]);
  await vi.advanceTimersByTimeAsync(HINT_MS_MIN);
  await taken;
  expect(looks).toEqual([0, HINT_MS_MIN]);
});

test('one shop’s hints do not hold up another’s', async () => {
  await hints.take('shop');
  await hints.take('other');
  expect(looks).toEqual([0, 0]);
});

test('empty claims are followed less and less, and a true one makes up for it', async () => {
  hasMoved = false;
  const claim = async () => {
    const taken = hints.take('shop');
    await vi.advanceTimersByTimeAsync(HINT_MS_MAX);
    await taken;
  };
  for (let count = 0; count < 12; count++) {
    void hints.take('shop');
    await vi.advanceTimersByTimeAsync(60_000);
  }
  expect(looks.length).toBeLessThanOrEqual(9);
  hasMoved = true;
  await claim();
  const start = Date.now();
  const taken = Promise.all([hints.take('shop'), hints.take('shop')]);
  await vi.advanceTimersByTimeAsync(HINT_MS_MIN);
  await taken;
  expect(looks.at(-1)).toBeLessThanOrEqual(start - START + HINT_MS_MIN);
});

test('a page gains nothing by waiting for the worker to stop', async () => {
  await hints.take('shop');
  const taken = aWorker().take('shop');
  expect(looks).toEqual([0]);
  await vi.advanceTimersByTimeAsync(HINT_MS_MIN);
  await taken;
  expect(looks).toEqual([0, HINT_MS_MIN]);
});

test('a clock that was set back silences no shop for longer than its gap', async () => {
  await hints.take('shop');
  vi.setSystemTime(START - 86_400_000);
  const taken = hints.take('shop');
  await vi.advanceTimersByTimeAsync(HINT_MS_MIN);
  await taken;
  expect(looks).toHaveLength(2);
});
