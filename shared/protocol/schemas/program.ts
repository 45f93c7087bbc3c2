import * as v from 'valibot';
import { isTimeZone } from '../../domain/time.ts';
import {
  AMOUNT_MAX,
  currencySchema,
  dateSchema,
  localeKey,
  localized,
  pluralForms,
  programIdSchema,
  secureUrl,
  shopIdSchema,
  slug,
  uniqueIds,
  whole,
} from './fields.ts';

/** The program document: what a merchant writes, and what everybody may read. */

const list = <const S extends v.GenericSchema>(schema: S, lengthMax: number) =>
  v.pipe(v.array(schema), v.maxLength(lengthMax));
const monthSchema = whole(1, 12);
const daySchema = whole(1, 31);

const windowSchema = v.pipe(
  v.strictObject({
    from: v.optional(dateSchema),
    until: v.optional(v.pipe(dateSchema, v.description('The last day, itself included.'))),
    weekdays: v.optional(
      v.pipe(v.array(whole(1, 7)), v.minLength(1), v.maxLength(7), v.description('1 Monday … 7 Sunday.')),
    ),
    daysOfMonth: v.optional(v.pipe(v.array(daySchema), v.minLength(1), v.maxLength(31))),
  }),
  v.check(
    ({ from, until }) => from === undefined || until === undefined || from <= until,
    'a from that is not after until',
  ),
);
const limitSchema = v.pipe(
  v.strictObject({
    per: v.picklist(['day', 'week', 'month', 'year', 'lifetime']),
    times: v.optional(whole(1, 1_000_000)),
    points: v.optional(whole(1, AMOUNT_MAX)),
  }),
  v.check(({ times, points }) => times !== undefined || points !== undefined, 'times or points or both'),
);
const matchSchema = v.pipe(
  v.strictObject({
    skus: v.optional(v.pipe(list(shopIdSchema, 1_000), v.minLength(1))),
    categories: v.optional(v.pipe(list(shopIdSchema, 1_000), v.minLength(1))),
  }),
  v.check(({ skus, categories }) => skus !== undefined || categories !== undefined, 'skus or categories or both'),
);
const tierIds = v.optional(v.pipe(list(slug, 20), v.minLength(1)));
const terms = {
  id: slug,
  name: v.optional(localized),
  match: v.optional(matchSchema),
  except: v.optional(matchSchema),
  tiers: tierIds,
  window: v.optional(windowSchema),
  limit: v.optional(limitSchema),
};
const eventType = v.pipe(slug, v.description('Such as sign-up, review, survey, birthday, share, visit.'));
const fewPoints = whole(1, 1_000_000);

const earningRuleSchema = v.variant('kind', [
  v.strictObject({
    ...terms,
    kind: v.literal('per_amount'),
    points: fewPoints,
    perMinor: whole(1, 1_000_000_000),
    currency: currencySchema,
  }),
  v.strictObject({ ...terms, kind: v.literal('per_order'), points: fewPoints }),
  v.strictObject({ ...terms, kind: v.literal('per_product'), points: fewPoints }),
  v.strictObject({
    ...terms,
    kind: v.literal('per_event'),
    event: eventType,
    points: fewPoints,
    qualifies: v.optional(v.boolean()),
  }),
]);

const earningSchema = v.strictObject({
  rules: v.pipe(v.array(earningRuleSchema), v.minLength(1), v.maxLength(100), uniqueIds('rules with different ids')),
  campaigns: v.optional(
    v.pipe(
      list(v.strictObject({ ...terms, multiplierPercent: whole(0, 10_000) }), 100),
      uniqueIds('campaigns with different ids'),
    ),
    [],
  ),
  stacking: v.optional(v.picklist(['max', 'sum', 'product']), 'product'),
  basis: v.optional(
    v.strictObject({
      tax: v.picklist(['excluded', 'included']),
      shipping: v.picklist(['excluded', 'included']),
      discounts: v.picklist(['deducted', 'ignored']),
    }),
    { tax: 'excluded', shipping: 'excluded', discounts: 'deducted' },
  ),
  confirmationDelayDays: whole(0, 365),
});

