import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodingFor } from '../../../../server/widgets/widget-files.ts';
import { openServer, problemOf, type TestServer } from '../../../support/server.ts';

const LOADER = `export const loader = '${'x'.repeat(2_000)}';`;
const BADGE = `export const badge = '${'y'.repeat(2_000)}';`;

describe('the storefront code', () => {
  let server: TestServer;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'laurel-widgets-'));
    await mkdir(join(folder, 'widgets'));
    await writeFile(join(folder, 'laurel.js'), LOADER);
    await writeFile(join(folder, 'widgets/points-badge-Ab12.js'), BADGE);
    await writeFile(join(folder, 'widgets/.secret.js'), 'secret');
    await writeFile(join(folder, 'widgets/notes.txt'), 'notes');
    server = await openServer('sqlite', { widgets: folder });
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  const raw = (path: string, headers: Record<string, string> = {}) =>
    server.app.request(`https://points.test${path}`, { headers });

  test.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('is sent as %s', async (encoding, decompress) => {
    const answer = await raw('/laurel.js', { 'accept-encoding': encoding });
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(answer.headers.get('content-encoding')).toBe(encoding);
    expect(answer.headers.get('content-length')).toBe(String(bytes.length));
    expect(answer.headers.get('vary')).toBe('Accept-Encoding');
    expect(bytes.length).toBeLessThan(200);
    expect(decompress(bytes).toString()).toBe(LOADER);
  });

  test('is sent plain to a client that takes nothing else', async () => {
    const answer = await raw('/laurel.js');
    expect(answer.headers.has('content-encoding')).toBe(false);
    expect(await answer.text()).toBe(LOADER);
  });

  test.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, br;q=0', 'gzip'],
    ['GZIP;q=0.5', 'gzip'],
    ['gzip;q=0, br;q=0.000', 'identity'],
    ['*', 'identity'],
    ['', 'identity'],
    [undefined, 'identity'],
  ])('accept-encoding %s gets %s', (accepted, encoding) => {
    expect(encodingFor(accepted)).toBe(encoding);
  });

  test('may run on any page: any origin reads it, and nothing guesses its type', async () => {
    const { headers } = await raw('/laurel.js', { origin: 'https://anybody.example' });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('the loader is asked for again soon; what is named by its content never', async () => {
    const loader = await raw('/laurel.js');
    expect(loader.headers.get('cache-control')).toBe('public, max-age=300, stale-while-revalidate=86400');
    const badge = await raw('/widgets/points-badge-Ab12.js');
    expect(badge.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(await badge.text()).toBe(BADGE);
  });

  test('a caller who has the bytes gets none; each encoding has its own tag', async () => {
    const [br, gzip] = await Promise.all(
      ['br', 'gzip'].map(async (encoding) =>
        (await raw('/laurel.js', { 'accept-encoding': encoding })).headers.get('etag'),
      ),
    );
    expect(br).not.toBe(gzip);
    const again = await raw('/laurel.js', { 'accept-encoding': 'br', 'if-none-match': br ?? '' });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  test('a new build is served at once', async () => {
    await writeFile(join(folder, 'laurel.js'), 'export const next = 1;');
    expect(await (await raw('/laurel.js')).text()).toBe('export const next = 1;');
  });

  test.each([
    '/widgets/none.js',
    '/widgets/.secret.js',
    '/widgets/notes.txt',
    '/widgets/%2e%2e%2flaurel.js',
    '/widgets/..%2f..%2fpackage.json',
    '/widgets/..%5claurel.js',
    '/widgets/points-badge-Ab12.js%00',
  ])('%s is not there', async (path) => {
    const answer = await server.request(path);
    expect(problemOf(answer)).toMatchObject({ status: 404, code: 'not_found' });
  });
});

test('without a build the server says how to make one', async () => {
  const server = await openServer();
  expect(problemOf(await server.request('/laurel.js')).detail).toContain('npm run build');
  await server.close();
});
