import type { Database } from '../database/database.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Job } from './job.ts';
import { accountsReviewed } from './tier-rows.ts';

const PAGE_SIZE = 200;

/** Writes what reviews came to, each into its member's chain. The tier was what it comes to before, too. */
export function tierReviewJob({ database, ledger }: { readonly database: Database; readonly ledger: Ledger }): Job {
  const due = (programId: string, asOf: number, at: number, memberId: string, limit: number) =>
    database.all(accountsReviewed, { programId, at, memberId, until: asOf, limit });

  return {
    name: 'tier-review',
    summary: 'keep or lower the tiers whose period has ended',
    intervalMs: 300_000,
    isNeeded: async (programId, asOf) => (await due(programId, asOf, 0, '', 1)).length > 0,
    async run(programId, asOf, step) {
      let [at, memberId] = [0, ''];
      let [reviewed, changed] = [0, 0];
      for (;;) {
        const accounts = await due(programId, asOf, at, memberId, PAGE_SIZE);
        const outcomes = await Promise.all(
          accounts.map(({ member_id }) => ledger.reviewTier(programId, member_id, asOf)),
        );
        reviewed += outcomes.reduce((sum, outcome) => sum + outcome.reviewCount, 0);
        changed += outcomes.filter(({ isChanged }) => isChanged).length;
        const last = accounts.at(-1);
        if (!last || accounts.length < PAGE_SIZE || step.isStopped()) return { reviewed, changed };
        [at, memberId] = [last.tier_review_at, last.member_id];
        await step.save(null);
      }
    },
  };
}
