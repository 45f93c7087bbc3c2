import { table } from './table.ts';

/** What a merchant sets up: the versions of a program, its keys, and the keys that sign statements. */
export interface ProgramTables {
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
  imports: { program_id: string; source: string; lines_done: number; updated_at: number };
}

export const PROGRAM_STATEMENTS: readonly string[] = [
  table(
    'program_versions',
    `program_id TEXT NOT NULL, version BIGINT NOT NULL, effective_at BIGINT NOT NULL, recorded_at BIGINT NOT NULL,
     document TEXT NOT NULL, digest TEXT NOT NULL`,
    'program_id, version',
  ),
  table(
    'program_keys',
    `program_id TEXT NOT NULL, key_id TEXT NOT NULL, kind TEXT NOT NULL, secret TEXT NOT NULL,
     created_at BIGINT NOT NULL, revoked_at BIGINT`,
    'program_id, key_id',
  ),
  table(
    'signing_keys',
    `kid TEXT NOT NULL, public_jwk TEXT NOT NULL, sealed_jwk TEXT NOT NULL, created_at BIGINT NOT NULL,
     retired_at BIGINT`,
    'kid',
  ),
  table(
    'imports',
    'program_id TEXT NOT NULL, source TEXT NOT NULL, lines_done BIGINT NOT NULL, updated_at BIGINT NOT NULL',
    'program_id, source',
  ),
];
