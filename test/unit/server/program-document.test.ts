import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonLdOf } from '../../../server/programs/json-ld.ts';
import { parseProgram } from '../../../server/programs/program-document.ts';
import { programJsonSchema } from '../../../server/programs/program-json-schema.ts';
import { programWarnings } from '../../../server/programs/program-warnings.ts';
import { type FieldFault, LoyaltyError } from '../../../shared/domain/errors.ts';

const ROOT = join(import.meta.dirname, '../../..');
const NOW = Date.parse('2026-03-31T12:00:00Z');

const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Record<string, unknown>;
const shops = ['crema', 'mozhai', 'qimam'] as const;
/** A program that has something of everything. */
const whole = read('demo/programs/crema.json');

/** The whole program with other values at some pointers; `undefined` takes a field out. */
function altered(changes: Readonly<Record<string, unknown>>): unknown {
  const document = structuredClone(whole);
  for (const [pointer, value] of Object.entries(changes)) {
    const path = pointer.split('/').slice(1);
    let holder = document as Record<string, unknown>;
    for (const key of path.slice(0, -1)) holder = holder[key] as Record<string, unknown>;
    const last = path.at(-1) as string;
    if (value === undefined) Reflect.deleteProperty(holder, last);
    else holder[last] = value;
  }
  return document;
}

function faultsOf(document: unknown): readonly FieldFault[] {
  try {
    parseProgram(document);
    return [];
  } catch (error) {
    if (!(error instanceof LoyaltyError) || error.code !== 'program_invalid') throw error;
    return error.faults;
  }
}

const TIERS = 'the id of a tier of the program: light-roast, medium-roast, dark-roast';
const COUPONS = 'the id of a coupon of the program: friends-first-bag, birthday-cup, darker-roast';
const IN_USE = 'a currency that is in use, such as EUR (ISO 4217)';

