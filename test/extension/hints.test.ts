import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HINT_MS_MAX, HINT_MS_MIN, Hints } from '../../extension/service-worker/hints.ts';

let looks: number[];
let hasMoved: boolean;
let hints: Hints;
beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  looks = [];
  hasMoved = true;
  hints = new Hints(async () => {
    looks.push(Date.now());
    return hasMoved;
  }, Date.now);
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
  expect(looks.at(-1)).toBeLessThanOrEqual(start + HINT_MS_MIN);
});
