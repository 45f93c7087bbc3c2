import * as v from 'valibot';
import { instantSchema, localeKey, plain, pointsSchema, shopIdSchema, slug, whole } from './fields.ts';
import { referralCodeSchema, referralSignalsSchema } from './referrals.ts';

/** Members: who they are, what they agreed to, and what becomes of them. */

const displayName = plain(100);

/** Loose, as a browser's own check is: whether a mailbox exists, only a message to it tells. */
export const emailSchema = v.pipe(
  plain(254),
  v.regex(/^[^\s@"(),:;<>[\\\]]+@[^\s@"(),:;<>[\\\]]+$/u, 'an e-mail address such as kim@example.com'),
);

const DAYS_OF_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The 29th of February is a birthday like any other. */
const birthdaySchema = v.pipe(
  v.string(),
  v.regex(/^\d\d-\d\d$/, 'month and day, such as 02-29'),
  v.check((text) => {
    const [month = 0, day = 0] = text.split('-').map(Number);
    return day >= 1 && day <= (DAYS_OF_MONTHS[month - 1] ?? 0);
  }, 'a day that exists'),
  v.description('Month and day, `MM-DD`; the year is never asked for.'),
);

const sourceSchema = v.pipe(
  v.string(),
  v.maxLength(64),
  v.regex(/^[a-z0-9][a-z0-9:._-]*$/, 'lower-case letters, digits and . : _ -'),
  v.metadata({ description: 'Where the member joined.', examples: ['checkout', 'banner', 'qr:store-12'] }),
);

const textVersion = v.pipe(whole(1, 1_000_000), v.description('Version of the text that was shown.'));

const consentGiven = {
  purpose: v.pipe(slug, v.description("Id of one of the program's consents.")),
  isGranted: v.pipe(v.boolean(), v.description('false withdraws.')),
  textVersion,
  locale: v.pipe(localeKey, v.description('Locale of the text that was shown.')),
};
export const consentRequestSchema = v.strictObject(consentGiven);
export const consentStatementSchema = v.strictObject({
  ...consentGiven,
  statement: v.pipe(plain(500), v.description('How the member gave or withdrew it: the proof that the shop has.')),
});
const consentsGiven = v.pipe(v.array(consentRequestSchema), v.maxLength(50));

const person = {
  displayName: v.optional(v.nullable(displayName)),
  email: v.optional(v.nullable(emailSchema)),
  locale: v.optional(v.nullable(localeKey)),
  birthday: v.optional(v.nullable(birthdaySchema)),
};
export const profileChangeSchema = v.strictObject(person);
export const merchantProfileChangeSchema = v.strictObject({
  ...person,
  birthdayReason: v.optional(
    v.pipe(plain(200), v.description('Why a birthday that was set before is changed. The member can read it.')),
  ),
});

const join = {
  displayName: v.optional(displayName),
  email: v.optional(emailSchema),
  locale: v.optional(localeKey),
  birthday: v.optional(birthdaySchema),
  source: sourceSchema,
  consents: v.optional(consentsGiven, []),
};
export const joinSchema = v.strictObject(join);
export const merchantJoinSchema = v.strictObject({
  ...join,
  memberId: v.pipe(shopIdSchema, v.description("The shop's own id of its customer.")),
  statement: v.optional(v.pipe(plain(500), v.description('How the member gave the consents.'))),
  referralCode: v.optional(
    v.pipe(
      referralCodeSchema,
      v.description('The code of the member who sent him. One that cannot count leaves the join as it is.'),
    ),
  ),
  signals: v.optional(referralSignalsSchema),
});

export const profileSchema = v.object({
  memberId: v.pipe(v.string(), v.description("The shop's own id of the member.")),
  displayName: v.nullable(v.string()),
  email: v.nullable(v.string()),
  locale: v.nullable(v.string()),
  birthday: v.pipe(v.nullable(v.string()), v.description('Month and day, `MM-DD`.')),
  birthdayReason: v.pipe(v.nullable(v.string()), v.description('Why the shop changed the birthday, if it did.')),
  birthdayLockedUntil: v.pipe(v.nullable(instantSchema), v.description('Before, only the shop can change it.')),
  source: v.nullable(v.string()),
  joinedAt: v.pipe(v.nullable(instantSchema), v.description('null for a member who was enrolled by an order only.')),
  enrolledAt: instantSchema,
  updatedAt: v.nullable(instantSchema),
});

