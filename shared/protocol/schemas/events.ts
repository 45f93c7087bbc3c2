import * as v from 'valibot';
import { entrySchema } from './answers.ts';
import { instantSchema, plain, shopIdSchema, slug, TEXT_MAX } from './fields.ts';

/** Ids of the events that the server tells itself begin so; a shop's own do not. */
export const OWN_EVENT_PREFIX = 'laurel:';

const eventDataSchema = v.pipe(
  v.record(
    v.pipe(plain(64), v.regex(/^[A-Za-z][\w.-]*$/, 'a name of letters, digits, dots, hyphens and underscores')),
    v.union([plain(TEXT_MAX), v.pipe(v.number(), v.finite()), v.boolean()]),
  ),
  v.check((data) => Object.keys(data).length <= 50, 'at most 50 fields'),
  v.description('What else there is to say, for challenges and coupons. Not kept.'),
);

export const eventSchema = v.strictObject({
  id: v.pipe(
    shopIdSchema,
    v.check((id) => !id.startsWith(OWN_EVENT_PREFIX), `an id that does not begin with ${OWN_EVENT_PREFIX}`),
  ),
  type: v.pipe(
    slug,
    v.check((type) => type !== 'order', 'another type: orders are posted to /orders'),
    v.description("sign-up, review, survey, birthday, share, visit, or one of the shop's own."),
  ),
  memberId: v.pipe(shopIdSchema, v.description("The shop's own id of its customer; a new one is enrolled.")),
  occurredAt: instantSchema,
  data: v.optional(eventDataSchema),
});

export const eventReceiptSchema = v.object({
  replayed: v.pipe(v.boolean(), v.description('True when this call was answered before.')),
  event: v.string(),
  memberId: v.string(),
  entry: v.pipe(v.nullable(entrySchema), v.description('null where no rule gives points for it now.')),
});
