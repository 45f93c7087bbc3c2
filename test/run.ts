import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Step, steps } from './steps.ts';
import { type Counts, sumCounts } from './support/reporters/counts.ts';

/**
 * Runs every check of the project, one after another, goes on after a failure, and ends with `N passed, N failed`.
 *
 *     node test/run.ts                   everything (npm run check)
 *     node test/run.ts --install         the same, after installing missing browsers (npm test)
 *     node test/run.ts --full            at full size, for a night (npm run check:long)
 *     node test/run.ts types unit        only these steps
 */

const root = join(import.meta.dirname, '..');

interface Outcome extends Counts {
  readonly name: string;
  readonly seconds: number;
}

/** The running step's process group, to be ended with us. */
let running: number | undefined;

function endRunning(): void {
  if (running === undefined) return;
  try {
    process.kill(-running, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    endRunning();
    process.exit(130);
  });
}

/** Runs a step's command; gives its output where it was not shown, and whether it ended well and in time. */
function runCommand(step: Step, env: NodeJS.ProcessEnv, isFull: boolean): Promise<{ isOk: boolean; output: string }> {
  return new Promise((done) => {
    const [program, ...args] = step.command;
    const child = spawn(program, args, {
      cwd: root,
      env: { ...env, ...step.env },
      stdio: ['ignore', step.shows === 'output' ? 'inherit' : 'pipe', step.shows === 'output' ? 'inherit' : 'pipe'],
      // A group of its own, so that a step that hangs is ended with all that it started.
      detached: true,
    });
    running = child.pid;
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
    const minutes = step.minutesMax * (isFull ? 20 : 1);
    let note = '';
    const timer = setTimeout(() => {
      note = `\n${step.name} did not end within ${minutes} minutes and was stopped\n`;
      console.error(note);
      endRunning();
    }, minutes * 60_000);
    const finish = (isOk: boolean, text: string) => {
      clearTimeout(timer);
      running = undefined;
      done({ isOk, output: text });
    };
    child.on('error', (error) => finish(false, `${error.message}\n`));
    child.on('close', (code) => finish(code === 0, Buffer.concat(chunks).toString() + note));
  });
}

async function runStep(step: Step, env: NodeJS.ProcessEnv, countsFile: string, isFull: boolean): Promise<Outcome> {
  console.log(`\n▸ ${step.name}: ${step.what}`);
  writeFileSync(countsFile, '');
  const start = performance.now();
  const { isOk, output } = await runCommand(step, env, isFull);
  const seconds = (performance.now() - start) / 1000;
  if (step.shows === 'failure' && !isOk) process.stdout.write(output);
  let counts: Counts = { passed: isOk ? 1 : 0, failed: isOk ? 0 : 1, skipped: 0 };
  if (step.counts === 'tests') {
    counts = sumCounts(readFileSync(countsFile, 'utf8'));
    // A runner that crashed, or found nothing to run, has not shown that anything works.
    if (counts.failed === 0 && (!isOk || counts.passed === 0)) counts = { ...counts, failed: 1 };
  }
  console.log(`${counts.failed === 0 ? '✓' : '✗'} ${step.name} (${seconds.toFixed(1)} s)`);
  return { name: step.name, seconds, ...counts };
}

function printSummary(outcomes: readonly Outcome[]): void {
  console.log();
  for (const { name, passed, failed, skipped, seconds } of outcomes) {
    const skips = skipped > 0 ? `, ${skipped} skipped` : '';
    console.log(
      `${failed === 0 ? '✓' : '✗'} ${name.padEnd(18)} ${seconds.toFixed(1).padStart(7)} s  ${passed} passed, ${failed} failed${skips}`,
    );
  }
  const total = outcomes.reduce((sum, { seconds }) => sum + seconds, 0);
  console.log(`\n${(total / 60).toFixed(1)} minutes`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { install: { type: 'boolean', default: false }, full: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(`No step ${unknown.join(', ')}. Steps: ${steps.map(({ name }) => name).join(' ')}`);
    process.exitCode = 2;
    return;
  }
  const chosen = steps.filter((step) => {
    if (positionals.length > 0) return positionals.includes(step.name);
    return step.when === undefined || (step.when === 'install' && values.install);
  });
  const folder = mkdtempSync(join(tmpdir(), 'laurel-run-'));
  const countsFile = join(folder, 'counts.jsonl');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    // Tools in a bare shell would run on whatever Node the machine has; the project brings its own.
    PATH: [join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter),
    LAUREL_TEST_COUNTS: countsFile,
    ...(values.full && { LAUREL_TEST_SIZE: 'full' }),
  };
  const outcomes: Outcome[] = [];
  try {
    for (const step of chosen) outcomes.push(await runStep(step, env, countsFile, values.full));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  printSummary(outcomes);
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

await main();
