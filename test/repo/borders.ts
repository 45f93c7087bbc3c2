import { posix } from 'node:path';
import type { Import } from './source-files.ts';

/**
 * Who may import whom. A rule looks at one import and says what is wrong with it, or nothing. Packages are named as
 * written (`lit`, `node:fs`); files of ours by their path from the root.
 */

/** What the demo may use of the rest: what a merchant's own code could use. */
const PUBLIC_ENTRIES: ReadonlySet<string> = new Set([
  'server/main.ts',
  'server/settings.ts',
  'server/laurel.ts',
  'server/index.ts',
]);

/** The extension's pages; content scripts live in shops' pages, where custom elements do not exist. */
const EXTENSION_PAGES = ['extension/popup/', 'extension/side-panel/', 'extension/options/', 'extension/pages/'];

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  shared: ['shared'],
  server: ['server', 'shared'],
  widgets: ['widgets', 'shared'],
  extension: ['extension', 'shared', 'widgets'],
  demo: ['demo', 'shared', 'server', 'widgets'],
};

const folderOf = (path: string): string => path.split('/')[0] ?? '';
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** The file that a relative import of `file` names, from the root; null for a package. */
export function targetOf(file: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  return posix.normalize(posix.join(posix.dirname(file), specifier.replace(/\?.*$/, '')));
}

/** Makes other files, and is never loaded by a page. */
const isBuildFile = (file: string): boolean => file === 'extension/manifest.ts' || /\/build-[^/]+\.ts$/.test(file);

/** The shapes that the server validates with. */
const isSchema = (file: string): boolean => /^shared\/protocol\/schemas(?:\.ts$|\/)/.test(file);

function wrongPackage(file: string, { isTypeOnly }: Import, name: string): string | null {
  if (file.startsWith('shared/domain/')) return 'the domain is pure: it imports no package';
  if (isTypeOnly) return null;
  const folder = folderOf(file);
  if (name.startsWith('node:') && ['shared', 'widgets', 'extension'].includes(folder) && !isBuildFile(file)) {
    return 'Node is not there in a browser';
  }
  if (name === 'valibot' && folder !== 'server' && !isSchema(file)) {
    return 'valibot weighs too much for a page: only the server and the schemas use it';
  }
  if (name === 'webextension-polyfill' && file !== 'extension/browser.ts') {
    return 'browser calls go through extension/browser.ts';
  }
  if (folder === 'widgets' && name !== 'lit') return 'a shop page gets nothing but Lit';
  return null;
}

function wrongFile(file: string, { isTypeOnly }: Import, target: string): string | null {
  const from = folderOf(file);
  const to = folderOf(target);
  if (to === 'test') return 'nothing imports the tests';
  if (to === 'demo' && from !== 'demo') return 'nothing imports the demo';
  const allowed = MAY_IMPORT[from];
  if (allowed && !allowed.includes(to)) return `${from}/ may import only ${allowed.join('/, ')}/`;
  if (file.startsWith('shared/domain/') && !target.startsWith('shared/domain/')) {
    return 'the domain imports nothing outside itself';
  }
  if (from === 'extension' && to === 'widgets' && !EXTENSION_PAGES.some((page) => file.startsWith(page))) {
    return "only the extension's pages use widgets";
  }
  if (from === 'demo' && (to === 'server' || to === 'widgets') && !PUBLIC_ENTRIES.has(target)) {
    return 'the demo uses public entries only';
  }
  if (isSchema(target) && from !== 'server' && !isSchema(file) && !isTypeOnly) {
    return 'only the server validates with schemas; others take the types of shared/protocol/api.ts';
  }
  return null;
}

/** What is wrong with the imports of one file, a line each. */
export function borderViolations(file: string, imports: readonly Import[]): string[] {
  // Tests may look at everything, and the tools at the root are configured with code of any folder.
  if (file.startsWith('test/') || !file.includes('/')) return [];
  return imports.flatMap((entry) => {
    const { specifier } = entry;
    if (specifier === null) {
      // What a browser loads must be known when it is built; a server may load a module by its path.
      return folderOf(file) === 'server' || folderOf(file) === 'demo' ? [] : [`${file}: imports something computed`];
    }
    const target = targetOf(file, specifier);
    const wrong = target === null ? wrongPackage(file, entry, nameOf(specifier)) : wrongFile(file, entry, target);
    return wrong ? [`${file}: imports ${specifier}: ${wrong}`] : [];
  });
}

const nameOf = (specifier: string): string => (specifier.startsWith('node:') ? specifier : packageOf(specifier));

/** Every file and package that runs when `entry` runs. Types leave nothing behind and are not followed. */
export function reachOf(entry: string, importsByFile: ReadonlyMap<string, readonly Import[]>): Set<string> {
  const reached = new Set<string>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const { specifier, isTypeOnly } of importsByFile.get(file) ?? []) {
      if (specifier !== null && !isTypeOnly) waiting.push(targetOf(file, specifier) ?? nameOf(specifier));
    }
  }
  return reached;
}
