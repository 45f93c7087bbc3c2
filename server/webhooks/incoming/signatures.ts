import { createHmac, timingSafeEqual } from 'node:crypto';

/** Senders of order events that the server understands. */
export const PLATFORMS = ['shopify', 'woocommerce', 'standard'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** A delivery as it came over the wire. */
export interface Delivery {
  /** Exactly the bytes that were sent: they are what is signed. */
  readonly body: Uint8Array;
  /** A header by its name in small letters; one that was sent twice has both values, joined by a comma. */
  header(name: string): string | undefined;
}

/** Standard Webhooks: an event older or newer than this is refused, whoever signed it. */
export const TOLERANCE_S = 300;

/** Prefix of the secrets of Standard Webhooks; base64 follows. */
export const STANDARD_PREFIX = 'whsec_';

/**
 * Whether a delivery was signed with one of the secrets. Every secret is tried and every comparison takes the same time,
 * so that an answer's time tells nothing about which was nearly right.
 *
 * @param now Milliseconds since 1970.
 */
export function isSigned(platform: Platform, delivery: Delivery, secrets: readonly string[], now: number): boolean {
  const expected = expectationOf(platform, delivery, now);
  // Without a secret or with a malformed header the work is the same, and nothing compares equal.
  const keys = secrets.length > 0 ? secrets : ['no secret is set'];
  let isGood = false;
  for (const key of keys) {
    const mac = createHmac('sha256', keyOf(platform, key));
    for (const part of expected?.signed ?? [delivery.body]) mac.update(part);
    const digest = Buffer.from(mac.digest('base64'));
    for (const candidate of expected?.candidates ?? ['']) isGood = isSame(digest, candidate) || isGood;
  }
  return isGood && expected !== null && secrets.length > 0;
}

interface Expectation {
  readonly signed: readonly (string | Uint8Array)[];
  /** Base64 as it was sent: it is compared as text, so that no second spelling of a signature is a signature. */
  readonly candidates: readonly string[];
}

function expectationOf(platform: Platform, { body, header }: Delivery, now: number): Expectation | null {
  if (platform === 'standard') return standardExpectation(body, header, now);
  const signature =
    platform === 'shopify'
      ? (header('x-shopify-hmac-sha256') ?? header('shopify-hmac-sha256'))
      : header('x-wc-webhook-signature');
  return signature === undefined ? null : { signed: [body], candidates: [signature] };
}

/** One signature or several, a space between; nothing else, so that a header sent twice is no list of signatures. */
const SIGNATURES = /^v1a?,[A-Za-z0-9+/=]{1,128}(?: v1a?,[A-Za-z0-9+/=]{1,128}){0,9}$/;
const MESSAGE_ID = /^[\x21-\x2b\x2d\x2f-\x7e]{1,256}$/;
const TIMESTAMP = /^[1-9]\d{0,11}$/;

/** Standard Webhooks 1.0.0: base64 HMAC-SHA256 of `{id}.{timestamp}.{body}`. */
function standardExpectation(body: Uint8Array, header: Delivery['header'], now: number): Expectation | null {
  const id = header('webhook-id') ?? '';
  const timestamp = header('webhook-timestamp') ?? '';
  const signatures = header('webhook-signature') ?? '';
  if (!MESSAGE_ID.test(id) || !TIMESTAMP.test(timestamp) || !SIGNATURES.test(signatures)) return null;
  if (Math.abs(Math.floor(now / 1_000) - Number(timestamp)) > TOLERANCE_S) return null;
  const candidates = signatures
    .split(' ')
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => signature.slice('v1,'.length));
  return { signed: [`${id}.${timestamp}.`, body], candidates };
}

function keyOf(platform: Platform, secret: string): Uint8Array {
  return platform === 'standard'
    ? Buffer.from(secret.slice(STANDARD_PREFIX.length), 'base64')
    : Buffer.from(secret, 'utf8');
}

function isSame(digest: Buffer, candidate: string): boolean {
  const given = Buffer.from(candidate);
  // What has another length is no base64 SHA-256 at all, which is no secret.
  return given.length === digest.length && timingSafeEqual(digest, given);
}
