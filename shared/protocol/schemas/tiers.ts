import * as v from 'valibot';
import { entrySchema } from './answers.ts';
import { dateSchema, plain, pointsSchema, shopIdSchema, slug, TEXT_MAX } from './fields.ts';

const reason = v.pipe(plain(TEXT_MAX), v.description('Shown to the member.'));

export const tierPinSchema = v.pipe(
  v.strictObject({
    tier: v.pipe(
      v.nullable(slug),
      v.description("The id of one of the program's tiers; null takes back what was set by hand before."),
    ),
    until: v.optional(v.pipe(dateSchema, v.description("The last day, in the program's time zone."))),
    reason,
  }),
  v.check(({ tier, until }) => (tier === null) === (until === undefined), 'until together with a tier'),
);

const receipt = {
  replayed: v.pipe(v.boolean(), v.description('True when this call was answered before.')),
  memberId: v.string(),
  entry: entrySchema,
};
export const tierReceiptSchema = v.object(receipt);

export const benefitUseSchema = v.strictObject({
  id: v.pipe(shopIdSchema, v.description("The shop's own id of this use: the same again counts once.")),
});
export const benefitReceiptSchema = v.object({
  ...receipt,
  benefit: v.string(),
  remaining: v.pipe(v.nullable(pointsSchema), v.description('Uses left in this period; null where there is no limit.')),
});
export const benefitListSchema = v.object({
  tier: v.string(),
  benefits: v.array(
    v.object({
      id: v.string(),
      description: v.record(v.string(), v.string()),
      limit: v.pipe(
        v.nullable(v.object({ per: v.string(), times: pointsSchema })),
        v.description('How often in which period; null for as often as one likes.'),
      ),
      remaining: v.pipe(v.nullable(pointsSchema), v.description('Uses left in this period.')),
      renewsOn: v.pipe(v.nullable(v.string()), v.description('First day of the next period.')),
    }),
  ),
});

export const extensionRequestSchema = v.strictObject({
  lastDay: v.pipe(dateSchema, v.description('The `lastDay` of what expires, as `balance.expiring` says it.')),
});
export const extensionReceiptSchema = v.object({
  replayed: receipt.replayed,
  entry: v.pipe(entrySchema, v.description('`extends` names the lots that were put off, and until when.')),
});
