import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { seed, sized } from '../support/size.ts';
import { FACT_MUTANTS } from './facts.ts';
import { LOT_MUTANTS } from './lots.ts';
import type { Mutant, NamedTest } from './mutant.ts';
import { REDEMPTION_MUTANTS } from './redemptions.ts';

/**
 * L16: do the tests have teeth? Puts each mistake into a copy of the project and runs the one test that is named for it,
 * which has to fail. A seed draws some of them; `LAUREL_TEST_SIZE=full` or `--all` tries every one.
 *
 *     node test/mutants/run.ts [--all | part of a mutant's name …]
 */

const ROOT = join(import.meta.dirname, '..', '..');
const MUTANTS = [...LOT_MUTANTS, ...FACT_MUTANTS, ...REDEMPTION_MUTANTS];
const DRAWN = sized(6, MUTANTS.length);
/** Copies of the project that are worked in at once. */
const TREES = 2;

interface Result {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  /** What was said where not one test ran. */
  readonly output: string;
}

/** A copy of what tests of the server need. */
async function copyTree(): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), 'laurel-mutants-'));
  for (const name of ['server', 'shared', 'test', 'package.json', 'tsconfig.json', 'docs', 'demo']) {
    await cp(join(ROOT, name), join(tree, name), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  return tree;
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

async function runTests(tree: string, tests: readonly NamedTest[]): Promise<Result> {
  const report = join(tree, 'report.json');
  await rm(report, { force: true });
  const files = [...new Set(tests.map(({ file }) => file))];
  const names = tests.map(({ name }) => escaped(name)).join('|');
  const args = ['run', '--config', 'test/mutants/vitest.config.ts', ...files, '-t', names];
  const child = spawn(
    process.execPath,
    [join(tree, 'node_modules/vitest/vitest.mjs'), ...args, '--reporter=json', `--outputFile=${report}`],
    { cwd: tree, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LAUREL_TEST_SIZE: '' } },
  );
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  // A mistake may also make something go on for ever; no test of these takes as long.
  const timer = setTimeout(() => child.kill('SIGKILL'), 180_000);
  await once(child, 'close');
  clearTimeout(timer);
  const text = await readFile(report, 'utf8').catch(() => '{"testResults":[]}');
  const { testResults } = JSON.parse(text) as {
    testResults: { assertionResults: { status: string; fullName: string }[] }[];
  };
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  const namesOf = (status: string) => all.filter((one) => one.status === status).map(({ fullName }) => fullName);
  return { passed: namesOf('passed'), failed: namesOf('failed'), output };
}

/** What is wrong with the list itself: a mutant whose text the project has no more, or twice. */
function misfits(): string[] {
  return MUTANTS.flatMap(({ name, file, text }) => {
    const count = readFileSync(join(ROOT, file), 'utf8').split(text).length - 1;
    return count === 1 ? [] : [`${name}: ${file} has its text ${count} times, not once`];
  });
}

/** Some of the list, drawn by the seed (mulberry32). */
function drawn(count: number): Mutant[] {
  let state = seed;
  const draw = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const order = MUTANTS.map((mutant) => ({ mutant, place: draw() })).sort((a, b) => a.place - b.place);
  return order.slice(0, count).map(({ mutant }) => mutant);
}

/** Why a mutant counts as alive; `null` when its test killed it. */
async function aliveIn(tree: string, { file, text, mistake, test }: Mutant): Promise<string | null> {
  const path = join(tree, file);
  const sound = await readFile(path, 'utf8');
  // A function, so that no `$` of the text means anything.
  await writeFile(
    path,
    sound.replace(text, () => mistake),
  );
  try {
    const { passed, failed, output } = await runTests(tree, [test]);
    if (failed.some((name) => name.includes(test.name))) return null;
    return passed.length > 0 ? 'its test passes' : `its test did not run:\n${output.slice(-2_000)}`;
  } finally {
    await writeFile(path, sound);
  }
}

const faults = misfits();
if (faults.length > 0) {
  for (const fault of faults) console.error(fault);
  process.exit(1);
}
const words = process.argv.slice(2).filter((word) => word !== '--all');
const chosen =
  words.length === 0
    ? drawn(process.argv.includes('--all') ? MUTANTS.length : DRAWN)
    : MUTANTS.filter(({ name }) => words.some((word) => name.includes(word)));
if (chosen.length === 0) {
  console.error(`No mutant of that name. Mutants:\n${MUTANTS.map(({ name }) => name).join('\n')}`);
  process.exit(2);
}
const trees = await Promise.all(Array.from({ length: TREES }, copyTree));
let killed = 0;
try {
  const tests = chosen.map(({ test }) => test);
  const sound = await runTests(trees[0] as string, tests);
  for (const { name } of tests) {
    if (!sound.passed.some((passed) => passed.includes(name)))
      faults.push(`without any mistake: "${name}" does not pass`);
  }
  const waiting = [...chosen];
  await Promise.all(
    trees.map(async (tree) => {
      for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
        const alive = await aliveIn(tree, mutant);
        if (alive === null) killed++;
        else faults.push(`ALIVE: ${mutant.name} (${mutant.file}): ${alive}`);
        console.log(`${alive === null ? 'killed' : 'ALIVE '}  ${mutant.name}  ←  ${mutant.test.name}`);
      }
    }),
  );
} finally {
  await Promise.all(trees.map((tree) => rm(tree, { recursive: true, force: true })));
}
console.log(`L16: ${killed} of ${chosen.length} mutants killed, of ${MUTANTS.length} that are kept; seed ${seed}`);
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
