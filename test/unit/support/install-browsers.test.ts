import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../../support/install-browsers.ts');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'laurel-install-'));
  // A machine with a shell and nothing else.
  for (const name of ['env', 'sh', 'touch', 'chmod']) symlinkSync(`/usr/bin/${name}`, join(folder, name));
});

afterEach(() => rmSync(folder, { recursive: true }));

function program(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

function run(): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT], { env: { PATH: folder }, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

/** An apt-get that writes down what it is asked, and puts empty browsers where real ones would come. */
function debian({ hasBrowsers }: { readonly hasBrowsers: boolean }): void {
  const log = join(folder, 'log');
  const make = (name: string) => `touch ${join(folder, name)}; chmod 755 ${join(folder, name)};`;
  const installs = hasBrowsers ? make('chromium') + make('firefox-esr') : '';
  program('apt-get', `echo "$DEBIAN_FRONTEND $*" >> ${log}\ncase "$*" in *install*) ${installs} :;; esac`);
  program('apt-cache', 'echo "  Candidate: 1.0"');
  // For whoever runs the tests without being root.
  program('sudo', 'shift\nexec "$@"');
}

test('says nothing and installs nothing where both browsers are there', () => {
  program('chromium', '');
  program('firefox', '');
  program('apt-get', `echo "$*" >> ${join(folder, 'log')}`);
  expect(run()).toEqual({ status: 0, output: '' });
});

test('installs what is missing, with fonts, after asking for the current list of packages', () => {
  debian({ hasBrowsers: true });
  const { status } = run();
  const calls = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
  expect(calls).toEqual([
    expect.stringMatching(/^noninteractive .*update$/),
    expect.stringMatching(/^noninteractive .*install -y .*chromium firefox-esr fonts-noto-cjk fonts-noto-core$/),
  ]);
  expect(status).toBe(0);
});

test('installs only the one that is missing', () => {
  debian({ hasBrowsers: true });
  program('google-chrome', '');
  expect(run().status).toBe(0);
  expect(readFileSync(join(folder, 'log'), 'utf8')).not.toContain('chromium');
});

test.each([
  ['nothing can be installed', () => {}],
  ['the installation brings no browser', () => debian({ hasBrowsers: false })],
])('says what to do where %s', (_, prepare) => {
  prepare();
  const { status, output } = run();
  expect(status).toBe(1);
  expect(output).toMatch(/need Chromium and Firefox/);
  expect(output).toContain('CHROMIUM=/path/to/chromium FIREFOX=/path/to/firefox npm test');
});
