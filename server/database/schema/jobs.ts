import { table } from './table.ts';

/** Work that time asks for, and what a member was told ahead of time. */
export interface JobTables {
  /** One a job and program: who runs it now, how far it came, and what the last run came to. */
  jobs: {
    program_id: string;
    name: string;
    /** Until when its holder alone runs it; 0 when nobody does. */
    lease_until: number;
    holder: string | null;
    next_run_at: number;
    /** How far a run came that was cut off, or what the next one goes on from; each job's own text. */
    progress: string | null;
    last_started_at: number | null;
    last_ended_at: number | null;
    /** JSON: counts of what the last complete run did. */
    last_result: string | null;
    /** What the last run failed with; `null` when it did not. */
    last_error: string | null;
  };
  /** What a member was told once; `subject` names the occasion, such as an expiry's day. */
  member_notices: { program_id: string; member_id: string; kind: string; subject: string; told_at: number };
}

export const JOB_STATEMENTS: readonly string[] = [
  'CREATE INDEX accounts_by_review ON accounts (program_id, tier_review_at)',
  table(
    'jobs',
    `program_id TEXT NOT NULL, name TEXT NOT NULL, lease_until BIGINT NOT NULL, holder TEXT,
     next_run_at BIGINT NOT NULL, progress TEXT, last_started_at BIGINT, last_ended_at BIGINT, last_result TEXT,
     last_error TEXT`,
    'program_id, name',
  ),
  table(
    'member_notices',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
     told_at BIGINT NOT NULL`,
    'program_id, member_id, kind, subject',
  ),
];
