import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from './source-files.ts';

/** Lints sources that are wrong on purpose, under the project's own rules: a rule that never fires guards nothing. */
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'laurel-lint-'));
  for (const file of ['.oxlintrc.json', 'tsconfig.json']) copyFileSync(join(root, file), join(folder, file));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function faultsOf(file: string, source: string): string[] {
  mkdirSync(join(folder, file, '..'), { recursive: true });
  writeFileSync(join(folder, file), source);
  const args = [join(root, 'node_modules/oxlint/bin/oxlint'), '--type-aware', '--format', 'json', file];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string }[] };
  return [...new Set(diagnostics.map(({ code }) => code))];
}

test('an element that a shop page would suffer from', () => {
  const source = `
    import { html, LitElement } from 'lit';
    import { styleMap } from 'lit/directives/style-map.js';
    export class Bad extends LitElement {
      static override properties = { points: {} };
      points = 1;
      override render() {
        this.points = 2;
        return html\`<p style="color:red" onclick="x()">\${styleMap({})}</p>\`;
      }
    }
    customElements.define('bad', Bad);`;
  expect(faultsOf('widgets/bad/bad.ts', source)).toEqual(
    expect.arrayContaining([
      'eslint(no-restricted-imports)',
      'lit(ban-attributes)',
      'lit(no-classfield-shadowing)',
      'lit(no-this-assign-in-render)',
      'wc(guard-define-call)',
      'wc(no-invalid-element-name)',
    ]),
  );
});

test('code that loses an error or a type', () => {
  const source = `
    export function answer(body: any) {
      fetch('/');
      if (body.points == 1) throw 'no';
      return body.points;
    }`;
  expect(faultsOf('server/bad.ts', source)).toEqual(
    expect.arrayContaining([
      'eslint(eqeqeq)',
      'typescript(no-explicit-any)',
      'typescript(no-floating-promises)',
      'typescript(no-unsafe-return)',
      'typescript(only-throw-error)',
    ]),
  );
});

test('good code has no fault', () => {
  const source = `
    /** Adds. */
    export const add = (first: number, second: number): number => first + second;`;
  expect(faultsOf('server/good.ts', source)).toEqual([]);
});
