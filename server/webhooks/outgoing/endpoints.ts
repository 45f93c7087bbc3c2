import { randomBytes } from 'node:crypto';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { formatInstant, type Instant } from '../../../shared/domain/time.ts';
import type {
  WebhookEndpoint,
  WebhookEndpointChange,
  WebhookEndpointCreated,
  WebhookEndpointRequest,
} from '../../../shared/protocol/api.ts';
import { type Database, first, type Reader, type Transaction, WriteConflict } from '../../database/database.ts';
import type { Vault } from '../../identity/vault.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { urlFault } from './addresses.ts';
import {
  deleteDeliveriesOf,
  deleteEndpoint,
  disableEndpoint,
  type EndpointRow,
  insertEndpoint,
  rotateSecret,
  selectEndpoint,
  selectEndpoints,
  updateEndpoint,
} from './endpoint-rows.ts';
import { newSecret } from './signature.ts';

/** More of them multiply every event; a merchant who needs more forwards from one. */
const ENDPOINT_COUNT_MAX = 20;

/** An endpoint as messages are sent to it. */
export interface LiveEndpoint {
  readonly endpointId: string;
  readonly url: string;
  /** Whether it is told of an event. */
  takes(event: { readonly type: string; readonly recorded_at: Instant }): boolean;
  /** The newest first; two while the one before it is live. */
  readonly secrets: readonly string[];
}

/** Where a program's events are sent to. */
export interface Endpoints {
  list(programId: string): Promise<readonly WebhookEndpoint[]>;
  /** @throws {LoyaltyError} `endpoint_not_found`. */
  read(programId: string, endpointId: string): Promise<WebhookEndpoint>;
  /** @throws {LoyaltyError} `endpoint_refused`, `endpoint_limit`. */
  create(programId: string, request: WebhookEndpointRequest): Promise<WebhookEndpointCreated>;
  /** @throws {LoyaltyError} `endpoint_refused`, `endpoint_not_found`. */
  change(programId: string, endpointId: string, change: WebhookEndpointChange): Promise<WebhookEndpoint>;
  /** With all that was or is to be sent to it. @throws {LoyaltyError} `endpoint_not_found`. */
  remove(programId: string, endpointId: string): Promise<void>;
  /**
   * Makes a new secret; the one before it signs as well for so many seconds.
   *
   * @throws {LoyaltyError} `endpoint_not_found`.
   */
  rotate(programId: string, endpointId: string, previousValidS: number): Promise<WebhookEndpointCreated>;
  /** Those that messages are sent to. */
  live(programId: string): Promise<readonly LiveEndpoint[]>;
  /** One of them, switched off or not. @throws {LoyaltyError} `endpoint_not_found`. */
  sendable(programId: string, endpointId: string): Promise<LiveEndpoint>;
  /** It answered that it is gone. */
  switchOff(programId: string, endpoint: LiveEndpoint): Promise<void>;
}

