import type { Dialect } from './statement.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  /** One statement each, additive. Never edited once released: a change is a further migration. */
  readonly statements: readonly string[];
}

/**
 * Schema in the portable profile: every table has a primary key that begins with the program, so that it can be the
 * distribution key of a sharded engine; no sequences, triggers or engine features.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: 'first-point',
    statements: [
      table(
        'program_versions',
        `program_id TEXT NOT NULL, version BIGINT NOT NULL, effective_at BIGINT NOT NULL, recorded_at BIGINT NOT NULL,
         document TEXT NOT NULL, digest TEXT NOT NULL`,
        'program_id, version',
      ),
      table(
        'program_keys',
        `program_id TEXT NOT NULL, key_id TEXT NOT NULL, kind TEXT NOT NULL, secret TEXT NOT NULL,
         created_at BIGINT NOT NULL, revoked_at BIGINT`,
        'program_id, key_id',
      ),
      table(
        'signing_keys',
        `kid TEXT NOT NULL, public_jwk TEXT NOT NULL, sealed_jwk TEXT NOT NULL, created_at BIGINT NOT NULL,
         retired_at BIGINT`,
        'kid',
      ),
      table(
        'members',
        `program_id TEXT NOT NULL, member_id TEXT NOT NULL, customer_id TEXT NOT NULL, enrolled_at BIGINT NOT NULL,
         digest TEXT NOT NULL`,
        'program_id, member_id',
      ),
      'CREATE UNIQUE INDEX members_by_customer ON members (program_id, customer_id)',
      table(
        'accounts',
        `program_id TEXT NOT NULL, member_id TEXT NOT NULL, seq BIGINT NOT NULL, head TEXT, balance BIGINT NOT NULL,
         debt BIGINT NOT NULL CHECK (debt >= 0), tier TEXT NOT NULL, tier_since BIGINT, tier_review_at BIGINT NOT NULL,
         next_expiry_at BIGINT NOT NULL, last_available_at BIGINT NOT NULL`,
        'program_id, member_id',
      ),
      'CREATE INDEX accounts_by_expiry ON accounts (program_id, next_expiry_at)',
      table(
        'entries',
        `program_id TEXT NOT NULL, member_id TEXT NOT NULL, seq BIGINT NOT NULL CHECK (seq > 0), kind TEXT NOT NULL,
         points BIGINT NOT NULL, qualifying BIGINT NOT NULL, occurred_at BIGINT NOT NULL, recorded_at BIGINT NOT NULL,
         hash TEXT NOT NULL, bytes TEXT NOT NULL`,
        'program_id, member_id, seq',
      ),
      table(
        'lots',
        `program_id TEXT NOT NULL, member_id TEXT NOT NULL, seq BIGINT NOT NULL, initial BIGINT NOT NULL,
         remaining BIGINT NOT NULL, expired BIGINT NOT NULL CHECK (expired >= 0),
         reversed BIGINT NOT NULL CHECK (reversed >= 0), available_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
         is_open BIGINT NOT NULL, CHECK (remaining >= 0 AND remaining <= initial)`,
        'program_id, member_id, seq',
      ),
      'CREATE INDEX lots_by_expiry ON lots (program_id, member_id, is_open, expires_at)',
      table(
        'lot_uses',
        `program_id TEXT NOT NULL, member_id TEXT NOT NULL, seq BIGINT NOT NULL, lot_seq BIGINT NOT NULL,
         points BIGINT NOT NULL CHECK (points > 0)`,
        'program_id, member_id, seq, lot_seq',
      ),
      table(
        'qualifying_days',
        'program_id TEXT NOT NULL, member_id TEXT NOT NULL, day TEXT NOT NULL, points BIGINT NOT NULL',
        'program_id, member_id, day',
      ),
      table(
        'orders',
        `program_id TEXT NOT NULL, order_id TEXT NOT NULL, member_id TEXT NOT NULL, seq BIGINT NOT NULL,
         currency TEXT NOT NULL, net_minor BIGINT NOT NULL, points BIGINT NOT NULL, qualifying BIGINT NOT NULL,
         refunded_minor BIGINT NOT NULL, reversed_points BIGINT NOT NULL, reversed_qualifying BIGINT NOT NULL, placed_at BIGINT NOT NULL,
         facts TEXT NOT NULL, content_hash TEXT NOT NULL, digest TEXT NOT NULL,
         CHECK (refunded_minor >= 0 AND refunded_minor <= net_minor AND reversed_points <= points)`,
        'program_id, order_id',
      ),
      table(
        'refunds',
        `program_id TEXT NOT NULL, order_id TEXT NOT NULL, refund_id TEXT NOT NULL, member_id TEXT NOT NULL,
         seq BIGINT NOT NULL, amount_minor BIGINT NOT NULL, refunded_at BIGINT NOT NULL, content_hash TEXT NOT NULL,
         digest TEXT NOT NULL`,
        'program_id, order_id, refund_id',
      ),
      table(
        'idempotency_keys',
        `program_id TEXT NOT NULL, caller TEXT NOT NULL, idempotency_key TEXT NOT NULL, content_hash TEXT NOT NULL,
         result TEXT NOT NULL, recorded_at BIGINT NOT NULL, digest TEXT NOT NULL`,
        'program_id, caller, idempotency_key',
      ),
      table(
        'survey_responses',
        `program_id TEXT NOT NULL, member_id TEXT NOT NULL, response_id TEXT NOT NULL, survey_id TEXT NOT NULL,
         score BIGINT NOT NULL, comment TEXT, locale TEXT, answered_at BIGINT NOT NULL, digest TEXT NOT NULL`,
        'program_id, member_id, response_id',
      ),
      'CREATE INDEX survey_responses_by_time ON survey_responses (program_id, survey_id, answered_at)',
      table(
        'used_tokens',
        'program_id TEXT NOT NULL, jti TEXT NOT NULL, expires_at BIGINT NOT NULL',
        'program_id, jti',
      ),
      table(
        'wallet_codes',
        `program_id TEXT NOT NULL, code_hash TEXT NOT NULL, member_id TEXT NOT NULL, client_id TEXT NOT NULL,
         code_challenge TEXT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT`,
        'program_id, code_hash',
      ),
      table(
        'wallet_grants',
        `program_id TEXT NOT NULL, grant_id TEXT NOT NULL, member_id TEXT NOT NULL, client_id TEXT NOT NULL,
         refresh_hash TEXT NOT NULL, previous_hash TEXT, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, revoked_at BIGINT`,
        'program_id, grant_id',
      ),
      table(
        'imports',
        'program_id TEXT NOT NULL, source TEXT NOT NULL, lines_done BIGINT NOT NULL, updated_at BIGINT NOT NULL',
        'program_id, source',
      ),
    ],
  },
];

/** The record of what was applied; made before anything else. */
export const MIGRATIONS_TABLE = table(
  'schema_migrations',
  'version BIGINT NOT NULL, name TEXT NOT NULL, applied_at BIGINT NOT NULL',
  'version',
  'CREATE TABLE IF NOT EXISTS',
);

function table(name: string, columns: string, key: string, create = 'CREATE TABLE'): string {
  return `${create} ${name} (${columns.replace(/\s+/g, ' ')}, PRIMARY KEY (${key}))`;
}

/** Tables of long rows that are only added to: in a heap, those of one commit share pages, wherever their keys sort. */
const HEAPS: ReadonlySet<string> = new Set(['entries', 'orders', 'refunds', 'idempotency_keys']);

/**
 * A statement as a store takes it. SQLite keeps a table of short rows once, ordered by its key, instead of a heap beside
 * an index: half the pages a write.
 */
export function ddlFor(dialect: Dialect, statement: string): string {
  const name = /^CREATE TABLE (?:IF NOT EXISTS )?(\w+)/.exec(statement)?.[1];
  return dialect === 'sqlite' && name !== undefined && !HEAPS.has(name) ? `${statement} WITHOUT ROWID` : statement;
}
