import { defineConfig } from 'vitest/config';
import { countReporter } from './test/support/reporters/vitest.ts';

// An odd zone, 5 h 45 min from UTC: code that reads the machine's zone by mistake cannot hide behind UTC. Set before the
// workers start, which inherit it.
process.env['TZ'] = 'Asia/Kathmandu';

/** The suites that need no browser. `LAUREL_TEST_SUITE` names one; without it all of them run. */
const suites: Record<string, readonly string[]> = {
  unit: ['test/unit/**/*.test.ts', 'test/fuzz/**/*.test.ts'],
  extension: ['test/extension/**/*.test.ts'],
  repo: ['test/repo/**/*.test.ts'],
};

const suite = process.env['LAUREL_TEST_SUITE'];
const include = suite ? suites[suite] : Object.values(suites).flat();
if (!include) throw new Error(`LAUREL_TEST_SUITE must be one of ${Object.keys(suites).join(', ')}`);

const isFull = process.env['LAUREL_TEST_SIZE'] === 'full';

export default defineConfig({
  test: {
    include: [...include],
    environment: 'node',
    // Processes, not threads: tests start servers, kill them and change their own environment.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: isFull ? 30 * 60_000 : 60_000,
    hookTimeout: 60_000,
    // The repository's own tests and the extension's need no database.
    globalSetup: suite === 'repo' || suite === 'extension' ? [] : ['test/support/postgres.ts'],
    reporters: [['default', { summary: false }], countReporter(suite ?? 'vitest')],
    passWithNoTests: false,
    // A line a file; only a test that takes this long has its own.
    slowTestThreshold: 20_000,
  },
});
