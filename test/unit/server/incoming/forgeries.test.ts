import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isSigned } from '../../../../server/webhooks/incoming/signatures.ts';
import {
  base64Hmac,
  delivery,
  fixture,
  SHOPIFY_SECRET,
  STANDARD_SECRET,
  shopifyHeaders,
  standardHeaders,
  WOOCOMMERCE_SECRET,
  wooHeaders,
} from '../../../support/incoming-webhooks.ts';
import { openServer, PROGRAM, START, type TestServer } from '../../../support/server.ts';

/** A paid order of 2 kB: the size at which each bit is turned. */
const BODY = JSON.stringify({
  type: 'order.paid',
  data: {
    id: 'o-1',
    memberId: 'c-1',
    placedAt: '2026-03-31T11:00:00Z',
    currency: 'EUR',
    lines: Array.from({ length: 25 }, (_, index) => ({
      sku: `sku-number-${index}`,
      category: 'coffee',
      quantity: 1,
      netMinor: 1_000 + index,
    })),
  },
});

const SECRETS = { shopify: SHOPIFY_SECRET, woocommerce: WOOCOMMERCE_SECRET, standard: STANDARD_SECRET } as const;
type Platform = keyof typeof SECRETS;
const SIGNED: Readonly<Record<Platform, readonly string[]>> = {
  shopify: ['x-shopify-hmac-sha256'],
  woocommerce: ['x-wc-webhook-signature'],
  standard: ['webhook-signature', 'webhook-id', 'webhook-timestamp'],
};

function genuine(platform: Platform, body = BODY): Record<string, string> {
  if (platform === 'shopify') return shopifyHeaders('orders/paid', body);
  return platform === 'woocommerce' ? wooHeaders('order.updated', body) : standardHeaders(body, START);
}

const isAccepted = (platform: Platform, body: string | Uint8Array, headers: Record<string, string>, now = START) =>
  isSigned(platform, delivery(body, headers), [SECRETS[platform]], now);

function* flips(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    yield flipped;
  }
}

/** Everything but the genuine delivery that somebody might try. */
function* forgeries(
  platform: Platform,
): Iterable<readonly [what: string, body: string | Uint8Array, headers: Record<string, string>]> {
  const headers = genuine(platform);
  for (const body of flips(Buffer.from(BODY))) yield ['a bit of the body', body, headers];
  for (const name of SIGNED[platform]) {
    const value = headers[name] as string;
    for (const flipped of flips(Buffer.from(value))) {
      yield [`a bit of ${name}`, BODY, { ...headers, [name]: Buffer.from(flipped).toString('latin1') }];
    }
    for (const other of [
      '',
      ' ',
      value.slice(0, -1),
      `${value} `,
      ` ${value}`,
      value.toLowerCase(),
      `${value}=`,
      `${value}, ${value}`,
    ]) {
      if (other !== value) yield [`${name} as ${other}`, BODY, { ...headers, [name]: other }];
    }
    const { [name]: _gone, ...without } = headers;
    yield [`without ${name}`, BODY, without];
  }
  const hmac = {
    shopify: 'x-shopify-hmac-sha256',
    woocommerce: 'x-wc-webhook-signature',
    standard: 'webhook-signature',
  }[platform];
  const right = (headers[hmac] as string).replace('v1,', '');
  const prefix = platform === 'standard' ? 'v1,' : '';
  const digest = Buffer.from(right, 'base64');
  for (const spelling of ['hex', 'base64url', 'latin1'] as const) {
    yield [`as ${spelling}`, BODY, { ...headers, [hmac]: `${prefix}${digest.toString(spelling)}` }];
  }
  yield ['with spaces in the document', JSON.stringify(JSON.parse(BODY), null, 1), headers];
  yield ['with a line at the end', `${BODY}\n`, headers];
  yield ['with a byte order mark', `\ufeff${BODY}`, headers];
  yield ['as UTF-16', Buffer.from(BODY, 'utf16le'), headers];
  yield ['of another order', BODY.replace('o-1', 'o-2'), headers];
  for (const [other, secret] of Object.entries(SECRETS)) {
    for (const key of [secret, `${SECRETS[platform]} `, SECRETS[platform].slice(1), '', 'no secret is set']) {
      if (other === platform && key === secret) continue;
      yield [`with ${other}'s or a wrong secret`, BODY, { ...headers, [hmac]: `${prefix}${base64Hmac(key, BODY)}` }];
    }
  }
}

