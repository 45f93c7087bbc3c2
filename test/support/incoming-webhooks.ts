import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Delivery, Platform } from '../../server/webhooks/incoming/signatures.ts';

/** A recorded event, as text. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/webhooks/${name}`, import.meta.url), 'utf8');
}

/** A recorded event, to be altered. */
export function fixtureObject(name: string): Record<string, unknown> {
  return JSON.parse(fixture(name)) as Record<string, unknown>;
}

export const SHOPIFY_SECRET = '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';
export const WOOCOMMERCE_SECRET = 'Xp4,j>Q2(n%7vB!c9zR&wK';
export const STANDARD_SECRET = `whsec_${Buffer.from('thirty-two bytes of a secret key').toString('base64')}`;

export const base64Hmac = (key: string | Uint8Array, ...parts: (string | Uint8Array)[]) => {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest('base64');
};

/** The headers that Shopify sends. */
export function shopifyHeaders(topic: string, body: string, secret = SHOPIFY_SECRET): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-shopify-topic': topic,
    'x-shopify-hmac-sha256': base64Hmac(secret, body),
    'x-shopify-shop-domain': 'crema.myshopify.com',
    'x-shopify-api-version': '2026-01',
    'x-shopify-webhook-id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
    'x-shopify-event-id': '98880550-7158-44d4-b7cd-2c97c8a091b5',
    'x-shopify-triggered-at': '2026-03-31T09:00:00.000000000Z',
  };
}

/** The headers that WooCommerce sends. */
export function wooHeaders(topic: string, body: string, secret = WOOCOMMERCE_SECRET): Record<string, string> {
  const [resource = '', event = ''] = topic.split('.');
  return {
    'content-type': 'application/json',
    'x-wc-webhook-source': 'https://mozhai.example/',
    'x-wc-webhook-topic': topic,
    'x-wc-webhook-resource': resource,
    'x-wc-webhook-event': event,
    'x-wc-webhook-signature': base64Hmac(secret, body),
    'x-wc-webhook-id': '41',
    'x-wc-webhook-delivery-id': 'd0c4e1a2b3f45566778899aabbccddee',
  };
}

/** The headers of Standard Webhooks. */
export function standardHeaders(
  body: string,
  now: number,
  secret = STANDARD_SECRET,
  id = 'msg_2KWPBgLlAfxdpx2AI54pPJ85f4W',
): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${base64Hmac(key, `${id}.${timestamp}.`, body)}`,
  };
}

/** A delivery without a wire. */
export function delivery(body: string | Uint8Array, headers: Readonly<Record<string, string>>): Delivery {
  return { body: typeof body === 'string' ? Buffer.from(body) : body, header: (name) => headers[name] };
}

/** Headers of one event of any platform, signed. */
export function headersOf(platform: Platform, topic: string, body: string, now: number): Record<string, string> {
  if (platform === 'shopify') return shopifyHeaders(topic, body);
  return platform === 'woocommerce' ? wooHeaders(topic, body) : standardHeaders(body, now);
}
