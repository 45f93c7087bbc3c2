import { describe, expect, test } from 'vitest';
import { borderViolations, reachOf } from './borders.ts';
import { impurities } from './purity.ts';
import { type Import, importsOf, isCode, projectFiles, readProjectFile } from './source-files.ts';

const code = projectFiles().filter(isCode);
const importsByFile = new Map<string, readonly Import[]>(
  code.map((file) => [file, importsOf(file, readProjectFile(file))]),
);

describe('the repository', () => {
  test('has code in every room of the house', () => {
    for (const room of ['shared/domain', 'shared/protocol', 'server', 'widgets', 'extension', 'demo']) {
      expect(
        code.some((file) => file.startsWith(`${room}/`)),
        room,
      ).toBe(true);
    }
  });

  test('keeps its import borders', () => {
    expect([...importsByFile].flatMap(([file, imports]) => borderViolations(file, imports))).toEqual([]);
  });

  test('imports only files that exist, with their ending', () => {
    const known = new Set(projectFiles());
    const missing = [...importsByFile].flatMap(([file, imports]) =>
      imports
        .filter(({ specifier }) => specifier?.startsWith('.'))
        .map(({ specifier }) => new URL(String(specifier), `file:///${file}`).pathname.slice(1))
        .filter((target) => !known.has(target) && !target.startsWith('dist/'))
        .map((target) => `${file}: ${target}`),
    );
    expect(missing).toEqual([]);
  });

  test('has a pure domain', () => {
    const domain = code.filter((file) => file.startsWith('shared/domain/'));
    expect(domain.length).toBeGreaterThan(0);
    const found = domain.flatMap((file) => impurities(file, readProjectFile(file)).map((what) => `${file}: ${what}`));
    expect(found).toEqual([]);
  });

  test.each(['extension/content-script/main.ts', 'widgets/loader/laurel.ts'])(
    '%s loads nothing that a page must not carry, however far down',
    (entry) => {
      expect(code).toContain(entry);
      const reached = [...reachOf(entry, importsByFile)];
      const forbidden = reached.filter(
        (name) =>
          name.startsWith('node:') ||
          name.startsWith('server/') ||
          ['valibot', 'jose', 'hono', 'kysely', 'webextension-polyfill'].includes(name) ||
          (entry.startsWith('extension/') && (name.startsWith('widgets/') || name === 'lit')),
      );
      expect(forbidden).toEqual([]);
    },
  );
});

