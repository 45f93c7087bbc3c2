import type { ChallengeTables } from './schema/challenges.ts';
import type { EventTables } from './schema/events.ts';
import type { IdentityTables } from './schema/identity.ts';
import type { IncomingWebhookTables } from './schema/incoming-webhooks.ts';
import type { JobTables } from './schema/jobs.ts';
import type { LedgerTables } from './schema/ledger.ts';
import type { MemberTables } from './schema/members.ts';
import type { OutboxTables } from './schema/outbox.ts';
import type { ProgramTables } from './schema/programs.ts';
import type { RedemptionTables } from './schema/redemptions.ts';
import type { ReferralTables } from './schema/referrals.ts';
import type { SurveyTables } from './schema/surveys.ts';
import type { WebhookEndpointTables } from './schema/webhook-endpoints.ts';

/**
 * The tables, as the code sees them. Instants are milliseconds since 1970 in `BIGINT`; points and money are whole
 * numbers; booleans are 0 or 1. Every table of a program's data has a primary key that begins with `program_id`.
 *
 * `digest` seals a row that no entry's hash covers: SHA-256 over its other columns, so that `laurel verify` finds any
 * change that was not made by the server.
 */
export interface Tables
  extends ProgramTables,
    LedgerTables,
    EventTables,
    IdentityTables,
    SurveyTables,
    RedemptionTables,
    ChallengeTables,
    ReferralTables,
    MemberTables,
    JobTables,
    OutboxTables,
    WebhookEndpointTables,
    IncomingWebhookTables {
  schema_migrations: { version: number; name: string; applied_at: number };
}
