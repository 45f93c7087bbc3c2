import { insertBatch, type Lookup, lookup } from '../database/batch.ts';
import { statement } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';

/** The statements of the ledger. Every one is scoped by program and runs alike on both stores. */

export type MemberRow = Tables['members'] & Tables['accounts'];
export type OrderRow = Tables['orders'];
export type RefundRow = Tables['refunds'];
export type KeyRow = Tables['idempotency_keys'];
export type LotRow = Tables['lots'];
export type EntryRow = Tables['entries'];
export type EventRow = Tables['events'];

const MEMBER_COLUMNS = [
  'members.program_id',
  'members.member_id',
  'members.customer_id',
  'members.enrolled_at',
  'members.digest',
  'accounts.seq',
  'accounts.head',
  'accounts.balance',
  'accounts.debt',
  'accounts.tier',
  'accounts.tier_since',
  'accounts.tier_review_at',
  'accounts.tier_earned',
  'accounts.counted',
  'accounts.next_expiry_at',
  'accounts.inactive_at',
  'accounts.last_available_at',
  'accounts.merged_into',
] as const;

/** Members with their accounts, by one of the two ids. */
function membersBy(id: 'members.customer_id' | 'members.member_id'): Lookup<MemberRow> {
  return lookup((db, p, keys) =>
    db
      .selectFrom('members')
      .innerJoin('accounts', (join) =>
        join
          .onRef('accounts.program_id', '=', 'members.program_id')
          .onRef('accounts.member_id', '=', 'members.member_id'),
      )
      .select(MEMBER_COLUMNS)
      .where('members.program_id', '=', p('programId'))
      .where(id, 'in', keys),
  );
}

export const membersByCustomer = membersBy('members.customer_id');
export const membersById = membersBy('members.member_id');

export const seqOf = statement<{ seq: number }>((db, p) =>
  db
    .selectFrom('accounts')
    .select('seq')
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId')),
);

export const ordersById = lookup<OrderRow>((db, p, keys) =>
  db.selectFrom('orders').selectAll().where('program_id', '=', p('programId')).where('order_id', 'in', keys),
);

export const refundsByOrder = lookup<RefundRow>((db, p, keys) =>
  db.selectFrom('refunds').selectAll().where('program_id', '=', p('programId')).where('order_id', 'in', keys),
);

export const eventsById = lookup<EventRow>((db, p, keys) =>
  db.selectFrom('events').selectAll().where('program_id', '=', p('programId')).where('event_id', 'in', keys),
);

export const keysByText = lookup<KeyRow>((db, p, keys) =>
  db
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('caller', '=', p('caller'))
    .where('idempotency_key', 'in', keys),
);

export const openLots = lookup<LotRow>((db, p, keys) =>
  db
    .selectFrom('lots')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', 'in', keys)
    .where('is_open', '=', p('isOpen')),
);

/** Open or not: the key has that before `seq`. */
export const lotBySeq = statement<LotRow>((db, p) =>
  db
    .selectFrom('lots')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('is_open', 'in', [p('open'), p('closed')])
    .where('seq', '=', p('seq')),
);

/** Taken out where it lay, before it is written anew where it lies now. */
export const deleteLot = statement<never>((db, p) =>
  db
    .deleteFrom('lots')
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('is_open', '=', p('isOpen'))
    .where('seq', '=', p('seq')),
);

export const usesOf = lookup<Tables['member_uses']>((db, p, keys) =>
  db.selectFrom('member_uses').selectAll().where('program_id', '=', p('programId')).where('member_id', 'in', keys),
);

export const writeUses = insertBatch(
  'member_uses',
  ['program_id', 'member_id', 'subject', 'period', 'times', 'points'],
  { key: ['program_id', 'member_id', 'subject', 'period'], update: ['times', 'points'] },
);

/** Members of whom a lot expired by now and is not written off yet. */
export const membersToExpire = statement<{ member_id: string }>((db, p) =>
  db
    .selectFrom('accounts')
    .select('member_id')
    .where('program_id', '=', p('programId'))
    .where('next_expiry_at', '<=', p('asOf'))
    .orderBy('next_expiry_at')
    .limit(p('limit')),
);

export const insertMembers = insertBatch('members', [
  'program_id',
  'member_id',
  'customer_id',
  'enrolled_at',
  'digest',
]);

const ACCOUNT_COLUMNS = [
  'program_id',
  'member_id',
  'seq',
  'head',
  'balance',
  'debt',
  'tier',
  'tier_since',
  'tier_review_at',
  'tier_earned',
  'counted',
  'inactive_at',
  'last_available_at',
  'next_expiry_at',
] as const;
const ACCOUNT_KEY = ['program_id', 'member_id'] as const;
const ACCOUNT_STATE = [
  'seq',
  'head',
  'balance',
  'debt',
  'tier',
  'tier_since',
  'tier_earned',
  'counted',
  'inactive_at',
  'last_available_at',
] as const;

export const writeAccounts = insertBatch('accounts', ACCOUNT_COLUMNS, {
  key: ACCOUNT_KEY,
  update: [...ACCOUNT_STATE, 'tier_review_at', 'next_expiry_at'],
});

/** Where the dates that have an index stay as they are: SQLite would write it again all the same. */
export const writeAccountStates = insertBatch('accounts', ACCOUNT_COLUMNS, { key: ACCOUNT_KEY, update: ACCOUNT_STATE });

/** Plain inserts: a second writer of the same `seq` fails, and with it his transaction. */
export const insertEntries = insertBatch('entries', [
  'program_id',
  'member_id',
  'seq',
  'kind',
  'points',
  'qualifying',
  'occurred_at',
  'recorded_at',
  'hash',
  'bytes',
]);

export const writeLots = insertBatch(
  'lots',
  [
    'program_id',
    'member_id',
    'seq',
    'initial',
    'remaining',
    'expired',
    'reversed',
    'available_at',
    'expires_at',
    'is_open',
    'is_extended',
  ],
  {
    key: ['program_id', 'member_id', 'is_open', 'seq'],
    update: ['remaining', 'expired', 'reversed', 'expires_at', 'is_extended'],
  },
);

const ORDER_COLUMNS = [
  'program_id',
  'order_id',
  'member_id',
  'seq',
  'currency',
  'net_minor',
  'points',
  'qualifying',
  'refunded_minor',
  'reversed_points',
  'reversed_qualifying',
  'placed_at',
  'facts',
  'content_hash',
  'digest',
] as const;

export const insertOrders = insertBatch('orders', ORDER_COLUMNS);

export const updateOrders = insertBatch('orders', ORDER_COLUMNS, {
  key: ['program_id', 'order_id'],
  update: ['refunded_minor', 'reversed_points', 'reversed_qualifying', 'digest'],
});

export const insertRefunds = insertBatch('refunds', [
  'program_id',
  'order_id',
  'refund_id',
  'member_id',
  'seq',
  'amount_minor',
  'refunded_at',
  'content_hash',
  'digest',
]);

export const insertEvents = insertBatch('events', [
  'program_id',
  'event_id',
  'member_id',
  'type',
  'seq',
  'occurred_at',
  'recorded_at',
  'content_hash',
  'digest',
]);

export const insertKeys = insertBatch('idempotency_keys', [
  'program_id',
  'caller',
  'idempotency_key',
  'content_hash',
  'result',
  'recorded_at',
  'digest',
]);
