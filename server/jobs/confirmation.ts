import type { Instant } from '../../shared/domain/time.ts';
import { NEVER } from '../../shared/domain/time.ts';
import { type Database, first, type Transaction } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { parseEntry } from '../ledger/chain.ts';
import { lotBySeq, membersById } from '../ledger/rows.ts';
import type { EventRow } from '../webhooks/outgoing/delivery-rows.ts';
import type { Job, Step } from './job.ts';

const BATCH_SIZE = 200;

/** Events that lay ahead, and have come by now; `after` is 0, which marks those to be handed out. */
export const eventsCome = statement<EventRow>((db, p) =>
  db
    .selectFrom('outbox')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('due_at', '>', p('after'))
    .where('due_at', '<=', p('asOf'))
    .orderBy('due_at')
    .limit(p('limit')),
);

/** Guarded by what it was: of two servers one changes it. */
const releaseEvent = statement<never>((db, p) =>
  db
    .updateTable('outbox')
    .set({
      data: p('data'),
      due_at: p('dueAt'),
      member_seq: p('memberSeq'),
      place: p('place'),
      recorded_at: p('recordedAt'),
    })
    .where('program_id', '=', p('programId'))
    .where('event_id', '=', p('eventId'))
    .where('due_at', '=', p('seen')),
);

/**
 * Tells of points that became spendable: once, with what a refund left of them. They are spendable at their instant,
 * whether this runs or not.
 */
export function confirmationJob({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: () => Instant;
}): Job {
  const due = (programId: string, asOf: Instant, limit: number) => ({ programId, asOf, after: 0, limit });

  async function release(programId: string, asOf: Instant): Promise<{ readonly found: number; readonly told: number }> {
    return database.transaction(async (tx) => {
      const events = await tx.all(eventsCome, due(programId, asOf, BATCH_SIZE));
      const now = clock();
      let told = 0;
      for (const [index, event] of events.entries()) {
        const data = await dataNow(tx, event);
        const member = await first(tx, membersById.statement(1), { programId, key0: event.member_id });
        const released = {
          programId,
          eventId: event.event_id,
          seen: event.due_at,
          recordedAt: now,
          memberSeq: member?.seq ?? event.member_seq,
          place: now * 1_000 + index,
          data: data ?? event.data,
          dueAt: data === null ? NEVER : 0,
        };
        const written = await tx.run(releaseEvent, released);
        if (written > 0 && data !== null) told++;
      }
      return { found: events.length, told };
    });
  }

  return {
    name: 'confirmation',
    summary: 'tell of points that became spendable',
    intervalMs: 30_000,
    isNeeded: async (programId, asOf) => (await database.all(eventsCome, due(programId, asOf, 1))).length > 0,
    async run(programId, asOf, step: Step) {
      let told = 0;
      for (;;) {
        const batch = await release(programId, asOf);
        told += batch.told;
        if (batch.found < BATCH_SIZE || step.isStopped()) return { told };
        await step.save(null);
      }
    },
  };
}

/** Reversals of a member after an entry, recorded before an instant. */
const reversals = statement<{ bytes: string }>((db, p) =>
  db
    .selectFrom('entries')
    .select('bytes')
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('seq', '>', p('lot'))
    .where('kind', '=', p('kind'))
    .where('recorded_at', '<', p('before')),
);

/**
 * What an event says now that it has come; `null` when nothing is left of it. Refunds count that came while the points
 * were pending, and no later ones: so a late run tells what one in time would have told.
 */
async function dataNow(tx: Transaction, event: EventRow): Promise<string | null> {
  const { program_id: programId, member_id: memberId, type, data, due_at: before } = event;
  if (type !== 'points.posted') return data;
  const told = JSON.parse(data) as { readonly points: number; readonly lot: number };
  const lot = await first(tx, lotBySeq, { programId, memberId, seq: told.lot, open: 1, closed: 0 });
  if (!lot?.reversed) return lot ? data : null;
  let { points } = told;
  for (const { bytes } of await tx.all(reversals, { programId, memberId, lot: told.lot, kind: 'reversal', before })) {
    for (const use of parseEntry(bytes).uses ?? []) if (use.lot === told.lot) points -= use.points;
  }
  return points > 0 ? JSON.stringify({ ...told, points }) : null;
}
