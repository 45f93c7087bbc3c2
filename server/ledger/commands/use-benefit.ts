import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { allowsUse } from '../../../shared/domain/limits.ts';
import type { Benefit, TierLadder } from '../../../shared/domain/program.ts';
import { tierOf } from '../../../shared/domain/tiers.ts';
import { localDateOf } from '../../../shared/domain/time.ts';
import { type Command, contentHashOf, rememberKey, replayOf } from '../commands.ts';
import { standingAt } from './accrue.ts';

/** Counts a use of a benefit of the member's tier: an entry without points. The shop's own id makes it idempotent. */
export function useBenefit(customerId: string, benefitId: string, useId: string): Command {
  const contentHash = contentHashOf(['benefit', customerId, benefitId, useId]);
  const needs = { customerId, key: { caller: `benefit:${benefitId}`, text: useId } };
  return {
    needs,
    decide(unit) {
      const replay = replayOf(unit, needs, contentHash);
      if (replay) return replay;
      const member = unit.membersByCustomer.get(customerId);
      if (!member) throw new LoyaltyError('member_not_found', 'No member with this id is enrolled.');
      const { version, program } = unit.versionAt(unit.now);
      const { ladder } = program.tiers;
      const standing = standingAt(unit, member, unit.now);
      const { limit } = benefitOf(ladder, tierOf(ladder, standing).benefits, benefitId);
      const day = localDateOf(unit.now, program.timeZone);
      if (limit) {
        if (!allowsUse(limit, unit.uses.used(member.memberId, `benefit:${benefitId}`, limit, day))) {
          throw new LoyaltyError('limit_reached', `This benefit can be used ${limit.times} times a ${limit.per}.`);
        }
        unit.uses.add(unit.programId, member.memberId, `benefit:${benefitId}`, { limit, day, times: 1, points: 0 });
      }
      const seq = unit.append(
        member,
        {
          kind: 'adjustment',
          points: 0,
          qualifying: 0,
          occurredAt: unit.now,
          recordedAt: unit.now,
          programVersion: version,
          benefit: { id: benefitId, use: useId },
        },
        { standing },
      );
      const outcome = { memberId: member.memberId, customerId, seq, replayed: false };
      rememberKey(unit, needs, contentHash, outcome);
      return outcome;
    },
  };
}

/** @throws {LoyaltyError} `benefit_not_found`, `tier_too_low`. */
function benefitOf(ladder: TierLadder, benefits: readonly Benefit[], benefitId: string): Benefit {
  const benefit = benefits.find(({ id }) => id === benefitId);
  if (benefit) return benefit;
  if (ladder.some((tier) => tier.benefits.some(({ id }) => id === benefitId))) {
    throw new LoyaltyError('tier_too_low', 'This benefit is not one of the tier that the member is in.');
  }
  throw new LoyaltyError('benefit_not_found', 'No tier of the program has this benefit.');
}
