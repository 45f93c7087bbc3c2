import { type Instant, NEVER } from '../../shared/domain/time.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { deleteCodesBefore } from '../members/consent-rows.ts';
import { forgetWaitingFacts } from '../webhooks/incoming/order-facts.ts';
import { selectEndpoints } from '../webhooks/outgoing/endpoint-rows.ts';
import type { Job } from './job.ts';

const DAY_MS = 86_400_000;

/** What has run out is kept this much longer, so that a server with a slow clock refuses it as well. */
const RUN_OUT_KEPT_MS = DAY_MS;
/** Events and what became of them: for merchants who look into what went wrong. */
export const EVENTS_KEPT_MS = 30 * DAY_MS;
/** Longer than any notice is ahead of what it is about. */
const NOTICES_KEPT_MS = 800 * DAY_MS;

const BATCH_SIZE = 500;

const deleteUsedTokens = statement<never>((db, p) =>
  db.deleteFrom('used_tokens').where('program_id', '=', p('programId')).where('expires_at', '<', p('before')),
);

const deleteCodes = statement<never>((db, p) =>
  db.deleteFrom('wallet_codes').where('program_id', '=', p('programId')).where('expires_at', '<', p('before')),
);

/** Not those that lie ahead or that nobody was given yet. */
const oldEvents = statement<{ event_id: string }>((db, p) =>
  db
    .selectFrom('outbox')
    .select('event_id')
    .where('program_id', '=', p('programId'))
    .where('recorded_at', '<', p('before'))
    .where('due_at', '=', p('never'))
    .orderBy('recorded_at')
    .limit(p('limit')),
);

const deleteEvent = statement<never>((db, p) =>
  db.deleteFrom('outbox').where('program_id', '=', p('programId')).where('event_id', '=', p('eventId')),
);

/** Delivered or given up; also what waits for an endpoint that is off. */
const oldDeliveries = statement<{ event_id: string }>((db, p) =>
  db
    .selectFrom('webhook_deliveries')
    .select('event_id')
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId'))
    .where('created_at', '<', p('before'))
    .where('next_attempt_at', '>=', p('settledFrom'))
    .orderBy('created_at')
    .limit(p('limit')),
);

/** On their way for a long time: the servers were off. */
const lateDeliveries = statement<{ event_id: string }>((db, p) =>
  db
    .selectFrom('webhook_deliveries')
    .select('event_id')
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId'))
    .where('next_attempt_at', '<', p('never'))
    .where('created_at', '<', p('before'))
    .limit(p('limit')),
);

const deleteDelivery = statement<never>((db, p) =>
  db
    .deleteFrom('webhook_deliveries')
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId'))
    .where('event_id', '=', p('eventId')),
);

const notedMembers = statement<{ member_id: string }>((db, p) =>
  db
    .selectFrom('member_notices')
    .select('member_id')
    .distinct()
    .where('program_id', '=', p('programId'))
    .where('member_id', '>', p('after'))
    .orderBy('member_id')
    .limit(p('limit')),
);

const deleteNotices = statement<never>((db, p) =>
  db
    .deleteFrom('member_notices')
    .where('program_id', '=', p('programId'))
    .where('member_id', '>', p('after'))
    .where('member_id', '<=', p('until'))
    .where('told_at', '<', p('before')),
);

/** Forgets what is of no use any more. */
export function sweepJob({
  database,
  ledger,
}: {
  readonly database: Database;
  readonly ledger: Pick<Ledger, 'sweepUses'>;
}): Job {
  /** Deletes what `find` gives, a batch a transaction, and gives how much that was. */
  async function deleteAll(
    find: typeof oldEvents,
    remove: typeof deleteEvent,
    params: Readonly<Record<string, string | number>>,
  ): Promise<number> {
    for (let total = 0; ; ) {
      const rows = await database.all(find, { ...params, limit: BATCH_SIZE });
      await database.transaction((tx) =>
        Promise.all(rows.map(({ event_id }) => tx.run(remove, { ...params, eventId: event_id }))),
      );
      total += rows.length;
      if (rows.length < BATCH_SIZE) return total;
    }
  }

  async function sweepEvents(programId: string, asOf: Instant): Promise<number> {
    const before = asOf - EVENTS_KEPT_MS;
    let count = 0;
    let isLate = false;
    for (const { endpoint_id: endpointId, is_enabled } of await database.all(selectEndpoints, { programId })) {
      const old = { programId, endpointId, before };
      count += await deleteAll(oldDeliveries, deleteDelivery, { ...old, settledFrom: is_enabled === 1 ? NEVER : 0 });
      isLate ||= (await database.all(lateDeliveries, { ...old, never: NEVER, limit: 1 })).length > 0;
    }
    // What is still on its way needs its events; within days it is delivered or given up.
    return isLate ? count : count + (await deleteAll(oldEvents, deleteEvent, { programId, before, never: NEVER }));
  }

  return {
    name: 'sweep',
    summary: 'forget used tokens, old events, notices and counts of limits',
    intervalMs: 3_600_000,
    async run(programId, asOf, step) {
      const ranOut = { programId, before: asOf - RUN_OUT_KEPT_MS };
      const tokens = await database.transaction((tx) => tx.run(deleteUsedTokens, ranOut));
      const codes = await database.transaction(
        async (tx) => (await tx.run(deleteCodes, ranOut)) + (await tx.run(deleteCodesBefore, ranOut)),
      );
      const events = await sweepEvents(programId, asOf);
      const uses = await ledger.sweepUses(programId, asOf);
      const facts = await forgetWaitingFacts(database, programId, asOf);
      // Notices of some members at a run: in the end everybody's turn comes, and begins anew.
      const after = step.progress ?? '';
      const members = await database.all(notedMembers, { programId, after, limit: BATCH_SIZE });
      const until = members.at(-1)?.member_id ?? after;
      const old = { programId, after, until, before: asOf - NOTICES_KEPT_MS };
      const notices = await database.transaction((tx) => tx.run(deleteNotices, old));
      await step.save(members.length < BATCH_SIZE ? null : until);
      return { tokens, codes, events, uses, notices, facts };
    },
  };
}
