import type { Program, ProgramVersion, TierLadder } from '../../../shared/domain/program.ts';
import { afterReviews, type TierStanding } from '../../../shared/domain/tiers.ts';
import type { Instant } from '../../../shared/domain/time.ts';
import type { TierMove } from '../../../shared/protocol/api.ts';
import type { DryMember } from './read-members.ts';

/** Where a member would stand by the rules in force and by a draft, if the next review were now. */
export interface TierOutcome {
  readonly real: string;
  readonly draft: string;
}

export function tierOutcome(
  member: DryMember,
  versions: readonly ProgramVersion[],
  draft: Program,
  now: Instant,
): TierOutcome {
  const { enrolledAt, days } = member;
  const standing = afterReviews(member.standing, { versions, enrolledAt }, days, now);
  // Nothing moves a tier that was set by hand, until its end.
  if (standing.earned) return { real: standing.tierId, draft: standing.tierId };
  const inForce = (versions.findLast(({ effectiveAt }) => effectiveAt <= now) ?? versions[0])?.program ?? draft;
  return {
    real: reviewedNow(standing, inForce, member, now),
    draft: reviewedNow(standing, draft, member, now),
  };
}

/** The tier after a review by one program's rules alone. */
function reviewedNow(standing: TierStanding, program: Program, { enrolledAt, days }: DryMember, now: Instant): string {
  const versions = [{ version: 1, effectiveAt: 0, program }];
  return afterReviews({ ...standing, reviewAt: now }, { versions, enrolledAt }, days, now).tierId;
}

/** The move that a draft would bring a member; `null` where it brings none. */
export function tierMove(
  member: DryMember,
  { real, draft: to }: TierOutcome,
  current: TierLadder,
  draft: TierLadder,
): TierMove | null {
  if (real === to) return null;
  const direction = rankIn(draft, to, current) > rankIn(draft, real, current) ? 'up' : 'down';
  return { memberId: member.customerId, from: real, to, direction };
}

/** A tier's place on the draft's ladder. One that the draft has no more stands just above those that were below it. */
function rankIn(draft: TierLadder, tierId: string, current: TierLadder): number {
  const rank = draft.findIndex(({ id }) => id === tierId);
  if (rank >= 0) return rank;
  const below = current.slice(
    0,
    current.findIndex(({ id }) => id === tierId),
  );
  return Math.max(-1, ...below.map(({ id }) => draft.findIndex((tier) => tier.id === id))) + 0.5;
}
