import { LoyaltyError } from '../../../shared/domain/errors.ts';
import type { Used } from '../../../shared/domain/limits.ts';
import { hasLimits, type ProgramVersion } from '../../../shared/domain/program.ts';
import { afterReviews, type TierStanding } from '../../../shared/domain/tiers.ts';
import type { Instant } from '../../../shared/domain/time.ts';
import type { Reader } from '../../database/database.ts';
import { first } from '../../database/database.ts';
import { membersById, usesOf } from '../rows.ts';
import { type MemberState, memberState } from '../unit/member-state.ts';

/** A member as far as earning asks, at an instant. */
export interface ReadEarner {
  readonly member: MemberState;
  /** With every review that was due. */
  readonly standing: TierStanding;
  /** By subject and first day of the period, such as `rule:per-review 2026-03-01`. */
  readonly uses: ReadonlyMap<string, Used>;
}

/** @throws {LoyaltyError} `member_not_found`. */
export async function readEarner(
  reader: Reader,
  programId: string,
  versions: readonly ProgramVersion[],
  memberId: string,
  now: Instant,
): Promise<ReadEarner> {
  const row = await first(reader, membersById.statement(1), { programId, key0: memberId });
  if (!row) throw new LoyaltyError('member_not_found', 'No member with this id is enrolled.');
  const member = memberState(row);
  const isLimited = versions.some(({ program }) => hasLimits(program));
  const rows = isLimited ? await reader.all(usesOf.statement(1), { programId, key0: memberId }) : [];
  return {
    member,
    standing: afterReviews(member.standing, { versions, enrolledAt: member.enrolledAt }, member.days, now),
    uses: new Map(rows.map(({ subject, period, times, points }) => [`${subject} ${period}`, { times, points }])),
  };
}
