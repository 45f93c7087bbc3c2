import { hash } from 'node:crypto';
import type { Program, ProgramVersion } from '../../shared/domain/program.ts';
import type { Instant } from '../../shared/domain/time.ts';
import type { Tables } from '../database/tables.ts';

export type VersionRow = Tables['program_versions'];

/** What became, or will become, of a version. A `withdrawn` one was replaced before it came into force. */
export type VersionState = 'planned' | 'in_force' | 'past' | 'withdrawn';

/** A version in the list of a program's versions. */
export interface VersionSummary {
  readonly version: number;
  readonly state: VersionState;
  readonly effectiveAt: Instant;
  readonly recordedAt: Instant;
  /** base64url SHA-256 of the document as it is stored. */
  readonly digest: string;
}

export function versionOf(row: VersionRow): ProgramVersion {
  return { version: row.version, effectiveAt: row.effective_at, program: JSON.parse(row.document) as Program };
}

/** The version in force: of those whose time has come the newest, and the first one before that. */
export function rowInForce<R extends { readonly effective_at: Instant }>(
  rows: readonly R[],
  now: Instant,
): R | undefined {
  return rows.findLast(({ effective_at }) => effective_at <= now) ?? rows[0];
}

/** Versions that will come into force, in that order. One is given up when a newer version takes effect no later. */
export function plannedRows<R extends Pick<VersionRow, 'version' | 'effective_at'>>(
  rows: readonly R[],
  now: Instant,
): R[] {
  return rows
    .filter((row) => row.effective_at > now && row !== rows[0] && !isReplaced(rows, row))
    .sort((a, b) => a.effective_at - b.effective_at);
}

export function summaryOf(rows: readonly VersionRow[], row: VersionRow, now: Instant): VersionSummary {
  return {
    version: row.version,
    state: stateOf(rows, row, now),
    effectiveAt: row.effective_at,
    recordedAt: row.recorded_at,
    digest: hash('sha256', row.document, 'base64url'),
  };
}

export function stateOf(rows: readonly VersionRow[], row: VersionRow, now: Instant): VersionState {
  if (row === rowInForce(rows, now)) return 'in_force';
  if (isReplaced(rows, row)) return 'withdrawn';
  return row.effective_at > now ? 'planned' : 'past';
}

const isReplaced = (
  rows: readonly Pick<VersionRow, 'version' | 'effective_at'>[],
  row: Pick<VersionRow, 'version' | 'effective_at'>,
) => rows.some(({ version, effective_at }) => version > row.version && effective_at <= row.effective_at);
