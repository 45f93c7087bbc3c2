import { type AstNode, parseSource, walk } from './source-files.ts';

/** What the domain may not touch: a clock, chance, the network, the page, the machine. */
const IMPURE_GLOBALS: ReadonlySet<string> = new Set([
  'document',
  'window',
  'self',
  'navigator',
  'location',
  'localStorage',
  'sessionStorage',
  'indexedDB',
  'fetch',
  'XMLHttpRequest',
  'WebSocket',
  'setTimeout',
  'setInterval',
  'queueMicrotask',
  'requestAnimationFrame',
  'performance',
  'crypto',
  'console',
  'process',
  'Buffer',
  'global',
  'globalThis',
  'chrome',
  'browser',
]);

const IMPURE_MEMBERS: ReadonlySet<string> = new Set(['Date.now', 'Math.random', 'Temporal.Now']);

const nameOfIdentifier = (node: unknown): string | null =>
  (node as AstNode | null)?.type === 'Identifier' ? String((node as AstNode)['name']) : null;

/** Whether an identifier is a name that was given here (a property, a key, a parameter) rather than a use of a global. */
function isOwnName(node: AstNode, parent: AstNode | null): boolean {
  if (parent === null) return false;
  if (parent.type === 'MemberExpression') return parent['property'] === node && parent['computed'] !== true;
  if (parent.type === 'Property') return parent['key'] === node && parent['shorthand'] !== true;
  return parent.type.startsWith('TS') || parent['key'] === node;
}

/** What makes a source impure, each once. */
export function impurities(file: string, text: string): string[] {
  const found = new Set<string>();
  walk(parseSource(file, text), (node, parent) => {
    if (node.type === 'Identifier') {
      const name = String(node['name']);
      if (IMPURE_GLOBALS.has(name) && !isOwnName(node, parent)) found.add(name);
    }
    if (node.type === 'MemberExpression') {
      const object = nameOfIdentifier(node['object']);
      const property = node['computed'] === true ? null : nameOfIdentifier(node['property']);
      if (object && property && IMPURE_MEMBERS.has(`${object}.${property}`)) found.add(`${object}.${property}`);
    }
    if (node.type === 'NewExpression' || node.type === 'CallExpression') {
      const isDate = nameOfIdentifier(node['callee']) === 'Date';
      const hasArguments = (node['arguments'] as unknown[]).length > 0;
      if (isDate && (node.type === 'CallExpression' || !hasArguments)) found.add('the current Date');
    }
  });
  return [...found].toSorted();
}
