import { webcrypto } from 'node:crypto';
import type { Received } from './webhook-receiver.ts';

/**
 * Verifies a message as the specification of Standard Webhooks 1.0.0 says, with Web Crypto: an implementation that shares
 * nothing with the server's.
 */
export async function isGenuine(message: Received, secret: string, nowMs: number, toleranceS = 300): Promise<boolean> {
  if (Math.abs(nowMs / 1000 - Number(message.timestamp)) > toleranceS) return false;
  const bytes = Uint8Array.from(atob(secret.replace(/^whsec_/, '')), (character) => character.charCodeAt(0));
  const key = await webcrypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  const signed = new TextEncoder().encode(`${message.id}.${message.timestamp}.${message.body}`);
  for (const part of message.signature.split(' ')) {
    const [version, text = ''] = part.split(',');
    if (version !== 'v1') continue;
    const signature = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    if (await webcrypto.subtle.verify('HMAC', key, signature, signed)) return true;
  }
  return false;
}
