import * as v from 'valibot';

/** The fields that the shapes on the wire are made of. */

/** Whole numbers are bounded so that sums of many stay exact (2^53 - 1 is about 9 · 10^15). */
export const AMOUNT_MAX = 1_000_000_000_000;
export const TEXT_MAX = 500;

/** No control characters, no lone surrogates: such text cannot be stored alike everywhere. */
export const plain = (max: number) =>
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

export const whole = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

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

export const localeKey = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/, 'a BCP 47 locale such as zh-Hans'),
);
export const localized = v.pipe(
  v.record(localeKey, plain(TEXT_MAX)),
  v.check((texts) => Object.keys(texts).length > 0, 'a text in at least one locale'),
);
export const pluralForms = v.strictObject({
  zero: v.optional(plain(60)),
  one: v.optional(plain(60)),
  two: v.optional(plain(60)),
  few: v.optional(plain(60)),
  many: v.optional(plain(60)),
  other: plain(60),
});
export const slug = v.pipe(
  v.string(),
  v.maxLength(64),
  v.regex(/^[a-z0-9]+(?:[-_][a-z0-9]+)*$/, 'lower-case letters, digits and hyphens'),
);
export const isLoopback = (host: string) => host === 'localhost' || host.endsWith('.localhost') || host === '127.0.0.1';
export const secureUrl = (what: string) =>
  v.pipe(
    v.string(),
    v.maxLength(2_048),
    v.check((text) => {
      if (!URL.canParse(text)) return false;
      const { protocol, hostname } = new URL(text);
      return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
    }, what),
  );

export const dateSchema = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\d$/, 'a day such as 2026-03-31'),
  v.check((text) => isRealDate(`${text}T00:00:00Z`), 'a day that exists'),
);
export const pointsSchema = v.pipe(v.number(), v.integer());

export const uniqueIds = <T extends { readonly id: string }>(what: string) =>
  v.check<T[], string>((items) => new Set(items.map(({ id }) => id)).size === items.length, what);
