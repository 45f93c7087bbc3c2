import * as v from 'valibot';
import { instantSchema, pointsSchema, programIdSchema, shopIdSchema, whole } from './fields.ts';

/** One line of a member's ledger: the parsed form of the exact bytes that were hashed. */
export const entrySchema = v.object({
  seq: whole(1, Number.MAX_SAFE_INTEGER),
  kind: v.picklist(['accrual', 'redemption', 'expiry', 'adjustment', 'reversal', 'transfer']),
  points: v.pipe(pointsSchema, v.description('Change of the balance.')),
  qualifying: v.pipe(pointsSchema, v.description('Change of the points that count toward a tier.')),
  balance: v.pipe(pointsSchema, v.description('Balance after this entry.')),
  occurredAt: instantSchema,
  recordedAt: instantSchema,
  programVersion: whole(1, Number.MAX_SAFE_INTEGER),
  tier: v.pipe(v.string(), v.description('Tier after this entry.')),
  order: v.optional(v.string()),
  refund: v.optional(v.string()),
  event: v.optional(v.string()),
  redemption: v.optional(v.pipe(v.string(), v.description('The redemption that takes points, or gives them back.'))),
  peer: v.optional(v.pipe(v.string(), v.description('The member whom points were moved to or from.'))),
  peerLot: v.optional(v.pipe(pointsSchema, v.description('The lot of that member that the points were in.'))),
  moved: v.optional(
    v.pipe(
      v.array(
        v.object({
          points: pointsSchema,
          orders: pointsSchema,
          spend: v.record(v.string(), pointsSchema),
          day: v.string(),
        }),
      ),
      v.description('What counts toward a tier here from now on; less than nothing for what went to the other member.'),
    ),
  ),
  reached: v.optional(
    v.pipe(
      v.object({ tier: v.string(), since: v.nullable(instantSchema), reviewAt: v.nullable(instantSchema) }),
      v.description('The standing that two members reach together.'),
    ),
  ),
  reason: v.optional(v.string()),
  multiplierPercent: v.optional(v.pipe(pointsSchema, v.description('The tier multiplier of an accrual, in percent.'))),
  parts: v.optional(
    v.pipe(
      v.array(v.object({ rule: v.string(), points: pointsSchema })),
      v.description('What each rule brought; the sum is what was accrued.'),
    ),
  ),
  campaigns: v.optional(v.pipe(v.array(v.string()), v.description('Campaigns that multiplied it.'))),
  counted: v.optional(
    v.pipe(
      v.object({ orders: pointsSchema, currency: v.string(), netMinor: pointsSchema }),
      v.description('What else counts toward a tier.'),
    ),
  ),
  reverses: v.optional(v.pipe(pointsSchema, v.description('`seq` of the entry that is taken back.'))),
  pinned: v.optional(
    v.pipe(
      v.nullable(v.object({ tier: v.string(), until: v.string() })),
      v.description('A tier set by hand, until the end of a day; null takes it back.'),
    ),
  ),
  benefit: v.optional(
    v.pipe(
      v.object({ id: v.string(), use: v.string() }),
      v.description("A use of one of the tier's benefits; `use` is the shop's own id of it."),
    ),
  ),
  lot: v.optional(
    v.object({
      points: v.pipe(pointsSchema, v.description('Points of the lot that this entry opened.')),
      availableAt: v.nullable(instantSchema),
      expiresAt: v.nullable(instantSchema),
      follows: v.optional(v.pipe(v.boolean(), v.description('The expiry moves with what the member does.'))),
    }),
  ),
  returns: v.optional(
    v.pipe(
      v.array(v.object({ lot: pointsSchema, points: pointsSchema, expiresAt: v.optional(v.nullable(instantSchema)) })),
      v.description('Lots that points go back to.'),
    ),
  ),
  extends: v.optional(
    v.pipe(
      v.array(v.object({ lot: pointsSchema, expiresAt: v.nullable(instantSchema) })),
      v.description('Lots whose expiry was put off.'),
    ),
  ),
  uses: v.optional(
    v.array(v.object({ lot: v.pipe(pointsSchema, v.description('`seq` that opened the lot.')), points: pointsSchema })),
  ),
  activeUntil: v.optional(
    v.pipe(v.nullable(instantSchema), v.description('When the points expire that follow what the member does.')),
  ),
});

