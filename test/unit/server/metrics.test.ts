import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runLaurel } from '../../../server/command-line.ts';
import { type RunningServer, startServer } from '../../../server/index.ts';
import { createRegistry } from '../../../server/metrics/registry.ts';
import { readSettings } from '../../../server/settings.ts';
import { anOrder, emptyStore, stores } from '../../support/ledger.ts';
import { PROGRAM, program, SECRET } from '../../support/server.ts';

const TOKEN = 'metrics-token-4f1c9b7e2d';

/** Values by name and labels. */
function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

describe('the registry', () => {
  test('writes what Prometheus reads', () => {
    const registry = createRegistry();
    const requests = registry.counter('requests_total', 'All of them.');
    requests.add({ route: 'a "b"\\\n', status: '200' });
    requests.add({ route: 'a "b"\\\n', status: '200' }, 2);
    const seconds = registry.histogram('seconds', 'How long.', [0.1, 1]);
    for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe({ route: 'x' }, value);
    registry.gauge('size', 'How much.', () => 3.5);
    registry.gauge('sizes', 'How much of each.', () => [{ labels: { kind: 'k' }, value: 1 }]);
    expect(registry.text()).toBe(
      [
        '# HELP requests_total All of them.',
        '# TYPE requests_total counter',
        'requests_total{route="a \\"b\\"\\\\\\n",status="200"} 3',
        '# HELP seconds How long.',
        '# TYPE seconds histogram',
        'seconds_bucket{route="x",le="0.1"} 2',
        'seconds_bucket{route="x",le="1"} 3',
        'seconds_bucket{route="x",le="+Inf"} 4',
        'seconds_sum{route="x"} 7.65',
        'seconds_count{route="x"} 4',
        '# HELP size How much.',
        '# TYPE size gauge',
        'size 3.5',
        '# HELP sizes How much of each.',
        '# TYPE sizes gauge',
        'sizes{kind="k"} 1',
        '',
      ].join('\n'),
    );
  });
});

