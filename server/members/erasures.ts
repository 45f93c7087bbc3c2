import { type Transaction, WriteConflict } from '../database/database.ts';
import { sealOf } from '../database/seal.ts';
import { statement, type Value } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';
import { historyOf } from '../ledger/unit/redemption-book.ts';
import { sealReferral, updateReferral } from '../referrals/referral-rows.ts';
import { eraseOrderFacts } from '../webhooks/incoming/order-facts.ts';
import type { MemberScope } from './data-keys.ts';

/** What one area does to forget a member. An area that keeps what could name a person adds its own to {@link ERASURES}. */
export interface Erasure {
  /** The tables that it cleans: a test looks for a person's data in all of them. */
  readonly tables: readonly (keyof Tables)[];
  erase(tx: Transaction, member: MemberScope): Promise<void>;
}

/** Tables whose rows of a member go altogether. */
type MemberTable =
  | 'member_profiles'
  | 'consent_states'
  | 'consent_codes'
  | 'wallet_grants'
  | 'wallet_codes'
  | 'member_notices'
  | 'member_signals'
  | 'referral_codes';

function removal(table: MemberTable): Erasure {
  const remove = statement<unknown>((db, p) =>
    db.deleteFrom(table).where('program_id', '=', p('programId')).where('member_id', '=', p('memberId')),
  );
  return {
    tables: [table],
    async erase(tx, member) {
      await tx.run(remove, { ...member });
    },
  };
}

const removeProofs = statement<never>((db, p) =>
  db
    .updateTable('consents')
    .set({ proof: p('nothing') })
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId')),
);

/** That something was agreed to, when and to which text, stays with its seal: it names nobody. How, is taken out. */
const consents: Erasure = {
  tables: ['consents'],
  async erase(tx, member) {
    await tx.run(removeProofs, { ...member, nothing: null });
  },
};

const selectResponses = statement<Tables['survey_responses']>((db, p) =>
  db
    .selectFrom('survey_responses')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId')),
);

const updateResponse = statement<never>((db, p) =>
  db
    .updateTable('survey_responses')
    .set({ comment: p('comment'), locale: p('locale'), digest: p('digest') })
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('response_id', '=', p('responseId')),
);

/** Scores stay for the shop's average; what somebody wrote goes. */
const surveyResponses: Erasure = {
  tables: ['survey_responses'],
  async erase(tx, member) {
    for (const row of await tx.all(selectResponses, { ...member })) {
      if (row.comment === null && row.locale === null) continue;
      const { digest: _digest, ...columns } = { ...row, comment: null, locale: null };
      const digest = sealOf(Object.values(columns) as Value[]);
      await tx.run(updateResponse, { ...member, responseId: row.response_id, comment: null, locale: null, digest });
    }
  },
};

const selectRedemptions = statement<Tables['redemptions']>((db, p) =>
  db
    .selectFrom('redemptions')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId')),
);

const updateRedemption = statement<never>((db, p) =>
  db
    .updateTable('redemptions')
    .set({ reason: p('reason'), history: p('history'), digest: p('digest') })
    .where('program_id', '=', p('programId'))
    .where('redemption_id', '=', p('redemptionId'))
    .where('digest', '=', p('digestBefore')),
);

/**
 * What was redeemed stays, as the points do; why the shop gave something by hand may name somebody, and a parcel's number
 * leads to his door.
 */
const redemptions: Erasure = {
  tables: ['redemptions'],
  async erase(tx, member) {
    for (const row of await tx.all(selectRedemptions, { ...member })) {
      const history = JSON.stringify(historyOf(row).map(({ state, at }) => ({ state, at })));
      if (row.reason === null && row.history === history) continue;
      const { digest: digestBefore, ...columns } = { ...row, reason: null, history };
      const digest = sealOf(Object.values(columns) as Value[]);
      const changes = { redemptionId: row.redemption_id, reason: null, history, digest, digestBefore };
      if ((await tx.run(updateRedemption, { ...member, ...changes })) !== 1) throw new WriteConflict('redemption');
    }
  },
};

const selectReferral = statement<Tables['referrals']>((db, p) =>
  db
    .selectFrom('referrals')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('friend_id', '=', p('memberId')),
);

/** That somebody was referred stays, for the one who did it; what was written about him goes. */
const referrals: Erasure = {
  tables: ['referrals'],
  async erase(tx, member) {
    for (const row of await tx.all(selectReferral, { ...member })) {
      if (row.appeal === null && row.decision === null) continue;
      const changed = sealReferral({ ...row, appeal: null, decision: null });
      if ((await tx.run(updateReferral, { ...changed, digestBefore: row.digest })) === 0) {
        throw new WriteConflict('referral');
      }
    }
  },
};

const removeKeys = statement<never>((db, p) =>
  db.deleteFrom('idempotency_keys').where('program_id', '=', p('programId')).where('caller', '=', p('memberId')),
);

/** The member's own requests: nobody can repeat them any more. */
const ownKeys: Erasure = {
  tables: ['idempotency_keys'],
  async erase(tx, member) {
    await tx.run(removeKeys, { ...member });
  },
};

/** Every area's part, in any order: one transaction does all of them. */
export const ERASURES: readonly Erasure[] = [
  removal('member_profiles'),
  consents,
  removal('consent_states'),
  removal('consent_codes'),
  surveyResponses,
  redemptions,
  referrals,
  removal('member_signals'),
  // His link leads nowhere from now on.
  removal('referral_codes'),
  removal('wallet_grants'),
  removal('wallet_codes'),
  removal('member_notices'),
  ownKeys,
  { tables: ['order_facts'], erase: eraseOrderFacts },
];
