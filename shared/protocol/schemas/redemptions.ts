import * as v from 'valibot';
import { REDEMPTION_STATES } from '../../domain/redeeming.ts';
import {
  AMOUNT_MAX,
  currencySchema,
  instantSchema,
  netMinorSchema,
  plain,
  pointsSchema,
  shopIdSchema,
  slug,
  TEXT_MAX,
  whole,
} from './fields.ts';
import { worthSchema } from './program.ts';
import { codeSchema } from './requests.ts';

/** Rewards, redemptions and coupons. */

const texts = v.record(v.string(), v.string());
const moneySchema = v.object({ currency: v.string(), amountMinor: pointsSchema });

const costSchema = v.variant('kind', [
  v.object({ kind: v.literal('fixed'), points: pointsSchema }),
  v.object({
    kind: v.literal('variable'),
    pointsMin: pointsSchema,
    pointsMax: pointsSchema,
    pointsStep: pointsSchema,
    amountMinor: pointsSchema,
    perPoints: pointsSchema,
  }),
]);

export const rewardSchema = v.object({
  id: v.string(),
  name: texts,
  description: v.optional(texts),
  image: v.optional(v.string()),
  worth: worthSchema,
  cost: costSchema,
  value: v.pipe(
    v.array(moneySchema),
    v.description('What the points that it takes are worth in money, where the program says so.'),
  ),
  isAvailable: v.pipe(v.boolean(), v.description('Whether the member can redeem it now.')),
  reason: v.optional(
    v.pipe(
      v.picklist(['not_now', 'tier_too_low', 'out_of_stock', 'limit_reached', 'not_enough_points']),
      v.description('Why not.'),
    ),
  ),
  missing: v.optional(v.pipe(pointsSchema, v.description('Points that are missing for it, or for the least of it.'))),
  pointsMax: v.optional(
    v.pipe(pointsSchema, v.description('The most that the member can choose now, of a variable cost.')),
  ),
  stockLeft: v.optional(v.pipe(pointsSchema, v.description('Pieces that are left: a hint, others redeem too.'))),
  tiers: v.optional(v.array(v.string())),
  orderMinorMin: v.optional(pointsSchema),
  until: v.optional(v.pipe(v.string(), v.description('Last day on which it is offered.'))),
});
export const rewardListSchema = v.object({ rewards: v.array(rewardSchema), available: pointsSchema });

export const redemptionRequestSchema = v.strictObject({
  reward: v.pipe(slug, v.description('Id of the reward in the program document.')),
  points: v.optional(v.pipe(whole(1, AMOUNT_MAX), v.description('How many, for a reward of a variable cost.'))),
});

const stateSchema = v.picklist(REDEMPTION_STATES);

const stepSchema = v.object({
  state: stateSchema,
  at: instantSchema,
  carrier: v.optional(v.string()),
  tracking: v.optional(v.string()),
});

const redemption = {
  id: v.string(),
  origin: v.picklist(['reward', 'coupon']),
  reward: v.pipe(v.string(), v.description('Id of the reward or coupon in the program document.')),
  name: texts,
  worth: worthSchema,
  orderMinorMin: v.optional(pointsSchema),
  points: v.pipe(pointsSchema, v.description('What it took.')),
  returnedPoints: v.pipe(pointsSchema, v.description('Points of it that came back.')),
  state: v.pipe(stateSchema, v.description('`lapsed`: the time of its code has run out.')),
  redeemedAt: instantSchema,
  heldUntil: v.nullable(v.pipe(instantSchema, v.description('Until when its code can be used.'))),
  order: v.nullable(v.string()),
  usedMinor: v.nullable(pointsSchema),
  reason: v.optional(v.string()),
  history: v.array(stepSchema),
};

export const redemptionSchema = v.object({
  ...redemption,
  code: v.optional(v.pipe(v.string(), v.description('Shown while it can be used.'))),
});
export const redemptionAnswerSchema = v.object({ replayed: v.boolean(), redemption: redemptionSchema });
export const redemptionPageSchema = v.object({
  redemptions: v.array(redemptionSchema),
  nextCursor: v.nullable(v.string()),
});

export const couponSchema = v.object({
  id: v.string(),
  campaign: v.string(),
  name: texts,
  description: v.optional(texts),
  worth: worthSchema,
  orderMinorMin: v.optional(pointsSchema),
  state: v.picklist(['usable', 'used', 'lapsed', 'withdrawn', 'cancelled']),
  code: v.optional(v.string()),
  givenAt: instantSchema,
  validUntil: instantSchema,
  lastDay: v.pipe(v.string(), v.description("Last day of use in the program's time zone.")),
  reason: v.optional(v.pipe(v.string(), v.description('Why the member got it, where somebody gave it by hand.'))),
  order: v.nullable(v.string()),
});
export const couponListSchema = v.object({ coupons: v.array(couponSchema), asOf: instantSchema });

/** A redemption as the merchant sees it: with the shop's own id of the member, without its code. */
export const memberRedemptionSchema = v.object({ ...redemption, memberId: v.string() });
export const memberRedemptionPageSchema = v.object({
  redemptions: v.array(memberRedemptionSchema),
  nextCursor: v.nullable(v.string()),
});
export const redemptionStateSchema = stateSchema;

export const fulfilmentChangeSchema = v.pipe(
  v.strictObject({
    state: v.picklist(['committed', 'packed', 'shipped', 'delivered', 'cancelled']),
    carrier: v.optional(plain(100)),
    tracking: v.optional(plain(200)),
    reason: v.optional(v.pipe(plain(TEXT_MAX), v.description('Why it is cancelled; the member can read it.'))),
  }),
  v.check(
    ({ state, carrier, tracking }) => state === 'shipped' || (carrier === undefined && tracking === undefined),
    'carrier and tracking with shipped alone',
  ),
  v.check(({ state, reason }) => state === 'cancelled' || reason === undefined, 'a reason with cancelled alone'),
);

export const codeCheckSchema = v.strictObject({
  code: codeSchema,
  memberId: v.optional(
    v.pipe(shopIdSchema, v.description('Whose code it has to be; anybody of the program where absent.')),
  ),
  address: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(64),
      v.regex(/^[0-9A-Fa-f:.]+$/, 'an IP address'),
      v.description("The shopper's address, so that somebody who tries codes is stopped."),
    ),
  ),
  order: v.optional(
    v.strictObject({ netMinor: netMinorSchema, currency: currencySchema, shippingMinor: v.optional(netMinorSchema) }),
  ),
});
export const codeCheckAnswerSchema = v.object({
  redemption: v.string(),
  origin: v.picklist(['reward', 'coupon']),
  reward: v.string(),
  name: texts,
  worth: worthSchema,
  memberId: v.string(),
  heldUntil: instantSchema,
  orderMinorMin: v.optional(pointsSchema),
  discountMinor: v.optional(v.pipe(pointsSchema, v.description('What it takes off the order.'))),
  reason: v.optional(
    v.pipe(v.picklist(['currency_differs', 'order_too_small']), v.description('Why it takes nothing off the order.')),
  ),
});

export const couponIssueSchema = v.strictObject({
  memberId: shopIdSchema,
  reason: v.pipe(plain(TEXT_MAX), v.description('Shown to the member.')),
});
export const couponAnswerSchema = v.object({ replayed: v.boolean(), memberId: v.string(), coupon: couponSchema });
