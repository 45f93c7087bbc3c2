import type { CryptoKey, JWK } from 'jose';
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint';
import { exportJWK } from 'jose/key/export';
import { generateKeyPair } from 'jose/key/generate/keypair';
import { importJWK } from 'jose/key/import';
import type { Instant } from '../../shared/domain/time.ts';
import { STATEMENT_ALG } from '../../shared/protocol/statement.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import type { Vault } from './vault.ts';

interface SigningKeyRow {
  readonly kid: string;
  readonly public_jwk: string;
  readonly sealed_jwk: string;
  readonly retired_at: number | null;
}

const selectKeys = statement<SigningKeyRow>((db, parameter) =>
  db
    .selectFrom('signing_keys')
    .select(['kid', 'public_jwk', 'sealed_jwk', 'retired_at'])
    .where('created_at', '>', parameter('after'))
    .orderBy('created_at')
    .orderBy('kid'),
);

const insertKey = statement<never>((db, parameter) =>
  db.insertInto('signing_keys').values({
    kid: parameter('kid'),
    public_jwk: parameter('public_jwk'),
    sealed_jwk: parameter('sealed_jwk'),
    created_at: parameter('created_at'),
    retired_at: parameter('retired_at'),
  }),
);

/** The key that signs points statements. */
export interface SigningKeys {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  /** Public keys of all signatures that can still be shown, as a JWK Set (RFC 7517 5). */
  jwks(): Promise<{ readonly keys: readonly JWK[] }>;
}

const contextOf = (kid: string) => `signing_keys:${kid}`;

/**
 * Opens the signing key, and makes it at the first start.
 *
 * Servers that start at once on an empty database may make a key each. All of them are published, and each server signs
 * with the oldest that it sees, so every statement can be checked at every server.
 *
 * @throws {Error} when the stored key was sealed with another secret.
 */
export async function openSigningKeys({
  database,
  vault,
  clock,
}: {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: () => Instant;
}): Promise<SigningKeys> {
  const readKeys = () => database.all(selectKeys, { after: 0 });
  let rows = await readKeys();
  if (!rows.some(({ retired_at }) => retired_at === null)) {
    const made = await makeKey();
    const sealed = vault.seal(JSON.stringify(made.privateJwk), contextOf(made.kid));
    await database.transaction(async (transaction) => {
      const existing = await transaction.all(selectKeys, { after: 0 });
      if (existing.some(({ retired_at }) => retired_at === null)) return;
      await transaction.run(insertKey, {
        kid: made.kid,
        public_jwk: JSON.stringify(made.publicJwk),
        sealed_jwk: sealed,
        created_at: clock(),
        retired_at: null,
      });
    });
    rows = await readKeys();
  }
  const active = rows.find(({ retired_at }) => retired_at === null);
  if (!active) throw new Error('signing keys: none is there after one was made');
  return {
    kid: active.kid,
    privateKey: await openKey(active, vault),
    async jwks() {
      return { keys: (await readKeys()).map(({ public_jwk }) => JSON.parse(public_jwk) as JWK) };
    },
  };
}

async function makeKey(): Promise<{ kid: string; publicJwk: JWK; privateJwk: JWK }> {
  const { publicKey, privateKey } = await generateKeyPair(STATEMENT_ALG, { extractable: true });
  const [bare, privateJwk] = await Promise.all([exportJWK(publicKey), exportJWK(privateKey)]);
  const kid = await calculateJwkThumbprint(bare);
  return { kid, publicJwk: { ...bare, kid, alg: STATEMENT_ALG, use: 'sig' }, privateJwk };
}

async function openKey(row: SigningKeyRow, vault: Vault): Promise<CryptoKey> {
  let text: string;
  try {
    text = vault.open(row.sealed_jwk, contextOf(row.kid));
  } catch (cause) {
    throw new Error(
      'LAUREL_SECRET is not the one with which this database was set up: its signing key does not open. Set the former secret again.',
      { cause },
    );
  }
  return (await importJWK(JSON.parse(text) as JWK, STATEMENT_ALG)) as CryptoKey;
}