const consentEventSchema = v.object({
  seq: whole(1, Number.MAX_SAFE_INTEGER),
  action: v.pipe(
    v.picklist(['granted', 'requested', 'confirmed', 'withdrawn']),
    v.description('`requested`: granted where a second yes is asked for, and not counted before that.'),
  ),
  textVersion: pointsSchema,
  locale: v.string(),
  textHash: v.pipe(v.string(), v.description('base64url SHA-256 of the exact text that was shown.')),
  at: instantSchema,
  proof: v.pipe(
    v.nullable(v.record(v.string(), v.union([v.string(), v.number()]))),
    v.description('How it was given: the page, the shop’s statement, or the code that confirmed it.'),
  ),
  digest: v.pipe(v.string(), v.description('Seals this line and the one before.')),
});
export const consentStateSchema = v.object({
  purpose: v.string(),
  name: v.nullable(v.record(v.string(), v.string())),
  state: v.pipe(
    v.picklist(['none', 'pending', 'expired', 'granted', 'outdated', 'withdrawn']),
    v.description(
      'Counts only when `granted`. `pending`: waits for the second yes, until `confirmBy`; then `expired`. `outdated`: given to an older text.',
    ),
  ),
  textVersion: v.pipe(v.nullable(pointsSchema), v.description('Version of the text that the state is about.')),
  currentTextVersion: v.pipe(v.nullable(pointsSchema), v.description('null for a purpose that the program dropped.')),
  changedAt: v.nullable(instantSchema),
  confirmBy: v.nullable(instantSchema),
  history: v.array(consentEventSchema),
});
export const consentsSchema = v.object({ consents: v.array(consentStateSchema) });
export const merchantConsentsSchema = v.object({
  ...consentsSchema.entries,
  confirmation: v.pipe(
    v.nullable(v.object({ code: v.string(), confirmBy: instantSchema })),
    v.description('What the shop mails where a second yes is asked for now; shown once.'),
  ),
});

export const confirmationSchema = v.strictObject({
  code: v.pipe(plain(64), v.description('As the shop mailed it; spaces, hyphens and small letters do not matter.')),
});
export const confirmationAnswerSchema = v.object({
  purpose: v.string(),
  state: v.picklist(['granted', 'outdated']),
});

export const joinAnswerSchema = v.object({
  replayed: v.boolean(),
  profile: profileSchema,
  consents: v.array(consentStateSchema),
});

export const audiencePageSchema = v.object({
  members: v.array(
    v.object({
      memberId: v.string(),
      email: v.nullable(v.string()),
      locale: v.nullable(v.string()),
      textVersion: pointsSchema,
      isOutdated: v.boolean(),
      since: instantSchema,
    }),
  ),
  nextCursor: v.nullable(v.string()),
});

export const memberPageSchema = v.object({
  members: v.array(
    v.object({
      memberId: v.string(),
      displayName: v.nullable(v.string()),
      email: v.nullable(v.string()),
      tier: v.string(),
      balance: v.pipe(pointsSchema, v.description('Pending points with it.')),
      source: v.nullable(v.string()),
      enrolledAt: instantSchema,
      joinedAt: v.nullable(instantSchema),
    }),
  ),
  nextCursor: v.nullable(v.string()),
});

export const exportPageSchema = v.object({
  program: v.string(),
  memberId: v.string(),
  exportedAt: instantSchema,
  data: v.pipe(
    v.record(v.string(), v.array(v.unknown())),
    v.description('Everything that is kept of the member, by subject. A subject may go on on the next page.'),
  ),
  nextCursor: v.nullable(v.string()),
});

export const ERASURE_REASONS = ['member_request', 'retention', 'test_data', 'other'] as const;
export const erasureReceiptSchema = v.object({
  erased: v.pipe(v.string(), v.description("Laurel's own id of the member, which names nobody any more.")),
  erasedAt: instantSchema,
  pointsForfeited: pointsSchema,
});

export const mergeSchema = v.strictObject({
  into: v.pipe(shopIdSchema, v.description('Id of the member who stays.')),
  reason: v.pipe(plain(200), v.description('Stands in both histories for good: name nobody in it.')),
});
export const unmergeSchema = v.strictObject({ reason: mergeSchema.entries.reason });
export const mergeReceiptSchema = v.object({
  replayed: v.boolean(),
  memberId: v.pipe(v.string(), v.description('The member who was merged or taken out again.')),
  into: v.string(),
  points: v.pipe(pointsSchema, v.description('Points that went over.')),
});
