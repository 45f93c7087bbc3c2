import type { RedemptionDesk } from '../redemptions/redemption-desk.ts';
import type { Job } from './job.ts';

/** Gives the points of codes back that nobody used in time, and closes coupons after their last day. */
export function holdsJob({
  redemptions,
}: {
  readonly redemptions: Pick<RedemptionDesk, 'hasExpiredHolds' | 'releaseExpiredHolds'>;
}): Job {
  return {
    name: 'holds',
    summary: 'give back the points of codes whose time has run out',
    intervalMs: 30_000,
    isNeeded: (programId, asOf) => redemptions.hasExpiredHolds(programId, asOf),
    run: async (programId, asOf) => {
      const { releasedCount, points } = await redemptions.releaseExpiredHolds(programId, asOf);
      return { released: releasedCount, points };
    },
  };
}
