import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { sealOf } from '../database/seal.ts';
import { plannedRows, rowInForce, stateOf, type VersionRow } from './version-rows.ts';

/** A version may be planned this far ahead: a year, and the leap day that may lie in it. */
const AHEAD_MS_MAX = 366 * 86_400_000;

/** Rows to insert, and the version that is then the answer. */
export interface Publication {
  readonly rows: readonly VersionRow[];
  readonly answer: VersionRow;
}

/**
 * A document as the next version of its program, in force from an instant on, or from now.
 *
 * @throws {LoyaltyError} `invalid_request` for an instant that has passed or is more than a year ahead;
 *   `program_version_planned` where a planned version would be given up by the way.
 */
export function publicationOf(
  history: readonly VersionRow[],
  {
    programId,
    document,
    effectiveAt,
    now,
  }: {
    readonly programId: string;
    readonly document: string;
    readonly effectiveAt: Instant | null;
    readonly now: Instant;
  },
): Publication {
  refuseInstant(history, effectiveAt, now);
  const planned = plannedRows(history, now);
  const last = planned.at(-1);
  if (effectiveAt !== null && last && document === last.document && effectiveAt === last.effective_at) {
    return { rows: [], answer: last };
  }
  const current = rowInForce(history, now);
  if (current && !last && document === current.document) return { rows: [], answer: current };
  if (current && effectiveAt === null && document === current.document) return { rows: [], answer: current };
  if (last && (effectiveAt === null || effectiveAt < last.effective_at || document === last.document)) {
    throw new LoyaltyError(
      'program_version_planned',
      `Version ${last.version} is planned for ${new Date(last.effective_at).toISOString()}: withdraw it first, or name an effectiveAt from then on.`,
    );
  }
  const answer = rowOf(programId, versionAfter(history), effectiveAt ?? earliest(history, now), now, document);
  return { rows: [answer], answer };
}

/**
 * Takes a planned version back. Versions are only ever added, so the one in force is published again from now on, which
 * keeps the planned one from coming into force; others that are planned are planned anew behind it.
 *
 * @throws {LoyaltyError} `program_version_not_found`; `program_version_in_force` for one that is or was.
 */
export function withdrawalOf(
  history: readonly VersionRow[],
  { programId, version, now }: { readonly programId: string; readonly version: number; readonly now: Instant },
): Publication {
  const row = history.find((candidate) => candidate.version === version);
  const current = rowInForce(history, now);
  if (!row || !current) throw new LoyaltyError('program_version_not_found', 'The program has no such version.');
  const state = stateOf(history, row, now);
  if (state === 'withdrawn') return { rows: [], answer: row };
  if (state !== 'planned') {
    throw new LoyaltyError('program_version_in_force', 'This version is or was in force: publish another one instead.');
  }
  const others = plannedRows(history, now).filter((other) => other !== row);
  const first = versionAfter(history);
  const rows = [
    rowOf(programId, first, earliest(history, now), now, current.document),
    ...others.map((other, index) => rowOf(programId, first + 1 + index, other.effective_at, now, other.document)),
  ];
  return { rows, answer: row };
}

function refuseInstant(history: readonly VersionRow[], effectiveAt: Instant | null, now: Instant): void {
  if (effectiveAt === null) return;
  const detail =
    history.length === 0
      ? 'no instant: a new program is in force at once'
      : effectiveAt < now
        ? 'an instant from now on: what was earned keeps its rules'
        : effectiveAt > now + AHEAD_MS_MAX
          ? 'an instant that is not more than a year ahead'
          : null;
  if (detail === null) return;
  throw new LoyaltyError('invalid_request', 'The version cannot take effect then.', [
    { pointer: '/query/effectiveAt', detail },
  ]);
}

const versionAfter = (history: readonly VersionRow[]): number => (history.at(-1)?.version ?? 0) + 1;

/** A clock that was set back must not let a version take effect before the one that it replaces. */
function earliest(history: readonly VersionRow[], now: Instant): Instant {
  return history.reduce(
    (latest, row) => (row.effective_at <= row.recorded_at ? Math.max(latest, row.effective_at) : latest),
    now,
  );
}

function rowOf(programId: string, version: number, effectiveAt: Instant, now: Instant, document: string): VersionRow {
  return {
    program_id: programId,
    version,
    effective_at: effectiveAt,
    recorded_at: now,
    document,
    digest: sealOf([programId, version, effectiveAt, now, document]),
  };
}
