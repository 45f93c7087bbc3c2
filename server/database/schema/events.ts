import { table } from './table.ts';

/** Facts other than orders, and how far uses of limits are kept. */
export interface EventTables {
  /**
   * Facts that were told, each once. What a fact says beyond its type is not kept: the rules do not look at it, and it may
   * name a person.
   */
  events: {
    program_id: string;
    event_id: string;
    member_id: string;
    type: string;
    /** The accrual that it brought; 0 where it brought none. */
    seq: number;
    occurred_at: number;
    recorded_at: number;
    content_hash: string;
    digest: string;
  };
  /** Uses of limits before this day are no longer kept, those of a lifetime excepted. */
  use_sweeps: { program_id: string; swept_before: string; digest: string };
}

export const EVENT_STATEMENTS: readonly string[] = [
  table(
    'events',
    `program_id TEXT NOT NULL, event_id TEXT NOT NULL, member_id TEXT NOT NULL, type TEXT NOT NULL, seq BIGINT NOT NULL,
     occurred_at BIGINT NOT NULL, recorded_at BIGINT NOT NULL, content_hash TEXT NOT NULL, digest TEXT NOT NULL`,
    'program_id, event_id',
  ),
  'CREATE INDEX events_by_member ON events (program_id, member_id, event_id)',
  table('use_sweeps', 'program_id TEXT NOT NULL, swept_before TEXT NOT NULL, digest TEXT NOT NULL', 'program_id'),
];