const localizedAnswer = v.record(v.string(), v.string());
export const accountSchema = v.object({
  program: programIdSchema,
  programName: localizedAnswer,
  displayId: v.pipe(v.string(), v.description('Masked member number, such as ••••7Q2K.')),
  seq: v.pipe(
    whole(0, Number.MAX_SAFE_INTEGER),
    v.description('Number of the latest ledger entry; 0 before the first.'),
  ),
  unit: v.object({ code: v.string(), name: v.record(v.string(), v.record(v.string(), v.string())) }),
  timeZone: v.string(),
  balance: v.object({
    available: v.pipe(pointsSchema, v.description('Spendable now; negative after a refund of points already spent.')),
    pending: v.pipe(pointsSchema, v.description('Accrued, not yet posted.')),
    expiring: v.pipe(
      v.array(
        v.object({
          points: pointsSchema,
          expiresAt: instantSchema,
          lastDay: v.string(),
          extendUntil: v.optional(
            v.pipe(v.string(), v.description('The last day, should the member put it off; absent where he cannot.')),
          ),
        }),
      ),
      v.description("What expires next, soonest first. `lastDay` is the last day of use in the program's time zone."),
    ),
  }),
  tier: v.object({
    id: v.string(),
    name: localizedAnswer,
    since: v.nullable(instantSchema),
    reviewOn: v.pipe(v.nullable(v.string()), v.description('Day of the next review; null in the first tier.')),
    metric: v.pipe(
      v.variant('kind', [
        v.object({ kind: v.literal('points') }),
        v.object({ kind: v.literal('spend'), currency: v.string() }),
        v.object({ kind: v.literal('orders') }),
      ]),
      v.description('What is counted; `spend` in minor units.'),
    ),
    qualifying: v.pipe(pointsSchema, v.description('Of the metric within the current period.')),
    threshold: pointsSchema,
    multiplierPercent: pointsSchema,
    next: v.nullable(
      v.object({ id: v.string(), name: localizedAnswer, threshold: pointsSchema, missing: pointsSchema }),
    ),
  }),
  holds: v.optional(
    v.pipe(
      v.array(v.object({ id: v.string(), reward: v.string(), points: pointsSchema, heldUntil: instantSchema })),
      v.description('Points that codes hold; they are not part of `available`. Absent where there are none.'),
    ),
  ),
  surveysDue: v.array(v.string()),
  asOf: instantSchema,
});

export const memberSchema = v.object({
  ...accountSchema.entries,
  memberId: shopIdSchema,
  enrolledAt: instantSchema,
  head: v.nullable(v.string()),
});

const receipt = { replayed: v.pipe(v.boolean(), v.description('True when this call was answered before.')) };
/** What became of a code that an order named. */
export const orderCodeSchema = v.object({
  code: v.string(),
  state: v.picklist(['committed', 'refused']),
  reason: v.optional(v.picklist(['not_valid', 'timed_out'])),
  redemption: v.optional(v.string()),
  usedMinor: v.optional(pointsSchema),
  returnedPoints: v.optional(v.pipe(pointsSchema, v.description('Points for what the order did not use of it.'))),
});
export const orderReceiptSchema = v.object({
  ...receipt,
  order: v.string(),
  memberId: v.string(),
  entry: entrySchema,
  codes: v.optional(
    v.pipe(v.array(orderCodeSchema), v.description('What became of the codes that the order named, in its order.')),
  ),
});
export const refundReceiptSchema = v.object({
  ...receipt,
  order: v.string(),
  refund: v.string(),
  memberId: v.string(),
  entry: entrySchema,
});
export const adjustmentReceiptSchema = v.object({ ...receipt, memberId: v.string(), entry: entrySchema });

export const entryItemSchema = v.object({
  entry: entrySchema,
  hash: v.pipe(v.string(), v.description('base64url SHA-256 of `bytes`.')),
  bytes: v.pipe(
    v.string(),
    v.description('The exact text that was hashed; it holds the hash of the entry before as `prev`.'),
  ),
});
export const entryPageSchema = v.object({
  entries: v.array(entryItemSchema),
  nextCursor: v.nullable(v.string()),
});
export const statementAnswerSchema = v.object({
  statement: v.pipe(v.string(), v.description('JWS compact serialization.')),
});

export const tokenAnswerSchema = v.object({
  access_token: v.string(),
  token_type: v.literal('Bearer'),
  expires_in: pointsSchema,
  scope: v.string(),
  refresh_token: v.optional(v.string()),
  account: v.optional(accountSchema),
});
export const codeRequestSchema = v.strictObject({
  client_id: v.pipe(v.string(), v.maxLength(128)),
  code_challenge: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, 'base64url SHA-256, 43 characters')),
  code_challenge_method: v.literal('S256'),
});
export const codeAnswerSchema = v.object({ code: v.string(), expires_in: pointsSchema });

export const surveyResponseAnswerSchema = v.object({ id: v.string(), survey: v.string(), replayed: v.boolean() });
export const surveyResponsePageSchema = v.object({
  responses: v.array(
    v.object({
      id: v.string(),
      survey: v.string(),
      memberId: v.pipe(v.nullable(v.string()), v.description('null for a member who was erased.')),
      score: pointsSchema,
      comment: v.nullable(v.string()),
      locale: v.nullable(v.string()),
      answeredAt: instantSchema,
    }),
  ),
  nps: v.nullable(pointsSchema),
  count: pointsSchema,
  nextCursor: v.nullable(v.string()),
});

export const problemSchema = v.object({
  type: v.string(),
  title: v.string(),
  status: v.pipe(v.number(), v.integer()),
  code: v.string(),
  detail: v.string(),
  instance: v.optional(v.string()),
  errors: v.optional(v.array(v.object({ pointer: v.string(), detail: v.string() }))),
});
