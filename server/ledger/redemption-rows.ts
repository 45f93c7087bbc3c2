import { insertBatch, type Lookup, lookup } from '../database/batch.ts';
import { statement } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';
import type { LotRow } from './rows.ts';

export type RedemptionRow = Tables['redemptions'];

function redemptionsBy(column: 'redemption_id' | 'code_hash'): Lookup<RedemptionRow> {
  return lookup((db, p, keys) =>
    db.selectFrom('redemptions').selectAll().where('program_id', '=', p('programId')).where(column, 'in', keys),
  );
}

export const redemptionsById = redemptionsBy('redemption_id');
export const redemptionsByCode = redemptionsBy('code_hash');

export const stockOf = lookup<Tables['reward_stock']>((db, p, keys) =>
  db.selectFrom('reward_stock').selectAll().where('program_id', '=', p('programId')).where('reward_id', 'in', keys),
);

/** Lots of one member, open or not. */
export const lotsBySeq = lookup<LotRow>((db, p, keys) =>
  db
    .selectFrom('lots')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('is_open', 'in', [p('open'), p('closed')])
    .where('seq', 'in', keys),
);

export const insertRedemptions = insertBatch('redemptions', [
  'program_id',
  'redemption_id',
  'member_id',
  'origin',
  'reward_id',
  'program_version',
  'seq',
  'points',
  'uses',
  'terms',
  'code_hash',
  'state',
  'redeemed_at',
  'held_until',
  'valid_until',
  'order_id',
  'used_minor',
  'unused_points',
  'returned_points',
  'takes_stock',
  'reason',
  'history',
  'digest',
]);

/** Only where nobody changed it meanwhile: not every change of a redemption comes with an entry that would guard it. */
export const updateRedemption = statement<never>((db, p) =>
  db
    .updateTable('redemptions')
    .set({
      state: p('state'),
      held_until: p('heldUntil'),
      order_id: p('orderId'),
      used_minor: p('usedMinor'),
      unused_points: p('unusedPoints'),
      returned_points: p('returnedPoints'),
      history: p('history'),
      digest: p('digest'),
    })
    .where('program_id', '=', p('programId'))
    .where('redemption_id', '=', p('redemptionId'))
    .where('digest', '=', p('digestBefore')),
);

export const insertStock = insertBatch('reward_stock', ['program_id', 'reward_id', 'taken']);

/** Only where nobody took or gave back a piece meanwhile. */
export const updateStock = statement<never>((db, p) =>
  db
    .updateTable('reward_stock')
    .set({ taken: p('taken') })
    .where('program_id', '=', p('programId'))
    .where('reward_id', '=', p('rewardId'))
    .where('taken', '=', p('takenBefore')),
);

/** Holds and coupons whose time has run out. */
export const lapsedRedemptions = statement<{ redemption_id: string; member_id: string }>((db, p) =>
  db
    .selectFrom('redemptions')
    .select(['redemption_id', 'member_id'])
    .where('program_id', '=', p('programId'))
    .where('held_until', '<=', p('asOf'))
    .orderBy('held_until')
    .limit(p('limit')),
);
