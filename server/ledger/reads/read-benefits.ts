import { limitPeriodEnd, limitPeriodOf, UNUSED } from '../../../shared/domain/limits.ts';
import { type ProgramVersion, versionAt } from '../../../shared/domain/program.ts';
import { tierOf } from '../../../shared/domain/tiers.ts';
import { type Instant, localDateOf } from '../../../shared/domain/time.ts';
import type { BenefitList } from '../../../shared/protocol/api.ts';
import type { Reader } from '../../database/database.ts';
import { readEarner } from './read-earner.ts';

/** The benefits of the tier that a member is in, with the uses that are left. @throws {LoyaltyError} `member_not_found`. */
export async function readBenefits(
  reader: Reader,
  programId: string,
  versions: readonly ProgramVersion[],
  memberId: string,
  now: Instant,
): Promise<BenefitList> {
  const { program } = versionAt(versions, now);
  const { standing, uses } = await readEarner(reader, programId, versions, memberId, now);
  const tier = tierOf(program.tiers.ladder, standing);
  const day = localDateOf(now, program.timeZone);
  return {
    tier: tier.id,
    benefits: tier.benefits.map(({ id, description, limit }) => {
      if (limit?.times === undefined) return { id, description, limit: null, remaining: null, renewsOn: null };
      const { times } = uses.get(`benefit:${id} ${limitPeriodOf(limit.per, day)}`) ?? UNUSED;
      return {
        id,
        description,
        limit: { per: limit.per, times: limit.times },
        remaining: Math.max(0, limit.times - times),
        renewsOn: limitPeriodEnd(limit.per, day),
      };
    }),
  };
}
