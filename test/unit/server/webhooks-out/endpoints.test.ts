import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { textStatement } from '../../../../server/database/statement.ts';
import { allJobs } from '../../../../server/jobs/all-jobs.ts';
import { createJobRunner } from '../../../../server/jobs/runner.ts';
import { createLog } from '../../../../server/log.ts';
import type {
  WebhookDeliveryPage,
  WebhookEndpoint,
  WebhookEndpointCreated,
  WebhookTest,
} from '../../../../shared/protocol/api.ts';
import { EVENT_TYPES } from '../../../../shared/protocol/schemas.ts';
import { anOrder, stores } from '../../../support/ledger.ts';
import { openServer, pointersOf, problemOf, type TestServer } from '../../../support/server.ts';
import { isGenuine } from '../../../support/standard-webhooks.ts';
import { type Receiver, startReceiver } from '../../../support/webhook-receiver.ts';

const PATH = '/webhook-endpoints';
const allEndpoints = textStatement('SELECT * FROM webhook_endpoints');

describe.each(stores)('webhook endpoints over HTTP on %s', (store) => {
  let server: TestServer;
  let receiver: Receiver;

  beforeEach(async () => {
    server = await openServer(store, { webhooks: { allowPrivate: true, timeoutMs: 1_000 } });
    receiver = await startReceiver();
  });
  afterEach(async () => {
    server.services.sender.close();
    await receiver.close();
    await server.close();
  });

  const create = async (fields: object = {}) =>
    (await server.merchant('POST', PATH, { url: receiver.url, ...fields })).body as WebhookEndpointCreated;
  const runJobs = () => {
    const log = createLog('silent');
    return createJobRunner(allJobs(server.services), { ...server.services, log }).tick();
  };
  const deliveries = async (id: string, query = '') =>
    (await server.merchant('GET', `${PATH}/${id}/deliveries${query}`)).body as WebhookDeliveryPage;

  test('an order is told, signed, to who listens', async () => {
    const { secret } = await create({ eventTypes: ['points.accrued', 'points.posted'] });
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 12_50));
    await runJobs();
    expect(receiver.received.map(({ body }) => JSON.parse(body))).toEqual([
      {
        type: 'points.accrued',
        timestamp: '2026-03-31T11:00:00.000Z',
        data: expect.objectContaining({ memberId: 'c-1', points: 12, order: 'o-1', seq: 1, balance: 12 }),
      },
      {
        type: 'points.posted',
        timestamp: '2026-03-31T11:00:00.000Z',
        data: expect.objectContaining({ memberId: 'c-1', points: 12, order: 'o-1' }),
      },
    ]);
    for (const message of receiver.received) expect(await isGenuine(message, secret, server.now())).toBe(true);
  });

  test('is listed without its secret, changed, switched off and on, and removed', async () => {
    const made = await create({ description: 'the back office' });
    expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { body } = await server.merchant('GET', PATH);
    expect(body).toEqual({ endpoints: [expect.objectContaining({ id: made.id, description: 'the back office' })] });
    expect(JSON.stringify(body)).not.toContain('whsec');

    const off = await server.merchant('PATCH', `${PATH}/${made.id}`, { isEnabled: false });
    expect(off.body).toMatchObject({ isEnabled: false, disabledReason: 'merchant', url: receiver.url });
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 10_00));
    await runJobs();
    server.setNow(server.now() + 10_000);
    expect((await server.merchant('PATCH', `${PATH}/${made.id}`, { isEnabled: true })).body).toMatchObject({
      isEnabled: true,
      disabledReason: null,
    });
    await runJobs();
    expect(receiver.received).toEqual([]);
    server.setNow(server.now() + 2_000);
    await server.merchant('POST', '/orders', anOrder('o-2', 'c-1', 10_00));
    await runJobs();
    expect(receiver.received.length).toBeGreaterThan(0);

    expect((await server.merchant('DELETE', `${PATH}/${made.id}`)).status).toBe(204);
    const missing = await server.merchant('GET', `${PATH}/${made.id}`);
    expect([missing.status, problemOf(missing).code]).toEqual([404, 'endpoint_not_found']);
    expect(await server.counts()).toMatchObject({ webhook_endpoints: 0, webhook_deliveries: 0 });
  });

  test('secrets are kept sealed, and rotated', async () => {
    const made = await create();
    const rows = JSON.stringify(await server.services.database.all(allEndpoints, {}));
    expect(rows).toContain(made.id);
    expect(rows).not.toContain(made.secret.slice(6, 30));
    const rotated = await server.merchant('POST', `${PATH}/${made.id}/rotate-secret`, { previousValidS: 60 });
    expect(rotated.body).toMatchObject({ id: made.id, previousSecretUntil: '2026-03-31T12:01:00.000Z' });
    expect((rotated.body as WebhookEndpointCreated).secret).not.toBe(made.secret);
    const leaked = await server.merchant('POST', `${PATH}/${made.id}/rotate-secret`, { previousValidS: 0 });
    expect(leaked.body).toMatchObject({ previousSecretUntil: null });
  });

  test('shows what became of each message, page by page, and sends one again', async () => {
    const { id } = await create({ eventTypes: ['points.posted'] });
    receiver.onMessage((_message, response) => response.writeHead(500).end());
    for (let index = 0; index < 5; index++) {
      await server.merchant('POST', '/orders', anOrder(`o-${index}`, `c-${index}`, 10_00));
      server.setNow(server.now() + 1);
    }
    await runJobs();
    const first = await deliveries(id, '?limit=3');
    const second = await deliveries(id, `?limit=3&cursor=${first.nextCursor}`);
    expect([first.deliveries.length, second.deliveries.length, second.nextCursor]).toEqual([3, 2, null]);
    const all = [...first.deliveries, ...second.deliveries];
    expect(new Set(all.map(({ event }) => event)).size).toBe(5);
    expect(all[0]).toMatchObject({
      type: 'points.posted',
      state: 'pending',
      attempts: 1,
      lastStatus: 500,
      lastError: 'answered with status 500',
    });
    receiver.onMessage((_message, response) => response.writeHead(204).end());
    const event = all[0]?.event ?? '';
    expect((await server.merchant('POST', `${PATH}/${id}/deliveries/${event}/retry`)).body).toMatchObject({
      state: 'pending',
      attempts: 0,
    });
    server.setNow(server.now() + 1_001);
    await runJobs();
    expect(await deliveries(id, '?state=delivered')).toMatchObject({ deliveries: [{ event, attempts: 1 }] });
    const unknown = await server.merchant('POST', `${PATH}/${id}/deliveries/evt_none/retry`);
    expect([unknown.status, problemOf(unknown).code]).toEqual([404, 'delivery_not_found']);
  });

  test('sends a test message and says what came of it', async () => {
    const { id, secret } = await create();
    const good = (await server.merchant('POST', `${PATH}/${id}/test`)).body as WebhookTest;
    expect(good).toEqual({ isDelivered: true, status: 204, error: null });
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ type: 'endpoint.test' });
    expect(await isGenuine(receiver.received[0] as never, secret, server.now())).toBe(true);
    receiver.onMessage((_message, response) => response.writeHead(302, { location: receiver.url }).end());
    expect((await server.merchant('POST', `${PATH}/${id}/test`)).body).toEqual({
      isDelivered: false,
      status: 302,
      error: 'answered with a redirect, which is not followed',
    });
    expect(receiver.received).toHaveLength(2);
  });

  test('a program has a bounded number of them, and never sees those of another', async () => {
    const made = await create();
    for (let count = 1; count < 20; count++) await create();
    const refused = await server.merchant('POST', PATH, { url: receiver.url });
    expect([refused.status, problemOf(refused).code]).toEqual([409, 'endpoint_limit']);
    const other = await server.call(
      'GET',
      `/v1/programs/org.other.points${PATH}/${made.id}`,
      undefined,
      server.otherKeys.secretKey,
    );
    expect(other.status).toBe(404);
  });
});

