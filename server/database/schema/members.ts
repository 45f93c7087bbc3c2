import { table } from './table.ts';

/** Who members are, what they agreed to, and what became of them. What names a person is sealed by a key of his own. */
export interface MemberTables {
  /** A member's data key, sealed by the server's secret. Without this row nothing sealed with it can be read again. */
  member_keys: { program_id: string; member_id: string; sealed_key: string; created_at: number };
  member_profiles: {
    program_id: string;
    member_id: string;
    /** JSON sealed with the member's data key. */
    sealed: string;
    /** Keyed digests, to find a member by what only the sealed text says. */
    email_hash: string | null;
    birthday_hash: string | null;
    /** When the birthday was last set, also one that was taken out since. */
    birthday_set_at: number | null;
    /** Where the member joined, such as `checkout`; `null` until he joins. */
    source: string | null;
    joined_at: number | null;
    /** Keyed digest of what the member joined with. */
    join_hash: string | null;
    updated_at: number;
    /** Grows with every change: of two changes at once the second is done again on the first. */
    revision: number;
    digest: string;
  };
  /** Every consent given, confirmed or withdrawn; a chain per member. Only `proof` is ever taken out: by erasing. */
  consents: {
    program_id: string;
    member_id: string;
    seq: number;
    purpose: string;
    action: string;
    text_version: number;
    /** Whose text was shown, and base64url SHA-256 of that very text. */
    locale: string;
    text_hash: string;
    recorded_at: number;
    /** Until when a `requested` consent can be confirmed. */
    confirm_by: number | null;
    /** SHA-256 of `proof`, which is sealed with the member's data key. */
    proof_hash: string;
    /** `digest` of the one before; `null` for the first. */
    prev: string | null;
    digest: string;
    proof: string | null;
  };
  /** The latest consent of each purpose: a projection of `consents`. */
  consent_states: {
    program_id: string;
    member_id: string;
    purpose: string;
    seq: number;
    /** 1 where the consent counts: granted, or confirmed where that is asked for. */
    is_effective: number;
  };
  /** Codes for a second yes, by their hash. */
  consent_codes: { program_id: string; code_hash: string; member_id: string; consent_seq: number; expires_at: number };
  /** Members whose points went over to another; `unmerged_seq` from when they were taken out again. */
  member_merges: {
    program_id: string;
    member_id: string;
    /** The entry by which the points left. */
    seq: number;
    into_id: string;
    /** The first entry by which they came in. */
    into_seq: number;
    /** JSON: pairs of a lot of the member and the lot that it became. */
    lots: string;
    /** JSON: what went over of what counts toward a tier, as `accounts.counted`. */
    counted: string;
    merged_at: number;
    unmerged_seq: number | null;
    digest: string;
  };
  member_erasures: {
    program_id: string;
    member_id: string;
    erased_at: number;
    reason: string;
    points: number;
    digest: string;
  };
}

export const MEMBER_STATEMENTS: readonly string[] = [
  table(
    'member_keys',
    'program_id TEXT NOT NULL, member_id TEXT NOT NULL, sealed_key TEXT NOT NULL, created_at BIGINT NOT NULL',
    'program_id, member_id',
  ),
  table(
    'member_profiles',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, sealed TEXT NOT NULL, email_hash TEXT, birthday_hash TEXT,
     birthday_set_at BIGINT, source TEXT, joined_at BIGINT, join_hash TEXT, updated_at BIGINT NOT NULL,
     revision BIGINT NOT NULL, digest TEXT NOT NULL`,
    'program_id, member_id',
  ),
  'CREATE INDEX member_profiles_by_email ON member_profiles (program_id, email_hash)',
  'CREATE INDEX member_profiles_by_birthday ON member_profiles (program_id, birthday_hash, member_id)',
  table(
    'consents',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, seq BIGINT NOT NULL CHECK (seq > 0), purpose TEXT NOT NULL,
     action TEXT NOT NULL, text_version BIGINT NOT NULL, locale TEXT NOT NULL, text_hash TEXT NOT NULL,
     recorded_at BIGINT NOT NULL, confirm_by BIGINT, proof_hash TEXT NOT NULL, prev TEXT, digest TEXT NOT NULL, proof TEXT`,
    'program_id, member_id, seq',
  ),
  table(
    'consent_states',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, purpose TEXT NOT NULL, seq BIGINT NOT NULL,
     is_effective BIGINT NOT NULL`,
    'program_id, member_id, purpose',
  ),
  'CREATE INDEX consent_states_by_purpose ON consent_states (program_id, purpose, is_effective, member_id)',
  table(
    'consent_codes',
    `program_id TEXT NOT NULL, code_hash TEXT NOT NULL, member_id TEXT NOT NULL, consent_seq BIGINT NOT NULL,
     expires_at BIGINT NOT NULL`,
    'program_id, code_hash',
  ),
  table(
    'member_merges',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, seq BIGINT NOT NULL, into_id TEXT NOT NULL,
     into_seq BIGINT NOT NULL, lots TEXT NOT NULL, counted TEXT NOT NULL, merged_at BIGINT NOT NULL, unmerged_seq BIGINT, digest TEXT NOT NULL`,
    'program_id, member_id, seq',
  ),
  'CREATE INDEX member_merges_by_into ON member_merges (program_id, into_id)',
  table(
    'member_erasures',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, erased_at BIGINT NOT NULL, reason TEXT NOT NULL,
     points BIGINT NOT NULL, digest TEXT NOT NULL`,
    'program_id, member_id',
  ),
  'CREATE INDEX wallet_grants_by_member ON wallet_grants (program_id, member_id)',
];
