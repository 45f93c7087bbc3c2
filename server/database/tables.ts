/**
 * The tables, as the code sees them. Instants are milliseconds since 1970 in `BIGINT`; points and money are whole
 * numbers; booleans are 0 or 1. Every table of a program's data has a primary key that begins with `program_id`.
 *
 * `digest` seals a row that no entry's hash covers: SHA-256 over its other columns, so that `laurel verify` finds any
 * change that was not made by the server.
 */
export interface Tables {
  schema_migrations: { version: number; name: string; applied_at: number };
  program_versions: {
    program_id: string;
    version: number;
    effective_at: number;
    recorded_at: number;
    document: string;
    digest: string;
  };
  /** A `secret` key is kept as a hash; a `member` key, with which the shop signs its customers' JWTs, is kept sealed. */
  program_keys: {
    program_id: string;
    key_id: string;
    kind: 'secret' | 'member';
    secret: string;
    created_at: number;
    revoked_at: number | null;
  };
  signing_keys: { kid: string; public_jwk: string; sealed_jwk: string; created_at: number; retired_at: number | null };
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
    /** When the first open lot expires. */
    next_expiry_at: number;
    /** When the last lot posts or posted. */
    last_available_at: number;
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
  /** Named by the `seq` of the entry that opened it. */
  lots: {
    program_id: string;
    member_id: string;
    seq: number;
    initial: number;
    remaining: number;
    expired: number;
    reversed: number;
    available_at: number;
    expires_at: number;
    is_open: number;
  };
  /** Which lots an entry took from. */
  lot_uses: { program_id: string; member_id: string; seq: number; lot_seq: number; points: number };
  /** Qualifying points by calendar day of the program. */
  qualifying_days: { program_id: string; member_id: string; day: string; points: number };
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
  survey_responses: {
    program_id: string;
    member_id: string;
    response_id: string;
    survey_id: string;
    score: number;
    comment: string | null;
    locale: string | null;
    answered_at: number;
    digest: string;
  };
  /** Shop JWTs that were exchanged already, until they expire. */
  used_tokens: { program_id: string; jti: string; expires_at: number };
  wallet_codes: {
    program_id: string;
    code_hash: string;
    member_id: string;
    client_id: string;
    code_challenge: string;
    expires_at: number;
    used_at: number | null;
  };
  wallet_grants: {
    program_id: string;
    grant_id: string;
    member_id: string;
    client_id: string;
    /** Hash of the one refresh token that is good now. */
    refresh_hash: string;
    /** The one before it: accepted as long as the good one was not used, since its answer may have been lost. */
    previous_hash: string | null;
    created_at: number;
    expires_at: number;
    revoked_at: number | null;
  };
  imports: { program_id: string; source: string; lines_done: number; updated_at: number };
}
