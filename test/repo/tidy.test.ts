import { describe, expect, test } from 'vitest';
import { projectFiles, readProjectFile } from './source-files.ts';
import { isText, untidiness } from './tidy.ts';

test('every file is tidy', () => {
  const files = projectFiles().filter((file) => isText(file) && !file.startsWith('test/repo/tidy'));
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap((file) => untidiness(file, readProjectFile(file)))).toEqual([]);
});

describe('untidiness', () => {
  test.each([
    '// FIXME: later',
    '// TODO: later',
    "const folder = '/home/somebody/laurel';",
    "readFile('/root/data.csv')",
    'see C:\\Users\\somebody',
    'https://registry.npmjs.org/lit',
    '<<<<<<< ours',
  ])('finds %s', (line) => {
    expect(untidiness('server/a.ts', `${line}\n`)).toHaveLength(1);
  });

  test.each([
    '// TODO [2027-01-01]: drop v1 replies',
    "findProgram('/usr/bin/chromium')",
    "app.get('/work', handler)",
    'todo list',
  ])('leaves %s alone', (line) => {
    expect(untidiness('server/a.ts', `${line}\n`)).toEqual([]);
  });

  test('a file ends at 400 lines, a style sheet at 700, a test need not', () => {
    expect(untidiness('demo/a.css', 'a\n'.repeat(700))).toEqual([]);
    expect(untidiness('demo/a.css', 'a\n'.repeat(701))).toHaveLength(1);
    expect(untidiness('server/a.ts', 'a\n'.repeat(400))).toEqual([]);
    expect(untidiness('server/a.ts', 'a\n'.repeat(401))).toHaveLength(1);
    expect(untidiness('test/unit/a.test.ts', 'a\n'.repeat(401))).toEqual([]);
  });
});
