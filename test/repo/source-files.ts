import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'vite';

/** The repository as its own tests see it: every file that git would keep, and what the code in it imports and calls. */

export const root = join(import.meta.dirname, '../..');

/** Paths from the root of all files that are tracked or could be, without what `.gitignore` names. */
export function projectFiles(): string[] {
  // The checkout may belong to another user than the one who runs the checks.
  const list = (...args: string[]) =>
    execFileSync('git', ['-c', 'safe.directory=*', 'ls-files', '-z', ...args], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    }).split('\0');
  const deleted = new Set(list('--deleted'));
  return list('--cached', '--others', '--exclude-standard')
    .filter((file) => file !== '' && !deleted.has(file))
    .toSorted();
}

/** The text of one file of the repository. */
export const readProjectFile = (file: string): string => readFileSync(join(root, file), 'utf8');

/** TypeScript and JavaScript. */
export const isCode = (file: string): boolean => /\.[cm]?[jt]s$/.test(file);

export interface Import {
  /** As written; null where it is computed while the program runs. */
  readonly specifier: string | null;
  /** Leaves nothing in the output. `import { type A }` does leave an import behind, `import type { A }` does not. */
  readonly isTypeOnly: boolean;
}

export interface AstNode {
  readonly type: string;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is AstNode =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

/** Parses a source file; a file that does not parse is a failure, never a file without imports. */
export function parseSource(file: string, text: string): AstNode {
  const { program, errors } = parseSync(file, text);
  const [error] = errors;
  if (error) throw new Error(`${file}: ${error.message}`);
  return program as unknown as AstNode;
}

/** Visits every node below `node`, parents first. */
export function walk(
  node: AstNode,
  visit: (node: AstNode, parent: AstNode | null) => void,
  parent: AstNode | null = null,
): void {
  visit(node, parent);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, visit, node);
    }
  }
}

/** The text of a literal or of a template without expressions; null for anything computed. */
export function textOf(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node.type === 'Literal' && typeof node['value'] === 'string') return node['value'];
  if (node.type === 'TSLiteralType') return textOf(node['literal']);
  if (node.type === 'TemplateLiteral') {
    const [quasi, ...more] = node['quasis'] as { value: { cooked: string } }[];
    return quasi && more.length === 0 ? quasi.value.cooked : null;
  }
  return null;
}

/** Everything a file imports, in whatever way: static, re-exported, dynamic, `require`, and types by `import('…')`. */
export function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  walk(parseSource(file, text), (node) => {
    switch (node.type) {
      case 'ImportDeclaration':
        found.push({ specifier: textOf(node['source']), isTypeOnly: node['importKind'] === 'type' });
        break;
      case 'ExportAllDeclaration':
      case 'ExportNamedDeclaration':
        if (node['source'])
          found.push({ specifier: textOf(node['source']), isTypeOnly: node['exportKind'] === 'type' });
        break;
      case 'ImportExpression':
        found.push({ specifier: textOf(node['source']), isTypeOnly: false });
        break;
      case 'TSImportType':
        found.push({ specifier: textOf(node['source'] ?? node['argument']), isTypeOnly: true });
        break;
      case 'TSExternalModuleReference':
        found.push({ specifier: textOf(node['expression']), isTypeOnly: false });
        break;
      case 'CallExpression': {
        const callee = node['callee'] as AstNode;
        if (callee.type === 'Identifier' && callee['name'] === 'require') {
          found.push({ specifier: textOf((node['arguments'] as unknown[])[0]), isTypeOnly: false });
        }
      }
    }
  });
  return found;
}
