import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { jwtVerify } from 'jose';
import * as v from 'valibot';
import { describe, expect, test, vi } from 'vitest';
import { readCsv } from '../../server/import/read-csv.ts';
import { orderSchema, programSchema, refundSchema } from '../../shared/protocol/schemas.ts';
import { projectFiles, readProjectFile, root } from './source-files.ts';

const documents = projectFiles().filter((file) => file.endsWith('.md'));

/** The anchor that a heading gets where Markdown is shown. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

const anchorsIn = (text: string): Set<string> =>
  new Set([...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)));

/** Links of a document to files and headings of the repository that are not there. */
function brokenLinks(file: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : join(dirname(file), path);
    if (!existsSync(join(root, target))) return true;
    return (
      anchor !== undefined &&
      target.endsWith('.md') &&
      !anchorsIn(path === '' ? text : readProjectFile(target)).has(anchor)
    );
  });
}

describe('documents', () => {
  test('link only to what is there', () => {
    expect(
      documents.flatMap((file) => brokenLinks(file, readProjectFile(file)).map((link) => `${file}: ${link}`)),
    ).toEqual([]);
  });

  test('a link to nothing is found', () => {
    expect(brokenLinks('README.md', '[a](docs/none.md) [b](LICENSE) [c](https://example.com) [d](#none)')).toEqual([
      'docs/none.md',
      '#none',
    ]);
  });

  test('the README fits on two screens', () => {
    expect(readProjectFile('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(120);
  });

  test('the changelog has a section for the version in hand', () => {
    const { version } = JSON.parse(readProjectFile('package.json')) as { version: string };
    const sections = [...readProjectFile('CHANGELOG.md').matchAll(/^## (?:\[)?(\d+\.\d+\.\d+|Unreleased)/gm)].map(
      ([, name]) => name,
    );
    expect([version, 'Unreleased']).toContain(sections[0]);
    expect(sections).toContain(version);
  });
});

/** The JSON bodies that the documents give to curl. */
const curlBodies = (text: string): { path: string; body: unknown }[] =>
  [...text.matchAll(/curl \S+?(\/v1\/\S+) [\s\S]*?-d '([\s\S]*?)'/g)].map(([, path = '', body = '']) => ({
    path,
    body: JSON.parse(body) as unknown,
  }));

describe('examples in the documents', () => {
  test.each(['README.md', 'docs/install.md'])('the orders and refunds of %s are what the API takes', (file) => {
    const calls = curlBodies(readProjectFile(file));
    expect(calls.length).toBeGreaterThan(0);
    for (const { path, body } of calls) {
      const schema = path.endsWith('/refunds') ? refundSchema : orderSchema;
      expect(v.safeParse(schema, body).issues, path).toBeUndefined();
    }
  });

  test('the program of docs/install.md is valid', () => {
    const [, json = ''] = /```json\n([\s\S]*?)```/.exec(readProjectFile('docs/install.md')) ?? [];
    expect(v.safeParse(programSchema, JSON.parse(json)).issues).toBeUndefined();
  });

  test('the CSV of docs/install.md is read without a fault', async () => {
    const [, csv = ''] = /```csv\n([\s\S]*?)```/.exec(readProjectFile('docs/install.md')) ?? [];
    const items = [];
    for await (const item of readCsv(Readable.from([csv]), { timeZone: 'Europe/Berlin' })) items.push(item);
    expect(items).toEqual([expect.objectContaining({ order: expect.objectContaining({ id: '1001' }) })]);
  });

  test('the code of docs/install.md signs what the server asks for', async () => {
    const [, code = ''] = /```js\n([\s\S]*?)```/.exec(readProjectFile('docs/install.md')) ?? [];
    const folder = mkdtempSync(join(tmpdir(), 'laurel-docs-'));
    const memberKey = 'lrl_mk_0966660bd86d1227_BqfCqUkJzbSUogfdkFjz2t73MYYrLpHTxEzGTGMoYds';
    vi.stubEnv('LAUREL_MEMBER_KEY', memberKey);
    try {
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
      writeFileSync(join(folder, 'token.mjs'), code);
      const { loyaltyToken } = (await import(join(folder, 'token.mjs'))) as {
        loyaltyToken(customerId: string): Promise<string>;
      };
      const { payload, protectedHeader } = await jwtVerify(
        await loyaltyToken('customer-7'),
        new TextEncoder().encode(memberKey),
        { algorithms: ['HS256'], issuer: 'com.shop.rewards', audience: 'https://points.shop.example' },
      );
      expect(protectedHeader.kid).toBe('0966660bd86d1227');
      expect(payload.sub).toBe('customer-7');
      expect(payload.jti).toBeTruthy();
      expect((payload.exp ?? Infinity) - (payload.iat ?? 0)).toBeLessThanOrEqual(300);
    } finally {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    }
  });
});
