import { lookup } from '../database/batch.ts';
import { type Statement, statement } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';
import type { EntryRow, EventRow, KeyRow, LotRow, OrderRow, RefundRow } from '../ledger/rows.ts';

/** Rows in the order of their keys, a page at a time: `after` is the last key of the page before. */

export const programIds = statement<{ program_id: string }>((db) =>
  db.selectFrom('program_versions').select('program_id').distinct().orderBy('program_id'),
);

/** Every program that some row speaks of. */
export const memberProgramIds = statement<{ program_id: string }>((db) =>
  db
    .selectFrom('members')
    .select('program_id')
    .union(db.selectFrom('accounts').select('program_id'))
    .union(db.selectFrom('entries').select('program_id'))
    .union(db.selectFrom('lots').select('program_id'))
    .union(db.selectFrom('member_uses').select('program_id'))
    .union(db.selectFrom('orders').select('program_id'))
    .union(db.selectFrom('events').select('program_id'))
    .union(db.selectFrom('refunds').select('program_id'))
    .union(db.selectFrom('redemptions').select('program_id'))
    .union(db.selectFrom('reward_stock').select('program_id'))
    .union(db.selectFrom('idempotency_keys').select('program_id'))
    .union(db.selectFrom('survey_responses').select('program_id')),
);

export const versionRows = statement<Tables['program_versions']>((db, p) =>
  db.selectFrom('program_versions').selectAll().where('program_id', '=', p('programId')).orderBy('version'),
);

export const memberRows = statement<Tables['members']>((db, p) =>
  db
    .selectFrom('members')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '>', p('after'))
    .orderBy('member_id')
    .limit(p('limit')),
);

export const accountsOf = lookup<Tables['accounts']>((db, p, keys) =>
  db.selectFrom('accounts').selectAll().where('program_id', '=', p('programId')).where('member_id', 'in', keys),
);

export const entriesOf = statement<EntryRow>((db, p) =>
  db
    .selectFrom('entries')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('seq', '>', p('after'))
    .orderBy('seq')
    .limit(p('limit')),
);

export const lotsOf = lookup<LotRow>((db, p, keys) =>
  db.selectFrom('lots').selectAll().where('program_id', '=', p('programId')).where('member_id', 'in', keys),
);

export const memberUsesOf = lookup<Tables['member_uses']>((db, p, keys) =>
  db.selectFrom('member_uses').selectAll().where('program_id', '=', p('programId')).where('member_id', 'in', keys),
);

export const orderRows = statement<OrderRow>((db, p) =>
  db
    .selectFrom('orders')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('order_id', '>', p('after'))
    .orderBy('order_id')
    .limit(p('limit')),
);

export const refundsOf = lookup<RefundRow>((db, p, keys) =>
  db.selectFrom('refunds').selectAll().where('program_id', '=', p('programId')).where('order_id', 'in', keys),
);

export const eventRows = statement<EventRow>((db, p) =>
  db
    .selectFrom('events')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('event_id', '>', p('after'))
    .orderBy('event_id')
    .limit(p('limit')),
);

export const sweepRows = statement<Tables['use_sweeps']>((db, p) =>
  db.selectFrom('use_sweeps').selectAll().where('program_id', '=', p('programId')),
);

export const keyRows = statement<KeyRow>((db, p) =>
  db.selectFrom('idempotency_keys').selectAll().where('program_id', '=', p('programId')),
);

export const responseRows = statement<Tables['survey_responses']>((db, p) =>
  db.selectFrom('survey_responses').selectAll().where('program_id', '=', p('programId')),
);

/** How many rows each table has, against what following the members and orders found. */
export const rowCounts: Readonly<Record<FollowedTable, Statement<{ count: number }>>> = {
  accounts: countOf('accounts'),
  entries: countOf('entries'),
  lots: countOf('lots'),
  member_uses: countOf('member_uses'),
  refunds: countOf('refunds'),
};

/** Tables whose every row belongs to a member or an order. */
export type FollowedTable = 'accounts' | 'entries' | 'lots' | 'member_uses' | 'refunds';

function countOf(table: FollowedTable): Statement<{ count: number }> {
  return statement((db, p) =>
    db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('program_id', '=', p('programId')),
  );
}

export const memberCount = statement<{ count: number }>((db) =>
  db.selectFrom('members').select(({ fn }) => fn.countAll<number>().as('count')),
);
