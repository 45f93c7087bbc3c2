import { table } from './table.ts';

/** Stands for an expiry that the member's account knows: later than every real one, sooner than never. */
export const FOLLOWS = Number.MAX_SAFE_INTEGER - 1;

/** Members and all that moves their points. */
export interface LedgerTables {
  members: { program_id: string; member_id: string; customer_id: string; enrolled_at: number; digest: string };
  /** The projection of a member's entries. No guard of its own: the next entry's key admits one writer only. */
  accounts: {
    program_id: string;
    member_id: string;
    seq: number;
    head: string | null;
    balance: number;
    debt: number;
    tier: string;
    tier_since: number | null;
    tier_review_at: number;
    /** JSON: where the member stands without the tier that was set by hand; `null` where none was. */
    tier_earned: string | null;
    /** JSON: what counts toward a tier, by calendar day of the program (`QualifyingDays`). */
    counted: string;
    /** When the first open lot expires. */
    next_expiry_at: number;
    /** When the lots expire that follow what the member does. */
    inactive_at: number;
    /** When the last lot posts or posted. */
    last_available_at: number;
    /** The member to whom the points went over; `null` for one who stands for himself. */
    merged_into: string | null;
  };
  entries: {
    program_id: string;
    member_id: string;
    seq: number;
    kind: string;
    points: number;
    qualifying: number;
    occurred_at: number;
    recorded_at: number;
    hash: string;
    bytes: string;
  };
  /** Named by the `seq` of the entry that opened it. The open ones of a member lie together. */
  lots: {
    program_id: string;
    member_id: string;
    seq: number;
    initial: number;
    remaining: number;
    expired: number;
    reversed: number;
    available_at: number;
    /** {@link FOLLOWS} where the account's `inactive_at` says when. */
    expires_at: number;
    is_open: number;
    is_extended: number;
  };
  /** What a member used of a limit; `subject` names it, such as `rule:per-review`, `period` its first day. */
  member_uses: {
    program_id: string;
    member_id: string;
    subject: string;
    period: string;
    times: number;
    points: number;
  };
  orders: {
    program_id: string;
    order_id: string;
    member_id: string;
    seq: number;
    currency: string;
    net_minor: number;
    /** What its accrual earned, and how much of that refunds took back so far. */
    points: number;
    qualifying: number;
    refunded_minor: number;
    reversed_points: number;
    reversed_qualifying: number;
    placed_at: number;
    facts: string;
    content_hash: string;
    digest: string;
  };
  refunds: {
    program_id: string;
    order_id: string;
    refund_id: string;
    member_id: string;
    seq: number;
    amount_minor: number;
    refunded_at: number;
    content_hash: string;
    digest: string;
  };
  /** `caller` is `merchant` or a member's id: one caller's keys never meet another's. */
  idempotency_keys: {
    program_id: string;
    caller: string;
    idempotency_key: string;
    content_hash: string;
    /** JSON: what to answer again. */
    result: string;
    recorded_at: number;
    digest: string;
  };
}

export const LEDGER_STATEMENTS: readonly string[] = [
  table(
    'members',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, customer_id TEXT NOT NULL, enrolled_at BIGINT NOT NULL,
     digest TEXT NOT NULL`,
    'program_id, member_id',
  ),
  'CREATE UNIQUE INDEX members_by_customer ON members (program_id, customer_id)',
  table(
    'accounts',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, seq BIGINT NOT NULL, head TEXT, balance BIGINT NOT NULL,
     debt BIGINT NOT NULL CHECK (debt >= 0), tier TEXT NOT NULL, tier_since BIGINT, tier_review_at BIGINT NOT NULL,
     tier_earned TEXT, counted TEXT NOT NULL, next_expiry_at BIGINT NOT NULL, inactive_at BIGINT NOT NULL,
     last_available_at BIGINT NOT NULL, merged_into TEXT`,
    'program_id, member_id',
  ),
  'CREATE INDEX accounts_by_expiry ON accounts (program_id, next_expiry_at)',
  table(
    'entries',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, seq BIGINT NOT NULL CHECK (seq > 0), kind TEXT NOT NULL,
     points BIGINT NOT NULL, qualifying BIGINT NOT NULL, occurred_at BIGINT NOT NULL, recorded_at BIGINT NOT NULL,
     hash TEXT NOT NULL, bytes TEXT NOT NULL`,
    'program_id, member_id, seq',
  ),
  table(
    'lots',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, seq BIGINT NOT NULL, initial BIGINT NOT NULL,
     remaining BIGINT NOT NULL, expired BIGINT NOT NULL CHECK (expired >= 0),
     reversed BIGINT NOT NULL CHECK (reversed >= 0), available_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
     is_open BIGINT NOT NULL, is_extended BIGINT NOT NULL, CHECK (remaining >= 0 AND remaining <= initial)`,
    'program_id, member_id, is_open, seq',
  ),
  table(
    'member_uses',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, subject TEXT NOT NULL, period TEXT NOT NULL,
     times BIGINT NOT NULL, points BIGINT NOT NULL`,
    'program_id, member_id, subject, period',
  ),
  table(
    'orders',
    `program_id TEXT NOT NULL, order_id TEXT NOT NULL, member_id TEXT NOT NULL, seq BIGINT NOT NULL,
     currency TEXT NOT NULL, net_minor BIGINT NOT NULL, points BIGINT NOT NULL, qualifying BIGINT NOT NULL,
     refunded_minor BIGINT NOT NULL, reversed_points BIGINT NOT NULL, reversed_qualifying BIGINT NOT NULL, placed_at BIGINT NOT NULL,
     facts TEXT NOT NULL, content_hash TEXT NOT NULL, digest TEXT NOT NULL,
     CHECK (refunded_minor >= 0 AND refunded_minor <= net_minor AND reversed_points <= points)`,
    'program_id, order_id',
  ),
  table(
    'refunds',
    `program_id TEXT NOT NULL, order_id TEXT NOT NULL, refund_id TEXT NOT NULL, member_id TEXT NOT NULL,
     seq BIGINT NOT NULL, amount_minor BIGINT NOT NULL, refunded_at BIGINT NOT NULL, content_hash TEXT NOT NULL,
     digest TEXT NOT NULL`,
    'program_id, order_id, refund_id',
  ),
  table(
    'idempotency_keys',
    `program_id TEXT NOT NULL, caller TEXT NOT NULL, idempotency_key TEXT NOT NULL, content_hash TEXT NOT NULL,
     result TEXT NOT NULL, recorded_at BIGINT NOT NULL, digest TEXT NOT NULL`,
    'program_id, caller, idempotency_key',
  ),
];
