import { describe, expect, test } from 'vitest';
import { importsOf, isCode, projectFiles, readProjectFile } from './source-files.ts';

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly optionalDependencies: Record<string, string>;
  readonly scripts: Record<string, string>;
  readonly bin: Record<string, string>;
}

interface Lock {
  readonly packages: Record<string, { version?: string; resolved?: string; integrity?: string; link?: boolean }>;
}

const manifest = JSON.parse(readProjectFile('package.json')) as Manifest;
const lock = JSON.parse(readProjectFile('package-lock.json')) as Lock;
const wanted = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };

describe('dependencies', () => {
  test('are named by their exact version, which is the one that is locked', () => {
    for (const [name, version] of Object.entries(wanted)) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/);
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
    }
  });

  test('are locked by their content and by no address', () => {
    const entries = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(entries.length).toBeGreaterThan(100);
    expect(entries.filter(([, entry]) => !entry.integrity && !entry.link).map(([path]) => path)).toEqual([]);
    expect(entries.filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path)).toEqual([]);
  });

  // Each more is one more to trust and to keep: adding one is an edit here.
  test.each([
    { room: 'shared', packages: ['valibot'] },
    { room: 'widgets', packages: ['lit'] },
    { room: 'extension', packages: ['idb', 'jose', 'lit', 'webextension-polyfill'] },
    {
      room: 'server',
      packages: ['@valibot/to-json-schema', 'csv-parse', 'hono', 'jose', 'kysely', 'pg', 'valibot'],
    },
    { room: 'demo', packages: ['@hono/node-server', 'hono', 'jose'] },
  ])('$room/ runs on $packages alone', ({ room, packages }) => {
    const used = projectFiles()
      .filter((file) => isCode(file) && file.startsWith(`${room}/`))
      .flatMap((file) => importsOf(file, readProjectFile(file)))
      .flatMap(({ specifier, isTypeOnly }) => (specifier === null || isTypeOnly ? [] : [specifier]))
      .filter((specifier) => !/^(?:\.|node:|virtual:)/.test(specifier))
      .map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier);
    expect([...new Set(used)].filter((name) => !packages.includes(name))).toEqual([]);
  });

  test('that run in a shop or a wallet are no development dependencies', () => {
    const rooms = ['shared/', 'widgets/', 'extension/', 'server/', 'demo/'];
    const used = projectFiles()
      .filter((file) => isCode(file) && rooms.some((room) => file.startsWith(room)) && !file.includes('/build'))
      .flatMap((file) => importsOf(file, readProjectFile(file)))
      .flatMap(({ specifier, isTypeOnly }) => (specifier === null || isTypeOnly ? [] : [specifier]));
    const development = Object.keys(manifest.devDependencies);
    expect(used.filter((name) => development.some((own) => name === own || name.startsWith(`${own}/`)))).toEqual([]);
  });
});

describe('commands', () => {
  test('the README and the documents name only scripts that exist', () => {
    const documents = projectFiles().filter((file) => file.endsWith('.md'));
    const known = new Set([...Object.keys(manifest.scripts), 'ci', 'install']);
    const unknown = documents.flatMap((file) =>
      [...readProjectFile(file).matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)]
        .map(([, name = '']) => name)
        .filter((name) => !known.has(name))
        .map((name) => `${file}: npm run ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  test('every file that a script runs is there', () => {
    const files = new Set(projectFiles());
    const named = Object.values(manifest.scripts).flatMap((script) => script.match(/\b[\w/-]+\.ts\b/g) ?? []);
    expect(named.length).toBeGreaterThan(0);
    expect([...named, ...Object.values(manifest.bin)].filter((file) => !files.has(file))).toEqual([]);
  });

  test('the command of merchants can be run as a program', () => {
    for (const file of Object.values(manifest.bin)) {
      expect(readProjectFile(file).split('\n')[0]).toBe('#!/usr/bin/env node');
    }
  });
});
