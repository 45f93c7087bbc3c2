import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runLaurel } from '../../../server/command-line.ts';
import { COMMANDS } from '../../../server/commands/index.ts';
import { PROGRAM, program, SECRET } from '../../support/server.ts';

describe('the laurel command', () => {
  let folder: string;
  let out: string;
  let err: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'laurel-cli-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function laurel(...args: string[]): Promise<number> {
    out = '';
    err = '';
    return runLaurel(args, {
      environment: { LAUREL_SECRET: SECRET, DATABASE_URL: join(folder, 'data') },
      out: (text) => {
        out += `${text}\n`;
      },
      err: (text) => {
        err += `${text}\n`;
      },
    });
  }
  async function file(name: string, content: unknown): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  test('without a word says what there is', async () => {
    expect(await laurel()).toBe(2);
    for (const { usage, summary } of COMMANDS) {
      expect(out).toContain(usage);
      expect(out).toContain(summary);
    }
    expect(await laurel('--help')).toBe(0);
    expect(out.split('\n').every((line) => line.length <= 110)).toBe(true);
    expect(out).toContain('LAUREL_SECRET');
  });

  test.each(COMMANDS.map(({ usage }) => usage))('"%s" explains itself', async (usage) => {
    const words = usage.split(' ').filter((word) => /^[a-z]/.test(word));
    expect(await laurel(...words, '--help')).toBe(0);
    expect(out).toContain(`Usage: laurel ${usage}`);
  });

  test.each([
    ['nonsense'],
    ['program'],
    ['program', 'check'],
    ['program', 'check', 'a', 'b'],
    ['serve', '--port', '1'],
    ['program', 'keys', '--what'],
  ])('misuse is told from refusal: %s %s %s', async (...args) => {
    expect(await laurel(...args)).toBe(2);
    expect(err).toContain('laurel');
    expect(err).toContain('Usage');
  });

  test('check finds nothing in a sound program', async () => {
    expect(await laurel('program', 'check', await file('p.json', program))).toBe(0);
    expect(out).toContain(`${PROGRAM} is sound`);
  });

  test('check names every fault with its place and what would be right', async () => {
    const faulty = {
      ...program,
      name: 'Example',
      surprise: true,
      more: true,
      earning: {
        rules: [{ id: 'a', kind: 'per_amount', points: 0.5, perMinor: 100, currency: 'euro' }],
        confirmationDelayDays: -1,
      },
    };
    expect(await laurel('program', 'check', await file('p.json', faulty))).toBe(1);
    const lines = err
      .trim()
      .split('\n')
      .map((line) => line.replace(/^.*\.json: /, ''));
    expect(lines.sort()).toEqual(
      [
        '/earning/confirmationDelayDays: expected at least 0',
        '/earning/rules/0/currency: expected an ISO 4217 code such as EUR',
        '/earning/rules/0/points: expected a whole number',
        '/more: expected no field of this name',
        '/name: expected an object',
        '/surprise: expected no field of this name',
        '6 faults',
      ].sort(),
    );
    expect(out).toBe('');
  });

  test.each([
    ['missing.json', null, 'cannot be read (ENOENT)'],
    ['broken.json', '{"id":', 'is not JSON'],
    ['list.json', '[]', 'expected a value'],
  ])('check says what is wrong with %s', async (name, content, words) => {
    const path = content === null ? join(folder, name) : await file(name, content);
    expect(await laurel('program', 'check', path)).toBe(1);
    expect(err).toContain(words);
  });

  test('apply shows the keys of a new program, once', async () => {
    const path = await file('p.json', program);
    expect(await laurel('program', 'apply', path)).toBe(0);
    expect(out).toContain('version 1, in force from');
    expect(out).toMatch(/lrl_sk_[0-9a-f]{24}_[\w-]{43}/);
    expect(out).toMatch(/lrl_mk_[0-9a-f]{24}_[\w-]{43}/);
    expect(await laurel('program', 'apply', path)).toBe(0);
    expect(out).toContain('nothing changed');
    expect(out).not.toContain('lrl_');
    expect(await laurel('program', 'apply', await file('q.json', { ...program, expiry: { kind: 'never' } }))).toBe(0);
    expect(out).toContain('version 2');
    expect(out).not.toContain('lrl_');
  });

  test('apply refuses what check refuses', async () => {
    expect(await laurel('program', 'apply', await file('p.json', { ...program, url: 'x' }))).toBe(1);
    expect(err).toContain('/url');
  });

  test('keys makes, lists and revokes', async () => {
    await laurel('program', 'apply', await file('p.json', program));
    expect(await laurel('program', 'keys', PROGRAM)).toBe(0);
    const keyId = /lrl_sk_([0-9a-f]{24})_/.exec(out)?.[1] ?? '';
    expect(await laurel('program', 'keys', PROGRAM, '--list')).toBe(0);
    expect(out.trim().split('\n')).toHaveLength(4);
    expect(out).not.toContain('lrl_');
    expect(await laurel('program', 'keys', PROGRAM, '--revoke', keyId)).toBe(0);
    expect(await laurel('program', 'keys', PROGRAM, '--revoke', keyId)).toBe(1);
    expect(err).toContain('no such key');
    await laurel('program', 'keys', PROGRAM, '--list');
    expect(out).toMatch(new RegExp(`${keyId} .*revoked`));
    expect(await laurel('program', 'keys', 'com.nobody.here')).toBe(1);
    expect(err).toContain('There is no program of this id');
  });

  test('migrate may be run twice', async () => {
    expect(await laurel('migrate')).toBe(0);
    expect(out).toContain('applied');
    expect(await laurel('migrate')).toBe(0);
    expect(out).toContain('up to date');
  });

  test('settings that cannot be used are told in sentences, without a stack', async () => {
    const lines: string[] = [];
    const terminal = { environment: { PORT: 'x' }, out: () => {}, err: (text: string) => lines.push(text) };
    expect(await runLaurel(['serve'], terminal)).toBe(1);
    expect(lines).toHaveLength(2);
    expect(lines.join('\n')).not.toMatch(/\n\s+at /);
  });

  test('a database that would lose points is refused in a sentence', async () => {
    const lines: string[] = [];
    const environment = { LAUREL_SECRET: SECRET, DATABASE_URL: 'sqlite::memory:', PORT: '0' };
    expect(await runLaurel(['serve'], { environment, out: () => {}, err: (text) => lines.push(text) })).toBe(1);
    expect(lines.join('\n')).toMatch(/^laurel: DATABASE_URL must name a directory/);
  });

  test('jobs run does what is due, says what each did, and lists it', async () => {
    await laurel('program', 'apply', await file('p.json', program));
    expect(await laurel('jobs', 'list')).toBe(0);
    expect(out).toContain(PROGRAM);
    expect(out).toContain('has not run yet');
    expect(await laurel('jobs', 'run')).toBe(0);
    for (const name of ['expiry', 'tier-review', 'confirmation', 'webhook-delivery', 'sweep']) {
      expect(out).toMatch(new RegExp(`${PROGRAM}  ${name} +nothing to do`));
    }
    expect(await laurel('jobs', 'list', '--program', PROGRAM)).toBe(0);
    expect(out).toMatch(/expiry +ran until .*: nothing to do; next from /);
  });

  test('jobs run takes a date, refuses one to come unless told otherwise, and knows its jobs', async () => {
    await laurel('program', 'apply', await file('p.json', program));
    expect(await laurel('jobs', 'run', '--as-of', '2020-01-01', '--only', 'expiry')).toBe(0);
    expect(out.trim().split('\n')).toHaveLength(1);
    expect(await laurel('jobs', 'run', '--as-of', '2099-01-01')).toBe(1);
    expect(err).toContain('has not come yet');
    expect(out).toBe('');
    expect(await laurel('jobs', 'run', '--as-of', '2099-01-01', '--only', 'expiry', '--allow-future')).toBe(0);
    for (const date of ['tomorrow', '2026-02-30', '2026-01-01T00:00:00', '20260101']) {
      expect(await laurel('jobs', 'run', '--as-of', date)).toBe(2);
    }
    expect(await laurel('jobs', 'run', '--only', 'nothing')).toBe(2);
    expect(err).toContain('webhook-delivery');
    expect(await laurel('jobs', 'run', '--program', 'com.unknown.rewards')).toBe(1);
  });
});
