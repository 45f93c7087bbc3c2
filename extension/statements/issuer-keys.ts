import type { JWK } from 'jose';
import type { Issuer } from '../issuer/issuer.ts';
import type { WalletStore } from '../storage/wallet-store.ts';
import type { KeyLookup } from './verify-statement.ts';

/** Retired keys may be withdrawn: a list is not believed for longer. */
const KEYS_MS_MAX = 24 * 3_600_000;

/** A statement with an invented key id cannot make the wallet ask more often than this. */
const REFETCH_MS_MIN = 60_000;

/** Looks up an issuer's keys in the wallet's copy, and asks the issuer when an id is new or the copy is old. */
export function issuerKeys(
  store: Pick<WalletStore, 'readKeys' | 'saveKeys'>,
  issuer: Issuer,
  { origin, jwksUri }: { readonly origin: string; readonly jwksUri: string },
  now: () => number,
): KeyLookup {
  return async (kid) => {
    const stored = await store.readKeys(origin);
    const ageMs = stored ? now() - stored.fetchedAt : Number.POSITIVE_INFINITY;
    const known = stored && find(stored.keys, kid);
    if (stored && ((known && ageMs < KEYS_MS_MAX) || ageMs < REFETCH_MS_MIN)) return known ?? null;
    const keys = await issuer.fetchKeys(jwksUri);
    await store.saveKeys({ issuer: origin, keys, fetchedAt: now() });
    return find(keys, kid) ?? null;
  };
}

const find = (keys: readonly JWK[], kid: string) => keys.find((key) => key.kid === kid);