const expiryTerms = {
  noticeDays: v.optional(list(whole(1, 365), 10), [30, 7]),
  extensionDays: v.optional(whole(0, 365), 0),
  pauses: v.optional(
    list(
      v.pipe(
        v.strictObject({ from: dateSchema, until: dateSchema }),
        v.check(({ from, until }) => from <= until, 'a from that is not after until'),
      ),
      50,
    ),
    [],
  ),
};
const expirySchema = v.variant('kind', [
  v.strictObject({ ...expiryTerms, kind: v.literal('never') }),
  v.strictObject({ ...expiryTerms, kind: v.literal('after_months'), months: whole(1, 120) }),
  v.strictObject({
    ...expiryTerms,
    kind: v.literal('on_date'),
    month: monthSchema,
    day: daySchema,
    monthsMin: whole(0, 60),
  }),
  v.strictObject({ ...expiryTerms, kind: v.literal('after_inactivity'), months: whole(1, 120) }),
]);

const tierSchema = v.strictObject({
  id: slug,
  name: localized,
  threshold: whole(0, AMOUNT_MAX),
  multiplierPercent: whole(0, 10_000),
  benefits: v.pipe(
    list(v.strictObject({ id: slug, description: localized, limit: v.optional(limitSchema) }), 50),
    uniqueIds('benefits with different ids'),
  ),
});

const tiersSchema = v.strictObject({
  metric: v.optional(
    v.variant('kind', [
      v.strictObject({ kind: v.literal('points') }),
      v.strictObject({ kind: v.literal('spend'), currency: currencySchema }),
      v.strictObject({ kind: v.literal('orders') }),
    ]),
    { kind: 'points' },
  ),
  period: v.variant('kind', [
    v.strictObject({ kind: v.literal('rolling'), months: whole(1, 60) }),
    v.strictObject({ kind: v.literal('calendar'), month: monthSchema, day: daySchema }),
    v.strictObject({ kind: v.literal('anniversary') }),
    v.strictObject({ kind: v.literal('lifetime') }),
  ]),
  downgrade: v.optional(
    v.strictObject({
      kind: v.picklist(['requalify', 'one_step', 'never']),
      graceDays: whole(0, 365),
      noticeDays: whole(0, 365),
    }),
    { kind: 'requalify', graceDays: 0, noticeDays: 30 },
  ),
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
});

const money = { amountMinor: whole(1, AMOUNT_MAX), currency: currencySchema };
export const worthSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('amount_off'), ...money }),
  v.pipe(
    v.strictObject({
      kind: v.literal('percent_off'),
      percent: whole(1, 100),
      amountMinorMax: v.optional(whole(1, AMOUNT_MAX)),
      currency: v.optional(currencySchema),
    }),
    v.check(
      ({ amountMinorMax, currency }) => (amountMinorMax === undefined) === (currency === undefined),
      'amountMinorMax together with its currency',
    ),
  ),
  v.strictObject({ kind: v.literal('free_shipping') }),
  v.strictObject({ kind: v.literal('product'), sku: shopIdSchema, isShipped: v.boolean() }),
  v.strictObject({ kind: v.literal('service') }),
  v.strictObject({ kind: v.literal('donation'), ...money, charity: localized }),
]);

const rewardSchema = v.strictObject({
  id: slug,
  name: localized,
  description: v.optional(localized),
  image: v.optional(secureUrl('an https: address')),
  worth: worthSchema,
  cost: v.variant('kind', [
    v.strictObject({ kind: v.literal('fixed'), points: whole(1, AMOUNT_MAX) }),
    v.pipe(
      v.strictObject({
        kind: v.literal('variable'),
        pointsMin: whole(1, AMOUNT_MAX),
        pointsMax: whole(1, AMOUNT_MAX),
        pointsStep: whole(1, AMOUNT_MAX),
        amountMinor: whole(1, AMOUNT_MAX),
        perPoints: whole(1, AMOUNT_MAX),
      }),
      v.check(({ pointsMin, pointsMax }) => pointsMin <= pointsMax, 'a pointsMin that is not above pointsMax'),
    ),
  ]),
  stock: v.optional(whole(0, 1_000_000_000)),
  limit: v.optional(limitSchema),
  tiers: tierIds,
  window: v.optional(windowSchema),
  orderMinorMin: v.optional(whole(0, AMOUNT_MAX)),
  holdMinutes: v.optional(whole(1, 525_600), 1_440),
});

