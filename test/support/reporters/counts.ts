import { appendFileSync } from 'node:fs';

/**
 * How the runners tell `test/run.ts` what they counted: each appends one line of JSON to the file that `LAUREL_TEST_COUNTS`
 * names. Without that variable nothing is written, so that every runner also works alone.
 */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Adds the counts of one runner to the run's file, and gives the line that people read. */
export function recordCounts(suite: string, counts: Counts, env = process.env): string {
  const file = env['LAUREL_TEST_COUNTS'];
  if (file) appendFileSync(file, `${JSON.stringify({ suite, ...counts })}\n`);
  const { passed, failed, skipped } = counts;
  return `${suite}: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Sums the lines that the runners wrote. A line that is no count is an error, never nothing. */
export function sumCounts(lines: string): Counts {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const line of lines.split('\n').filter(Boolean)) {
    const counts = JSON.parse(line) as Record<string, unknown>;
    for (const key of ['passed', 'failed', 'skipped'] as const) {
      const count = counts[key];
      if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0) {
        throw new Error(`not a count of tests: ${line}`);
      }
      sum[key] += count;
    }
  }
  return sum;
}
