import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { formatInstant, type Instant, NEVER } from '../../../shared/domain/time.ts';
import type { WebhookDelivery, WebhookTest } from '../../../shared/protocol/api.ts';
import { paddedKeys, withKeys } from '../../database/batch.ts';
import { type Database, first } from '../../database/database.ts';
import { newEventId } from '../../outbox/outbox.ts';
import {
  type DeliveryRow,
  deliveryPage,
  deliveryPageOf,
  type EventRow,
  eventsById,
  selectDelivery,
  startAgain,
} from './delivery-rows.ts';
import type { Endpoints } from './endpoints.ts';
import { messageBody } from './message.ts';
import type { Sender } from './send.ts';
import { signedHeaders } from './signature.ts';

export type DeliveryPlace = readonly [createdAt: Instant, eventId: string];

/** What a merchant sees of the messages to an endpoint, and can do about them. */
export interface DeliveryLog {
  /** Newest first. @throws {LoyaltyError} `endpoint_not_found`. */
  page(
    programId: string,
    endpointId: string,
    query: {
      readonly state?: WebhookDelivery['state'] | undefined;
      readonly after?: DeliveryPlace | undefined;
      readonly limit: number;
    },
  ): Promise<{ readonly deliveries: readonly WebhookDelivery[]; readonly next: DeliveryPlace | null }>;
  /**
   * Has a message sent again now, whatever came of it before.
   *
   * @throws {LoyaltyError} `endpoint_not_found`, `delivery_not_found`.
   */
  retry(programId: string, endpointId: string, eventId: string): Promise<WebhookDelivery>;
  /** Sends a message of type `endpoint.test` and waits for what comes of it. @throws {LoyaltyError} `endpoint_not_found`. */
  test(programId: string, endpointId: string): Promise<WebhookTest>;
}

/** Sorts after every event id. */
const LAST_ID = '~';

export function createDeliveryLog({
  database,
  endpoints,
  sender,
  clock,
}: {
  readonly database: Database;
  readonly endpoints: Endpoints;
  readonly sender: Sender;
  readonly clock: () => Instant;
}): DeliveryLog {
  async function withTypes(programId: string, rows: readonly DeliveryRow[]): Promise<WebhookDelivery[]> {
    const events: EventRow[] = [];
    for (const keys of paddedKeys(rows.map(({ event_id }) => event_id))) {
      events.push(...(await database.all(eventsById.statement(keys.length), withKeys({ programId }, keys))));
    }
    const typeOf = new Map(events.map(({ event_id, type }) => [event_id, type]));
    return rows.map((row) => shown(row, typeOf.get(row.event_id) ?? null));
  }

  return {
    async page(programId, endpointId, { state, after = [NEVER, LAST_ID], limit }) {
      await endpoints.read(programId, endpointId);
      const [createdAt, eventId] = after;
      const place = { programId, endpointId, createdAt, eventId, limit: limit + 1 };
      const rows =
        state === undefined
          ? await database.all(deliveryPage, place)
          : await database.all(deliveryPageOf, { ...place, state });
      const shownRows = rows.slice(0, limit);
      const last = rows.length > limit ? shownRows.at(-1) : undefined;
      return {
        deliveries: await withTypes(programId, shownRows),
        next: last ? [last.created_at, last.event_id] : null,
      };
    },

    async retry(programId, endpointId, eventId) {
      await endpoints.read(programId, endpointId);
      const scope = { programId, endpointId, eventId };
      const row = await database.transaction(async (tx) => {
        const again = { ...scope, state: 'pending', attemptCount: 0, now: clock() };
        const count = await tx.run(startAgain, again);
        return count === 0 ? undefined : first(tx, selectDelivery, scope);
      });
      if (!row) throw new LoyaltyError('delivery_not_found', 'This event was not sent to this endpoint.');
      return (await withTypes(programId, [row]))[0] as WebhookDelivery;
    },

    async test(programId, endpointId) {
      const { url, secrets } = await endpoints.sendable(programId, endpointId);
      const id = newEventId();
      const now = clock();
      const body = messageBody('endpoint.test', now, null, '{}');
      const { status, error } = await sender.send(url, signedHeaders(id, now, body, secrets), body);
      return { isDelivered: error === null, status, error };
    },
  };
}

function shown(row: DeliveryRow, type: string | null): WebhookDelivery {
  return {
    event: row.event_id,
    type,
    state: row.state,
    attempts: row.attempt_count,
    lastAttemptAt: row.last_attempt_at === null ? null : formatInstant(row.last_attempt_at),
    lastStatus: row.last_status,
    lastError: row.last_error,
    nextAttemptAt: row.next_attempt_at === NEVER ? null : formatInstant(row.next_attempt_at),
    createdAt: formatInstant(row.created_at),
  };
}
