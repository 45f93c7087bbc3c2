import * as v from 'valibot';
import {
  AMOUNT_MAX,
  currencySchema,
  instantSchema,
  netMinorSchema,
  plain,
  shopIdSchema,
  TEXT_MAX,
  whole,
} from './fields.ts';
import { referralCodeSchema, referralSignalsSchema } from './referrals.ts';

const orderLineSchema = v.strictObject({
  sku: shopIdSchema,
  category: v.optional(shopIdSchema),
  quantity: whole(1, 1_000_000),
  netMinor: v.pipe(netMinorSchema, v.description('Net value of the whole line in minor units.')),
  taxMinor: v.optional(v.pipe(netMinorSchema, v.description('Tax on the whole line; not part of netMinor.'))),
  discountMinor: v.optional(
    v.pipe(netMinorSchema, v.description('What discounts took off the whole line; netMinor is without it already.')),
  ),
});

/** As somebody typed it. */
export const codeSchema = v.pipe(v.string(), v.maxLength(64));

export const orderSchema = v.strictObject({
  id: shopIdSchema,
  memberId: v.pipe(shopIdSchema, v.description("The shop's own id of its customer; a new one is enrolled.")),
  placedAt: instantSchema,
  currency: currencySchema,
  lines: v.pipe(v.array(orderLineSchema), v.minLength(1), v.maxLength(500)),
  shippingMinor: v.optional(v.pipe(netMinorSchema, v.description('Shipping, without tax.'))),
  redemptionCodes: v.optional(
    v.pipe(
      v.array(
        v.union([
          codeSchema,
          v.strictObject({
            code: codeSchema,
            usedMinor: v.pipe(
              whole(1, AMOUNT_MAX),
              v.description('What it took off, where that is less than it is worth: points for the rest come back.'),
            ),
          }),
        ]),
      ),
      v.maxLength(20),
      v.description('Codes of rewards and coupons that this order used.'),
    ),
  ),
  referralCode: v.optional(
    v.pipe(
      referralCodeSchema,
      v.description('The code of the member who sent a new customer. One that cannot count leaves the order as it is.'),
    ),
  ),
  signals: v.optional(referralSignalsSchema),
});

export const refundSchema = v.pipe(
  v.strictObject({
    id: shopIdSchema,
    refundedAt: instantSchema,
    amountMinor: v.optional(netMinorSchema),
    lines: v.optional(v.pipe(v.array(orderLineSchema), v.minLength(1), v.maxLength(500))),
  }),
  v.check(
    ({ amountMinor, lines }) => (amountMinor === undefined) !== (lines === undefined),
    'either amountMinor or lines',
  ),
);

export const adjustmentSchema = v.strictObject({
  points: v.pipe(
    whole(-AMOUNT_MAX, AMOUNT_MAX),
    v.check((points) => points !== 0, 'a number other than 0'),
    v.description('Points to add (positive) or take (negative).'),
  ),
  reason: v.pipe(plain(TEXT_MAX), v.description('Shown to the member.')),
});

export const surveyResponseSchema = v.strictObject({
  survey: shopIdSchema,
  score: v.pipe(whole(0, 10), v.description('NPS answer: 0 not at all likely … 10 extremely likely.')),
  comment: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(2_000),
      v.check((text) => text.isWellFormed() && !text.includes('\u0000'), 'well-formed Unicode'),
    ),
  ),
  locale: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/, 'a BCP 47 locale'))),
});
