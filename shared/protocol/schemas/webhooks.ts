import * as v from 'valibot';
import { instantSchema, plain, whole } from './fields.ts';

/** What an endpoint can be told of, by the message's `type`. */
export const EVENT_TYPES = [
  'points.accrued',
  'points.posted',
  'points.expiring',
  'points.expired',
  'tier.changed',
  'tier.review_ahead',
  'reward.redeemed',
  'reward.used',
  'reward.released',
  'reward.fulfilment_changed',
  'coupon.issued',
  'challenge.completed',
  'referral.rewarded',
  'consent.confirmation_requested',
  'member.joined',
  'member.erased',
] as const;

const eventTypesSchema = v.pipe(
  v.array(v.picklist(EVENT_TYPES)),
  v.maxLength(EVENT_TYPES.length),
  v.check((types) => new Set(types).size === types.length, 'each type once'),
  v.description('Which events are sent; every one when the list is empty.'),
);
const urlSchema = v.pipe(
  v.string(),
  v.maxLength(2_048),
  v.check((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'an https address'),
  v.metadata({
    description: 'Where messages are posted to: https, of the public internet.',
    examples: ['https://shop.example/laurel'],
  }),
);
const descriptionSchema = v.pipe(
  v.union([v.literal(''), plain(200)]),
  v.description("The merchant's own note, such as who looks after it."),
);

export const webhookEndpointRequestSchema = v.strictObject({
  url: urlSchema,
  description: v.optional(descriptionSchema, ''),
  eventTypes: v.optional(eventTypesSchema, []),
});

export const webhookEndpointChangeSchema = v.strictObject({
  url: v.optional(urlSchema),
  description: v.optional(descriptionSchema),
  eventTypes: v.optional(eventTypesSchema),
  isEnabled: v.optional(v.boolean()),
});

const endpointEntries = {
  id: v.string(),
  url: v.string(),
  description: v.string(),
  eventTypes: v.array(v.picklist(EVENT_TYPES)),
  isEnabled: v.boolean(),
  disabledReason: v.pipe(
    v.nullable(v.picklist(['gone', 'merchant'])),
    v.description('`gone`: it answered 410; `merchant`: switched off by hand.'),
  ),
  createdAt: instantSchema,
  previousSecretUntil: v.pipe(
    v.nullable(instantSchema),
    v.description('Until when messages carry the signature of the secret before this one as well.'),
  ),
};
export const webhookEndpointSchema = v.object(endpointEntries);
export const webhookEndpointListSchema = v.object({ endpoints: v.array(webhookEndpointSchema) });

const secretSchema = v.pipe(
  v.string(),
  v.description('The signing secret, `whsec_` and base64. Shown this once; nothing can show it again.'),
);
export const webhookEndpointCreatedSchema = v.object({ ...endpointEntries, secret: secretSchema });

export const ROTATION_OVERLAP_S_DEFAULT = 86_400;
export const webhookRotationRequestSchema = v.strictObject({
  previousValidS: v.optional(
    v.pipe(
      whole(0, 30 * 86_400),
      v.description('Seconds for which the secret before this one signs too; 0 when it leaked. A day when absent.'),
    ),
    ROTATION_OVERLAP_S_DEFAULT,
  ),
});

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export const webhookDeliverySchema = v.object({
  event: v.pipe(v.string(), v.description('`webhook-id` of the message: the same at every attempt.')),
  type: v.nullable(v.string()),
  state: v.pipe(v.picklist(DELIVERY_STATES), v.description('`failed`: given up after the last attempt.')),
  attempts: whole(0, 1_000_000),
  lastAttemptAt: v.nullable(instantSchema),
  lastStatus: v.pipe(v.nullable(whole(100, 999)), v.description('HTTP status of the last answer, if there was one.')),
  lastError: v.nullable(v.string()),
  nextAttemptAt: v.nullable(instantSchema),
  createdAt: instantSchema,
});
export const webhookDeliveryPageSchema = v.object({
  deliveries: v.array(webhookDeliverySchema),
  nextCursor: v.nullable(v.string()),
});

export const webhookTestSchema = v.object({
  isDelivered: v.boolean(),
  status: v.nullable(whole(100, 999)),
  error: v.nullable(v.string()),
});
