import { parseArgs } from 'node:util';
import { type Step, steps } from './steps.ts';
import { endWithSignals, printSummary, runSteps } from './support/run-steps.ts';

/**
 * Runs every check of the project, one after another, goes on after a failure, and ends with `N passed, N failed`.
 *
 *     node test/run.ts                   everything (npm run check)
 *     node test/run.ts --install         the same, after installing missing browsers (npm test)
 *     node test/run.ts --full            at full size, for a night (npm run check:long)
 *     node test/run.ts types e2e         only these steps; `e2e` stands for e2e-chromium and e2e-firefox
 */

const { values, positionals } = parseArgs({
  options: {
    install: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const isNamed = (step: Step, name: string) => step.name === name || step.name.startsWith(`${name}-`);
const unknown = positionals.filter((name) => !steps.some((step) => isNamed(step, name)));
if (unknown.length > 0) {
  console.error(`No step ${unknown.join(', ')}. Steps: ${steps.map(({ name }) => name).join(' ')}`);
  process.exit(2);
}
const chosen = steps.filter((step) => {
  if (positionals.length > 0) return positionals.some((name) => isNamed(step, name));
  return step.when === undefined || (step.when === 'install' && values.install);
});

if (values.strict) process.env['LAUREL_BENCH'] = 'strict';
endWithSignals();
const outcomes = await runSteps(chosen, { isFull: values.full });
if (!printSummary(outcomes)) process.exitCode = 1;
