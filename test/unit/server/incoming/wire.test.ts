import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runLaurel } from '../../../../server/command-line.ts';
import { type RunningServer, startServer } from '../../../../server/start.ts';
import {
  fixture,
  SHOPIFY_SECRET,
  STANDARD_SECRET,
  shopifyHeaders,
  standardHeaders,
} from '../../../support/incoming-webhooks.ts';
import { PROGRAM, program } from '../../../support/ledger.ts';
import { SECRET } from '../../../support/server.ts';

let folder = '';
let server: RunningServer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-webhooks-'));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

const databaseUrl = () => `sqlite:${join(folder, 'data')}`;

async function start(): Promise<RunningServer> {
  server = await startServer({ databaseUrl: databaseUrl(), secret: SECRET, port: 0, publicUrl: null, log: 'silent' });
  await server.applyProgram(program);
  return server;
}

/** Sends headers as a list, so that one can come twice. */
function post(url: string, headers: readonly (readonly [string, string])[], body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: 'POST', headers: headers.flat() as unknown as Record<string, string> },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('events over the wire', () => {
  test('the bytes that came are what is verified, and a header that comes twice is none', async () => {
    const { url, services } = await start();
    await services.webhookSources.rotate(PROGRAM, 'shopify', SHOPIFY_SECRET, 0);
    await services.webhookSources.rotate(PROGRAM, 'standard', STANDARD_SECRET, 0);
    // Escapes, spaces and a name that comes twice: parsed and written again it would be another text.
    const body = fixture('shopify/orders-paid.json').replace('"note": null', '"note":\t"\\u00fc", "note" : null');
    const headers = Object.entries({ host: 'localhost', ...shopifyHeaders('orders/paid', body) });
    const path = `${url}/v1/programs/${PROGRAM}/webhooks/shopify`;
    const signature = headers.find(([name]) => name === 'x-shopify-hmac-sha256') as [string, string];
    expect(await post(path, [...headers, signature], body)).toBe(401);
    expect(await post(path, headers, JSON.stringify(JSON.parse(body)))).toBe(401);
    expect(await post(path, headers, body)).toBe(200);

    const event = JSON.stringify({ type: 'order.cancelled', data: { id: 'o-1', cancelledAt: '2026-03-31T11:40:00Z' } });
    const standard = Object.entries({ host: 'localhost', ...standardHeaders(event, Date.now()) });
    for (const [name, value] of standard.filter(([name]) => name.startsWith('webhook-'))) {
      const twice = [...standard, [name, value] as const];
      expect([name, await post(path.replace('shopify', 'standard'), twice, event)]).toEqual([name, 401]);
    }
    expect(await post(path.replace('shopify', 'standard'), standard, event)).toBe(200);
  });

  test('the example of docs/orders-in.md does what it says', async () => {
    const { url, services } = await start();
    const secret = await services.webhookSources.rotate(PROGRAM, 'standard', null, 0);
    const text = await readFile(new URL('../../../../docs/orders-in.md', import.meta.url), 'utf8');
    const script = [...text.matchAll(/```sh\n([\s\S]*?)```/g)]
      .map(([, code = '']) => code)
      .find((code) => code.includes('openssl'));
    const environment = { ...process.env, SERVER: url, PROGRAM, SECRET: secret };
    const run = promisify(execFile);
    const { stdout } = await run(
      'bash',
      [
        '-euc',
        `${script}\ncurl -sS "$SERVER/v1/programs/$PROGRAM/webhooks/standard" -H "webhook-id: $id" -H "webhook-timestamp: $now" -H "webhook-signature: v1,$signature" -d "$body"`,
      ],
      { env: environment },
    );
    expect(stdout).toBe('{"outcome":"applied"}{"outcome":"unchanged"}');
    expect((await services.ledger.readMember(PROGRAM, 'customer-7')).balance.available).toBe(36);
  });
});

describe('laurel program webhooks', () => {
  let out = '';
  let err = '';
  const laurel = (...args: string[]) => {
    out = '';
    err = '';
    return runLaurel(['program', 'webhooks', ...args], {
      environment: {
        LAUREL_SECRET: SECRET,
        DATABASE_URL: databaseUrl(),
        LAUREL_PUBLIC_URL: 'https://points.shop.example',
      },
      out: (text) => void (out += `${text}\n`),
      err: (text) => void (err += `${text}\n`),
    });
  };

  test('sets, lists and removes secrets', async () => {
    await start();
    await server?.close();
    server = undefined;
    expect(await laurel(PROGRAM, '--platform', 'woocommerce', '--new')).toBe(0);
    expect(out).toMatch(/secret {2}whsec_\S{44}\n/);
    expect(out).toContain(`send to https://points.shop.example/v1/programs/${PROGRAM}/webhooks/woocommerce`);
    const path = join(folder, 'secret.txt');
    await writeFile(path, `${SHOPIFY_SECRET}\n`);
    expect(await laurel(PROGRAM, '--platform', 'shopify', '--secret-file', path)).toBe(0);
    expect(out).not.toContain(SHOPIFY_SECRET);
    expect(await laurel(PROGRAM, '--platform', 'shopify', '--secret-file', path)).toBe(0);
    expect(out).toMatch(/, good until /);
    expect(await laurel(PROGRAM, '--platform', 'shopify')).toBe(0);
    expect(out.trim().split('\n')).toHaveLength(2);
    expect(await laurel(PROGRAM)).toBe(0);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => line.split(' ', 1)[0]),
    ).toEqual(['shopify', 'shopify', 'woocommerce']);
    expect(await laurel(PROGRAM, '--platform', 'shopify', '--remove')).toBe(0);
    expect(await laurel(PROGRAM, '--platform', 'shopify')).toBe(0);
    expect(out).toBe('');
  });

  test('refuses what cannot be right, in a sentence', async () => {
    const path = join(folder, 'secret.txt');
    await writeFile(path, 'short');
    expect(await laurel(PROGRAM, '--platform', 'shopify', '--secret-file', path)).toBe(1);
    expect(err).toContain('16 to 256 printable');
    expect(await laurel(PROGRAM, '--platform', 'standard', '--secret-file', path)).toBe(1);
    expect(await laurel(PROGRAM, '--platform', 'shopify', '--new')).toBe(1);
    expect(err).toContain('the secret that Shopify shows');
    expect(await laurel(PROGRAM, '--platform', 'ebay')).toBe(2);
    expect(await laurel(PROGRAM, '--platform', 'shopify', '--new', '--remove')).toBe(2);
    expect(await laurel(PROGRAM, '--new')).toBe(2);
    expect(await laurel('com.nobody.here', '--platform', 'standard', '--new')).toBe(1);
  });
});
