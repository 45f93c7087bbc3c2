import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';

/**
 * Runs the end-to-end tests of one browser under `node --test`: `node test/support/e2e.ts chromium|firefox [files]`. A file
 * named `*.firefox.test.ts` is for Firefox, every other for Chromium.
 */

const [browser, ...named] = process.argv.slice(2);
if (browser !== 'chromium' && browser !== 'firefox')
  throw new Error('usage: node test/support/e2e.ts chromium|firefox');

const isForFirefox = (file: string) => file.endsWith('.firefox.test.ts');
const files = (named.length > 0 ? named : globSync('test/e2e/**/*.test.ts').toSorted()).filter(
  (file) => isForFirefox(file) === (browser === 'firefox'),
);
if (files.length === 0) {
  console.error(`There is no end-to-end test for ${browser}`);
  process.exit(1);
}

const child = spawn(
  process.execPath,
  [
    '--test',
    // One at a time: two browsers at once on two cores make tests wait for the machine.
    '--test-concurrency=1',
    '--test-timeout=240000',
    '--test-reporter=./test/support/reporters/node-test.ts',
    ...files,
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      TZ: 'Asia/Kathmandu',
      LAUREL_TEST_SUITE: process.env['LAUREL_TEST_SUITE'] ?? `e2e-${browser}`,
    },
  },
);
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