/** What only a sender with a clock and with versions of its scheme can get wrong. */
function* standardForgeries(): Iterable<readonly [what: string, headers: Record<string, string>, now: number]> {
  const headers = genuine('standard');
  for (let seconds = 301; seconds <= 1_300; seconds++) {
    yield [`${seconds} s old`, headers, START + seconds * 1_000];
    yield [`${seconds} s early`, headers, START - seconds * 1_000];
  }
  const signature = headers['webhook-signature'] as string;
  const bare = signature.slice(3);
  for (const version of ['v0', 'v1a', 'v2', 'V1', 'v1 ', 'v1,v1', '']) {
    yield [`scheme ${version}`, { ...headers, 'webhook-signature': `${version},${bare}` }, START];
  }
  for (const timestamp of ['1e9', '-1', '0', '01774958400', '1774958400.0', '1774958400 ', 'now', '9'.repeat(30)]) {
    yield [`timestamp ${timestamp}`, { ...headers, 'webhook-timestamp': timestamp }, START];
  }
  // The parts of what is signed, cut elsewhere: "id.time" as the id of a message that begins with the time.
  const { 'webhook-id': id = '', 'webhook-timestamp': time = '' } = headers;
  yield ['parts cut elsewhere', { ...headers, 'webhook-id': `${id}.${time}` }, START];
}

describe('W1: forged events', () => {
  test('none of at least 20,000 and of each bit of body and header is accepted', { timeout: 120_000 }, () => {
    const accepted: string[] = [];
    let count = 0;
    for (const platform of Object.keys(SECRETS) as Platform[]) {
      expect(isAccepted(platform, BODY, genuine(platform))).toBe(true);
      for (const [what, body, headers] of forgeries(platform)) {
        count++;
        if (isAccepted(platform, body, headers)) accepted.push(`${platform}: ${what}`);
      }
    }
    for (const [what, headers, now] of standardForgeries()) {
      count++;
      if (isAccepted('standard', BODY, headers, now)) accepted.push(`standard: ${what}`);
    }
    console.info(`W1: ${count} forgeries of a body of ${BODY.length} bytes, ${accepted.length} accepted`);
    expect(accepted).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(20_000);
  });

  test('a Standard Webhook is good for 300 s either way, with any of several signatures and secrets', () => {
    const headers = genuine('standard');
    for (const seconds of [-300, 0, 300])
      expect(isAccepted('standard', BODY, headers, START + seconds * 1_000)).toBe(true);
    const other = `v1,${base64Hmac('another', BODY)}`;
    const several = {
      ...headers,
      'webhook-signature': `v1a,${'A'.repeat(88)} ${other} ${headers['webhook-signature']}`,
    };
    expect(isAccepted('standard', BODY, several)).toBe(true);
    const secrets = [`whsec_${Buffer.from('another secret of thirty-two byt').toString('base64')}`, STANDARD_SECRET];
    expect(isSigned('standard', delivery(BODY, headers), secrets, START)).toBe(true);
    expect(isSigned('standard', delivery(BODY, headers), [], START)).toBe(false);
    const unset = shopifyHeaders('orders/paid', BODY, 'no secret is set');
    expect(isSigned('shopify', delivery(BODY, unset), [], START)).toBe(false);
  });

  describe('over HTTP', () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await openServer();
      await server.services.webhookSources.rotate(PROGRAM, 'shopify', SHOPIFY_SECRET, 0);
    });
    afterAll(() => server.close());

    const post = (path: string, body: string | Uint8Array<ArrayBuffer>, headers: HeadersInit) =>
      server.request(path, { method: 'POST', body, headers });

    test('they are refused with 401 and nothing is written; the same answer where nothing was ever set', async () => {
      const body = fixture('shopify/orders-paid.json');
      const headers = shopifyHeaders('orders/paid', body);
      const counts = await server.counts();
      const doubled = new Headers(headers);
      doubled.append('x-shopify-hmac-sha256', headers['x-shopify-hmac-sha256'] as string);
      const path = `/v1/programs/${PROGRAM}/webhooks/shopify`;
      const answers = [
        await post(path, body, doubled),
        await post(path, `${body} `, headers),
        await post(path, body, {}),
        await post(`/v1/programs/${PROGRAM}/webhooks/woocommerce`, body, wooHeaders('order.updated', body)),
        await post('/v1/programs/org.other.points/webhooks/shopify', body, headers),
        await post('/v1/programs/no.such.program/webhooks/shopify', body, headers),
      ];
      const told = answers.map(({ status, body }) => [status, (body as { detail: string }).detail]);
      expect(told).toEqual(Array.from(told, () => [401, told[0]?.[1]]));
      expect(await server.counts()).toEqual(counts);
      expect((await post(path, body, headers)).status).toBe(200);
    });

    test('no secret is in any log line or answer', async () => {
      const { secret } = (await server.merchant('PUT', '/webhook-sources/standard', {})).body as { secret: string };
      expect(secret).toMatch(/^whsec_/);
      const shown = await server.merchant('GET', '/webhook-sources/standard');
      await new Promise((resolve) => setImmediate(resolve));
      for (const canary of [secret, SHOPIFY_SECRET]) {
        expect(shown.text).not.toContain(canary);
        expect(server.log.join('')).not.toContain(canary);
      }
    });
  });
});
