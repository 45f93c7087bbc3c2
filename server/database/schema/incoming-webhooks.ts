import { table } from './table.ts';

/** What platforms tell of a shop's orders. */
export interface IncomingWebhookTables {
  /** Secrets by which a platform's events are known; sealed. */
  webhook_secrets: {
    program_id: string;
    platform: string;
    secret_id: string;
    secret: string;
    created_at: number;
    /** No good from then on; `null` for the one that is good now. */
    ends_at: number | null;
  };
  /** What is known of each order, a row a fact; of two of one name the higher rank stays. */
  order_facts: {
    program_id: string;
    order_id: string;
    name: string;
    rank: number;
    body: string;
    received_at: number;
    /** A fact whose order has not come yet is forgotten then. */
    kept_until: number;
    /** Seals all but `kept_until`. */
    digest: string;
  };
  /** What a platform's law has it ask for. */
  privacy_requests: {
    program_id: string;
    request_id: string;
    kind: string;
    customer_id: string | null;
    received_at: number;
    done_at: number | null;
  };
}

export const INCOMING_WEBHOOK_STATEMENTS: readonly string[] = [
  table(
    'webhook_secrets',
    `program_id TEXT NOT NULL, platform TEXT NOT NULL, secret_id TEXT NOT NULL, secret TEXT NOT NULL,
     created_at BIGINT NOT NULL, ends_at BIGINT`,
    'program_id, platform, secret_id',
  ),
  table(
    'order_facts',
    `program_id TEXT NOT NULL, order_id TEXT NOT NULL, name TEXT NOT NULL, rank BIGINT NOT NULL, body TEXT NOT NULL,
     received_at BIGINT NOT NULL, kept_until BIGINT NOT NULL, digest TEXT NOT NULL`,
    'program_id, order_id, name',
  ),
  'CREATE INDEX order_facts_by_end ON order_facts (program_id, kept_until)',
  table(
    'privacy_requests',
    `program_id TEXT NOT NULL, request_id TEXT NOT NULL, kind TEXT NOT NULL, customer_id TEXT,
     received_at BIGINT NOT NULL, done_at BIGINT`,
    'program_id, request_id',
  ),
];
