import { table } from './table.ts';

/** Who referred whom, and what says that two members may be one person. */
export interface ReferralTables {
  /**
   * A member's code, made by the server. A member who referred somebody can never become a friend himself, which rules
   * circles out; both flags only ever go from 0 to 1, and each is set where the other one still is as it must be.
   */
  referral_codes: {
    program_id: string;
    member_id: string;
    code: string;
    made_at: number;
    is_friend: number;
    has_referred: number;
  };
  /** Visits by a link. `token_hash` is all there is of the visitor: nothing about him. */
  referral_clicks: { program_id: string; token_hash: string; referrer_id: string; clicked_at: number };
  /** One a friend: nobody is referred twice. */
  referrals: {
    program_id: string;
    friend_id: string;
    referral_id: string;
    referrer_id: string;
    /** The version whose terms hold for it, to its end. */
    program_version: number;
    /** `link` or `code`. */
    source: string;
    state: string;
    reason: string | null;
    attributed_at: number;
    joined_at: number;
    order_id: string | null;
    ordered_at: number | null;
    /** When it is to be looked at next; `NEVER` where nothing is waited for. */
    due_at: number;
    score: number | null;
    /** JSON: kinds of signals. */
    signals: string;
    is_approved: number;
    has_appealed: number;
    /** What the member wrote to be heard again. */
    appeal: string | null;
    /** Why a person decided as he did. */
    decision: string | null;
    settled_at: number | null;
    /** The entries that rewarded both; 0 where there is none. */
    referrer_seq: number;
    friend_seq: number;
    digest: string;
  };
  /** What the shop knows a member by, as keyed digests of keyed digests; `seen_at` is the beginning of a day. */
  member_signals: { program_id: string; member_id: string; kind: string; hash: string; seen_at: number };
}

export const REFERRAL_STATEMENTS: readonly string[] = [
  table(
    'referral_codes',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, code TEXT NOT NULL, made_at BIGINT NOT NULL,
     is_friend BIGINT NOT NULL, has_referred BIGINT NOT NULL`,
    'program_id, member_id',
  ),
  'CREATE UNIQUE INDEX referral_codes_by_code ON referral_codes (program_id, code)',
  table(
    'referral_clicks',
    `program_id TEXT NOT NULL, token_hash TEXT NOT NULL, referrer_id TEXT NOT NULL, clicked_at BIGINT NOT NULL`,
    'program_id, token_hash',
  ),
  'CREATE INDEX referral_clicks_by_time ON referral_clicks (program_id, clicked_at)',
  table(
    'referrals',
    `program_id TEXT NOT NULL, friend_id TEXT NOT NULL, referral_id TEXT NOT NULL, referrer_id TEXT NOT NULL,
     program_version BIGINT NOT NULL, source TEXT NOT NULL, state TEXT NOT NULL, reason TEXT,
     attributed_at BIGINT NOT NULL, joined_at BIGINT NOT NULL, order_id TEXT, ordered_at BIGINT, due_at BIGINT NOT NULL,
     score BIGINT, signals TEXT NOT NULL, is_approved BIGINT NOT NULL, has_appealed BIGINT NOT NULL, appeal TEXT,
     decision TEXT, settled_at BIGINT, referrer_seq BIGINT NOT NULL, friend_seq BIGINT NOT NULL, digest TEXT NOT NULL,
     CHECK (referrer_id <> friend_id)`,
    'program_id, friend_id',
  ),
  'CREATE UNIQUE INDEX referrals_by_id ON referrals (program_id, referral_id)',
  'CREATE INDEX referrals_by_referrer ON referrals (program_id, referrer_id, joined_at)',
  'CREATE INDEX referrals_by_due ON referrals (program_id, due_at)',
  'CREATE INDEX referrals_by_state ON referrals (program_id, state, joined_at, referral_id)',
  'CREATE INDEX referrals_by_time ON referrals (program_id, joined_at)',
  table(
    'member_signals',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, kind TEXT NOT NULL, hash TEXT NOT NULL, seen_at BIGINT NOT NULL`,
    'program_id, member_id, kind, hash',
  ),
  'CREATE INDEX member_signals_by_hash ON member_signals (program_id, kind, hash, member_id)',
  'CREATE INDEX member_signals_by_time ON member_signals (program_id, seen_at)',
];
