import type { Instant } from '../../shared/domain/time.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { hashOf, isSame, randomId, randomText, type Vault } from './vault.ts';

type KeyKind = 'secret' | 'member';

interface KeyRow {
  readonly key_id: string;
  readonly kind: KeyKind;
  readonly secret: string;
  readonly created_at: number;
  readonly revoked_at: number | null;
}

const selectKeys = statement<KeyRow>((db, parameter) =>
  db
    .selectFrom('program_keys')
    .select(['key_id', 'kind', 'secret', 'created_at', 'revoked_at'])
    .where('program_id', '=', parameter('program_id'))
    .orderBy('created_at')
    .orderBy('key_id'),
);

const insertKey = statement<never>((db, parameter) =>
  db.insertInto('program_keys').values({
    program_id: parameter('program_id'),
    key_id: parameter('key_id'),
    kind: parameter('kind'),
    secret: parameter('secret'),
    created_at: parameter('created_at'),
    revoked_at: parameter('revoked_at'),
  }),
);

const updateRevoked = statement<never>((db, parameter) =>
  db
    .updateTable('program_keys')
    .set({ revoked_at: parameter('revoked_at') })
    .where('program_id', '=', parameter('program_id'))
    .where('key_id', '=', parameter('key_id'))
    .where('revoked_at', 'is', null),
);

/** A pair as it is shown once: nothing can show it again. */
export interface KeyPair {
  readonly secretKeyId: string;
  /** `Authorization: Bearer` of the merchant's calls. */
  readonly secretKey: string;
  readonly memberKeyId: string;
  /** HMAC secret (its UTF-8 bytes) with which the shop signs its customers' JWTs; header `kid` is `memberKeyId`. */
  readonly memberKey: string;
}

export interface KeyListing {
  readonly keyId: string;
  readonly kind: KeyKind;
  readonly createdAt: Instant;
  readonly revokedAt: Instant | null;
}

/** The keys by which a shop proves that it is the program's merchant. */
export interface ProgramKeys {
  issue(programId: string): Promise<KeyPair>;
  list(programId: string): Promise<readonly KeyListing[]>;
  /** False when there is no such key, or it was revoked before. */
  revoke(programId: string, keyId: string): Promise<boolean>;
  isSecretKey(programId: string, presented: string): Promise<boolean>;
  /** The HMAC secret of a member key that is good now. */
  memberKey(programId: string, keyId: string): Promise<string | null>;
}

/** A key that another server revoked is refused here after this long at the latest. */
const CACHE_MS = 5_000;
const CACHED_PROGRAM_COUNT_MAX = 1_000;

const SECRET_KEY = /^lrl_sk_([0-9a-f]{24})_[A-Za-z0-9_-]{43}$/;

export function createProgramKeys({
  database,
  vault,
  clock,
}: {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: () => Instant;
}): ProgramKeys {
  const cache = new BoundedMap<string, { readonly rows: readonly KeyRow[]; readonly readAt: Instant }>(
    CACHED_PROGRAM_COUNT_MAX,
  );

  async function liveKey(programId: string, keyId: string, kind: KeyKind): Promise<KeyRow | undefined> {
    const age = clock() - (cache.get(programId)?.readAt ?? Number.NEGATIVE_INFINITY);
    let rows = age >= 0 && age < CACHE_MS ? cache.get(programId)?.rows : undefined;
    // A key made a moment ago by another process is looked for at once.
    if (!rows?.some((row) => row.key_id === keyId)) {
      rows = await database.all(selectKeys, { program_id: programId });
      if (rows.length > 0) cache.set(programId, { rows, readAt: clock() });
    }
    return rows.find((row) => row.key_id === keyId && row.kind === kind && row.revoked_at === null);
  }

  const contextOf = (programId: string, keyId: string) => `program_keys:${programId}:${keyId}`;

  return {
    async issue(programId) {
      const [secretKeyId, memberKeyId] = [randomId(), randomId()];
      const secretKey = `lrl_sk_${secretKeyId}_${randomText()}`;
      const memberKey = `lrl_mk_${memberKeyId}_${randomText()}`;
      const sealed = vault.seal(memberKey, contextOf(programId, memberKeyId));
      const shared = { program_id: programId, created_at: clock(), revoked_at: null };
      await database.transaction(async (transaction) => {
        const secret = hashOf(secretKey);
        await transaction.run(insertKey, { ...shared, key_id: secretKeyId, kind: 'secret', secret });
        await transaction.run(insertKey, { ...shared, key_id: memberKeyId, kind: 'member', secret: sealed });
      });
      return { secretKeyId, secretKey, memberKeyId, memberKey };
    },

    async list(programId) {
      const rows = await database.all(selectKeys, { program_id: programId });
      return rows.map((row) => ({
        keyId: row.key_id,
        kind: row.kind,
        createdAt: row.created_at,
        revokedAt: row.revoked_at,
      }));
    },

    async revoke(programId, keyId) {
      const params = { program_id: programId, key_id: keyId, revoked_at: clock() };
      const revoked = await database.transaction((transaction) => transaction.run(updateRevoked, params));
      cache.delete(programId);
      return revoked > 0;
    },

    async isSecretKey(programId, presented) {
      const keyId = SECRET_KEY.exec(presented)?.[1];
      if (keyId === undefined) return false;
      const row = await liveKey(programId, keyId, 'secret');
      return row !== undefined && isSame(row.secret, hashOf(presented));
    },

    async memberKey(programId, keyId) {
      const row = await liveKey(programId, keyId, 'member');
      return row ? vault.open(row.secret, contextOf(programId, keyId)) : null;
    },
  };
}
