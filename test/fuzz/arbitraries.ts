import naughtyStrings from 'big-list-of-naughty-strings';
import fc from 'fast-check';

const text = fc.oneof(
  fc.constantFrom(...(naughtyStrings as readonly string[])),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 50 }),
  fc.constantFrom(
    '',
    '.',
    '..',
    '\ud800',
    '\u0000',
    '__proto__',
    'constructor',
    '../..',
    '%00',
    'a'.repeat(3_000),
    '2026-03-31T11:00:00Z',
    '2026-02-30',
    '0001-01-01',
    '275760-09-13',
    'customer-1001',
    'customer-1003',
    'order-5001',
    'EUR',
    'gold',
    'null',
    '0',
    '-1',
    '1e400',
  ),
);
const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, 1, -1, 100, 2 ** 31, -(2 ** 31), 1e12, 2 ** 53, -(2 ** 53), 2 ** 63, 1e308, Number.MIN_VALUE),
);
const leaf = fc.oneof(text, number, fc.boolean(), fc.constant(null));

/** What may stand in the place of a good value. */
export const value = fc.oneof(
  { withCrossShrink: true },
  { arbitrary: leaf, weight: 6 },
  { arbitrary: fc.array(leaf, { maxLength: 5 }), weight: 1 },
  { arbitrary: fc.dictionary(text, leaf, { maxKeys: 4 }), weight: 1 },
  { arbitrary: fc.jsonValue(), weight: 1 },
);

const deep = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;

/** Bodies that are no good document of any kind, byte by byte. */
const rawBody = fc.oneof(
  fc.json().map((json) => Buffer.from(json)),
  fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(
      '',
      '[',
      '{"a":',
      '"',
      '{}{}',
      '[1e400]',
      '{"__proto__":{}}',
      '{"id":"a","id":"b"}',
      '{"constructor":{"prototype":{"x":1}}}',
      '[NaN]',
      '\ufeff{}',
      '["\\ud800"]',
      deep('[', ']', 10_000),
      deep('{"a":', '}', 5_000),
      // Beyond what any route reads.
      `"${'a'.repeat(1_200_000)}"`,
    )
    .map((json) => Buffer.from(json)),
);

/** Mostly absent: there once in `times`. */
const rare = <T>(arbitrary: fc.Arbitrary<T>, times: number) =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: times - 1 }, { arbitrary, weight: 1 });

/** A request with several things wrong, or nothing. */
export const wildRequest = fc.record({
  bends: fc.array(fc.tuple(fc.nat(), fc.option(value, { nil: undefined, freq: 5 })), { maxLength: 3 }),
  who: fc.constantFrom('right', 'right', 'right', 'right', 'right', 'nobody', 'nonsense', 'other'),
  key: rare(fc.oneof(fc.constantFrom('k-1', '"k-2"'), text), 3),
  origin: rare(fc.constantFrom('https://shop.example', 'https://evil.example', 'null', 'moz-extension://x'), 3),
  etag: rare(text, 8),
  type: rare(fc.constantFrom('text/plain', 'application/json; charset=utf-8', 'multipart/form-data', '', ';;;'), 8),
  raw: rare(rawBody, 4),
  extra: rare(fc.tuple(text, text), 8),
});
type Value<A> = A extends fc.Arbitrary<infer T> ? T : never;
export type Wild = Partial<Omit<Value<typeof wildRequest>, 'bends'>>;
