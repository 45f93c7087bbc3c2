import * as v from 'valibot';
import { instantSchema, shopIdSchema } from './fields.ts';

export const platformSchema = v.picklist(['shopify', 'woocommerce', 'standard'], 'shopify, woocommerce or standard');

/** Why an event that was understood has no effect, and never will. */
export const skipReasonSchema = v.picklist([
  'topic_not_used',
  'ping',
  'test_order',
  'no_customer',
  'no_lines',
  'order_not_paid',
  'currency_not_supported',
]);

export const webhookAnswerSchema = v.strictObject({
  outcome: v.pipe(
    v.picklist(['applied', 'unchanged', 'waiting', 'recorded', 'skipped']),
    v.description(
      '`applied`: points moved. `unchanged`: they had before. `waiting`: until the order comes that it is about. `recorded`: a privacy request. `skipped`: of no interest, for `reason`.',
    ),
  ),
  reason: v.optional(skipReasonSchema),
});

export const webhookSourceRequestSchema = v.strictObject({
  secret: v.optional(
    v.pipe(
      v.string(),
      v.minLength(16),
      v.maxLength(256),
      v.regex(/^[\x21-\x7e]*$/, 'printable ASCII without spaces'),
      v.description("The secret that the platform shows. Without it one is made, which Shopify's own cannot be."),
    ),
  ),
  overlapHours: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(0),
      v.maxValue(168),
      v.description('How long the secret before it stays good: 24 when absent.'),
    ),
  ),
});

export const webhookSourceSchema = v.strictObject({
  platform: platformSchema,
  url: v.pipe(v.string(), v.description('Where the platform is to send its events.')),
  secret: v.optional(v.pipe(v.string(), v.description('Where it was made here: shown now and never again.'))),
  secrets: v.array(
    v.strictObject({
      id: v.string(),
      createdAt: instantSchema,
      endsAt: v.pipe(v.nullable(instantSchema), v.description('From when it is no good any more.')),
    }),
  ),
});

export const privacyRequestSchema = v.strictObject({
  id: v.string(),
  kind: v.pipe(
    v.picklist(['export', 'erasure', 'shop_erasure']),
    v.description(
      'What is asked for: a copy of all that is kept of a customer, that it is erased, or all of the shop.',
    ),
  ),
  memberId: v.pipe(v.nullable(shopIdSchema), v.description("The shop's own id of its customer.")),
  receivedAt: instantSchema,
  doneAt: v.nullable(instantSchema),
});

export const privacyRequestPageSchema = v.strictObject({
  requests: v.array(privacyRequestSchema),
  nextCursor: v.nullable(v.string()),
});
