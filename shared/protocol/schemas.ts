import * as v from 'valibot';
import { isTimeZone } from '../domain/time.ts';

/**
 * The shapes on the wire, once: requests are validated with these, and the OpenAPI document is generated from them.
 * Only the server imports this file; pages import the types from `api.ts`, which weigh nothing.
 */

/** Whole numbers are bounded so that sums of many stay exact (2^53 - 1 is about 9 · 10^15). */
const AMOUNT_MAX = 1_000_000_000_000;
const TEXT_MAX = 500;

/** No control characters, no lone surrogates: such text cannot be stored alike everywhere. */
const plain = (max: number) =>
  v.pipe(
    v.string(),
    v.minLength(1),
    v.maxLength(max),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
    v.regex(/^[^\u0000-\u001f\u007f]*$/u, 'text without control characters'),
    v.check((text) => text.isWellFormed(), 'well-formed Unicode'),
  );

/** An id of the shop's own making. */
export const shopIdSchema = v.pipe(
  plain(128),
  v.check((text) => text !== '.' && text !== '..', 'an id other than "." and "..", which no address can name'),
  v.description("An id of the shop's own making."),
);

/** `Date.parse` alone would take 30 February for 2 March. */
function isRealDate(text: string): boolean {
  if (Number.isNaN(Date.parse(text))) return false;
  const day = Number(text.slice(8, 10));
  if (day <= 28) return true;
  // Day 0 of the month after is the last of this one. `Date.UTC` moves the years before 100; in 400 years all days recur.
  return day <= new Date(Date.UTC(Number(text.slice(0, 4)) + 400, Number(text.slice(5, 7)), 0)).getUTCDate();
}

export const instantSchema = v.pipe(
  v.string(),
  v.regex(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/,
    'an RFC 3339 date and time with its offset, such as 2026-03-31T18:00:00Z',
  ),
  v.check(isRealDate, 'a date that exists'),
  v.metadata({ description: 'RFC 3339 date and time with offset.', examples: ['2026-03-31T18:00:00Z'] }),
);

const whole = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

export const currencySchema = v.pipe(v.string(), v.regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as EUR'));
export const netMinorSchema = v.pipe(
  whole(0, AMOUNT_MAX),
  v.description('Net value in minor units, after discounts, without tax and shipping.'),
);

export const programIdSchema = v.pipe(
  v.string(),
  v.maxLength(128),
  v.regex(
    /^[a-z](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]*[a-z0-9_])?)+$/,
    'a reverse-domain name such as com.example.rewards',
  ),
);

const orderLineSchema = v.strictObject({
  sku: shopIdSchema,
  category: v.optional(shopIdSchema),
  quantity: whole(1, 1_000_000),
  netMinor: v.pipe(netMinorSchema, v.description('Net value of the whole line in minor units.')),
});

export const orderSchema = v.strictObject({
  id: shopIdSchema,
  memberId: v.pipe(shopIdSchema, v.description("The shop's own id of its customer; a new one is enrolled.")),
  placedAt: instantSchema,
  currency: currencySchema,
  lines: v.pipe(v.array(orderLineSchema), v.minLength(1), v.maxLength(500)),
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

const localeKey = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/, 'a BCP 47 locale such as zh-Hans'),
);
const localized = v.pipe(
  v.record(localeKey, plain(TEXT_MAX)),
  v.check((texts) => Object.keys(texts).length > 0, 'a text in at least one locale'),
);
const pluralForms = v.strictObject({
  zero: v.optional(plain(60)),
  one: v.optional(plain(60)),
  two: v.optional(plain(60)),
  few: v.optional(plain(60)),
  many: v.optional(plain(60)),
  other: plain(60),
});
const slug = v.pipe(
  v.string(),
  v.maxLength(64),
  v.regex(/^[a-z0-9]+(?:[-_][a-z0-9]+)*$/, 'lower-case letters, digits and hyphens'),
);
const isLoopback = (host: string) => host === 'localhost' || host.endsWith('.localhost') || host === '127.0.0.1';
const secureUrl = (what: string) =>
  v.pipe(
    v.string(),
    v.maxLength(2_048),
    v.check((text) => {
      if (!URL.canParse(text)) return false;
      const { protocol, hostname } = new URL(text);
      return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
    }, what),
  );

const earningRuleSchema = v.variant('kind', [
  v.strictObject({
    id: slug,
    kind: v.literal('per_amount'),
    points: whole(1, 1_000_000),
    perMinor: whole(1, 1_000_000_000),
    currency: currencySchema,
  }),
  v.strictObject({ id: slug, kind: v.literal('per_order'), points: whole(1, 1_000_000) }),
]);

const tierSchema = v.strictObject({
  id: slug,
  name: localized,
  threshold: whole(0, AMOUNT_MAX),
  multiplierPercent: whole(0, 10_000),
  benefits: v.pipe(v.array(v.strictObject({ id: slug, description: localized })), v.maxLength(50)),
});

const uniqueIds = <T extends { readonly id: string }>(what: string) =>
  v.check<T[], string>((items) => new Set(items.map(({ id }) => id)).size === items.length, what);

export const programSchema = v.strictObject({
  $schema: v.optional(v.string()),
  id: programIdSchema,
  name: localized,
  description: localized,
  url: secureUrl('an https: address'),
  origins: v.pipe(
    v.array(
      v.pipe(
        secureUrl('an https: origin such as https://shop.example'),
        v.check(
          (text) => URL.canParse(text) && new URL(text).origin === text,
          'an origin: scheme, host and port, no path',
        ),
      ),
    ),
    v.minLength(1),
    v.maxLength(100),
  ),
  timeZone: v.pipe(v.string(), v.check(isTimeZone, 'an IANA time zone such as Europe/Berlin')),
  defaultLocale: localeKey,
  unit: v.strictObject({
    code: v.pipe(v.string(), v.regex(/^[A-Z]{3,8}$/, 'three to eight capitals')),
    name: v.pipe(
      v.record(localeKey, pluralForms),
      v.check((names) => Object.keys(names).length > 0, 'a name in at least one locale'),
    ),
  }),
  earning: v.strictObject({
    rules: v.pipe(v.array(earningRuleSchema), v.minLength(1), v.maxLength(100), uniqueIds('rules with different ids')),
    confirmationDelayDays: whole(0, 365),
  }),
  expiry: v.variant('kind', [
    v.strictObject({ kind: v.literal('never') }),
    v.strictObject({ kind: v.literal('after_months'), months: whole(1, 120) }),
  ]),
  tiers: v.strictObject({
    period: v.strictObject({ kind: v.literal('rolling'), months: whole(1, 60) }),
    ladder: v.pipe(
      v.array(tierSchema),
      v.minLength(1),
      v.maxLength(20),
      uniqueIds('tiers with different ids'),
      v.check((ladder) => ladder[0]?.threshold === 0, 'a first tier with threshold 0'),
      v.check(
        (ladder) => ladder.every((tier, index) => index === 0 || tier.threshold > (ladder[index - 1]?.threshold ?? 0)),
        'tiers with rising thresholds, lowest first',
      ),
    ),
  }),
  surveys: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          id: slug,
          kind: v.literal('nps'),
          question: v.optional(localized),
          repeatAfterDays: v.optional(whole(1, 3_650), 90),
        }),
      ),
      v.maxLength(50),
      uniqueIds('surveys with different ids'),
    ),
    [],
  ),
});

// Answers

const pointsSchema = v.pipe(v.number(), v.integer());

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
