/** The few checks that these tests need, with messages that show both sides. */
export const assert = {
  ok(value: unknown, what: string): void {
    if (!value) throw new Error(`not so: ${what}`);
  },
  equal<T>(actual: T, expected: T, what = ''): void {
    if (!Object.is(actual, expected)) throw new Error(`${what} expected ${show(expected)}, got ${show(actual)}`);
  },
  deepEqual(actual: unknown, expected: unknown, what = ''): void {
    if (JSON.stringify(actual) !== JSON.stringify(expected)) {
      throw new Error(`${what} expected ${show(expected)}, got ${show(actual)}`);
    }
  },
};

const show = (value: unknown): string =>
  typeof value === 'string' ? `“${value}”` : (JSON.stringify(value) ?? String(value));