describe('a border is a border', () => {
  const violations = (file: string, source: string) => borderViolations(file, importsOf(file, source));

  test.each([
    { file: 'server/app.ts', source: "import { a } from '../widgets/events.ts';" },
    { file: 'server/app.ts', source: "export * from '../extension/messages.ts';" },
    { file: 'server/app.ts', source: "export { a } from '../demo/start.ts';" },
    { file: 'server/app.ts', source: "import type { A } from '../test/support/clock.ts';" },
    { file: 'widgets/events.ts', source: "const a = await import('../server/app.ts');" },
    { file: 'widgets/events.ts', source: "let a: import('../server/app.ts').App;" },
    { file: 'widgets/events.ts', source: "import '../extension/messages.ts';" },
    { file: 'widgets/events.ts', source: "import * as v from 'valibot';" },
    { file: 'widgets/events.ts', source: "import { type GenericSchema } from 'valibot';" },
    { file: 'widgets/events.ts', source: "import { a } from 'node:fs';" },
    { file: 'widgets/events.ts', source: "import { openDB } from 'idb';" },
    { file: 'widgets/events.ts', source: 'const a = await import(name);' },
    { file: 'widgets/events.ts', source: "import { accountSchema } from '../shared/protocol/schemas.ts';" },
    { file: 'extension/content-script/main.ts', source: "import '../../widgets/points-badge/define.ts';" },
    { file: 'extension/service-worker/main.ts', source: "import '../../widgets/points-badge/define.ts';" },
    { file: 'extension/popup/popup.ts', source: "import browser from 'webextension-polyfill';" },
    { file: 'extension/popup/popup.ts', source: "import '../../server/main.ts';" },
    { file: 'extension/storage/records.ts', source: "const v = require('valibot');" },
    { file: 'demo/shop/app.ts', source: "import { post } from '../../server/ledger/commands/post-order.ts';" },
    { file: 'shared/format/points.ts', source: "import { a } from '../../server/app.ts';" },
    { file: 'shared/format/points.ts', source: "import { readFileSync } from 'node:fs';" },
    { file: 'shared/protocol/api.ts', source: "import * as v from 'valibot';" },
    { file: 'shared/domain/lots.ts', source: "import { a } from '../protocol/names.ts';" },
    { file: 'shared/domain/lots.ts', source: "import type { A } from 'kysely';" },
  ])('$file may not: $source', ({ file, source }) => {
    expect(violations(file, source)).toHaveLength(1);
  });

  test.each([
    { file: 'server/app.ts', source: "import { lots } from '../shared/domain/lots.ts'; import * as v from 'valibot';" },
    { file: 'shared/protocol/schemas.ts', source: "import * as v from 'valibot';" },
    { file: 'shared/protocol/api.ts', source: "import type { InferOutput } from 'valibot';" },
    { file: 'widgets/events.ts', source: "import { LitElement } from 'lit'; import '../shared/format/points.ts';" },
    { file: 'widgets/events.ts', source: "import type { Account } from '../shared/protocol/api.ts';" },
    { file: 'extension/popup/popup.ts', source: "import '../../widgets/points-badge/define.ts';" },
    { file: 'shared/look/build-tokens.ts', source: "import { writeFileSync } from 'node:fs';" },
    { file: 'extension/browser.ts', source: "import browser from 'webextension-polyfill';" },
    { file: 'test/unit/a.test.ts', source: "import '../../server/app.ts'; import '../../demo/start.ts';" },
  ])('$file may: $source', ({ file, source }) => {
    expect(violations(file, source)).toEqual([]);
  });

  test('text that only looks like an import is none', () => {
    expect(importsOf('widgets/a.ts', "const s = `import '../server/app.ts'`; // import '../server/app.ts'")).toEqual(
      [],
    );
  });

  test('a file that does not parse is an error', () => {
    expect(() => importsOf('widgets/a.ts', 'import {')).toThrow(/widgets\/a\.ts/);
  });

  test('what is loaded is followed from file to file, types are not', () => {
    const imports = new Map([
      ['a/1.ts', importsOf('a/1.ts', "import './2.ts'; import type { T } from './4.ts';")],
      ['a/2.ts', importsOf('a/2.ts', "export const three = () => import('./3.ts');")],
      ['a/3.ts', importsOf('a/3.ts', "import './1.ts'; import 'lit/directives/live.js';")],
    ]);
    expect([...reachOf('a/1.ts', imports)].toSorted()).toEqual(['a/1.ts', 'a/2.ts', 'a/3.ts', 'lit']);
  });
});

describe('the domain is pure', () => {
  test.each([
    ['const now = Date.now();', 'Date.now'],
    ['const now = new Date();', 'the current Date'],
    ['const now = Date();', 'the current Date'],
    ['const id = Math.random();', 'Math.random'],
    ['export const read = () => fetch("/");', 'fetch'],
    ['document.title = "";', 'document'],
    ['const env = process.env;', 'process'],
    ['export const wait = { crypto };', 'crypto'],
    ['console.log(1);', 'console'],
  ])('%s is not', (source, what) => {
    expect(impurities('shared/domain/a.ts', source)).toEqual([what]);
  });

  test.each([
    'export const day = (instant: number) => new Date(instant).getUTCDay();',
    'export const a = (member: { location: string; process: number }) => member.location;',
    'export const a = Date.parse("2026-01-01"); export const b = Math.max(1, 2);',
    'export interface A { readonly document: string }',
    'export const a = { fetch: 1 };',
  ])('%s is', (source) => {
    expect(impurities('shared/domain/a.ts', source)).toEqual([]);
  });
});
