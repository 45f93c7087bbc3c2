import { table } from './table.ts';

/** Where a merchant wants to hear what happens, and what became of each message. */
export interface WebhookEndpointTables {
  webhook_endpoints: {
    program_id: string;
    endpoint_id: string;
    url: string;
    description: string;
    /** JSON array of event types; empty for every type. */
    event_types: string;
    is_enabled: number;
    /** `gone`: it answered 410; `merchant`: switched off by hand. */
    disabled_reason: string | null;
    /** Since when it is on: what happened before is not sent to it. */
    enabled_at: number;
    /** Sealed. */
    secret: string;
    /** The one before it, sealed; messages carry its signature as well until `previous_until`. */
    previous_secret: string | null;
    previous_until: number;
    created_at: number;
  };
  webhook_deliveries: {
    program_id: string;
    endpoint_id: string;
    event_id: string;
    member_id: string;
    member_seq: number;
    place: number;
    state: 'pending' | 'delivered' | 'failed';
    attempt_count: number;
    /** `NEVER` unless pending. */
    next_attempt_at: number;
    last_attempt_at: number | null;
    /** HTTP status of the last answer; `null` when there was none. */
    last_status: number | null;
    last_error: string | null;
    created_at: number;
  };
}

export const WEBHOOK_ENDPOINT_STATEMENTS: readonly string[] = [
  table(
    'webhook_endpoints',
    `program_id TEXT NOT NULL, endpoint_id TEXT NOT NULL, url TEXT NOT NULL, description TEXT NOT NULL,
     event_types TEXT NOT NULL, is_enabled BIGINT NOT NULL, disabled_reason TEXT, enabled_at BIGINT NOT NULL,
     secret TEXT NOT NULL, previous_secret TEXT, previous_until BIGINT NOT NULL, created_at BIGINT NOT NULL`,
    'program_id, endpoint_id',
  ),
  table(
    'webhook_deliveries',
    `program_id TEXT NOT NULL, endpoint_id TEXT NOT NULL, event_id TEXT NOT NULL, member_id TEXT NOT NULL,
     member_seq BIGINT NOT NULL, place BIGINT NOT NULL, state TEXT NOT NULL, attempt_count BIGINT NOT NULL,
     next_attempt_at BIGINT NOT NULL, last_attempt_at BIGINT, last_status BIGINT, last_error TEXT,
     created_at BIGINT NOT NULL`,
    'program_id, endpoint_id, event_id',
  ),
  'CREATE INDEX webhook_deliveries_by_due ON webhook_deliveries (program_id, endpoint_id, next_attempt_at)',
  'CREATE INDEX webhook_deliveries_by_member ON webhook_deliveries (program_id, endpoint_id, member_id, next_attempt_at)',
  'CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (program_id, endpoint_id, created_at, event_id)',
];
