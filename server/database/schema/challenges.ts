import { table } from './table.ts';

/** Where members stand in challenges, and what they got for them. */
export interface ChallengeTables {
  challenge_states: {
    program_id: string;
    member_id: string;
    challenge_id: string;
    /** JSON: `ChallengeState`. */
    state: string;
    digest: string;
  };
  /** A row for each run that was completed. */
  challenge_rewards: {
    program_id: string;
    member_id: string;
    challenge_id: string;
    run: number;
    /** The version whose challenge it was. */
    program_version: number;
    /** The entry that rewarded it, and the one that took the reward back; 0 where there is none. */
    seq: number;
    reversed_seq: number;
    /** JSON: how the run came to its end, less what refunds took from it since. */
    progress: string;
    /** The run that goes on with what was left when the reward was taken back; 0 where none does. */
    moved_to: number;
    digest: string;
  };
}

export const CHALLENGE_STATEMENTS: readonly string[] = [
  table(
    'challenge_states',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, challenge_id TEXT NOT NULL, state TEXT NOT NULL,
     digest TEXT NOT NULL`,
    'program_id, member_id, challenge_id',
  ),
  table(
    'challenge_rewards',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, challenge_id TEXT NOT NULL, run BIGINT NOT NULL CHECK (run > 0),
     program_version BIGINT NOT NULL, seq BIGINT NOT NULL, reversed_seq BIGINT NOT NULL, progress TEXT NOT NULL,
     moved_to BIGINT NOT NULL, digest TEXT NOT NULL`,
    'program_id, member_id, challenge_id, run',
  ),
];
