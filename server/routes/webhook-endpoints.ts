import * as v from 'valibot';
import {
  DELIVERY_STATES,
  plain,
  programIdSchema,
  webhookDeliveryPageSchema,
  webhookDeliverySchema,
  webhookEndpointChangeSchema,
  webhookEndpointCreatedSchema,
  webhookEndpointListSchema,
  webhookEndpointRequestSchema,
  webhookEndpointSchema,
  webhookRotationRequestSchema,
  webhookTestSchema,
} from '../../shared/protocol/schemas.ts';
import { cursorOf, readCursor } from '../http/cursor.ts';
import { json, PRIVATE, type Route, route } from '../http/route.ts';
import { cursorSchema, LIMIT_DEFAULT, limitSchema, noQuery, programParams } from './parameters.ts';
import type { Services } from './services.ts';

const endpointParams = v.strictObject({ program: programIdSchema, endpoint: plain(64) });
const deliveryParams = v.strictObject({ program: programIdSchema, endpoint: plain(64), event: plain(64) });

const PATH = '/v1/programs/{program}/webhook-endpoints';
const TAG = 'Webhooks';

/** Where a merchant is told of what happens, and what became of each message. */
export function webhookEndpointRoutes({ programs, endpoints, deliveryLog, issuer }: Services): Route[] {
  const shared = { tag: TAG, access: 'merchant', sharing: 'none', query: noQuery } as const;
  return [
    route({
      ...shared,
      method: 'GET',
      path: PATH,
      name: 'listWebhookEndpoints',
      summary: 'Where messages are sent',
      params: programParams,
      answers: { 200: { description: 'All endpoints, oldest first.', schema: webhookEndpointListSchema } },
      errors: [],
      handle: async ({ params }) => json(200, { endpoints: await endpoints.list(params.program) }, PRIVATE),
    }),

    route({
      ...shared,
      method: 'POST',
      path: PATH,
      name: 'createWebhookEndpoint',
      summary: 'Have messages sent to an address',
      description:
        'Messages are Standard Webhooks 1.0.0, signed with the secret that this answer shows once. Sent is what happens from now on.',
      params: programParams,
      body: webhookEndpointRequestSchema,
      answers: { 201: { description: 'Made.', schema: webhookEndpointCreatedSchema } },
      errors: ['program_not_found', 'endpoint_refused', 'endpoint_limit'],
      async handle({ params, body }) {
        await programs.newest(params.program);
        return json(201, await endpoints.create(params.program, body));
      },
    }),

    route({
      ...shared,
      method: 'GET',
      path: `${PATH}/{endpoint}`,
      name: 'getWebhookEndpoint',
      summary: 'One endpoint',
      params: endpointParams,
      answers: { 200: { description: 'The endpoint, without its secret.', schema: webhookEndpointSchema } },
      errors: ['endpoint_not_found'],
      handle: async ({ params }) => json(200, await endpoints.read(params.program, params.endpoint), PRIVATE),
    }),

    route({
      ...shared,
      method: 'PATCH',
      path: `${PATH}/{endpoint}`,
      name: 'changeWebhookEndpoint',
      summary: 'Change an endpoint, or switch it off or on',
      description:
        'Fields that are left out stay as they are. What was on its way when it was switched off is sent when it is on again; what happens in between is not.',
      params: endpointParams,
      body: webhookEndpointChangeSchema,
      answers: { 200: { description: 'As it is now.', schema: webhookEndpointSchema } },
      errors: ['endpoint_not_found', 'endpoint_refused'],
      handle: async ({ params, body }) => json(200, await endpoints.change(params.program, params.endpoint, body)),
    }),

    route({
      ...shared,
      method: 'DELETE',
      path: `${PATH}/{endpoint}`,
      name: 'deleteWebhookEndpoint',
      summary: 'Remove an endpoint with all that was to be sent to it',
      params: endpointParams,
      answers: { 204: { description: 'Removed.' } },
      errors: ['endpoint_not_found'],
      async handle({ params }) {
        await endpoints.remove(params.program, params.endpoint);
        return { status: 204, body: null, headers: {} };
      },
    }),

    route({
      ...shared,
      method: 'POST',
      path: `${PATH}/{endpoint}/rotate-secret`,
      name: 'rotateWebhookSecret',
      summary: 'Make a new signing secret',
      description:
        'Messages carry a signature by each of the two secrets until the earlier one ends, so that the receiver may change over at any moment in between.',
      params: endpointParams,
      body: webhookRotationRequestSchema,
      answers: { 200: { description: 'With the new secret.', schema: webhookEndpointCreatedSchema } },
      errors: ['endpoint_not_found'],
      handle: async ({ params, body }) =>
        json(200, await endpoints.rotate(params.program, params.endpoint, body.previousValidS)),
    }),

    route({
      ...shared,
      method: 'POST',
      path: `${PATH}/{endpoint}/test`,
      name: 'testWebhookEndpoint',
      summary: 'Send a test message now',
      description: 'Of type `endpoint.test`, signed like any other. Waits for what comes of it; it is not sent again.',
      params: endpointParams,
      answers: { 200: { description: 'What came of it.', schema: webhookTestSchema } },
      errors: ['endpoint_not_found'],
      handle: async ({ params }) => json(200, await deliveryLog.test(params.program, params.endpoint)),
    }),

    route({
      ...shared,
      method: 'GET',
      path: `${PATH}/{endpoint}/deliveries`,
      name: 'listWebhookDeliveries',
      summary: 'What became of the messages, newest first',
      params: endpointParams,
      query: v.strictObject({
        state: v.optional(v.picklist(DELIVERY_STATES)),
        cursor: v.optional(cursorSchema),
        limit: v.optional(limitSchema),
      }),
      answers: {
        200: {
          description: 'One page.',
          schema: webhookDeliveryPageSchema,
          headers: { Link: '`rel="next"` with the address of the next page, while there is one.' },
        },
      },
      errors: ['endpoint_not_found'],
      async handle({ params, query: { state, cursor, limit = LIMIT_DEFAULT } }) {
        const after = cursor === undefined ? undefined : (readCursor(cursor, ['number', 'string']) as [number, string]);
        const page = await deliveryLog.page(params.program, params.endpoint, { state, after, limit });
        const nextCursor = page.next === null ? null : cursorOf(page.next);
        const next = new URLSearchParams({ cursor: nextCursor ?? '', limit: String(limit) });
        if (state !== undefined) next.set('state', state);
        const path = PATH.replace('{program}', encodeURIComponent(params.program));
        const address = `${issuer}${path}/${encodeURIComponent(params.endpoint)}/deliveries?${next}`;
        const headers = nextCursor === null ? PRIVATE : { ...PRIVATE, link: `<${address}>; rel="next"` };
        return json(200, { deliveries: page.deliveries, nextCursor }, headers);
      },
    }),

    route({
      ...shared,
      method: 'POST',
      path: `${PATH}/{endpoint}/deliveries/{event}/retry`,
      name: 'retryWebhookDelivery',
      summary: 'Send a message again now',
      description: 'Also one that was given up or delivered. Its `webhook-id` stays the same.',
      params: deliveryParams,
      answers: { 202: { description: 'It is sent within seconds.', schema: webhookDeliverySchema } },
      errors: ['endpoint_not_found', 'delivery_not_found'],
      handle: async ({ params }) => json(202, await deliveryLog.retry(params.program, params.endpoint, params.event)),
    }),
  ];
}
