import { type Platform, STANDARD_PREFIX } from './signatures.ts';

const LENGTH_MIN = 16;
const LENGTH_MAX = 256;

/** What is expected instead of a secret that cannot be its platform's (`null`: one is to be made); `null` when it can. */
export function secretFaultOf(platform: Platform, secret: string | null): string | null {
  if (secret === null) return platform === 'shopify' ? 'the secret that Shopify shows with its webhooks' : null;
  if (secret.length < LENGTH_MIN || secret.length > LENGTH_MAX || !/^[\x21-\x7e]*$/.test(secret)) {
    return `${LENGTH_MIN} to ${LENGTH_MAX} printable ASCII characters without spaces`;
  }
  if (platform !== 'standard') return null;
  const key = Buffer.from(secret.slice(STANDARD_PREFIX.length), 'base64');
  const isRight = secret === `${STANDARD_PREFIX}${key.toString('base64')}` && key.length >= 24 && key.length <= 64;
  return isRight ? null : `${STANDARD_PREFIX} and 24 to 64 bytes in base64`;
}
