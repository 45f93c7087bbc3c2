import { describe, expect, test } from 'vitest';
import { isPublicAddress, urlFault } from '../../../../server/webhooks/outgoing/addresses.ts';
import { createSender } from '../../../../server/webhooks/outgoing/send.ts';
import { type Receiver, startReceiver } from '../../../support/webhook-receiver.ts';

/** Ways to write an address that a merchant must not have the server call. `PORT` is a receiver of this machine. */
const LITERAL_FORMS = [
  'https://127.0.0.1:PORT/',
  'https://127.0.0.1.:PORT/',
  'https://127.1:PORT/',
  'https://127.0.1:PORT/',
  'https://2130706433:PORT/',
  'https://0x7f000001:PORT/',
  'https://0x7F.0.0.1:PORT/',
  'https://0x7f.1:PORT/',
  'https://017700000001:PORT/',
  'https://0177.0.0.1:PORT/',
  'https://0177.0.0.01:PORT/',
  'https://127.0.0.0x1:PORT/',
  'https://%31%32%37.0.0.1:PORT/',
  'https://127%2e0%2e0%2e1:PORT/',
  'https://①②⑦.⓪.⓪.①:PORT/',
  'https://127。0。0。1:PORT/',
  'https://１２７.0.0.1:PORT/',
  'https://0:PORT/',
  'https://0.0.0.0:PORT/',
  'https://[::]:PORT/',
  'https://[::1]:PORT/',
  'https://[0:0:0:0:0:0:0:1]:PORT/',
  'https://[::ffff:127.0.0.1]:PORT/',
  'https://[::ffff:7f00:1]:PORT/',
  'https://[0:0:0:0:0:ffff:127.0.0.1]:PORT/',
  'https://[::127.0.0.1]:PORT/',
  'https://[64:ff9b::127.0.0.1]:PORT/',
  'https://[64:ff9b:1::7f00:1]:PORT/',
  'https://[2002:7f00:1::]:PORT/',
  'https://[2001:0:7f00:1::]:PORT/',
  'https://[fe80::1]:PORT/',
  'https://[fc00::1]:PORT/',
  'https://[fd12:3456:789a::1]:PORT/',
  'https://[fec0::1]:PORT/',
  'https://[ff02::1]:PORT/',
  'https://[100::1]:PORT/',
  'https://[2001:db8::1]:PORT/',
  'https://[3fff::1]:PORT/',
  'https://[5f00::1]:PORT/',
  'https://10.0.0.1:PORT/',
  'https://10.255.255.255:PORT/',
  'https://172.16.0.1:PORT/',
  'https://172.31.255.255:PORT/',
  'https://192.168.0.1:PORT/',
  'https://100.64.0.1:PORT/',
  'https://100.127.255.255:PORT/',
  'https://169.254.169.254:PORT/latest/meta-data/',
  'https://169.254.170.2:PORT/',
  'https://192.0.0.192:PORT/',
  'https://192.0.2.1:PORT/',
  'https://198.18.0.1:PORT/',
  'https://198.51.100.1:PORT/',
  'https://203.0.113.1:PORT/',
  'https://224.0.0.1:PORT/',
  'https://239.255.255.250:PORT/',
  'https://240.0.0.1:PORT/',
  'https://255.255.255.255:PORT/',
  'https://localhost:PORT/',
  'https://LOCALHOST:PORT/',
  'https://localhost.:PORT/',
  'https://shop.localhost:PORT/',
  'https://db.internal:PORT/',
  'https://metadata.google.internal:PORT/',
  'https://printer.local:PORT/',
  'https://nas.lan:PORT/',
  'https://router.home.arpa:PORT/',
  'https://intranet:PORT/',
  'https://kubernetes.default.svc:PORT/',
  'http://127.0.0.1:PORT/',
  'http://shop.example:PORT/',
  'https://user:password@shop.example:PORT/',
  'https://shop.example@127.0.0.1:PORT/',
  'https://shop.example:PORT/#fragment',
  'file:///etc/passwd',
  'gopher://127.0.0.1:PORT/',
  'ftp://127.0.0.1:PORT/',
  'data:text/plain,x',
  'javascript:0',
  '//127.0.0.1:PORT/',
  '',
];

