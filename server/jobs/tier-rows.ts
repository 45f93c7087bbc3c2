import { statement } from '../database/statement.ts';

/** Accounts whose tier is reviewed from one instant to another, both included, in the order of the reviews. */
export const accountsReviewed = statement<{ member_id: string; tier_review_at: number }>((db, p) =>
  db
    .selectFrom('accounts')
    .select(['member_id', 'tier_review_at'])
    .where('program_id', '=', p('programId'))
    .where('tier_review_at', '>=', p('at'))
    .where('tier_review_at', '<=', p('until'))
    .where((eb) => eb.or([eb('tier_review_at', '>', p('at')), eb('member_id', '>', p('memberId'))]))
    .orderBy('tier_review_at')
    .orderBy('member_id')
    .limit(p('limit')),
);
