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
  reason: v.optional(v.string()),
  multiplierPercent: v.optional(v.pipe(pointsSchema, v.description('The tier multiplier of an accrual, in percent.'))),
  reverses: v.optional(v.pipe(pointsSchema, v.description('`seq` of the accrual that is taken back.'))),
  lot: v.optional(
    v.object({
      points: v.pipe(pointsSchema, v.description('Points of the lot that this entry opened.')),
      availableAt: v.nullable(instantSchema),
      expiresAt: v.nullable(instantSchema),
    }),
  ),
  uses: v.optional(
    v.array(v.object({ lot: v.pipe(pointsSchema, v.description('`seq` that opened the lot.')), points: pointsSchema })),
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
      v.array(v.object({ points: pointsSchema, expiresAt: instantSchema, lastDay: v.string() })),
      v.description("What expires next, soonest first. `lastDay` is the last day of use in the program's time zone."),
    ),
  }),
  tier: v.object({
    id: v.string(),
    name: localizedAnswer,
    since: v.nullable(instantSchema),
    reviewOn: v.pipe(v.nullable(v.string()), v.description('Day of the next review; null in the first tier.')),
    qualifying: v.pipe(pointsSchema, v.description('Qualifying points within the current period.')),
    threshold: pointsSchema,
    multiplierPercent: pointsSchema,
    next: v.nullable(
      v.object({ id: v.string(), name: localizedAnswer, threshold: pointsSchema, missing: pointsSchema }),
    ),
  }),
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
export const orderReceiptSchema = v.object({ ...receipt, order: v.string(), memberId: v.string(), entry: entrySchema });
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
      memberId: v.string(),
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