export function createEndpoints({
  database,
  vault,
  outbox,
  clock,
  allowPrivate,
}: {
  readonly database: Database;
  readonly vault: Vault;
  readonly outbox: Pick<Outbox, 'forget'>;
  readonly clock: () => Instant;
  readonly allowPrivate: boolean;
}): Endpoints {
  const contextOf = (programId: string, endpointId: string) => `webhook_endpoints:${programId}:${endpointId}`;

  async function rowOf(reader: Reader, programId: string, endpointId: string): Promise<EndpointRow> {
    const row = await first(reader, selectEndpoint, { programId, endpointId });
    if (!row) throw new LoyaltyError('endpoint_not_found', 'No webhook endpoint with this id is there.');
    return row;
  }

  function refuse(url: string): void {
    const fault = urlFault(url, allowPrivate);
    if (fault) {
      throw new LoyaltyError('endpoint_refused', 'Messages are not sent to this address.', [
        { pointer: '/url', detail: fault },
      ]);
    }
  }

  /** Writes, and has this server's ledger heed the change at once. */
  async function write<T>(programId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await database.transaction(work);
    } finally {
      outbox.forget(programId);
    }
  }

  function live(row: EndpointRow): LiveEndpoint {
    const context = contextOf(row.program_id, row.endpoint_id);
    const secrets = [vault.open(row.secret, context)];
    if (row.previous_secret !== null && row.previous_until > clock()) {
      secrets.push(vault.open(row.previous_secret, context));
    }
    const types = new Set(JSON.parse(row.event_types) as string[]);
    return {
      endpointId: row.endpoint_id,
      url: row.url,
      takes: ({ type, recorded_at }) => recorded_at >= row.enabled_at && (types.size === 0 || types.has(type)),
      secrets,
    };
  }

  return {
    async list(programId) {
      const rows = await database.all(selectEndpoints, { programId });
      return rows.map((row) => shown(row, clock()));
    },

    async read(programId, endpointId) {
      return shown(await rowOf(database, programId, endpointId), clock());
    },

    async create(programId, { url, description, eventTypes }) {
      refuse(url);
      const endpointId = `whe_${randomBytes(15).toString('base64url')}`;
      const secret = newSecret();
      const row: EndpointRow = {
        program_id: programId,
        endpoint_id: endpointId,
        url,
        description,
        event_types: JSON.stringify(eventTypes),
        is_enabled: 1,
        disabled_reason: null,
        enabled_at: clock(),
        secret: vault.seal(secret, contextOf(programId, endpointId)),
        previous_secret: null,
        previous_until: 0,
        created_at: clock(),
      };
      await write(programId, async (tx) => {
        if ((await tx.all(selectEndpoints, { programId })).length >= ENDPOINT_COUNT_MAX) {
          throw new LoyaltyError('endpoint_limit', `A program has at most ${ENDPOINT_COUNT_MAX} webhook endpoints.`);
        }
        await tx.run(insertEndpoint, { ...row });
      });
      return { ...shown(row, clock()), secret };
    },

    async change(programId, endpointId, { url, description, eventTypes, isEnabled }) {
      if (url !== undefined) refuse(url);
      return write(programId, async (tx) => {
        const row = await rowOf(tx, programId, endpointId);
        const changed: EndpointRow = {
          ...row,
          url: url ?? row.url,
          description: description ?? row.description,
          event_types: eventTypes === undefined ? row.event_types : JSON.stringify(eventTypes),
          ...(isEnabled !== undefined && {
            is_enabled: isEnabled ? 1 : 0,
            disabled_reason: isEnabled ? null : (row.disabled_reason ?? 'merchant'),
            enabled_at: isEnabled && row.is_enabled === 0 ? clock() : row.enabled_at,
          }),
        };
        await tx.run(updateEndpoint, { ...changed });
        return shown(changed, clock());
      });
    },

    async remove(programId, endpointId) {
      await write(programId, async (tx) => {
        await rowOf(tx, programId, endpointId);
        await tx.run(deleteEndpoint, { programId, endpointId });
        await tx.run(deleteDeliveriesOf, { programId, endpointId });
      });
    },

    async rotate(programId, endpointId, previousValidS) {
      const secret = newSecret();
      const sealed = vault.seal(secret, contextOf(programId, endpointId));
      return write(programId, async (tx) => {
        const row = await rowOf(tx, programId, endpointId);
        const keepsPrevious = previousValidS > 0;
        const rotated: EndpointRow = {
          ...row,
          secret: sealed,
          previous_secret: keepsPrevious ? row.secret : null,
          previous_until: keepsPrevious ? clock() + previousValidS * 1_000 : 0,
        };
        const written = await tx.run(rotateSecret, { ...rotated, seen: row.secret });
        if (written === 0) throw new WriteConflict('rotate: another rotation was first');
        return { ...shown(rotated, clock()), secret };
      });
    },

    async live(programId) {
      const rows = await database.all(selectEndpoints, { programId });
      return rows.filter(({ is_enabled }) => is_enabled === 1).map(live);
    },

    async sendable(programId, endpointId) {
      return live(await rowOf(database, programId, endpointId));
    },

    async switchOff(programId, { endpointId, url }) {
      const params = { program_id: programId, endpoint_id: endpointId, url, is_enabled: 0, disabled_reason: 'gone' };
      await write(programId, (tx) => tx.run(disableEndpoint, params));
    },
  };
}

function shown(row: EndpointRow, now: Instant): WebhookEndpoint {
  const isRotating = row.previous_secret !== null && row.previous_until > now;
  return {
    id: row.endpoint_id,
    url: row.url,
    description: row.description,
    eventTypes: JSON.parse(row.event_types) as WebhookEndpoint['eventTypes'],
    isEnabled: row.is_enabled === 1,
    disabledReason: row.disabled_reason as WebhookEndpoint['disabledReason'],
    createdAt: formatInstant(row.created_at),
    previousSecretUntil: isRotating ? formatInstant(row.previous_until) : null,
  };
}
