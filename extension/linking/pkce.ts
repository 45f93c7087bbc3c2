import { base64url } from 'jose';

/** A PKCE pair (RFC 7636, S256): the verifier stays in the wallet, the challenge may be seen by anyone. */
export async function createPkcePair(): Promise<{ readonly verifier: string; readonly challenge: string }> {
  const verifier = base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  return { verifier, challenge: base64url.encode(new Uint8Array(digest)) };
}
