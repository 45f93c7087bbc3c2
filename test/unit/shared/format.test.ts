import { describe, expect, test } from 'vitest';
import { formatDay, formatSeenAt } from '../../../shared/format/dates.ts';
import { canonicalLocale, directionOf, negotiateLocale } from '../../../shared/format/locale.ts';
import { say } from '../../../shared/format/messages.ts';
import { formatMoney } from '../../../shared/format/money.ts';
import { formatNumber, localizedText, unitName } from '../../../shared/format/points.ts';

describe('negotiateLocale', () => {
  test.each([
    ['en', 'en', 'the tag itself'],
    ['en-GB', 'en', 'the same language'],
    ['EN-us', 'en', 'whatever the letters'],
    ['zh', 'zh-Hans', 'the script that a region implies'],
    ['zh-CN', 'zh-Hans', 'the script that a region implies'],
    ['zh-SG', 'zh-Hans', 'the script that a region implies'],
    ['zh-TW', 'zh-Hans', 'the same language, when the script is missing'],
    ['ar-AE', 'ar', 'the same language'],
    ['de', null, 'nothing for a language that we do not have'],
    ['not a locale', null, 'nothing for what is no tag'],
    ['', null, 'nothing for nothing'],
  ])('%s reads %s: %s', (wanted, expected, _rule) => {
    expect(negotiateLocale(wanted, ['en', 'zh-Hans', 'ar'])).toBe(expected);
  });

  test('prefers the reader’s script over the first of the language', () => {
    expect(negotiateLocale('zh-TW', ['zh-Hans', 'zh-Hant'])).toBe('zh-Hant');
  });
});

test.each(['x', 'en_US', 'i-am-not', '../../etc', '💥', null, undefined])(
  '%s is no locale that Intl would take',
  (tag) => {
    expect(canonicalLocale(tag)).toBeNull();
  },
);

test.each([
  ['ar', 'rtl'],
  ['ar-AE', 'rtl'],
  ['he', 'rtl'],
  ['fa', 'rtl'],
  ['ur', 'rtl'],
  ['az-Arab', 'rtl'],
  ['en', 'ltr'],
  ['zh-Hans', 'ltr'],
  ['nonsense!', 'ltr'],
])('%s runs %s', (locale, direction) => {
  expect(directionOf(locale)).toBe(direction);
});

describe('unitName', () => {
  const beans = { en: { one: 'bean', other: 'beans' }, ar: { one: 'حبة', two: 'حبتان', few: 'حبات', other: 'حبة' } };
  test.each([
    ['en', 1, 'bean'],
    ['en', 0, 'beans'],
    ['en', -1, 'bean'],
    ['en', 2, 'beans'],
    ['ar', 2, 'حبتان'],
    ['ar', 3, 'حبات'],
    ['ar', 100, 'حبة'],
    ['fr', 2, 'beans'],
  ])('in %s, %d: %s', (locale, count, expected) => {
    expect(unitName(beans, count, locale)).toBe(expected);
  });

  test('reads nothing from a prototype that the page made', () => {
    const name = Object.create({ en: { other: 'stolen' } }) as Record<string, never>;
    expect(unitName(name, 2, 'en')).toBe('');
    expect(unitName({ en: Object.create({ other: 'stolen' }) as never }, 2, 'en')).toBe('');
  });
});

test('a text in the reader’s language, else in the program’s first', () => {
  expect(localizedText({ en: 'Gold', ar: 'الذهبي' }, 'ar-EG')).toBe('الذهبي');
  expect(localizedText({ de: 'Gold' }, 'ja')).toBe('Gold');
  expect(localizedText({}, 'en')).toBe('');
});

test('numbers follow the page’s language', () => {
  expect(formatNumber(1250, 'en')).toBe('1,250');
  expect(formatNumber(1250, 'de')).toBe('1.250');
  expect(formatNumber(1250, 'ar-EG')).toBe('١٬٢٥٠');
});

test.each([
  [1250, 'EUR', 'en', '€12.50'],
  [1250, 'JPY', 'en', '¥1,250'],
  [1250, 'KWD', 'en', 'KWD\u00a01.250'],
])('money: %d %s in %s is %s', (minor, currency, locale, expected) => {
  expect(formatMoney(minor, currency, locale)).toBe(expected);
});

test('a day of the program is the same day for every reader', () => {
  // The tests run 5 h 45 min east of UTC.
  expect(formatDay('2027-03-31', 'en')).toBe('March 31, 2027');
  expect(formatDay('2028-02-29', 'zh-Hans')).toBe('2028年2月29日');
});

test('when it was seen: the time today, else the day', () => {
  const now = Date.parse('2026-08-01T10:00:00Z');
  expect(formatSeenAt('2026-08-01T08:40:00Z', now, 'en-GB')).toBe('14:25');
  expect(formatSeenAt('2026-07-31T08:40:00Z', now, 'en-GB')).toBe('31/07/2026');
});

describe('say', () => {
  test('chooses the plural form of its language by `count`', () => {
    const message = { one: '{n} point', other: '{n} points' };
    expect(say(message, 'en', { count: 1, n: '1' })).toBe('1 point');
    expect(say(message, 'en', { count: 0, n: '0' })).toBe('0 points');
    expect(say({ other: '{n} 分' }, 'zh-Hans', { count: 1, n: '1' })).toBe('1 分');
  });

  test('isolates values where the text runs right to left', () => {
    expect(say('مرحبا {name}!', 'ar', { name: 'Crema 24' })).toBe('مرحبا \u2068Crema 24\u2069!');
  });

  test('takes values for text, never for a pattern, and only own ones', () => {
    expect(say('{a} {b}', 'en', { a: '{b}', b: '$&' })).toBe('{b} $&');
    expect(say('[{constructor}]', 'en', {})).toBe('[]');
  });
});
