import { createHmac, randomBytes } from 'node:crypto';
import type { Instant } from '../../../shared/domain/time.ts';

const PREFIX = 'whsec_';

/** A new signing secret of 256 random bits, as Standard Webhooks writes it. */
export function newSecret(): string {
  return `${PREFIX}${randomBytes(32).toString('base64')}`;
}

/**
 * The headers of a message (Standard Webhooks 1.0.0). Signed with every secret that is live, so that a receiver may go
 * over to the new one whenever it likes.
 */
export function signedHeaders(
  id: string,
  sentAt: Instant,
  body: string,
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(sentAt / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
