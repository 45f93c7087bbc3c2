import { CHALLENGE_STATEMENTS } from './schema/challenges.ts';
import { EVENT_STATEMENTS } from './schema/events.ts';
import { IDENTITY_STATEMENTS } from './schema/identity.ts';
import { INCOMING_WEBHOOK_STATEMENTS } from './schema/incoming-webhooks.ts';
import { JOB_STATEMENTS } from './schema/jobs.ts';
import { LEDGER_STATEMENTS } from './schema/ledger.ts';
import { MEMBER_STATEMENTS } from './schema/members.ts';
import { OUTBOX_STATEMENTS } from './schema/outbox.ts';
import { PROGRAM_STATEMENTS } from './schema/programs.ts';
import { REDEMPTION_STATEMENTS } from './schema/redemptions.ts';
import { REFERRAL_STATEMENTS } from './schema/referrals.ts';
import { SURVEY_STATEMENTS } from './schema/surveys.ts';
import { table } from './schema/table.ts';
import { WEBHOOK_ENDPOINT_STATEMENTS } from './schema/webhook-endpoints.ts';
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
    statements: [...PROGRAM_STATEMENTS, ...LEDGER_STATEMENTS, ...SURVEY_STATEMENTS, ...IDENTITY_STATEMENTS],
  },
  {
    version: 2,
    name: 'engine',
    statements: [
      ...EVENT_STATEMENTS,
      ...MEMBER_STATEMENTS,
      ...REDEMPTION_STATEMENTS,
      ...CHALLENGE_STATEMENTS,
      ...REFERRAL_STATEMENTS,
      ...JOB_STATEMENTS,
      ...OUTBOX_STATEMENTS,
      ...WEBHOOK_ENDPOINT_STATEMENTS,
      ...INCOMING_WEBHOOK_STATEMENTS,
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
