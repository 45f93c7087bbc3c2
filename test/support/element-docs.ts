import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'vite';
import { type AstNode, projectFiles, readProjectFile, root, textOf, walk } from '../repo/source-files.ts';

/**
 * Writes `docs/elements.md` from the elements themselves: what their docblocks say, and the attributes that they read.
 * `npm run docs` after a change, which writes `docs/api.md` as well; a test fails while the file is stale.
 */

export const ELEMENTS_FILE = 'docs/elements.md';

interface Attribute {
  readonly name: string;
  readonly kind: string;
  readonly meaning: string;
}

interface ElementDocs {
  readonly tag: string;
  readonly description: string;
  readonly tags: readonly { readonly name: string; readonly text: string }[];
  readonly attributes: readonly Attribute[];
}

/** How an attribute is written, by the function that reads it. */
const KINDS: Readonly<Record<string, string>> = { text: 'text', whole: 'whole number', flag: 'present or not' };

/** The text of the docblock that ends where `node` begins, without its stars. */
function docblockBefore(source: string, node: AstNode): string {
  const before = source.slice(0, node['start'] as number).trimEnd();
  const end = before.replace(/\bexport(?:\s+abstract)?$/, '').trimEnd();
  const start = end.endsWith('*/') ? end.lastIndexOf('/**') : -1;
  if (start < 0) return '';
  return end
    .slice(start + 3, -2)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}

function parse(file: string): { source: string; program: AstNode } {
  const source = readProjectFile(file);
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  return { source, program: program as unknown as AstNode };
}

function nameOf(node: unknown): string {
  const name = (node as AstNode | null)?.['name'];
  return typeof name === 'string' ? name : '';
}

/** What a class declares as inputs, with the docblock of the property of the same name. */
function attributesOf(source: string, classNode: AstNode): Attribute[] {
  const members = (classNode['body'] as AstNode)['body'] as AstNode[];
  const docs = new Map(members.map((member) => [nameOf(member['key']), docblockBefore(source, member)]));
  const inputs = members.find((member) => nameOf(member['key']) === 'inputs')?.['value'] as AstNode | undefined;
  return ((inputs?.['properties'] ?? []) as AstNode[]).flatMap((property) => {
    const call = property['value'] as AstNode | undefined;
    if (call?.type !== 'CallExpression') return [];
    const kind = KINDS[nameOf(call['callee'])];
    const name = textOf((call['arguments'] as unknown[])[0]);
    if (!kind || !name) return [];
    const meaning = (docs.get(nameOf(property['key'])) ?? '').replaceAll(/\s+/g, ' ');
    return [{ name, kind, meaning }];
  });
}

function classesOf(file: string): { source: string; node: AstNode }[] {
  const { source, program } = parse(file);
  const found: { source: string; node: AstNode }[] = [];
  walk(program, (node) => {
    if (node.type === 'ClassDeclaration') found.push({ source, node });
  });
  return found;
}

function documentElement(tag: string, folder: string, shared: readonly Attribute[]): ElementDocs {
  const file = `${folder}/${folder.split('/').at(-1)}.ts`;
  const found = classesOf(file).find(({ source, node }) => docblockBefore(source, node).includes('@summary'));
  if (!found) throw new Error(`${file}: the class of <${tag}> has no docblock with @summary`);
  const block = docblockBefore(found.source, found.node);
  const [description = '', ...rest] = block.split(/\n\s*@/);
  const tags = rest.map((entry) => {
    const [, name = '', text = ''] = /^(\w+)\s*([\s\S]*)$/.exec(entry.replaceAll(/\s+/g, ' ').trim()) ?? [];
    return { name, text };
  });
  return {
    tag,
    description: description.replaceAll(/\s+/g, ' ').trim(),
    tags,
    attributes: [...attributesOf(found.source, found.node), ...shared],
  };
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');

/** Splits `name - meaning`, `{Type} name - meaning` and `[name=default] - meaning`. */
function namedRow(text: string): [string, string, string] {
  const [, name = '', initial = '', meaning = ''] =
    /^(?:\{[^}]*\} )?\[?([\w-]+)(?:=([^\]]*))?\]? - (.*)$/.exec(text) ?? [];
  return [`\`${name}\``, initial === '' ? '' : `\`${initial}\``, meaning];
}

function section({ tag, description, tags, attributes }: ElementDocs): string {
  const named = (name: string) => tags.filter((entry) => entry.name === name).map(({ text }) => namedRow(text));
  const slot = tags.find(({ name }) => name === 'slot')?.text.replace(/^- /, '') ?? '';
  const blocks = [
    `## \`<${tag}>\``,
    description,
    `**Content**: ${slot}`,
    table(
      ['attribute', 'is', 'means'],
      attributes.map(({ name, kind, meaning }) => [`\`${name}\``, kind, meaning]),
    ),
  ];
  const events = named('fires');
  const parts = named('csspart');
  const properties = named('cssproperty');
  if (events.length > 0)
    blocks.push(
      table(
        ['event', 'when'],
        events.map(([name, , meaning]) => [name, meaning]),
      ),
    );
  if (parts.length > 0)
    blocks.push(
      table(
        ['part', 'is'],
        parts.map(([name, , meaning]) => [name, meaning]),
      ),
    );
  if (properties.length > 0) blocks.push(table(['custom property', 'default', 'sets'], properties));
  return blocks.join('\n\n');
}

/** The whole document, from the sources as they are now. */
export function elementsDocument(): string {
  const [base] = classesOf('widgets/internal/element.ts');
  if (!base) throw new Error('widgets/internal/element.ts holds no class');
  const shared = attributesOf(base.source, base.node);
  const elements = projectFiles()
    .filter((file) => /^widgets\/(?!internal\/)[^/]+\/define\.ts$/.test(file))
    .flatMap((file) =>
      [...readProjectFile(file).matchAll(/\bdefine\(\s*'(laurel-[a-z-]+)'/g)].map(([, tag = '']) =>
        documentElement(tag, file.replace('/define.ts', ''), shared),
      ),
    );
  return `${[
    '# Elements',
    'Every element takes its data from `laurel.js` on the page; without it, from its own attributes. What stands inside an\nelement is shown until the data is there, where scripts do not run, and when nobody is signed in. Custom properties set the\nlook, and parts style one inner piece: `laurel-points-badge::part(value) { font-weight: 700 }`.',
    'This page is made from the sources by `npm run docs`.',
    ...elements.map(section),
  ].join('\n\n')}\n`;
}

function write(file: string, text: string): void {
  const path = join(root, file);
  let before = '';
  try {
    before = readFileSync(path, 'utf8');
  } catch {
    // The first time.
  }
  if (text !== before) writeFileSync(path, text);
  console.log(text === before ? `${file} is as it should be` : `${file} is new`);
}

if (import.meta.main) {
  const { API_FILE, currentApiDocument } = await import('./api-docs.ts');
  write(ELEMENTS_FILE, elementsDocument());
  write(API_FILE, await currentApiDocument());
}
