import * as v from 'valibot';
import { instantSchema, pointsSchema } from './fields.ts';
import { orderSchema } from './requests.ts';

const { currency, lines, shippingMinor } = orderSchema.entries;

/** A cart, or one product. */
export const quoteRequestSchema = v.strictObject({ currency, lines, shippingMinor });

const localizedAnswer = v.record(v.string(), v.string());

export const quoteSchema = v.object({
  points: v.pipe(pointsSchema, v.description('What this cart earns if it is ordered now.')),
  qualifying: v.pipe(pointsSchema, v.description('How many of them count toward a tier, multipliers left out.')),
  parts: v.pipe(
    v.array(
      v.object({
        rule: v.string(),
        kind: v.string(),
        name: v.pipe(v.nullable(localizedAnswer), v.description('null where the rule has no name of its own.')),
        points: pointsSchema,
        campaigns: v.array(
          v.object({ id: v.string(), name: v.nullable(localizedAnswer), multiplierPercent: pointsSchema }),
        ),
      }),
    ),
    v.description('By rule, with the campaigns that multiply each; the sum is `points`.'),
  ),
  tier: v.object({ id: v.string(), name: localizedAnswer, multiplierPercent: pointsSchema }),
  tierAfter: v.pipe(
    v.object({ id: v.string(), name: localizedAnswer }),
    v.description('The tier after this order; another one where it reaches it.'),
  ),
  value: v.pipe(
    v.nullable(v.object({ amountMinor: pointsSchema, currency: v.string() })),
    v.description(
      "What the points are worth in the cart's currency, rounded down; null where the program does not say.",
    ),
  ),
  availableAt: v.pipe(instantSchema, v.description('When they can be spent.')),
  expiresAt: v.nullable(instantSchema),
  asOf: instantSchema,
  validUntil: v.pipe(
    instantSchema,
    v.description('Until then the same cart earns the same, unless something happens to the member.'),
  ),
});
