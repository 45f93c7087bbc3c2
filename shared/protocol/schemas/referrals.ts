import * as v from 'valibot';
import { currencySchema, dateSchema, plain, pointsSchema, shopIdSchema, TEXT_MAX } from './fields.ts';

/** Referrals: a member's link, what became of it, and what a person decides. */

export const referralCodeSchema = v.pipe(
  v.string(),
  v.maxLength(32),
  v.description('As it was typed: any case, with or without the hyphen, O for 0, I or L for 1.'),
);
const code = referralCodeSchema;
const attribution = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{20}$/, 'what a click gave'));
const keyed = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{22,128}$/, 'a keyed hash of at least 128 bits, as base64url or hexadecimal digits'),
);

export const referralSignalsSchema = v.pipe(
  v.strictObject({
    account: v.optional(keyed),
    mail: v.optional(keyed),
    device: v.optional(keyed),
    payment: v.optional(keyed),
    address: v.optional(keyed),
    network: v.optional(keyed),
  }),
  v.description(
    "What tells whether two members are one person. Keyed hashes made with a secret of the shop's own, never the values themselves.",
  ),
);

export const referralClickSchema = v.strictObject({ code });
export const referralClickAnswerSchema = v.object({
  attribution: v.pipe(v.string(), v.description('Sent with the acceptance. It says nothing of the visitor.')),
  expiresAt: v.string(),
});

export const referralAcceptSchema = v.pipe(
  v.strictObject({ code: v.optional(code), attribution: v.optional(attribution) }),
  v.check((sent) => (sent.code === undefined) !== (sent.attribution === undefined), 'either code or attribution'),
);
export const memberReferralSchema = v.pipe(
  v.strictObject({
    code: v.optional(code),
    attribution: v.optional(attribution),
    signals: v.optional(referralSignalsSchema),
  }),
  v.check((sent) => (sent.code === undefined) !== (sent.attribution === undefined), 'either code or attribution'),
);
export const memberSignalsSchema = v.strictObject({ signals: referralSignalsSchema });

const stateSchema = v.picklist(['joined', 'ordered', 'held', 'rewarded', 'refused']);
const reasonSchema = v.nullable(v.picklist(['too_late', 'returned', 'same_person', 'decided']));
const instant = v.nullable(v.string());

/** A referral as one of its two members sees it: nothing of the other one. */
export const referralItemSchema = v.object({
  id: v.string(),
  state: stateSchema,
  reason: reasonSchema,
  joinedAt: v.string(),
  orderBy: v.pipe(v.string(), v.description('By when the friend has to order, while the state is `joined`.')),
  orderedAt: instant,
  clearsAt: v.pipe(instant, v.description('When the order counts as kept.')),
  settledAt: instant,
  points: v.pipe(pointsSchema, v.description('What this member got for it.')),
  canAppeal: v.boolean(),
});

export const referralSchema = v.object({
  code: v.string(),
  link: v.string(),
  terms: v.object({
    referrerPoints: pointsSchema,
    friendPoints: pointsSchema,
    friendCoupon: v.nullable(v.string()),
    orderMinorMin: pointsSchema,
    currency: v.string(),
    clearAfterDays: pointsSchema,
    attributionDays: pointsSchema,
    rewardsPerMonthMax: pointsSchema,
  }),
  rewardsLeftThisMonth: pointsSchema,
  referrals: v.pipe(v.array(referralItemSchema), v.description('The newest hundred.')),
  acceptedAs: v.pipe(v.nullable(referralItemSchema), v.description('The referral that this member came by.')),
});

export const referralAppealSchema = v.strictObject({ text: plain(TEXT_MAX) });
export const referralDecisionSchema = v.strictObject({
  decision: v.picklist(['reward', 'refuse']),
  reason: v.pipe(plain(TEXT_MAX), v.description('Kept with the referral; members do not see it.')),
});

/** A referral as the merchant sees it. */
export const merchantReferralSchema = v.object({
  id: v.string(),
  state: stateSchema,
  reason: reasonSchema,
  referrer: v.pipe(v.nullable(shopIdSchema), v.description("The shop's own id; null for a member who was erased.")),
  friend: v.nullable(shopIdSchema),
  source: v.picklist(['link', 'code']),
  joinedAt: v.string(),
  order: v.nullable(v.string()),
  orderedAt: instant,
  clearsAt: instant,
  settledAt: instant,
  score: v.nullable(pointsSchema),
  signals: v.array(v.object({ kind: v.string(), weight: pointsSchema, says: v.string() })),
  appeal: v.nullable(v.string()),
  decision: v.nullable(v.string()),
});
export const merchantReferralPageSchema = v.object({
  referrals: v.array(merchantReferralSchema),
  nextCursor: v.nullable(v.string()),
});

const count = pointsSchema;
const group = v.object({
  memberCount: count,
  orderCount: count,
  netMinor: v.pipe(count, v.description('Net value of orders, less what was refunded.')),
  perMemberMinor: v.nullable(count),
});
export const referralReportSchema = v.object({
  from: dateSchema,
  until: dateSchema,
  clicked: count,
  joined: v.pipe(count, v.description('All referrals of the span, whatever became of them.')),
  ordered: v.pipe(count, v.description('Those that have, or had, an order that counts.')),
  states: v.object({ joined: count, ordered: count, held: count, rewarded: count, refused: count }),
  conversion: v.object({
    joined: v.pipe(v.nullable(v.number()), v.description('joined / clicked')),
    ordered: v.pipe(v.nullable(v.number()), v.description('ordered / joined')),
    rewarded: v.pipe(v.nullable(v.number()), v.description('rewarded / ordered')),
  }),
  kFactor: v.pipe(
    v.nullable(v.number()),
    v.description('New members who ordered, for each member that there was when the span ended.'),
  ),
  currency: currencySchema,
  referred: group,
  others: group,
});
export const referralStateQuerySchema = stateSchema;
export const referralIdSchema = v.pipe(v.string(), v.regex(/^rfl_[A-Za-z0-9_-]{20}$/, "a referral's id"));
