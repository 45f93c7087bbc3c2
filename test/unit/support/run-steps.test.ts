import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Step } from '../../steps.ts';
import { printSummary, runSteps } from '../../support/run-steps.ts';

let folder: string;
let lines: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'laurel-steps-'));
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((line = '') => void lines.push(String(line)));
  vi.spyOn(console, 'error').mockImplementation(() => {});
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

function step(name: string, code: string, more: Partial<Step> = {}): Step {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, code);
  return { name, what: name, command: ['node', file], counts: 'one', shows: 'failure', minutesMax: 1, ...more };
}

const countsOf = async (...steps: Step[]) => (await runSteps(steps)).map(({ passed, failed }) => ({ passed, failed }));

const writesCounts = (counts: object, code = 0) =>
  `import { appendFileSync } from 'node:fs';
   appendFileSync(process.env.LAUREL_TEST_COUNTS, ${JSON.stringify(`${JSON.stringify(counts)}\n`)});
   process.exitCode = ${code};`;

test('a step that ends well counts as one, one that fails as one failure, and the next one still runs', async () => {
  const counts = await countsOf(step('a', ''), step('b', 'console.log("why"); process.exit(3)'), step('c', ''));
  expect(counts).toEqual([
    { passed: 1, failed: 0 },
    { passed: 0, failed: 1 },
    { passed: 1, failed: 0 },
  ]);
  expect(lines.join('\n')).toContain('why');
});

test('a suite counts what its runner wrote', async () => {
  const code = writesCounts({ passed: 5, failed: 2, skipped: 1 }, 1);
  expect(await countsOf(step('suite', code, { counts: 'tests' }))).toEqual([{ passed: 5, failed: 2 }]);
});

test.each([
  ['crashed after its tests', writesCounts({ passed: 5, failed: 0, skipped: 0 }, 1), { passed: 5, failed: 1 }],
  ['wrote nothing', '', { passed: 0, failed: 1 }],
  ['skipped everything', writesCounts({ passed: 0, failed: 0, skipped: 9 }), { passed: 0, failed: 1 }],
])('a suite that %s has failed', async (_, code, expected) => {
  expect(await countsOf(step('suite', code, { counts: 'tests' }))).toEqual([expected]);
});

test('a program that is not there has failed', async () => {
  expect(await countsOf(step('none', '', { command: ['no-such-program'] }))).toEqual([{ passed: 0, failed: 1 }]);
});

test('a step that hangs is stopped, with what it started, and has failed', async () => {
  // The step's output stays open as long as anything lives that it started, so the run cannot end before that.
  const code = `import { spawn } from 'node:child_process';
    spawn('sleep', ['50'], { stdio: 'inherit' });
    setInterval(() => {}, 1000);`;
  const [outcome] = await runSteps([step('hangs', code, { minutesMax: 0.01 })]);
  expect(outcome).toMatchObject({ passed: 0, failed: 1 });
  expect(outcome?.seconds).toBeLessThan(20);
});

test('the last line is the count alone, and says whether anything failed', async () => {
  expect(printSummary(await runSteps([step('a', ''), step('b', '')]))).toBe(true);
  expect(lines.at(-1)).toBe('2 passed, 0 failed');
  expect(printSummary(await runSteps([step('a', ''), step('b', 'process.exit(1)')]))).toBe(false);
  expect(lines.at(-1)).toBe('1 passed, 1 failed');
});
