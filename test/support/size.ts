/** The slice that every run does, or the full size that `npm run check:long` does. */
export function sized(slice: number, full: number): number {
  return process.env['LAUREL_TEST_SIZE'] === 'full' ? full : slice;
}

/** Seed of a random test: from `LAUREL_TEST_SEED` to replay a failure, else a new one. */
export const seed = Number(process.env['LAUREL_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