const couponSchema = v.strictObject({
  id: slug,
  name: localized,
  description: v.optional(localized),
  worth: worthSchema,
  trigger: v.variant('kind', [
    v.strictObject({ kind: v.literal('event'), event: eventType }),
    v.strictObject({
      kind: v.literal('order'),
      netMinorMin: v.optional(whole(0, AMOUNT_MAX)),
      currency: v.optional(currencySchema),
    }),
    v.strictObject({ kind: v.literal('tier'), tier: slug }),
    v.strictObject({ kind: v.literal('personal') }),
  ]),
  tiers: tierIds,
  window: v.optional(windowSchema),
  limit: v.optional(limitSchema),
  orderMinorMin: v.optional(whole(0, AMOUNT_MAX)),
  validDays: whole(1, 3_650),
});

const referralSchema = v.pipe(
  v.strictObject({
    referrerPoints: whole(0, 1_000_000),
    friendPoints: whole(0, 1_000_000),
    friendCoupon: v.optional(slug),
    orderMinorMin: whole(0, AMOUNT_MAX),
    currency: currencySchema,
    clearAfterDays: whole(0, 365),
    attributionDays: v.optional(whole(1, 365), 30),
    rewardsPerMonthMax: v.optional(whole(1, 10_000), 10),
    holdScore: v.optional(whole(1, 100), 40),
    refuseScore: v.optional(whole(1, 100), 80),
  }),
  v.check(({ holdScore, refuseScore }) => holdScore <= refuseScore, 'a holdScore that is not above refuseScore'),
);

const challengeSchema = v.strictObject({
  id: slug,
  name: localized,
  description: v.optional(localized),
  goal: v.variant('kind', [
    v.strictObject({ kind: v.literal('count'), of: slug, target: whole(1, 1_000_000) }),
    v.strictObject({ kind: v.literal('sum'), ...money }),
    v.strictObject({
      kind: v.literal('streak'),
      of: slug,
      per: v.picklist(['day', 'week', 'month']),
      target: whole(2, 1_000),
    }),
    v.strictObject({
      kind: v.literal('set'),
      of: v.picklist(['category', 'sku', 'event']),
      items: v.pipe(list(shopIdSchema, 100), v.minLength(1)),
    }),
  ]),
  match: v.optional(matchSchema),
  tiers: tierIds,
  window: v.optional(windowSchema),
  withinDays: v.optional(whole(1, 3_650)),
  times: v.optional(whole(1, 10_000), 1),
  points: fewPoints,
});

const occasionSchema = v.strictObject({
  id: slug,
  name: localized,
  on: v.variant('kind', [
    v.strictObject({ kind: v.literal('birthday') }),
    v.strictObject({
      kind: v.literal('holiday'),
      calendar: v.picklist(['gregory', 'chinese', 'islamic-umalqura', 'hebrew', 'persian', 'indian']),
      month: whole(1, 13),
      day: daySchema,
    }),
  ]),
  tiers: tierIds,
  consent: v.optional(v.pipe(slug, v.description('A consent that the member must have given.'))),
  points: whole(0, 1_000_000),
  coupon: v.optional(slug),
});

const consentSchema = v.strictObject({
  id: slug,
  name: localized,
  textVersion: whole(1, 1_000_000),
  text: v.record(localeKey, v.pipe(v.string(), v.minLength(1), v.maxLength(5_000))),
  isDoubleOptIn: v.optional(v.boolean(), false),
});

const surveySchema = v.strictObject({
  id: slug,
  kind: v.literal('nps'),
  question: v.optional(localized),
  repeatAfterDays: v.optional(whole(1, 3_650), 90),
});

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
  value: v.optional(list(v.strictObject({ points: whole(1, AMOUNT_MAX), ...money }), 50), []),
  earning: earningSchema,
  expiry: expirySchema,
  tiers: tiersSchema,
  rewards: v.optional(v.pipe(list(rewardSchema, 200), uniqueIds('rewards with different ids')), []),
  coupons: v.optional(v.pipe(list(couponSchema, 200), uniqueIds('coupons with different ids')), []),
  referral: v.optional(referralSchema),
  challenges: v.optional(v.pipe(list(challengeSchema, 100), uniqueIds('challenges with different ids')), []),
  occasions: v.optional(v.pipe(list(occasionSchema, 50), uniqueIds('occasions with different ids')), []),
  consents: v.optional(v.pipe(list(consentSchema, 50), uniqueIds('consents with different ids')), []),
  surveys: v.optional(v.pipe(list(surveySchema, 50), uniqueIds('surveys with different ids')), []),
});
