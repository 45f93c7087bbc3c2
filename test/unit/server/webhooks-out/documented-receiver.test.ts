import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, test, vi } from 'vitest';
import { createSender } from '../../../../server/webhooks/outgoing/send.ts';
import { newSecret, signedHeaders } from '../../../../server/webhooks/outgoing/signature.ts';
import { webhookEndpointRequestSchema } from '../../../../shared/protocol/schemas.ts';

test('the call in the documentation is one that the API takes', () => {
  const [, body = ''] = /-d '([\s\S]*?)'/.exec(readFileSync('docs/webhooks.md', 'utf8')) ?? [];
  expect(v.safeParse(webhookEndpointRequestSchema, JSON.parse(body)).issues).toBeUndefined();
});

/** The receiver of docs/webhooks.md, as a merchant would copy it. */
test('the receiver in the documentation takes good messages, once, and no others', async () => {
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(readFileSync('docs/webhooks.md', 'utf8')) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'laurel-docs-'));
  writeFileSync(join(folder, 'receiver.mjs'), code);
  const [old, fresh] = [newSecret(), newSecret()];
  vi.stubEnv('LAUREL_WEBHOOK_SECRETS', `${old} ${fresh}`);
  vi.stubEnv('PORT', '0');
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  const { server } = (await import(join(folder, 'receiver.mjs'))) as { server: Server };
  await vi.waitUntil(() => server.listening);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const sender = createSender({ allowPrivate: true });
  const body = JSON.stringify({ type: 'points.posted', timestamp: '2026-04-14T11:00:00Z', data: { memberId: 'c-7' } });
  const send = (secrets: readonly string[], at = Date.now(), sent = body, id = 'evt_1') =>
    sender.send(url, signedHeaders(id, at, body, secrets), sent);
  try {
    expect(await send([old])).toMatchObject({ status: 204 });
    expect(await send([newSecret(), fresh])).toMatchObject({ status: 204 });
    expect(printed).toHaveBeenCalledTimes(1);
    expect(printed.mock.calls[0]).toContain('points.posted');
    expect(await send([old], Date.now(), body, 'evt_2')).toMatchObject({ status: 204 });
    expect(printed).toHaveBeenCalledTimes(2);
    // Signed by somebody else, changed on its way, old, or not signed at all.
    expect(await send([newSecret()])).toMatchObject({ status: 401 });
    expect(await send([old], Date.now(), body.replace('c-7', 'c-8'))).toMatchObject({ status: 401 });
    expect(await send([old], Date.now() - 400_000)).toMatchObject({ status: 401 });
    expect(await sender.send(url, {}, body)).toMatchObject({ status: 401 });
    expect(printed).toHaveBeenCalledTimes(2);
  } finally {
    vi.unstubAllEnvs();
    printed.mockRestore();
    sender.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  }
});
