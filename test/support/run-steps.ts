import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Step } from '../steps.ts';
import { type Counts, sumCounts } from './reporters/counts.ts';

/** Runs steps one after another, each in a process group of its own, and counts what passed and failed. */

const root = join(import.meta.dirname, '../..');

/** What became of one step. */
export interface Outcome extends Counts {
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

/** Ends the running step, with all that it started, when the run itself is told to end. */
export function endWithSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      endRunning();
      process.exit(130);
    });
  }
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
      // A program that is not there is told twice, the second time when the next step may be running.
      if (running === child.pid) running = undefined;
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

/** A line for each step, then `N passed, N failed` alone on the last. Gives whether nothing failed. */
export function printSummary(outcomes: readonly Outcome[]): boolean {
  console.log();
  for (const { name, passed, failed, skipped, seconds } of outcomes) {
    const skips = skipped > 0 ? `, ${skipped} skipped` : '';
    console.log(
      `${failed === 0 ? '✓' : '✗'} ${name.padEnd(18)} ${seconds.toFixed(1).padStart(7)} s  ${passed} passed, ${failed} failed${skips}`,
    );
  }
  const total = outcomes.reduce((sum, { seconds }) => sum + seconds, 0);
  console.log(`\n${(total / 60).toFixed(1)} minutes`);
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

/** Runs every step, also after one that failed. */
export async function runSteps(steps: readonly Step[], { isFull = false } = {}): Promise<Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'laurel-run-'));
  const countsFile = join(folder, 'counts.jsonl');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    // Tools in a bare shell would run on whatever Node the machine has; the project brings its own.
    PATH: [join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter),
    LAUREL_TEST_COUNTS: countsFile,
    ...(isFull && { LAUREL_TEST_SIZE: 'full' }),
  };
  const outcomes: Outcome[] = [];
  try {
    for (const step of steps) outcomes.push(await runStep(step, env, countsFile, isFull));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return outcomes;
}