describe('GET /metrics', () => {
  let folder: string;
  let server: RunningServer | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'laurel-metrics-'));
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (metricsToken: string | null, publicUrl: string | null = null) =>
    (server = await startServer({
      databaseUrl: `sqlite:${folder}`,
      secret: SECRET,
      port: 0,
      publicUrl,
      log: 'silent',
      metricsToken,
    }));
  const get = (headers: Record<string, string> = {}) => fetch(`${server?.url}/metrics`, { headers });

  test('needs the token, where there is one', async () => {
    await start(TOKEN, 'https://points.shop.example');
    expect((await get()).status).toBe(401);
    expect((await get({ authorization: `Bearer ${TOKEN}x` })).status).toBe(401);
    expect((await get({ authorization: `Bearer ${TOKEN}` })).status).toBe(200);
  });

  test('is for the machine itself, where there is none', async () => {
    await start(null);
    expect((await get()).status).toBe(200);
    expect((await get({ 'x-forwarded-for': '203.0.113.9' })).status).toBe(404);
  });

  test('is not there for a server of the public internet without a token', async () => {
    await start(null, 'https://points.shop.example');
    expect((await get()).status).toBe(404);
    expect((await get({ authorization: 'Bearer ' })).status).toBe(404);
  });

  test('a token that could be guessed is refused', () => {
    expect(() => readSettings({ LAUREL_SECRET: SECRET, LAUREL_METRICS_TOKEN: 'short' })).toThrow(
      'LAUREL_METRICS_TOKEN is too weak',
    );
    expect(readSettings({ LAUREL_SECRET: SECRET, LAUREL_METRICS_TOKEN: TOKEN }).metricsToken).toBe(TOKEN);
  });

  test('counts requests, commands, groups and transactions', async () => {
    const { applyProgram, url } = await start(null);
    const { keys } = await applyProgram(program);
    const post = (id: string, currency = 'EUR') =>
      fetch(`${url}/v1/programs/${PROGRAM}/orders`, {
        method: 'POST',
        headers: { authorization: `Bearer ${keys?.secretKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...anOrder(id, `c-${id}`, 10_00), currency }),
      });
    const before = samplesOf(await (await get()).text());
    await Promise.all([post('o-1'), post('o-2'), post('o-3'), post('o-4', 'USD')]);
    const answer = await get();
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const after = samplesOf(await answer.text());
    const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    const route = `route="POST /v1/programs/{program}/orders"`;
    expect(grown(`laurel_http_requests_total{${route},status="201"}`)).toBe(3);
    expect(grown(`laurel_http_requests_total{${route},status="422"}`)).toBe(1);
    expect(grown(`laurel_http_request_seconds_count{${route}}`)).toBe(4);
    expect(grown('laurel_ledger_commands_total{kind="order",outcome="done"}')).toBe(3);
    expect(grown('laurel_ledger_commands_total{kind="order",outcome="currency_not_supported"}')).toBe(1);
    expect(grown('laurel_ledger_group_size_sum')).toBeGreaterThanOrEqual(4);
    expect(grown('laurel_database_transaction_seconds_count{outcome="committed"}')).toBeGreaterThanOrEqual(1);
    expect(after.get('laurel_ledger_queue_length')).toBe(0);
    expect(after.get('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(after.get('nodejs_eventloop_lag_seconds{quantile="0.99"}')).toBeGreaterThanOrEqual(0);
  });
});

/** RELIABILITY A5: what may not be read by whoever sees a log, an error or a graph. */
describe.each(stores)('A5 on %s: canaries in all outputs', (store) => {
  test('no secret and nobody’s data in logs, errors, numbers or what commands print', {
    timeout: 120_000,
  }, async () => {
    const place = await emptyStore(store);
    const folder = await mkdtemp(join(tmpdir(), 'laurel-canary-'));
    const environment = {
      DATABASE_URL: place.url,
      LAUREL_SECRET: SECRET,
      LAUREL_METRICS_TOKEN: TOKEN,
      LAUREL_LOG: 'info',
      PORT: '0',
    };
    const outputs: string[] = [];
    const laurel = async (...args: string[]) => {
      const lines: string[] = [];
      const print = (text: string) => lines.push(text);
      await runLaurel(args, { environment, out: print, err: print });
      return lines.join('\n');
    };
    const file = join(folder, 'program.json');
    await writeFile(file, JSON.stringify(program));
    // The one output that may show keys, since it is how the operator gets them.
    const printed = await laurel('program', 'apply', file);
    const secretKey = /lrl_sk_\S+/.exec(printed)?.[0] ?? '';
    const memberKey = /lrl_mk_\S+/.exec(printed)?.[0] ?? '';
    const canaries: Record<string, string> = {
      LAUREL_SECRET: SECRET,
      'metrics token': TOKEN,
      'secret key': secretKey,
      'member key': memberKey,
      'customer id': 'canary-customer-91',
      'order id': 'canary-order-91',
      sku: 'canary-sku-91',
      comment: 'canary comment 91',
      'idempotency key': 'canary-idempotency-91',
      'JSON that is cut off': 'canary-broken-91',
      'path and query': 'canary-path-91',
    };
    const child = spawn(process.execPath, ['server/laurel.ts', 'serve'], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = once(child, 'exit');
    try {
      const said = Promise.withResolvers<string>();
      let log = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => {
          log += chunk;
          const url = /listens on (http:\S+?),/.exec(log)?.[1];
          if (url && log.includes('on disk')) said.resolve(url);
        });
      }
      const url = await said.promise;
      let requestCount = 0;
      const send = async (
        method: string,
        path: string,
        body?: string,
        headers: Record<string, string> = {},
        keep = true,
      ) => {
        const answer = await fetch(`${url}${path}`, {
          method,
          headers: { 'content-type': 'application/json', ...headers },
          ...(body !== undefined && { body }),
        });
        requestCount++;
        const text = await answer.text();
        if (keep) outputs.push(text, JSON.stringify([...answer.headers]));
        return { status: answer.status, text };
      };
      const merchant = {
        authorization: `Bearer ${secretKey}`,
        'idempotency-key': canaries['idempotency key'] as string,
      };
      const order = {
        ...anOrder(canaries['order id'] as string, canaries['customer id'] as string, 10_00),
        lines: [{ sku: canaries['sku'], quantity: 1, netMinor: 10_00 }],
      };
      const orders = `/v1/programs/${PROGRAM}/orders`;
      // The merchant's own answers hold his own data; refusals do not.
      expect((await send('POST', orders, JSON.stringify(order), merchant, false)).status).toBe(201);
      const refused: readonly (readonly [string, string, (string | undefined)?, Record<string, string>?])[] = [
        ['POST', orders, JSON.stringify({ ...order, currency: canaries['comment'] }), merchant],
        [
          'POST',
          orders,
          JSON.stringify({ ...order, currency: 'EUR', shippingMinor: 7 }),
          { authorization: merchant.authorization },
        ],
        ['POST', orders, `{"id": "${canaries['JSON that is cut off']}`, merchant],
        ['POST', orders, JSON.stringify(order), { authorization: `Bearer ${secretKey}x` }],
        [
          'POST',
          `${orders}/${canaries['path and query']}/refunds`,
          JSON.stringify({ id: 'r', refundedAt: '2026-03-31T12:00:00Z', amountMinor: 1 }),
          merchant,
        ],
        [
          'POST',
          `${orders}/${canaries['order id']}/refunds`,
          JSON.stringify({ id: 'r', refundedAt: '2026-03-31T12:00:00Z', amountMinor: 9_999_999 }),
          merchant,
        ],
        ['GET', `/${canaries['path and query']}?token=${canaries['path and query']}`],
        ['GET', `/v1/programs/${PROGRAM}/members/${canaries['path and query']}`, undefined, merchant],
        [
          'PUT',
          `/v1/programs/${PROGRAM}`,
          JSON.stringify({
            ...program,
            timeZone: canaries['comment'],
            name: { en: canaries['comment'], x: canaries['comment'] },
          }),
          merchant,
        ],
        ['GET', '/metrics', undefined, { authorization: `Bearer ${TOKEN}x` }],
      ];
      for (const [method, path, body, headers] of refused) {
        expect((await send(method, path, body, headers)).status, `${method} ${path}`).toBeGreaterThanOrEqual(400);
      }
      const jwt = await new SignJWT({})
        .setProtectedHeader({ alg: 'HS256', kid: memberKey.split('_')[2] as string })
        .setIssuer(PROGRAM)
        .setAudience(url)
        .setSubject(canaries['customer id'] as string)
        .setIssuedAt()
        .setExpirationTime('4m')
        .setJti('canary-jti-91')
        .sign(new TextEncoder().encode(memberKey));
      canaries['shop’s JWT'] = jwt;
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      const exchange = new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: jwt,
      }).toString();
      const { access_token: accessToken } = JSON.parse(
        (await send('POST', '/oauth/token', exchange, form, false)).text,
      ) as { access_token: string };
      canaries['access token'] = accessToken;
      // Used once already, and so refused.
      await send('POST', '/oauth/token', exchange, form);
      const answer = JSON.stringify({ survey: 'post-purchase', score: 9, comment: canaries['comment'] });
      const member = { authorization: `Bearer ${accessToken}` };
      await send('POST', '/v1/me/survey-responses', answer, { ...member, 'idempotency-key': 'once' }, false);
      await send('POST', '/v1/me/survey-responses', answer, { ...member, 'idempotency-key': 'twice' });
      await send('GET', '/v1/me', undefined, { authorization: `Bearer ${accessToken}x` });
      expect((await send('GET', '/metrics', undefined, { authorization: `Bearer ${TOKEN}` })).text).toContain(
        'laurel_http_requests_total',
      );
      child.kill('SIGTERM');
      await exited;
      expect(log.split('\n').filter((line) => line.includes('"event":"request"')).length).toBeGreaterThanOrEqual(
        requestCount - 1,
      );
      outputs.push(log);
      outputs.push(
        await laurel('verify'),
        await laurel('program', 'keys', PROGRAM, '--list'),
        await laurel('backup', join(folder, 'b')),
        await laurel('program', 'dry-run', file),
      );
      outputs.push(await laurel('program', 'versions', PROGRAM), await laurel('migrate'), await laurel('--help'));
      const { password } = new URL(place.url.replace(/^sqlite:/, 'file:'));
      if (password) canaries['database password'] = password;
      const found = Object.entries(canaries).filter(([, canary]) => outputs.some((output) => output.includes(canary)));
      expect(found).toEqual([]);
      console.log(`A5 on ${store}: ${Object.keys(canaries).length} canaries in ${outputs.length} outputs, 0 found`);
    } finally {
      child.kill('SIGKILL');
      await exited;
      await place.remove();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