/** One mistake each, where it is, and what would be right. */
const MISTAKES: readonly (readonly [Readonly<Record<string, unknown>>, string, string])[] = [
  [{ '/earning/rules/1/name': { de: 'Willkommen' } }, '/earning/rules/1/name/en', 'a text in the default locale'],
  [{ '/earning/campaigns/0/name': { de: 'x' } }, '/earning/campaigns/0/name/en', 'a text in the default locale'],
  [
    { '/tiers/ladder/0/benefits/0/description': { de: 'x' } },
    '/tiers/ladder/0/benefits/0/description/en',
    'a text in the default locale',
  ],
  [{ '/rewards/0/description': { de: 'x' } }, '/rewards/0/description/en', 'a text in the default locale'],
  [{ '/rewards/4/worth/charity': { de: 'x' } }, '/rewards/4/worth/charity/en', 'a text in the default locale'],
  [{ '/coupons/1/name': { de: 'x' } }, '/coupons/1/name/en', 'a text in the default locale'],
  [{ '/challenges/0/name': { de: 'x' } }, '/challenges/0/name/en', 'a text in the default locale'],
  [{ '/occasions/0/name': { de: 'x' } }, '/occasions/0/name/en', 'a text in the default locale'],
  [{ '/consents/0/text': { de: 'x' } }, '/consents/0/text/en', 'a text in the default locale'],
  [{ '/defaultLocale': 'en-12' }, '/defaultLocale', 'a BCP 47 locale such as zh-Hans'],
  [{ '/name': { en: 'Crema', 'de-1': 'x' } }, '/name/de-1', 'a BCP 47 locale such as zh-Hans'],
  [{ '/earning/rules/0/tiers': ['medium-roast', 'gold'] }, '/earning/rules/0/tiers/1', TIERS],
  [{ '/earning/campaigns/0/tiers': ['gold'] }, '/earning/campaigns/0/tiers/0', TIERS],
  [{ '/rewards/3/tiers': ['gold'] }, '/rewards/3/tiers/0', TIERS],
  [{ '/coupons/1/tiers': ['gold'] }, '/coupons/1/tiers/0', TIERS],
  [{ '/challenges/0/tiers': ['gold'] }, '/challenges/0/tiers/0', TIERS],
  [{ '/occasions/1/tiers': ['gold'] }, '/occasions/1/tiers/0', TIERS],
  [
    { '/coupons/2/trigger/tier': 'gold' },
    '/coupons/2/trigger/tier',
    'the id of a tier of the program: medium-roast, dark-roast',
  ],
  [
    { '/coupons/2/trigger/tier': 'light-roast' },
    '/coupons/2/trigger/tier',
    'the id of a tier of the program: medium-roast, dark-roast; nobody reaches the first one',
  ],
  [{ '/referral/friendCoupon': 'none' }, '/referral/friendCoupon', COUPONS],
  [{ '/occasions/0/coupon': 'none' }, '/occasions/0/coupon', COUPONS],
  [
    { '/occasions/0/consent': 'none' },
    '/occasions/0/consent',
    'the id of a consent of the program: email, taste-profile',
  ],
  [{ '/earning/campaigns/0/id': 'review' }, '/earning/campaigns/0/id', 'an id that no earning rule has'],
  [{ '/value/0/currency': 'XXX' }, '/value/0/currency', IN_USE],
  [{ '/referral/currency': 'XTS' }, '/referral/currency', IN_USE],
  [{ '/rewards/4/worth/currency': 'ZZZ' }, '/rewards/4/worth/currency', IN_USE],
  [{ '/coupons/0/worth/currency': 'XAU' }, '/coupons/0/worth/currency', IN_USE],
  [
    {
      '/value': [
        { points: 1, amountMinor: 1, currency: 'EUR' },
        { points: 2, amountMinor: 1, currency: 'EUR' },
      ],
    },
    '/value/1/currency',
    'another currency: a value in EUR is there already',
  ],
  [
    { '/earning/campaigns/0/limit': { per: 'month', points: 100 } },
    '/earning/campaigns/0/limit/points',
    'no field of this name, but times: a campaign multiplies orders',
  ],
  [
    { '/coupons/0/limit': { per: 'month', points: 100 } },
    '/coupons/0/limit/points',
    'no field of this name, but times: a coupon costs no points',
  ],
  [
    { '/tiers/ladder/1/benefits/0/limit': { per: 'month', points: 100 } },
    '/tiers/ladder/1/benefits/0/limit/points',
    'no field of this name, but times: a benefit costs no points',
  ],
  [
    { '/rewards/0/cost/pointsStep': 700 },
    '/rewards/0/cost/pointsStep',
    'a step that leads from pointsMin to pointsMax: a divisor of 1800',
  ],
  [
    { '/rewards/0/cost/perPoints': 90_000 },
    '/rewards/0/cost/pointsMin',
    'at least 900: fewer points are worth nothing',
  ],
  [
    { '/rewards/0/worth': { kind: 'service' } },
    '/rewards/0/cost/kind',
    'fixed: only an amount_off or a donation grows with points',
  ],
  [
    { '/referral/referrerPoints': 0, '/referral/friendPoints': 0, '/referral/friendCoupon': undefined },
    '/referral',
    'points for one of the two, or a friendCoupon',
  ],
  [{ '/occasions/1/points': 0 }, '/occasions/1/points', 'at least 1, or a coupon beside'],
  [
    { '/coupons/0/trigger': { kind: 'order', netMinorMin: 5 } },
    '/coupons/0/trigger',
    'netMinorMin together with its currency',
  ],
  [
    { '/earning/rules/0/match': { skus: ['a'] }, '/earning/rules/0/except': { skus: ['a', 'b'] } },
    '/earning/rules/0/except',
    'less than match: no line is left that counts',
  ],
  [{ '/earning/rules/2/event': 'order' }, '/earning/rules/2/event', 'another event: orders earn by per_order'],
  [
    { '/earning/rules/2/match': { skus: ['a'] } },
    '/earning/rules/2/match',
    'no field of this name: an event has no lines',
  ],
  [
    {
      '/tiers/ladder/0/multiplierPercent': 0,
      '/tiers/ladder/1/multiplierPercent': 0,
      '/tiers/ladder/2/multiplierPercent': 0,
    },
    '/earning/rules',
    'at least one rule by which a member of some tier earns points',
  ],
  [
    { '/tiers/metric': { kind: 'orders' }, '/tiers/ladder/2/threshold': 500_000 },
    '/tiers/ladder/2/threshold',
    'at most 100000: the ladder counts orders',
  ],
  [
    { '/tiers/metric': { kind: 'spend', currency: 'USD' } },
    '/tiers/metric/currency',
    'a currency in which an earning rule takes orders: EUR',
  ],
  [
    { '/challenges/0/goal/of': 'review', '/challenges/0/match': { skus: ['a'] } },
    '/challenges/0/match',
    'no field of this name: events have no lines',
  ],
  [{ '/challenges/1/goal/items': ['lingon', 'lingon'] }, '/challenges/1/goal/items', 'different items'],
  [{ '/challenges/0/withinDays': 20 }, '/challenges/0/withinDays', 'at least 30, in which the streak can be done'],
  [
    { '/expiry': { kind: 'on_date', month: 4, day: 31, monthsMin: 0 } },
    '/expiry/day',
    'at most 30, the last day of April',
  ],
  [
    { '/tiers/period': { kind: 'calendar', month: 2, day: 30 } },
    '/tiers/period/day',
    'at most 29, the last day of February',
  ],
  [
    { '/occasions/1/on': { kind: 'holiday', calendar: 'gregory', month: 13, day: 1 } },
    '/occasions/1/on/month',
    'at most 12',
  ],
  [
    { '/occasions/1/on': { kind: 'holiday', calendar: 'islamic-umalqura', month: 10, day: 31 } },
    '/occasions/1/on/day',
    'at most 30, the longest that this month is',
  ],
  [
    { '/occasions/1/on': { kind: 'holiday', calendar: 'persian', month: 13, day: 1 } },
    '/occasions/1/on/month',
    'at most 12, the last month of this calendar',
  ],
  [
    { '/earning/campaigns/0/window': { from: '2026-03-02', until: '2026-03-06', weekdays: [7] } },
    '/earning/campaigns/0/window',
    'at least one day: none from the first to the last is one of those named',
  ],
  [
    {
      '/expiry/pauses': [
        { from: '2026-02-01', until: '2026-02-10' },
        { from: '2026-01-01', until: '2026-02-01' },
      ],
    },
    '/expiry/pauses/0/from',
    'a day after 2026-02-01: pauses do not overlap',
  ],
  [{ '/earning/campaigns/0/window': { from: '2026-02-30' } }, '/earning/campaigns/0/window/from', 'a day that exists'],
];

