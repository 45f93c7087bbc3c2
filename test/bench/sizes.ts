import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { type AstNode, importsOf, parseSource, root, textOf, walk } from '../repo/source-files.ts';
import { type Budget, budgets } from './budgets.ts';

/**
 * Weighs what the build made against the byte budgets: `npm run build`, then `npm run size`. What a page needs is followed
 * from file to file, as the browser would load it.
 */

const widgets = join(root, 'dist/widgets');
const LOADER = 'laurel.js';
/** The one "simple element" of which the others are compared; the survey has a budget of its own. */
const FIRST = 'laurel-points-badge';
const SURVEY = 'laurel-survey';

const read = (file: string): string => readFileSync(join(widgets, file), 'utf8');
const brotli = (text: string): number =>
  brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }).length;

const resolve = (from: string, specifier: string): string =>
  posix.normalize(posix.join(posix.dirname(from), specifier));

/** The file and everything it imports before it can run. */
function withStaticImports(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const text = read(file);
  const dynamic = new Set(dynamicImports(file, text));
  for (const { specifier } of importsOf(file, text)) {
    if (specifier === null) throw new Error(`${file} imports something computed`);
    const target = resolve(file, specifier);
    if (!dynamic.has(target)) withStaticImports(target, found);
  }
  return found;
}

function dynamicImports(file: string, text: string): string[] {
  const found: string[] = [];
  walk(parseSource(file, text), (node) => {
    const specifier = node.type === 'ImportExpression' ? textOf(node['source']) : null;
    if (specifier !== null) found.push(resolve(file, specifier));
  });
  return found;
}

/** The module that the loader loads for each element, by tag. */
function elementModules(): Map<string, string> {
  const found = new Map<string, string>();
  walk(parseSource(LOADER, read(LOADER)), (node) => {
    if (node.type !== 'Property') return;
    const tag = textOf(node['key']);
    if (!tag?.startsWith('laurel-')) return;
    walk(node['value'] as AstNode, (inner) => {
      const specifier = inner.type === 'ImportExpression' ? textOf(inner['source']) : null;
      if (specifier !== null) found.set(tag, resolve(LOADER, specifier));
    });
  });
  return found;
}

const weigh = (files: Iterable<string>): number => [...files].reduce((sum, file) => sum + brotli(read(file)), 0);

let isWithin = true;

function report(budget: Budget, bytes: number, note = ''): void {
  const state = bytes > budget.must ? '✗' : bytes > budget.aim ? '·' : '✓';
  isWithin &&= bytes <= budget.must;
  const figure = (value: number) => value.toLocaleString('en').padStart(7);
  console.log(
    `${state} ${figure(bytes)} B ${budget.unit.padEnd(6)}  must ${figure(budget.must)}  aim ${figure(budget.aim)}  ${budget.what}${note}`,
  );
  if (bytes > budget.must) console.log(`  over by ${bytes - budget.must} B: ${budget.reason}`);
}

function weighWidgets(): void {
  const modules = elementModules();
  const loader = withStaticImports(LOADER);
  const until = (tag: string): Set<string> => {
    const file = modules.get(tag);
    if (!file) throw new Error(`laurel.js loads no module for <${tag}>`);
    return new Set([...loader, ...withStaticImports(file)]);
  };
  report(budgets.loader, weigh(loader));
  const first = until(FIRST);
  report(budgets.firstBadge, weigh(first));
  for (const tag of modules.keys()) {
    if (tag !== FIRST && tag !== SURVEY)
      report(budgets.furtherElement, weigh([...until(tag)].filter((file) => !first.has(file))), `: <${tag}>`);
  }
  report(budgets.survey, weigh(until(SURVEY)));
  // What the loader itself may load, at once or later; only elements load languages.
  const kit = new Set([
    ...loader,
    ...dynamicImports(LOADER, read(LOADER)).flatMap((file) => [...withStaticImports(file)]),
  ]);
  report(budgets.kit, brotli([...kit].map(read).join('\n')));
}

if (existsSync(join(widgets, LOADER))) weighWidgets();
else {
  console.error('dist/widgets is missing: npm run build');
  isWithin = false;
}
for (const target of ['chrome', 'firefox']) {
  const file = join(root, `dist/extension-${target}/content-script.js`);
  if (existsSync(file)) report(budgets.contentScript, readFileSync(file).length, ` (${target})`);
  else {
    console.error(`${file} is missing: npm run build`);
    isWithin = false;
  }
}
if (!isWithin) process.exitCode = 1;
