import { table } from './table.ts';

/** Rewards that members redeemed and coupons that they were given, and how many pieces of a reward are taken. */
export interface RedemptionTables {
  redemptions: {
    program_id: string;
    redemption_id: string;
    member_id: string;
    /** `reward` or `coupon`. */
    origin: string;
    /** Id of the reward or coupon in the program document. */
    reward_id: string;
    program_version: number;
    /** `seq` of the entry that took the points; 0 for a coupon. */
    seq: number;
    /** What it took from the member, and JSON of the lots that it took them from: `[[lot, points], …]`. */
    points: number;
    uses: string;
    /** JSON: what it is good for, as it was on that day. */
    terms: string;
    code_hash: string;
    state: string;
    redeemed_at: number;
    /** Until when the code can be used; `NEVER` once it is used or given back. */
    held_until: number;
    /** Until when it could be used, for good. */
    valid_until: number;
    order_id: string | null;
    used_minor: number | null;
    /** Points that came back because the order did not use all of it; and all that came back. */
    unused_points: number;
    returned_points: number;
    /** 1 where it takes a piece of the reward's stock. */
    takes_stock: number;
    /** Why it was given by hand. */
    reason: string | null;
    /** JSON: each state that it came to, with its time. */
    history: string;
    digest: string;
  };
  /** Pieces of a reward that are taken: only that reward's redemptions touch its row. */
  reward_stock: { program_id: string; reward_id: string; taken: number };
}

export const REDEMPTION_STATEMENTS: readonly string[] = [
  table(
    'redemptions',
    `program_id TEXT NOT NULL, redemption_id TEXT NOT NULL, member_id TEXT NOT NULL, origin TEXT NOT NULL,
     reward_id TEXT NOT NULL, program_version BIGINT NOT NULL, seq BIGINT NOT NULL, points BIGINT NOT NULL,
     uses TEXT NOT NULL, terms TEXT NOT NULL, code_hash TEXT NOT NULL, state TEXT NOT NULL, redeemed_at BIGINT NOT NULL,
     held_until BIGINT NOT NULL, valid_until BIGINT NOT NULL, order_id TEXT, used_minor BIGINT,
     unused_points BIGINT NOT NULL, returned_points BIGINT NOT NULL, takes_stock BIGINT NOT NULL, reason TEXT,
     history TEXT NOT NULL, digest TEXT NOT NULL,
     CHECK (unused_points >= 0 AND unused_points <= returned_points AND returned_points <= points)`,
    'program_id, redemption_id',
  ),
  'CREATE UNIQUE INDEX redemptions_by_code ON redemptions (program_id, code_hash)',
  'CREATE INDEX redemptions_by_member ON redemptions (program_id, member_id, held_until)',
  'CREATE INDEX redemptions_by_due ON redemptions (program_id, held_until)',
  'CREATE INDEX redemptions_by_state ON redemptions (program_id, state, redeemed_at, redemption_id)',
  table(
    'reward_stock',
    'program_id TEXT NOT NULL, reward_id TEXT NOT NULL, taken BIGINT NOT NULL CHECK (taken >= 0)',
    'program_id, reward_id',
  ),
];
