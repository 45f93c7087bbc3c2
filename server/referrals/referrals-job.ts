import type { Database } from '../database/database.ts';
import type { Job } from '../jobs/job.ts';
import type { ReferralBook } from './referral-book.ts';
import { dueReferrals } from './referral-rows.ts';
import { oldClicks, oldestSignals, oldSignals } from './signal-rows.ts';

const PAGE_SIZE = 64;
const DAY_MS = 86_400_000;

/** Clicks and signals are of no use longer than this; reports on clicks reach back as far. */
export const REFERRAL_KEPT_DAYS = 400;

/**
 * Looks at referrals that are due: at an order as soon as it is there, so that what needs a person is known early, and again
 * when it has cleared, to reward both. Safe late, twice and on several servers.
 */
export function referralsJob({
  database,
  referrals,
}: {
  readonly database: Database;
  readonly referrals: Pick<ReferralBook, 'settle'>;
}): Job {
  return {
    name: 'referrals',
    summary: 'reward referrals whose orders have cleared',
    intervalMs: 60_000,
    isNeeded: async (programId, asOf) => {
      const params = { programId, asOf, before: asOf - REFERRAL_KEPT_DAYS * DAY_MS, limit: 1 };
      const [due, old] = await Promise.all([database.all(dueReferrals, params), database.all(oldestSignals, params)]);
      return due.length > 0 || old.length > 0;
    },
    async run(programId, asOf, step) {
      const counts = { rewarded: 0, held: 0, refused: 0 };
      for (;;) {
        const due = await database.all(dueReferrals, { programId, asOf, limit: PAGE_SIZE });
        const outcomes = await Promise.all(due.map((row) => referrals.settle(programId, row, asOf)));
        for (const state of outcomes) if (state !== null && state in counts) counts[state as keyof typeof counts]++;
        // All of it done by another server, or by a member who returned his order meanwhile.
        if (outcomes.every((state) => state === null) || step.isStopped()) break;
        await step.save(step.progress);
      }
      const day = String(Math.floor(asOf / DAY_MS));
      if (step.progress !== day) {
        const before = asOf - REFERRAL_KEPT_DAYS * DAY_MS;
        await database.transaction(async (tx) => {
          await tx.run(oldClicks, { programId, before });
          await tx.run(oldSignals, { programId, before });
        });
        await step.save(day);
      }
      return counts;
    },
  };
}
