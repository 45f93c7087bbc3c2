import { hash } from 'node:crypto';
import type { ProgramVersion } from '../../shared/domain/program.ts';
import type { ReferralTerms } from '../../shared/domain/referral-terms.ts';
import type { Referral, ReferralReason, ReferralState, SignalKind } from '../../shared/domain/referrals.ts';
import { insertBatch, lookup } from '../database/batch.ts';
import { sealOf } from '../database/seal.ts';
import { statement, type Value } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';

export type ReferralRow = Tables['referrals'];
export type ReferralCodeRow = Tables['referral_codes'];

export const referralsOfFriends = lookup<ReferralRow>((db, p, keys) =>
  db.selectFrom('referrals').selectAll().where('program_id', '=', p('programId')).where('friend_id', 'in', keys),
);

export const referralById = statement<ReferralRow>((db, p) =>
  db
    .selectFrom('referrals')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('referral_id', '=', p('referralId')),
);

/** A member's newest referrals. */
export const referralsOfReferrer = statement<ReferralRow>((db, p) =>
  db
    .selectFrom('referrals')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('referrer_id', '=', p('referrerId'))
    .where('joined_at', '>=', p('from'))
    .where('joined_at', '<=', p('until'))
    .orderBy('joined_at', 'desc')
    .limit(p('limit')),
);

/** Referrals that are to be looked at. */
export const dueReferrals = statement<ReferralRow>((db, p) =>
  db
    .selectFrom('referrals')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('due_at', '<=', p('asOf'))
    .orderBy('due_at')
    .limit(p('limit')),
);

/** In one state, oldest first. */
export const referralsInState = statement<ReferralRow>((db, p) =>
  db
    .selectFrom('referrals')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('state', '=', p('state'))
    .where('joined_at', '>=', p('joinedAt'))
    .where((eb) => eb.or([eb('joined_at', '>', p('joinedAt')), eb('referral_id', '>', p('referralId'))]))
    .orderBy('joined_at')
    .orderBy('referral_id')
    .limit(p('limit')),
);

export const codesOfMembers = lookup<ReferralCodeRow>((db, p, keys) =>
  db.selectFrom('referral_codes').selectAll().where('program_id', '=', p('programId')).where('member_id', 'in', keys),
);

export const memberOfCode = statement<ReferralCodeRow>((db, p) =>
  db.selectFrom('referral_codes').selectAll().where('program_id', '=', p('programId')).where('code', '=', p('code')),
);

/** A plain insert: a code that is taken is made anew. */
export const insertCode = insertBatch('referral_codes', [
  'program_id',
  'member_id',
  'code',
  'made_at',
  'is_friend',
  'has_referred',
]);

/** Writes no row where the member referred somebody: who did is nobody's friend. */
export const markFriend = statement<never>((db, p) =>
  db
    .updateTable('referral_codes')
    .set({ is_friend: p('yes') })
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('has_referred', '=', p('no')),
);

export const markReferrer = statement<never>((db, p) =>
  db
    .updateTable('referral_codes')
    .set({ has_referred: p('yes') })
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('has_referred', '=', p('no')),
);

export const insertClick = insertBatch('referral_clicks', ['program_id', 'token_hash', 'referrer_id', 'clicked_at']);

export const clickOfToken = statement<Tables['referral_clicks']>((db, p) =>
  db
    .selectFrom('referral_clicks')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('token_hash', '=', p('tokenHash')),
);

const REFERRAL_COLUMNS = [
  'program_id',
  'friend_id',
  'referral_id',
  'referrer_id',
  'program_version',
  'source',
  'state',
  'reason',
  'attributed_at',
  'joined_at',
  'order_id',
  'ordered_at',
  'due_at',
  'score',
  'signals',
  'is_approved',
  'has_appealed',
  'appeal',
  'decision',
  'settled_at',
  'referrer_seq',
  'friend_seq',
  'digest',
] as const;

/** A plain insert: of two who refer one friend at once, one is first. */
export const insertReferral = insertBatch('referrals', REFERRAL_COLUMNS);

/** Only where nobody changed it meanwhile: not every change of a referral comes with an entry that would guard it. */
export const updateReferral = statement<never>((db, p) =>
  db
    .updateTable('referrals')
    .set({
      state: p('state'),
      reason: p('reason'),
      order_id: p('order_id'),
      ordered_at: p('ordered_at'),
      due_at: p('due_at'),
      score: p('score'),
      signals: p('signals'),
      is_approved: p('is_approved'),
      has_appealed: p('has_appealed'),
      appeal: p('appeal'),
      decision: p('decision'),
      settled_at: p('settled_at'),
      referrer_seq: p('referrer_seq'),
      friend_seq: p('friend_seq'),
      digest: p('digest'),
    })
    .where('program_id', '=', p('program_id'))
    .where('friend_id', '=', p('friend_id'))
    .where('digest', '=', p('digestBefore')),
);

/** The row in the table's order of columns, with its digest made anew. */
export function sealReferral(row: Omit<ReferralRow, 'digest'>): ReferralRow {
  const columns = REFERRAL_COLUMNS.filter((column) => column !== 'digest');
  const values = columns.map((column) => row[column] as Value);
  const sealed = Object.fromEntries(columns.map((column, index) => [column, values[index]]));
  return { ...sealed, digest: sealOf(values) } as ReferralRow;
}

/** The same friend's referral has the same id, however often it is made. */
export function referralIdOf(programId: string, friendId: string): string {
  return `rfl_${hash('sha256', JSON.stringify([programId, friendId]), 'base64url').slice(0, 20)}`;
}

/** A row as the rules see it. */
export function referralOf(row: ReferralRow): Referral {
  return {
    state: row.state as ReferralState,
    reason: row.reason as ReferralReason | null,
    attributedAt: row.attributed_at,
    order: row.order_id === null ? null : { id: row.order_id, placedAt: row.ordered_at ?? 0 },
    score: row.score,
    signals: JSON.parse(row.signals) as SignalKind[],
    isApproved: row.is_approved === 1,
    hasAppealed: row.has_appealed === 1,
  };
}

/** What of a row the rules change. */
export function columnsOf(referral: Referral) {
  return {
    state: referral.state,
    reason: referral.reason,
    order_id: referral.order?.id ?? null,
    ordered_at: referral.order?.placedAt ?? null,
    score: referral.score,
    signals: JSON.stringify(referral.signals),
    is_approved: referral.isApproved ? 1 : 0,
    has_appealed: referral.hasAppealed ? 1 : 0,
  };
}

/** The terms under which a referral was made: they hold to its end. */
export function termsOf(versions: readonly ProgramVersion[], row: Pick<ReferralRow, 'program_version'>): ReferralTerms {
  const terms = versions[row.program_version - 1]?.program.referral;
  if (!terms) throw new RangeError(`referrals: version ${row.program_version} has no terms`);
  return terms;
}