describe('a program document', () => {
  test.each(shops)('of %s is sound, and nothing in it is meant otherwise', (shop) => {
    const program = parseProgram(read(`demo/programs/${shop}.json`));
    expect(programWarnings(program, NOW)).toEqual([]);
    for (const part of [
      program.value,
      program.earning.campaigns,
      program.rewards,
      program.coupons,
      program.challenges,
      program.occasions,
      program.consents,
    ]) {
      expect(part.length).toBeGreaterThan(0);
    }
    expect(program.referral).toBeDefined();
  });

  test.each(MISTAKES)('with %j is refused at %s', (changes, pointer, detail) => {
    expect(faultsOf(altered(changes))).toEqual([{ pointer, detail }]);
  });

  test('with mistakes of its form and between its parts names all of them at once', () => {
    const document = altered({
      '/surprise': 1,
      '/url': 'http://shop.example',
      '/earning/rules/0/perMinor': 'many',
      '/earning/rules/3/kind': 'per_mistake',
      '/earning/rules/2/tiers': ['gold'],
      '/rewards/3/tiers': ['gold'],
      '/rewards/0/cost/pointsStep': 700,
      '/expiry/pauses': [
        { from: 'soon', until: '2026-01-01' },
        { from: '2026-01-01', until: '2026-01-03' },
        { from: '2026-01-03', until: '2026-01-04' },
      ],
      '/referral/friendCoupon': 'none',
    });
    expect(
      faultsOf(document)
        .map(({ pointer }) => pointer)
        .sort(),
    ).toEqual([
      '/earning/rules/0/perMinor',
      '/earning/rules/2/tiers/0',
      '/earning/rules/3/kind',
      '/expiry/pauses/0/from',
      '/expiry/pauses/2/from',
      '/referral/friendCoupon',
      '/rewards/0/cost/pointsStep',
      '/rewards/3/tiers/0',
      '/surprise',
      '/url',
    ]);
  });

  test('with any one of its parts gone or of another type is refused or taken, and never breaks the check', () => {
    let count = 0;
    const pointers: string[] = [];
    const walk = (value: unknown, pointer: string) => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, item] of Object.entries(value)) {
        pointers.push(`${pointer}/${key}`);
        walk(item, `${pointer}/${key}`);
      }
    };
    walk(whole, '');
    for (const pointer of pointers) {
      for (const value of [undefined, null, 7, 'text', [], {}, [null], { en: 5 }]) {
        for (const fault of faultsOf(altered({ [pointer]: value }))) expect(fault.pointer).toMatch(/^(?:\/|$)/);
        count++;
      }
    }
    expect(count).toBeGreaterThan(2_000);
  });

  test('that is no document at all is refused', () => {
    for (const json of [null, 1, 'x', [], true]) expect(faultsOf(json)).not.toEqual([]);
  });
});

