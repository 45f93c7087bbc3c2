import * as v from 'valibot';
import { platformSchema, programIdSchema, webhookAnswerSchema } from '../../shared/protocol/schemas.ts';
import { json, type Route, route } from '../http/route.ts';
import { noQuery } from './parameters.ts';
import type { Services } from './services.ts';

const platformParams = v.strictObject({ program: programIdSchema, platform: platformSchema });

const DESCRIPTION = `Signed by the platform with the secret that \`PUT /v1/programs/{program}/webhook-sources/{platform}\` set.

**shopify**: \`X-Shopify-Hmac-Sha256\` and \`X-Shopify-Topic\` (or \`shopify-hmac-sha256\`, \`shopify-topic\`); topics \`orders/paid\`, \`orders/cancelled\`,
\`refunds/create\`, \`customers/data_request\`, \`customers/redact\`, \`shop/redact\`. **woocommerce**: \`X-WC-Webhook-Signature\` and
\`X-WC-Webhook-Topic\`; topics \`order.created\`, \`order.updated\`, \`order.deleted\`, \`order.restored\`. **standard**: Standard Webhooks
(\`webhook-id\`, \`webhook-timestamp\`, \`webhook-signature\`); types \`order.paid\` (data as \`POST …/orders\` takes it), \`order.refunded\`
(\`{id, refundedMinor, refundedAt}\`, the net value refunded so far) and \`order.cancelled\` (\`{id, cancelledAt}\`).

Orders of a platform have its name before their id (\`shopify:450789469\`). An event may come any number of times and in any order: it has
one effect. What is of no interest is answered 200 with \`skipped\`, so that the platform does not give up.`;

/** What shop platforms send. */
export function incomingWebhookRoutes({ incomingWebhooks }: Services): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/programs/{program}/webhooks/{platform}',
      name: 'postWebhook',
      tag: 'Orders',
      summary: 'Take a signed event of a shop platform',
      description: DESCRIPTION,
      access: 'public',
      sharing: 'none',
      params: platformParams,
      query: noQuery,
      bodyKind: 'raw',
      body: v.instance(Uint8Array),
      documentedBody: v.looseObject({}),
      answers: { 200: { description: 'Taken.', schema: webhookAnswerSchema } },
      errors: ['unauthorized', 'event_invalid', 'idempotency_conflict', 'currency_not_supported', 'points_overflow'],
      async handle({ params, body, header }) {
        return json(200, await incomingWebhooks.receive(params.program, params.platform, { body, header }));
      },
    }),
  ];
}
