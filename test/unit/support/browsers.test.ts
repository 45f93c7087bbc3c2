import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findProgram } from '../../support/browsers.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'laurel-browsers-'));
  for (const name of ['first', 'second']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'browser'), '');
    chmodSync(join(folder, name, 'browser'), 0o755);
  }
  writeFileSync(join(folder, 'first', 'plain-file'), '', { mode: 0o644 });
});

afterAll(() => rmSync(folder, { recursive: true }));

const path = () => ({ PATH: `${join(folder, 'first')}:${join(folder, 'second')}` });

test('takes the first folder of the path that has the name', () => {
  expect(findProgram('BROWSER', ['browser'], path())).toBe(join(folder, 'first', 'browser'));
});

test('prefers the first name, wherever it is', () => {
  expect(findProgram('BROWSER', ['none', 'browser'], path())).toBe(join(folder, 'first', 'browser'));
});

test('a variable wins over the path', () => {
  const named = join(folder, 'second', 'browser');
  expect(findProgram('BROWSER', ['browser'], { ...path(), BROWSER: named })).toBe(named);
});

test('a variable that names nothing that runs is a mistake to tell, not to pass over', () => {
  expect(() => findProgram('BROWSER', ['browser'], { ...path(), BROWSER: join(folder, 'none') })).toThrow(
    /BROWSER is .*none/,
  );
  expect(() =>
    findProgram('BROWSER', ['browser'], { ...path(), BROWSER: join(folder, 'first', 'plain-file') }),
  ).toThrow();
});

test('no program is null', () => {
  expect(findProgram('BROWSER', ['none', 'plain-file'], path())).toBeNull();
});
