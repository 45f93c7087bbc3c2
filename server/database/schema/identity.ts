import { table } from './table.ts';

/** Who may read what: tokens that were used, and wallets that were linked. */
export interface IdentityTables {
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
}

export const IDENTITY_STATEMENTS: readonly string[] = [
  table('used_tokens', 'program_id TEXT NOT NULL, jti TEXT NOT NULL, expires_at BIGINT NOT NULL', 'program_id, jti'),
  table(
    'wallet_codes',
    `program_id TEXT NOT NULL, code_hash TEXT NOT NULL, member_id TEXT NOT NULL, client_id TEXT NOT NULL,
     code_challenge TEXT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT`,
    'program_id, code_hash',
  ),
  table(
    'wallet_grants',
    `program_id TEXT NOT NULL, grant_id TEXT NOT NULL, member_id TEXT NOT NULL, client_id TEXT NOT NULL,
     refresh_hash TEXT NOT NULL, previous_hash TEXT, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, revoked_at BIGINT`,
    'program_id, grant_id',
  ),
];
