import { insertBatch, lookup } from '../../database/batch.ts';
import { statement } from '../../database/statement.ts';
import type { Tables } from '../../database/tables.ts';

export type DeliveryRow = Tables['webhook_deliveries'];
export type EventRow = Tables['outbox'];

/** Events that no endpoint was given yet; `dueAt` is 0. */
export const eventsToHandOut = statement<EventRow>((db, p) =>
  db
    .selectFrom('outbox')
    .selectAll()
    .where('program_id', '=', p('programId'))
    // Not an equality, though none is below 0: SQLite would look through all of the program's events for that.
    .where('due_at', '<=', p('dueAt'))
    .orderBy('due_at')
    .limit(p('limit')),
);

export const eventsById = lookup<EventRow>((db, p, keys) =>
  db.selectFrom('outbox').selectAll().where('program_id', '=', p('programId')).where('event_id', 'in', keys),
);

/** From when on it is kept for so many days. */
export const handedOut = statement<never>((db, p) =>
  db
    .updateTable('outbox')
    .set({ due_at: p('never'), recorded_at: p('now') })
    .where('program_id', '=', p('programId'))
    .where('event_id', '=', p('eventId')),
);

/** Handed out twice, a delivery is there once. */
export const insertDeliveries = insertBatch(
  'webhook_deliveries',
  [
    'program_id',
    'endpoint_id',
    'event_id',
    'member_id',
    'member_seq',
    'place',
    'state',
    'attempt_count',
    'next_attempt_at',
    'last_attempt_at',
    'last_status',
    'last_error',
    'created_at',
  ],
  { key: ['program_id', 'endpoint_id', 'event_id'], update: [] },
);

export const deliveriesDue = statement<DeliveryRow>((db, p) =>
  db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId'))
    .where('next_attempt_at', '<=', p('now'))
    .orderBy('next_attempt_at')
    .limit(p('limit')),
);

/** All that members still wait for at one endpoint. */
export const pendingOfMembers = lookup<DeliveryRow>((db, p, keys) =>
  db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId'))
    .where('member_id', 'in', keys)
    .where('next_attempt_at', '<', p('never')),
);

/** Takes a delivery for one attempt; 0 rows when another server took it first. */
export const claimDelivery = statement<never>((db, p) =>
  db
    .updateTable('webhook_deliveries')
    .set({ next_attempt_at: p('until') })
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId'))
    .where('event_id', '=', p('eventId'))
    .where('next_attempt_at', '=', p('seen')),
);

/** What waits behind a member's first delivery is not looked at before that one. */
export const holdBack = statement<never>((db, p) =>
  db
    .updateTable('webhook_deliveries')
    .set({ next_attempt_at: p('until') })
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId'))
    .where('member_id', '=', p('memberId'))
    .where('next_attempt_at', '<', p('until')),
);

/** The way is free for what waited behind a delivery. */
export const letGo = statement<never>((db, p) =>
  db
    .updateTable('webhook_deliveries')
    .set({ next_attempt_at: p('now') })
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId'))
    .where('member_id', '=', p('memberId'))
    .where('next_attempt_at', '<', p('never'))
    .where('attempt_count', '=', p('untried')),
);

/** Guarded by the claim: one that lost it leaves the outcome to whoever has it now. */
export const writeAttempt = statement<never>((db, p) =>
  db
    .updateTable('webhook_deliveries')
    .set({
      state: p('state'),
      attempt_count: p('attemptCount'),
      next_attempt_at: p('nextAttemptAt'),
      last_attempt_at: p('now'),
      last_status: p('status'),
      last_error: p('error'),
    })
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId'))
    .where('event_id', '=', p('eventId'))
    .where('next_attempt_at', '=', p('claimedUntil')),
);

/** Sent once more, from its first attempt on. */
export const startAgain = statement<never>((db, p) =>
  db
    .updateTable('webhook_deliveries')
    .set({ state: p('state'), attempt_count: p('attemptCount'), next_attempt_at: p('now') })
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId'))
    .where('event_id', '=', p('eventId')),
);

export const customersOf = lookup<{ member_id: string; customer_id: string }>((db, p, keys) =>
  db
    .selectFrom('members')
    .select(['member_id', 'customer_id'])
    .where('program_id', '=', p('programId'))
    .where('member_id', 'in', keys),
);

export const selectDelivery = statement<DeliveryRow>((db, p) =>
  db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId'))
    .where('event_id', '=', p('eventId')),
);

/** Newest first, from a place on. */
export const deliveryPage = statement<DeliveryRow>((db, p) =>
  db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId'))
    .where('created_at', '<=', p('createdAt'))
    .where((eb) => eb.or([eb('created_at', '<', p('createdAt')), eb('event_id', '<', p('eventId'))]))
    .orderBy('created_at', 'desc')
    .orderBy('event_id', 'desc')
    .limit(p('limit')),
);

/** Of one state, as {@link deliveryPage}. */
export const deliveryPageOf = statement<DeliveryRow>((db, p) =>
  db
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId'))
    .where('state', '=', p('state'))
    .where('created_at', '<=', p('createdAt'))
    .where((eb) => eb.or([eb('created_at', '<', p('createdAt')), eb('event_id', '<', p('eventId'))]))
    .orderBy('created_at', 'desc')
    .orderBy('event_id', 'desc')
    .limit(p('limit')),
);
