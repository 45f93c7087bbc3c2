import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** One check of the project, in the order in which `test/run.ts` runs them: what is quick and tells most comes first. */
export interface Step {
  readonly name: string;
  readonly what: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** `tests`: the runner reports how many passed and failed. `one`: the step passes or fails as a whole. */
  readonly counts: 'tests' | 'one';
  /** Whether its output streams, or is told only when the step fails. */
  readonly shows: 'output' | 'failure';
  /** Only with `--install`, or when named. */
  readonly when?: 'install';
  /** Far above the usual time; twenty times as long at full size. */
  readonly minutesMax: number;
}

const check = (name: string, what: string, ...command: [string, ...string[]]): Step => ({
  name,
  what,
  command,
  counts: 'one',
  shows: 'failure',
  minutesMax: 5,
});

const measure = (name: string, what: string, file: string): Step => ({
  name,
  what,
  command: ['node', file],
  counts: 'one',
  shows: 'output',
  minutesMax: 10,
});

/** Every program in `test/bench/` is a benchmark; a file that exports something is a part of one. */
function benchmarks(): Step[] {
  const root = join(import.meta.dirname, '..');
  return globSync('test/bench/*.ts', { cwd: root })
    .toSorted()
    .filter((file) => basename(file) !== 'sizes.ts' && !/^export /m.test(readFileSync(join(root, file), 'utf8')))
    .map((file) => measure(`bench-${basename(file, '.ts')}`, 'ratios to a floor in the same run', file));
}

const vitest = (suite: string, what: string, minutesMax: number): Step => ({
  name: suite,
  what,
  command: ['vitest', 'run'],
  env: { LAUREL_TEST_SUITE: suite },
  counts: 'tests',
  shows: 'output',
  minutesMax,
});

const widgets = (browser: 'chromium' | 'firefox', what: string): Step => ({
  name: `widgets-${browser}`,
  what,
  command: ['wtr'],
  env: { LAUREL_TEST_BROWSER: browser, LAUREL_TEST_SUITE: `widgets-${browser}` },
  counts: 'tests',
  shows: 'output',
  minutesMax: 10,
});

/** Files are named for their browser: `*.firefox.test.ts` runs in Firefox, every other in Chromium. */
const e2e = (browser: 'chromium' | 'firefox', what: string): Step => ({
  name: `e2e-${browser}`,
  what,
  command: ['node', 'test/support/e2e.ts', browser],
  env: { LAUREL_TEST_SUITE: `e2e-${browser}` },
  counts: 'tests',
  shows: 'output',
  minutesMax: 15,
});

export const steps: readonly Step[] = [
  {
    ...check('browsers', 'Chromium and Firefox are there', 'node', 'test/support/install-browsers.ts'),
    shows: 'output',
    when: 'install',
    minutesMax: 20,
  },
  check('types', 'tsc', 'tsc'),
  check('lint', 'oxlint', 'npm', 'run', '--silent', 'lint', '--', '--format=unix'),
  check('format', 'biome', 'npm', 'run', '--silent', 'format:check'),
  check('build', 'widgets and the extension for both browsers', 'npm', 'run', '--silent', 'build'),
  check('add-on', "the rules of Mozilla's store", 'addons-linter', 'dist/extension-firefox'),
  vitest('repo', 'the repository itself', 5),
  vitest('unit', 'domain, server and ledger, on SQLite and on PostgreSQL', 20),
  {
    ...check('mutants', 'mistakes put into the ledger, each killed by its test', 'node', 'test/mutants/run.ts'),
    shows: 'output',
    minutesMax: 10,
  },
  vitest('extension', 'the extension with a browser in memory', 5),
  widgets('chromium', 'elements in Chromium'),
  widgets('firefox', 'elements in Firefox'),
  e2e('chromium', 'shops, server and wallet in Chromium'),
  e2e('firefox', 'the wallet in Firefox'),
  measure('size', 'bytes against their budgets', 'test/bench/sizes.ts'),
  ...benchmarks(),
];
