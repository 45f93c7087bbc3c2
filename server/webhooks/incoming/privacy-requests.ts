import { formatInstant, type Instant } from '../../../shared/domain/time.ts';
import type { PrivacyRequestPage } from '../../../shared/protocol/api.ts';
import type { Database } from '../../database/database.ts';
import { statement } from '../../database/statement.ts';
import type { Vault } from '../../identity/vault.ts';
import type { PrivacyRequest } from './reading.ts';
import type { Platform } from './signatures.ts';

/** Erases a customer of the shop; does nothing for one who is not a member. */
export type Erase = (programId: string, customerId: string) => Promise<void>;

/** What platforms asked for by law, and whether it was done. */
export interface PrivacyRequests {
  /** Keeps a request; one for a customer's erasure is carried out at once. A repeat is the same request. */
  record(programId: string, platform: Platform, request: PrivacyRequest): Promise<void>;
  /** Newest first, below a position. */
  list(programId: string, page: { readonly below: Position | null; readonly limit: number }): Promise<Listing>;
  /** False when there is no such request. */
  strikeOff(programId: string, requestId: string): Promise<boolean>;
}

export interface Position {
  readonly receivedAt: Instant;
  readonly id: string;
}

interface Listing {
  readonly requests: PrivacyRequestPage['requests'];
  readonly next: Position | null;
}

interface RequestRow {
  readonly request_id: string;
  readonly kind: string;
  readonly customer_id: string | null;
  readonly received_at: number;
  readonly done_at: number | null;
}

const insertRequest = statement<never>((db, p) =>
  db
    .insertInto('privacy_requests')
    .values({
      program_id: p('program_id'),
      request_id: p('request_id'),
      kind: p('kind'),
      customer_id: p('customer_id'),
      received_at: p('received_at'),
      done_at: p('done_at'),
    })
    .onConflict((on) => on.columns(['program_id', 'request_id']).doNothing()),
);

const updateDone = statement<never>((db, p) =>
  db
    .updateTable('privacy_requests')
    .set({ done_at: p('done_at') })
    .where('program_id', '=', p('program_id'))
    .where('request_id', '=', p('request_id')),
);

/** Whom it was about is forgotten as well. */
const updateErased = statement<never>((db, p) =>
  db
    .updateTable('privacy_requests')
    .set({ done_at: p('done_at'), customer_id: p('customer_id') })
    .where('program_id', '=', p('program_id'))
    .where('request_id', '=', p('request_id')),
);

const selectRequests = statement<RequestRow>((db, p) =>
  db
    .selectFrom('privacy_requests')
    .select(['request_id', 'kind', 'customer_id', 'received_at', 'done_at'])
    .where('program_id', '=', p('program_id'))
    .where((of) =>
      of.or([
        of('received_at', '<', p('before_at')),
        of.and([of('received_at', '=', p('before_at')), of('request_id', '<', p('before_id'))]),
      ]),
    )
    .orderBy('received_at', 'desc')
    .orderBy('request_id', 'desc')
    .limit(p('limit')),
);

export function createPrivacyRequests({
  database,
  vault,
  clock,
  erase,
}: {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: () => Instant;
  readonly erase: Erase;
}): PrivacyRequests {
  const finish = (programId: string, requestId: string) =>
    database.transaction((transaction) =>
      transaction.run(updateDone, { program_id: programId, request_id: requestId, done_at: clock() }),
    );

  return {
    async record(programId, platform, { kind, customerId, reference }) {
      // Keyed, so that the list does not tell by its ids whom it was about.
      const mac = vault.macOf('privacy-request', JSON.stringify([programId, platform, kind, customerId, reference]));
      const requestId = `prv_${mac.slice(0, 22)}`;
      await database.transaction((transaction) =>
        transaction.run(insertRequest, {
          program_id: programId,
          request_id: requestId,
          kind,
          customer_id: customerId,
          received_at: clock(),
          done_at: null,
        }),
      );
      // Also when it was done before: the customer may have come back since.
      if (kind !== 'erasure' || customerId === null) return;
      await erase(programId, customerId);
      await database.transaction((transaction) =>
        transaction.run(updateErased, {
          program_id: programId,
          request_id: requestId,
          done_at: clock(),
          customer_id: null,
        }),
      );
    },

    async list(programId, { below, limit }) {
      const rows = await database.all(selectRequests, {
        program_id: programId,
        before_at: below?.receivedAt ?? Number.MAX_SAFE_INTEGER,
        before_id: below?.id ?? '',
        limit: limit + 1,
      });
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      return {
        requests: shown.map((row) => ({
          id: row.request_id,
          kind: row.kind as PrivacyRequest['kind'],
          memberId: row.customer_id,
          receivedAt: formatInstant(row.received_at),
          doneAt: row.done_at === null ? null : formatInstant(row.done_at),
        })),
        next: last ? { receivedAt: last.received_at, id: last.request_id } : null,
      };
    },

    async strikeOff(programId, requestId) {
      return (await finish(programId, requestId)) > 0;
    },
  };
}
