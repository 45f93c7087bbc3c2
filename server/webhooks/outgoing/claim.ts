import { type Instant, NEVER } from '../../../shared/domain/time.ts';
import type { Database } from '../../database/database.ts';
import { isTombstone } from '../../ledger/commands/tombstone.ts';
import {
  claimDelivery,
  customersOf,
  type DeliveryRow,
  deliveriesDue,
  type EventRow,
  eventsById,
  holdBack,
  pendingOfMembers,
} from './delivery-rows.ts';

/** A delivery that this server alone attempts, until its claim ends. */
export interface Claim {
  readonly delivery: DeliveryRow;
  readonly until: Instant;
  /** `undefined` when it is no longer kept. */
  readonly event: EventRow | undefined;
  /** `null` when the member is no longer there. */
  readonly customerId: string | null;
}

/** Longer than an attempt takes. What a server that died had claimed is attempted again after this. */
export const CLAIM_MS = 30_000;

/** Rows looked at in one go: more than are claimed, since some wait behind others. */
const LOOK_COUNT = 128;

/**
 * Claims up to `limit` deliveries that are due, each the first of its member's: what a member was told later waits until
 * the earlier was delivered or given up.
 */
export async function claimDue(
  database: Database,
  programId: string,
  endpointId: string,
  now: Instant,
  limit: number,
): Promise<readonly Claim[]> {
  const scope = { programId, endpointId };
  // Without a transaction first: mostly nothing is due.
  if ((await database.all(deliveriesDue, { ...scope, now, limit: 1 })).length === 0) return [];
  return database.transaction(async (tx) => {
    const due = await tx.all(deliveriesDue, { ...scope, now, limit: LOOK_COUNT });
    const memberIds = [...new Set(due.map(({ member_id }) => member_id))];
    const pending = await tx.allIn(pendingOfMembers, { ...scope, never: NEVER }, memberIds);
    const until = now + CLAIM_MS;
    const claimed: DeliveryRow[] = [];
    for (const [memberId, waiting] of Map.groupBy(pending, ({ member_id }) => member_id)) {
      const head = waiting.reduce((first, row) => (isBefore(row, first) ? row : first));
      if (head.next_attempt_at > now) {
        await tx.run(holdBack, { ...scope, memberId, until: head.next_attempt_at });
      } else if (claimed.length < limit) {
        const claim = { ...scope, eventId: head.event_id, seen: head.next_attempt_at, until };
        if ((await tx.run(claimDelivery, claim)) === 0) continue;
        await tx.run(holdBack, { ...scope, memberId, until });
        claimed.push(head);
      }
    }
    const events = await tx.allIn(
      eventsById,
      { programId },
      claimed.map(({ event_id }) => event_id),
    );
    const customers = await tx.allIn(
      customersOf,
      { programId },
      claimed.map(({ member_id }) => member_id),
    );
    const eventOf = new Map(events.map((event) => [event.event_id, event]));
    const named = customers.filter(({ customer_id }) => !isTombstone(customer_id));
    const customerOf = new Map(named.map(({ member_id, customer_id }) => [member_id, customer_id]));
    return claimed.map((delivery) => ({
      delivery,
      until,
      event: eventOf.get(delivery.event_id),
      customerId: customerOf.get(delivery.member_id) ?? null,
    }));
  });
}

function isBefore(a: DeliveryRow, b: DeliveryRow): boolean {
  if (a.member_seq !== b.member_seq) return a.member_seq < b.member_seq;
  return a.place !== b.place ? a.place < b.place : a.event_id < b.event_id;
}