describe('warnings', () => {
  const warningsOf = (changes: Readonly<Record<string, unknown>>) =>
    programWarnings(parseProgram(altered(changes)), NOW);
  const { ladder } = whole['tiers'] as { ladder: Record<string, unknown>[] };

  test.each<[string, Readonly<Record<string, unknown>>, string, RegExp]>([
    [
      'two neighbors that give the same',
      { '/tiers/ladder/2/benefits': ladder[1]?.['benefits'], '/tiers/ladder/2/multiplierPercent': 125 },
      '/tiers/ladder/2',
      /gives what medium-roast gives/,
    ],
    ['a reward beyond reach', { '/rewards/1/cost/points': 50_000 }, '/rewards/1/cost', /more than a year.*2250 points/],
    ['a reward of which there is none', { '/rewards/2/stock': 0 }, '/rewards/2/stock', /cannot be had/],
    [
      'a window that has passed',
      { '/earning/campaigns/0/window': { until: '2026-03-30' } },
      '/earning/campaigns/0/window/until',
      /ended on 2026-03-30/,
    ],
    [
      'an invitation that pays more than it asks for',
      { '/referral/orderMinorMin': 2_900 },
      '/referral/orderMinorMin',
      /150 points for an order that earns 145/,
    ],
    [
      'a campaign that does nothing',
      { '/earning/campaigns/0/multiplierPercent': 100 },
      '/earning/campaigns/0/multiplierPercent',
      /does nothing/,
    ],
    [
      'a unit without its plural',
      { '/unit/name/en': { other: 'beans' } },
      '/unit/name/en',
      /plural form one of en is missing/,
    ],
    [
      'spend that is meant in whole euros',
      { '/tiers/metric': { kind: 'spend', currency: 'EUR' } },
      '/tiers/ladder/1/threshold',
      /minor units of EUR/,
    ],
  ])('tell of %s', (_name, changes, pointer, words) => {
    const found = warningsOf(changes).find((warning) => warning.pointer === pointer);
    expect(found?.detail).toMatch(words);
  });
});

describe('for editors', () => {
  test('docs/program.schema.json is the schema, and the demo programs name it', () => {
    expect(read('docs/program.schema.json')).toEqual(JSON.parse(JSON.stringify(programJsonSchema())));
    for (const shop of shops) {
      const named = read(`demo/programs/${shop}.json`)['$schema'] as string;
      expect(join('demo/programs', named)).toBe('docs/program.schema.json');
    }
  });

  test('it says what each field takes', () => {
    const { properties, required } = programJsonSchema() as { properties: Record<string, unknown>; required: string[] };
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(['earning', 'rewards', 'occasions', '$schema']));
    expect(required).toContain('tiers');
    expect(required).not.toContain('rewards');
  });
});

describe('JSON-LD of a tier', () => {
  const requirementsOf = (changes: Readonly<Record<string, unknown>>) =>
    (
      jsonLdOf(parseProgram(altered(changes)), 'https://points.test') as {
        hasTiers: { hasTierRequirement?: unknown }[];
      }
    ).hasTiers.map(({ hasTierRequirement }) => hasTierRequirement);

  test('tells of points and the months in which they count', () => {
    expect(requirementsOf({})).toEqual([undefined, '500 beans / 12 months', '1,500 beans / 12 months']);
  });

  test('tells of money as an amount', () => {
    const found = requirementsOf({ '/tiers/metric': { kind: 'spend', currency: 'EUR' } });
    expect(found[1]).toEqual({ '@type': 'MonetaryAmount', value: 5, currency: 'EUR' });
  });

  test('tells of orders, a year, and for good', () => {
    expect(requirementsOf({ '/tiers/metric': { kind: 'orders' }, '/tiers/period': { kind: 'anniversary' } })[1]).toBe(
      '500 orders / 1 year',
    );
    expect(requirementsOf({ '/tiers/period': { kind: 'lifetime' } })[1]).toBe('500 beans');
  });
});
