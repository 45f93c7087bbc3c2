import { beforeAll, describe, expect, test, vi } from 'vitest';
import { TABLES } from '../../server/backup/catalog.ts';
import type * as BatchModule from '../../server/database/batch.ts';
import type { Batch, Lookup } from '../../server/database/batch.ts';
import type * as StatementModule from '../../server/database/statement.ts';
import type { Compiled, Dialect, Statement } from '../../server/database/statement.ts';
import { isCode, projectFiles, readProjectFile } from './source-files.ts';
import { portabilityFaults, TABLES_WITHOUT_PROGRAM } from './sql.ts';

const declared = vi.hoisted(() => ({
  statements: [] as Statement<unknown>[],
  lookups: [] as Lookup<unknown>[],
  batches: [] as Batch[],
}));

// Every statement is declared by one of these functions, so whoever stands in their place sees all of them.
vi.mock('../../server/database/statement.ts', async (original) => {
  const module = await original<typeof StatementModule>();
  const statement: typeof module.statement = (build) => {
    const made = module.statement(build);
    declared.statements.push(made);
    return made;
  };
  return { ...module, statement };
});
vi.mock('../../server/database/batch.ts', async (original) => {
  const module = await original<typeof BatchModule>();
  const lookup: typeof module.lookup = (build) => {
    const made = module.lookup(build);
    declared.lookups.push(made as Lookup<unknown>);
    return made;
  };
  const insertBatch: typeof module.insertBatch = (...parts) => {
    const made = module.insertBatch(...parts);
    declared.batches.push(made);
    return made;
  };
  return { ...module, lookup, insertBatch };
});

/** What runs as soon as it is read: the command, and what belongs into a thread of its own. */
const STARTS = /^server\/laurel\.ts$|-thread\.ts$/;
/** Where the size of a batch ends. */
const BATCH_SIZE = 128;
/** SQLite takes no more parameters in a statement; PostgreSQL takes twice as many. */
const PARAMETER_COUNT_MAX = 32_766;
/** Functions that all engines have, with the same outcome. */
const FUNCTIONS = ['count', 'sum', 'min', 'max', 'coalesce', 'replace', 'values', 'in', 'exists'];

let texts: { readonly sqlite: string; readonly postgres: string; readonly parameterCount: number }[];

beforeAll(async () => {
  const files = projectFiles().filter((file) => isCode(file) && file.startsWith('server/') && !STARTS.test(file));
  // First of all, and so apart: a backup reads every table from its first row to its last.
  await import('../../server/backup/table-statements.ts');
  const ofBackup = declared.statements.length;
  for (const file of files) await import(/* @vite-ignore */ `../../${file}`);
  const compiled = (compile: (dialect: Dialect) => Compiled) => ({
    sqlite: compile('sqlite').text,
    postgres: compile('postgres').text,
    parameterCount: compile('postgres').parameterNames.length,
  });
  // Those of the list, not those that making the texts of lookups and batches adds to it.
  const single = declared.statements
    .slice(ofBackup)
    .map((statement) => compiled((dialect) => statement.compile(dialect)));
  texts = [
    ...single,
    ...declared.lookups.flatMap((lookup) =>
      [2, BATCH_SIZE].map((size) => compiled((dialect) => lookup.statement(size).compile(dialect))),
    ),
    ...declared.batches.flatMap((batch) =>
      [2, BATCH_SIZE].map((size) => compiled((dialect) => batch.compile(dialect, size))),
    ),
  ];
}, 60_000);

/** Faults of all statements, each once. */
const faultsBy = (find: (text: string) => readonly string[] | string | null): string[] => [
  ...new Set(
    texts.flatMap(({ postgres }) => [find(postgres) ?? []].flat().map((why) => `${why}: ${postgres.slice(0, 300)}`)),
  ),
];

const tableOf = (text: string): string => /(?:from|into|update) "(\w+)"/.exec(text)?.[1] ?? '';

describe('every statement that the server declares', () => {
  test('is seen here', () => {
    expect(declared.statements.length).toBeGreaterThan(50);
    expect(declared.lookups.length).toBeGreaterThan(5);
    expect(declared.batches.length).toBeGreaterThan(5);
    const seen = new Set(texts.map(({ postgres }) => tableOf(postgres)));
    expect(TABLES.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
  });

  test('is in the portable profile', () => {
    expect(faultsBy(portabilityFaults)).toEqual([]);
  });

  test('is the same text on both stores, but for the names of its parameters', () => {
    const plain = (text: string) => text.replaceAll(/\$\d+/g, '?');
    expect(texts.filter(({ sqlite, postgres }) => plain(postgres) !== sqlite)).toEqual([]);
  });

  test('has no more parameters than every store takes', () => {
    expect(Math.max(...texts.map(({ parameterCount }) => parameterCount))).toBeLessThan(PARAMETER_COUNT_MAX);
  });

  test('asks for one program, so that a sharded engine asks one shard', () => {
    const free = faultsBy((text) =>
      TABLES_WITHOUT_PROGRAM.has(tableOf(text)) ||
      text.startsWith('insert') ||
      /"program_id" = \$\d+|\("program_id", /.test(text)
        ? null
        : `${tableOf(text)} of all programs`,
    );
    expect(
      free
        .map((fault) => fault.split(':')[0])
        .filter((fault) => !OVER_ALL_PROGRAMS.includes(fault?.split(' ')[0] ?? '')),
    ).toEqual([]);
  });

  test('writes to one program', () => {
    const free = faultsBy((text) =>
      /^(?:update|delete)/.test(text) &&
      !TABLES_WITHOUT_PROGRAM.has(tableOf(text)) &&
      !/"program_id" = \$\d+/.test(text)
        ? 'a write to all programs'
        : null,
    );
    expect(free).toEqual([]);
  });

  test('names the whole key where it meets a row that is there already', () => {
    const keys = new Map(TABLES.map(({ name, key }) => [name, key]));
    const faults = faultsBy((text) => {
      const target = /on conflict \(([^)]*)\)/.exec(text)?.[1]?.replaceAll(/["\s]/g, '').split(',');
      return target && target.join() !== keys.get(tableOf(text))?.join() ? `conflict on ${target.join()}` : null;
    });
    expect(faults).toEqual([]);
  });

  test('uses no function, clause or operator that some engine has not or takes otherwise', () => {
    const faults = faultsBy((text) => {
      const called = [...text.matchAll(/\b([a-z_]+)\s*\(/gi)].map(([, name = '']) => name.toLowerCase());
      const unknown = called.filter((name) => !FUNCTIONS.includes(name) && !GRAMMAR.includes(name));
      const clause =
        /\b(?:returning|offset|for update|lateral|distinct on|current_timestamp|ilike|similar to|any\(|with recursive)\b|->|@>|::/i.exec(
          text,
        );
      return [...unknown.map((name) => `${name}()`), ...(clause ? [clause[0]] : [])];
    });
    expect(faults).toEqual([]);
  });

  test('has a page in docs/scaling.md for each table', () => {
    const page = readProjectFile('docs/scaling.md');
    expect(TABLES.map(({ name }) => name).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

/** Words that stand before a parenthesis and call nothing. */
const GRAMMAR = [
  'where',
  'and',
  'or',
  'not',
  'select',
  'from',
  'on',
  'conflict',
  'as',
  'join',
  'union',
  'values',
  'all',
  'set',
  'limit',
];

/** Tables of which something is asked over all programs: by operators and once a tick, never by a request of a member. */
const OVER_ALL_PROGRAMS: readonly string[] = ['program_versions', 'members', 'schema_migrations', 'sqlite_stat1'];
