import { type Instant, NEVER } from '../../../shared/domain/time.ts';
import type { Database } from '../../database/database.ts';
import type { Value } from '../../database/statement.ts';
import { eventsToHandOut, handedOut, insertDeliveries } from './delivery-rows.ts';
import type { LiveEndpoint } from './endpoints.ts';

/** Events in one transaction. */
const BATCH_SIZE = 200;

/**
 * Makes a delivery for each endpoint that wants to hear of an event, for all events that wait, and gives how many they
 * were. All of them before anything is sent: so a member's events are put in their order together.
 */
export async function handOut(
  database: Database,
  programId: string,
  endpoints: readonly LiveEndpoint[],
  now: Instant,
): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await database.transaction(async (tx) => {
      const events = await tx.all(eventsToHandOut, { programId, dueAt: 0, limit: BATCH_SIZE });
      const rows = endpoints.flatMap((endpoint) =>
        events
          .filter((event) => endpoint.takes(event))
          .map(({ event_id, member_id, member_seq, place }): Value[] => [
            programId,
            endpoint.endpointId,
            event_id,
            member_id,
            member_seq,
            place,
            'pending',
            0,
            now,
            null,
            null,
            null,
            now,
          ]),
      );
      if (rows.length > 0) await tx.insert(insertDeliveries, rows);
      await Promise.all(
        events.map(({ event_id }) => tx.run(handedOut, { programId, eventId: event_id, now, never: NEVER })),
      );
      return events.length;
    });
    total += count;
    if (count < BATCH_SIZE) return total;
  }
}
