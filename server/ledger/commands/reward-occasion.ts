import { hash } from 'node:crypto';
import { allowsUse } from '../../../shared/domain/limits.ts';
import { versionAt } from '../../../shared/domain/program.ts';
import { type LocalDate, startOfDay } from '../../../shared/domain/time.ts';
import type { Command } from '../commands.ts';
import type { Unit } from '../unit/unit.ts';
import { accrue, standingAt } from './accrue.ts';
import { giveCoupon } from './coupons.ts';

/** The rule of the only part of an occasion's accrual. */
export const occasionRule = (occasionId: string) => `occasion:${occasionId}` as const;

/** Once in the calendar year in which the day lies, however often the day itself is moved. */
export const ONCE_A_YEAR = { per: 'year', times: 1 } as const;

/**
 * Gives a member what an occasion brings on a day, from the first instant of it. Safe late, twice and on several servers: it
 * counts as used for the year in the same transaction.
 */
export function rewardOccasion(
  memberId: string,
  occasionId: string,
  day: LocalDate,
): Command<{ readonly isGiven: boolean }> {
  const couponId = `cpn_${hash('sha256', JSON.stringify([memberId, occasionId, day.slice(0, 4)]), 'base64url').slice(0, 20)}`;
  return {
    needs: { memberId, redemptions: { ids: [couponId] } },
    decide(unit) {
      const outcome = { memberId, customerId: '', seq: 0, replayed: false, result: { isGiven: false } };
      const member = unit.membersById.get(memberId);
      const { at, version } = dayOf(unit, day);
      const occasion = version.program.occasions.find(({ id }) => id === occasionId);
      if (!member || !occasion || member.isErased || member.mergedInto !== null || member.enrolledAt > at)
        return outcome;
      const rule = occasionRule(occasionId);
      if (!allowsUse(ONCE_A_YEAR, unit.uses.used(memberId, rule, ONCE_A_YEAR, day))) return outcome;
      if (occasion.tiers && !occasion.tiers.includes(standingAt(unit, member, at).tierId)) return outcome;
      const { points } = occasion;
      const parts = [{ rule, points }];
      const accrual = { points, qualifying: 0, occurredAt: at, reason: 'occasion', parts };
      const seq = points === 0 ? 0 : accrue(unit, member, accrual, at);
      unit.uses.add(unit.programId, memberId, rule, { limit: ONCE_A_YEAR, day, times: 1, points });
      const campaign = version.program.coupons.find(({ id }) => id === occasion.coupon);
      if (campaign) giveCoupon(unit, member, campaign, { id: couponId, at });
      return { ...outcome, seq, result: { isGiven: true } };
    },
  };
}

/** The first instant of a day, and the version in force then. */
function dayOf({ versions }: Unit, day: LocalDate) {
  const { timeZone } = versionAt(versions, Date.parse(`${day}T12:00:00Z`)).program;
  const at = startOfDay(day, timeZone);
  return { at, version: versionAt(versions, at) };
}