describe('where private addresses are not allowed', () => {
  test.each([
    'http://shop.example/hook',
    'https://127.0.0.1/hook',
    'https://localhost/hook',
    'https://2130706433/hook',
    'https://[::ffff:127.0.0.1]/hook',
    'https://user@shop.example/hook',
  ])('%s is refused with what would be right', async (url) => {
    const server = await openServer();
    const refused = await server.merchant('POST', PATH, { url });
    expect([refused.status, problemOf(refused).code]).toEqual([422, 'endpoint_refused']);
    expect(pointersOf(refused)).toEqual(['/url']);
    const made = (await server.merchant('POST', PATH, { url: 'https://shop.example/hook' })).body as WebhookEndpoint;
    expect((await server.merchant('PATCH', `${PATH}/${made.id}`, { url })).status).toBe(422);
    await server.close();
  });
});

test('every event that the server tells of can be asked for', () => {
  const files = readdirSync('server', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const told = new Set<string>();
  for (const file of files) {
    const text = readFileSync(join('server', file), 'utf8');
    for (const [, type = ''] of text.matchAll(
      /(?:\.tell\([^']*|type: )'((?:points|tier|reward|coupon|challenge|referral|member|consent|order)\.[a-z_]+)'/g,
    )) {
      told.add(type);
    }
  }
  expect(told.size).toBeGreaterThan(8);
  expect([...told].filter((type) => !(EVENT_TYPES as readonly string[]).includes(type))).toEqual([]);
});
