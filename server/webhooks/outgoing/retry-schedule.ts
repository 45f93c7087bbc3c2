const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Standard Webhooks 1.0.0: how long after an attempt the next one follows. The first is made at once. */
const WAITS_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

/** Attempts until a delivery is given up, a little more than three days after the first. */
export const ATTEMPT_COUNT_MAX = WAITS_MS.length + 1;

/** Up to a tenth more, so that what failed together does not come back together. */
const JITTER = 0.1;

/** Milliseconds until the next attempt after `attemptCount` of them failed; `null` when it is given up. */
export function retryWait(attemptCount: number, random: () => number): number | null {
  const wait = WAITS_MS[attemptCount - 1];
  return wait === undefined ? null : Math.round(wait * (1 + JITTER * random()));
}
