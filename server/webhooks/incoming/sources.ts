import { randomBytes } from 'node:crypto';
import { formatInstant, type Instant } from '../../../shared/domain/time.ts';
import type { Database } from '../../database/database.ts';
import { statement } from '../../database/statement.ts';
import { randomId, type Vault } from '../../identity/vault.ts';
import { type Platform, STANDARD_PREFIX } from './signatures.ts';

/** The secrets by which a program knows the events of its platforms. */
export interface WebhookSources {
  /** Those that are good now, the newest first. `fresh` looks past what this server remembers. */
  secrets(programId: string, platform: Platform, fresh: boolean): Promise<readonly string[]>;
  list(programId: string, platform: Platform): Promise<readonly SecretListing[]>;
  /**
   * Sets the secret; the one before stays good for `overlapMs`, so that no event is refused while the platform changes
   * over. Gives the secret.
   */
  rotate(programId: string, platform: Platform, secret: string | null, overlapMs: number): Promise<string>;
  /** No event of the platform is accepted any more. */
  remove(programId: string, platform: Platform): Promise<void>;
}

export interface SecretListing {
  readonly id: string;
  readonly createdAt: string;
  readonly endsAt: string | null;
}

interface SecretRow {
  readonly secret_id: string;
  readonly secret: string;
  readonly created_at: number;
  readonly ends_at: number | null;
}

const selectSecrets = statement<SecretRow>((db, p) =>
  db
    .selectFrom('webhook_secrets')
    .select(['secret_id', 'secret', 'created_at', 'ends_at'])
    .where('program_id', '=', p('program_id'))
    .where('platform', '=', p('platform'))
    .orderBy('created_at', 'desc')
    .orderBy('secret_id'),
);

const insertSecret = statement<never>((db, p) =>
  db.insertInto('webhook_secrets').values({
    program_id: p('program_id'),
    platform: p('platform'),
    secret_id: p('secret_id'),
    secret: p('secret'),
    created_at: p('created_at'),
    ends_at: p('ends_at'),
  }),
);

const endSecret = statement<never>((db, p) =>
  db
    .updateTable('webhook_secrets')
    .set({ ends_at: p('ends_at') })
    .where('program_id', '=', p('program_id'))
    .where('platform', '=', p('platform'))
    .where('secret_id', '=', p('secret_id')),
);

const deleteSecret = statement<never>((db, p) =>
  db
    .deleteFrom('webhook_secrets')
    .where('program_id', '=', p('program_id'))
    .where('platform', '=', p('platform'))
    .where('secret_id', '=', p('secret_id')),
);

const deleteSecrets = statement<never>((db, p) =>
  db.deleteFrom('webhook_secrets').where('program_id', '=', p('program_id')).where('platform', '=', p('platform')),
);

/** A secret that another server removed is refused here after this long at the latest. */
const CACHE_MS = 2_000;
const CACHED_COUNT_MAX = 1_000;

export function createWebhookSources({
  database,
  vault,
  clock,
}: {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: () => Instant;
}): WebhookSources {
  const cache = new Map<string, { readonly secrets: readonly OpenSecret[]; readonly readAt: Instant }>();
  const cacheKey = (programId: string, platform: Platform) => `${programId} ${platform}`;
  const contextOf = (programId: string, platform: Platform, id: string) =>
    `webhook_secrets:${programId}:${platform}:${id}`;
  const rowsOf = (programId: string, platform: Platform) =>
    database.all(selectSecrets, { program_id: programId, platform });
  const isLive = ({ ends_at }: Pick<SecretRow, 'ends_at'>) => ends_at === null || clock() < ends_at;

  return {
    async secrets(programId, platform, fresh) {
      const key = cacheKey(programId, platform);
      const kept = cache.get(key);
      const age = clock() - (kept?.readAt ?? Number.NEGATIVE_INFINITY);
      if (kept && !fresh && age >= 0 && age < CACHE_MS) return kept.secrets.filter(isLive).map(({ text }) => text);
      const rows = await rowsOf(programId, platform);
      const secrets = rows.map(({ secret_id, secret, ends_at }) => ({
        text: vault.open(secret, contextOf(programId, platform, secret_id)),
        ends_at,
      }));
      // Whoever makes up programs is not remembered.
      if (rows.length > 0) {
        cache.delete(key);
        cache.set(key, { secrets, readAt: clock() });
        if (cache.size > CACHED_COUNT_MAX) cache.delete(cache.keys().next().value as string);
      }
      return secrets.filter(isLive).map(({ text }) => text);
    },

    async list(programId, platform) {
      return (await rowsOf(programId, platform)).filter(isLive).map(({ secret_id, created_at, ends_at }) => ({
        id: secret_id,
        createdAt: formatInstant(created_at),
        endsAt: ends_at === null ? null : formatInstant(ends_at),
      }));
    },

    async rotate(programId, platform, given, overlapMs) {
      const secret = given ?? `${STANDARD_PREFIX}${randomBytes(32).toString('base64')}`;
      const scope = { program_id: programId, platform };
      const id = randomId();
      const sealed = vault.seal(secret, contextOf(programId, platform, id));
      await database.transaction(async (transaction) => {
        const now = clock();
        const [newest, ...older] = await transaction.all(selectSecrets, scope);
        for (const { secret_id } of older) await transaction.run(deleteSecret, { ...scope, secret_id });
        if (newest) {
          const ends_at = Math.min(newest.ends_at ?? Number.MAX_SAFE_INTEGER, now + overlapMs);
          await transaction.run(endSecret, { ...scope, secret_id: newest.secret_id, ends_at });
        }
        // Of two in one millisecond the order would be a matter of chance.
        const created_at = Math.max(now, (newest?.created_at ?? 0) + 1);
        await transaction.run(insertSecret, { ...scope, secret_id: id, secret: sealed, created_at, ends_at: null });
      });
      cache.delete(cacheKey(programId, platform));
      return secret;
    },

    async remove(programId, platform) {
      await database.transaction((transaction) => transaction.run(deleteSecrets, { program_id: programId, platform }));
      cache.delete(cacheKey(programId, platform));
    },
  };
}

interface OpenSecret {
  readonly text: string;
  readonly ends_at: number | null;
}
