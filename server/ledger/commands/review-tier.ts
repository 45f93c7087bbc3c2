import type { Instant } from '../../../shared/domain/time.ts';
import type { Command } from '../commands.ts';
import { standingAt } from './accrue.ts';

/** What a member's reviews came to. */
export interface Reviewed {
  readonly reviewCount: number;
  /** He is in another tier now. */
  readonly isChanged: boolean;
}

/**
 * Writes what the reviews that were due at `asOf` came to: an entry without points for each, as of the review's own
 * instant and by the rules of that time. Safe to run late, twice and at once: a review that was made is not due.
 */
export function reviewTier(memberId: string, asOf: Instant): Command<Reviewed> {
  return {
    needs: { memberId, occurredAt: asOf },
    decide(unit) {
      let reviewCount = 0;
      const member = unit.membersById.get(memberId);
      if (!member) throw new RangeError(`reviewTier: no member ${memberId}`);
      const before = member.standing.tierId;
      while (member.standing.reviewAt <= asOf) {
        const { reviewAt } = member.standing;
        unit.append(
          member,
          {
            kind: 'adjustment',
            points: 0,
            qualifying: 0,
            occurredAt: reviewAt,
            recordedAt: unit.now,
            programVersion: unit.versionAt(reviewAt).version,
            reason: 'tier_review',
          },
          { standing: standingAt(unit, member, reviewAt) },
        );
        reviewCount++;
      }
      const result = { reviewCount, isChanged: member.standing.tierId !== before };
      return { memberId, customerId: member.customerId, seq: member.seq, replayed: false, result };
    },
  };
}
