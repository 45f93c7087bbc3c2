import { table } from './table.ts';

/** What happened, for whoever listens: written in the same transaction as the happening itself. */
export interface OutboxTables {
  outbox: {
    program_id: string;
    event_id: string;
    member_id: string;
    /** Place among the member's events: the `seq` of his newest entry, then `place`. */
    member_seq: number;
    place: number;
    type: string;
    /** JSON, without the member's ids: an erased member leaves none behind. */
    data: string;
    occurred_at: number;
    /** When it became known; from then on, when it was handed out. */
    recorded_at: number;
    /** 0: to be handed out now; an instant ahead: not before it has come; `NEVER`: handed out. */
    due_at: number;
  };
}

export const OUTBOX_STATEMENTS: readonly string[] = [
  table(
    'outbox',
    `program_id TEXT NOT NULL, event_id TEXT NOT NULL, member_id TEXT NOT NULL, member_seq BIGINT NOT NULL,
     place BIGINT NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL, occurred_at BIGINT NOT NULL,
     recorded_at BIGINT NOT NULL, due_at BIGINT NOT NULL`,
    'program_id, event_id',
  ),
  'CREATE INDEX outbox_by_due ON outbox (program_id, due_at)',
  'CREATE INDEX outbox_by_time ON outbox (program_id, recorded_at)',
];
