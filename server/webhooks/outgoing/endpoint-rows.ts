import { statement } from '../../database/statement.ts';
import type { Tables } from '../../database/tables.ts';

export type EndpointRow = Tables['webhook_endpoints'];

export const selectEndpoints = statement<EndpointRow>((db, p) =>
  db
    .selectFrom('webhook_endpoints')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .orderBy('created_at')
    .orderBy('endpoint_id'),
);

export const selectEndpoint = statement<EndpointRow>((db, p) =>
  db
    .selectFrom('webhook_endpoints')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId')),
);

export const insertEndpoint = statement<never>((db, p) =>
  db.insertInto('webhook_endpoints').values({
    program_id: p('program_id'),
    endpoint_id: p('endpoint_id'),
    url: p('url'),
    description: p('description'),
    event_types: p('event_types'),
    is_enabled: p('is_enabled'),
    disabled_reason: p('disabled_reason'),
    enabled_at: p('enabled_at'),
    secret: p('secret'),
    previous_secret: p('previous_secret'),
    previous_until: p('previous_until'),
    created_at: p('created_at'),
  }),
);

export const updateEndpoint = statement<never>((db, p) =>
  db
    .updateTable('webhook_endpoints')
    .set({
      url: p('url'),
      description: p('description'),
      event_types: p('event_types'),
      is_enabled: p('is_enabled'),
      disabled_reason: p('disabled_reason'),
      enabled_at: p('enabled_at'),
    })
    .where('program_id', '=', p('program_id'))
    .where('endpoint_id', '=', p('endpoint_id')),
);

/** Guarded by the secret that it replaces: of two rotations at once, the later one finds the first one's. */
export const rotateSecret = statement<never>((db, p) =>
  db
    .updateTable('webhook_endpoints')
    .set({ secret: p('secret'), previous_secret: p('previous_secret'), previous_until: p('previous_until') })
    .where('program_id', '=', p('program_id'))
    .where('endpoint_id', '=', p('endpoint_id'))
    .where('secret', '=', p('seen')),
);

/** Switched off by what it answered, unless it was sent elsewhere meanwhile. */
export const disableEndpoint = statement<never>((db, p) =>
  db
    .updateTable('webhook_endpoints')
    .set({ is_enabled: p('is_enabled'), disabled_reason: p('disabled_reason') })
    .where('program_id', '=', p('program_id'))
    .where('endpoint_id', '=', p('endpoint_id'))
    .where('url', '=', p('url')),
);

export const deleteEndpoint = statement<never>((db, p) =>
  db
    .deleteFrom('webhook_endpoints')
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId')),
);

export const deleteDeliveriesOf = statement<never>((db, p) =>
  db
    .deleteFrom('webhook_deliveries')
    .where('program_id', '=', p('programId'))
    .where('endpoint_id', '=', p('endpointId')),
);
