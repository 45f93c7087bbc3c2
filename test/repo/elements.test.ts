import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ELEMENTS_FILE, elementsDocument } from '../support/element-docs.ts';
import { projectFiles, readProjectFile } from './source-files.ts';

const files = projectFiles();

/** Tag and folder of every element that `widgets/` registers. */
const elements = files
  .filter((file) => /^widgets\/(?!internal\/)[^/]+\/define\.ts$/.test(file))
  .flatMap((file) =>
    [...readProjectFile(file).matchAll(/\bdefine\(\s*'(laurel-[a-z-]+)'/g)].map(([, tag = '']) => ({
      tag,
      folder: dirname(file),
    })),
  );

const textOfAll = (isWanted: (file: string) => boolean): string =>
  files.filter(isWanted).map(readProjectFile).join('\n');

test('there are elements to look at', () => {
  expect(elements.length).toBeGreaterThanOrEqual(3);
});

test('docs/elements.md says what the sources say now; npm run docs writes it', () => {
  expect(readProjectFile(ELEMENTS_FILE)).toBe(elementsDocument());
});

test('docs/elements.md leaves no attribute, part, event or property without its meaning', () => {
  const rows = elementsDocument()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.filter((row) => /^\| ``|\|\s*\|$/.test(row))).toEqual([]);
});

describe.each(elements)('<$tag>', ({ tag, folder }) => {
  const name = tag.replace('laurel-', '');
  const source = textOfAll((file) => file.startsWith(`${folder}/`) && file.endsWith('.ts'));

  test('is named like its folder and in the map of tags', () => {
    expect(folder).toBe(`widgets/${name}`);
    expect(source).toContain(`'${tag}': `);
  });

  test('documents itself: what it is, its slot, its parts, its custom properties', () => {
    expect(source).toMatch(/@summary \S/);
    expect(source).toMatch(/@slot /);
    const documented = (kind: string) =>
      [...source.matchAll(new RegExp(`@${kind} \\[?([\\w-]+)`, 'g'))].map(([, what]) => what);
    const parts = [...source.matchAll(/\bpart="([^"$]+)"/g)].flatMap(([, list = '']) => list.split(/\s+/));
    expect(documented('csspart')).toEqual(expect.arrayContaining(parts));
    const own = [...source.matchAll(/var\(\s*(--laurel-[\w-]+)/g)].map(([, property = '']) => property);
    const mine = own.filter((property) => property.startsWith(`--laurel-${name.split('-').at(-1)}-`));
    expect(documented('cssproperty')).toEqual(expect.arrayContaining(mine));
  });

  test('is loaded by laurel.js when it comes near', () => {
    expect(textOfAll((file) => file.startsWith('widgets/loader/'))).toContain(`'${tag}'`);
  });

  test('is tested in browsers, also for accessibility', () => {
    const tests = files.filter((file) => file.startsWith('test/widgets/') && file.endsWith('.test.ts'));
    const own = tests.filter((file) => readProjectFile(file).includes(tag));
    expect(own.length).toBeGreaterThan(0);
    expect(own.some((file) => /axe|accessib/i.test(readProjectFile(file)))).toBe(true);
  });

  test('is used by a demo shop', () => {
    expect(textOfAll((file) => file.startsWith('demo/'))).toContain(`<${tag}`);
  });

  test('stands in the documents', () => {
    expect(readProjectFile('README.md')).toContain(`<${tag}`);
    expect(readProjectFile('docs/install.md')).toContain(`<${tag}`);
  });
});