/** What a name of the public internet can lead to, today or a moment after it was checked. */
const RESOLVED_FORMS = [
  ['127.0.0.1'],
  ['127.8.8.8'],
  ['0.0.0.0'],
  ['10.1.2.3'],
  ['172.20.0.1'],
  ['192.168.1.1'],
  ['169.254.169.254'],
  ['100.100.100.200'],
  ['::1'],
  ['::'],
  ['::ffff:127.0.0.1'],
  ['::ffff:a00:1'],
  ['fe80::1'],
  ['fe80::1%lo'],
  ['fd00:ec2::254'],
  ['64:ff9b::7f00:1'],
  ['2002:7f00:1::'],
  ['8.8.8.8', '127.0.0.1'],
  ['2606:4700::1', '::1'],
];

describe('requests to addresses that are not of the public internet', () => {
  let receiver: Receiver;

  test(`${LITERAL_FORMS.length} ways to write one: none is sent`, async () => {
    receiver = await startReceiver();
    const port = new URL(receiver.url).port;
    const sender = createSender({ allowPrivate: false, timeoutMs: 2_000, resolve: loopback });
    for (const form of LITERAL_FORMS) {
      const url = form.replace('PORT', port);
      expect(urlFault(url, false), url).not.toBeNull();
      expect(await sender.send(url, {}, '{}'), url).toEqual({ status: null, error: 'the address is not allowed' });
    }
    sender.close();
    expect(receiver.connectionCount).toBe(0);
    await receiver.close();
    console.log(`${LITERAL_FORMS.length} forms, 0 sent`);
  });

  test(`${RESOLVED_FORMS.length} ways for a good name to lead to one: none is connected to`, async () => {
    receiver = await startReceiver();
    const port = new URL(receiver.url).port;
    for (const addresses of RESOLVED_FORMS) {
      const sender = createSender({ allowPrivate: false, timeoutMs: 2_000, resolve: async () => addresses.map(found) });
      const attempt = await sender.send(`https://hooks.shop.example:${port}/`, {}, '{}');
      expect(attempt, addresses.join()).toMatchObject({
        status: null,
        error: 'the name leads to an address that is not allowed',
      });
      sender.close();
    }
    expect(receiver.connectionCount).toBe(0);
    await receiver.close();
    console.log(`${RESOLVED_FORMS.length} resolved forms, 0 connections`);
  });

  test('a name that leads elsewhere a moment after it was checked is refused at the connection', async () => {
    receiver = await startReceiver();
    const port = new URL(receiver.url).port;
    const answers = ['93.184.216.34', '127.0.0.1'];
    let lookCount = 0;
    const resolve = async () => [found(answers[Math.min(lookCount++, answers.length - 1)] as string)];
    // Whoever looked at the name when the endpoint was made, or a moment ago, found it good.
    expect(isPublicAddress((await resolve())[0]?.address ?? '')).toBe(true);
    const sender = createSender({ allowPrivate: false, timeoutMs: 500, resolve });
    const attempt = await sender.send(`https://rebind.shop.example:${port}/`, {}, '{}');
    expect(attempt).toMatchObject({ error: 'the name leads to an address that is not allowed' });
    // One look a connection: no second one could find another address than was checked.
    expect(lookCount).toBe(2);
    expect(receiver.connectionCount).toBe(0);
    sender.close();
    await receiver.close();
  });

  test('the operator may allow them', async () => {
    receiver = await startReceiver();
    const sender = createSender({ allowPrivate: true });
    expect(await sender.send(receiver.url, { 'webhook-id': 'evt_1' }, '{}')).toEqual({ status: 204, error: null });
    expect(receiver.received).toMatchObject([{ id: 'evt_1', body: '{}' }]);
    sender.close();
    await receiver.close();
  });
});

test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '2a00:1450:4001::1'])(
  '%s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

const found = (address: string) => ({ address, family: address.includes(':') ? 6 : 4 });
const loopback = async () => [found('127.0.0.1')];
