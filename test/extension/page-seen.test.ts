import { describe, expect, test } from 'vitest';
import { lookAtPage, tabOf } from '../../extension/popup/page-seen.ts';
import { languageOf } from '../../extension/popup/wallet-view.ts';
import { parseProgramLink, shopIdOf } from '../../extension/program-link.ts';
import { fakeBrowser } from './support/fake-browser.ts';

const HREF = 'https://points.example/v1/programs/com.shop.rewards';

describe('the address of a program', () => {
  test('is its own name in the wallet', () => {
    const address = parseProgramLink(HREF);
    expect(address).toEqual({ issuer: 'https://points.example', program: 'com.shop.rewards' });
    expect(address && shopIdOf(address)).toBe(HREF);
  });

  test.each([
    ['http on this machine', 'http://laurel.localhost:8787/v1/programs/localhost.crema.rewards', true],
    ['plain http elsewhere', 'http://points.example/v1/programs/com.shop', false],
    ['user info', 'https://me@points.example/v1/programs/com.shop', false],
    ['a query', `${HREF}?x=1`, false],
    ['a fragment', `${HREF}#x`, false],
    ['another path', 'https://points.example/v2/programs/com.shop', false],
    ['a path above', 'https://points.example/v1/programs/../../x', false],
    ['an escaped slash', 'https://points.example/v1/programs/com%2Fshop', false],
    ['a script', 'javascript:alert(1)', false],
    ['data', 'data:text/html,x', false],
    ['no address', 'points', false],
    ['nothing', null, false],
    ['an object', { href: HREF }, false],
    ['an endless one', `https://points.example/v1/programs/${'a'.repeat(600)}`, false],
  ])('with %s: %s', (_what, href, isOne) => {
    expect(parseProgramLink(href) !== null).toBe(isOne);
  });
});

describe('looking at a page', () => {
  test('finds its program and its origin', async () => {
    const { browser, page } = fakeBrowser();
    page.result = { origin: 'https://shop.example', href: HREF };
    expect(await lookAtPage(browser, 7)).toEqual({
      tabId: 7,
      origin: 'https://shop.example',
      issuer: 'https://points.example',
      program: 'com.shop.rewards',
    });
  });

  test.each([
    ['a page without a program', { origin: 'https://shop.example', href: null }],
    ['an opaque origin', { origin: 'null', href: HREF }],
    ['plain http', { origin: 'http://shop.example', href: HREF }],
    ['no answer', undefined],
  ])('finds nothing on %s', async (_what, result) => {
    const { browser, page } = fakeBrowser();
    page.result = result;
    expect(await lookAtPage(browser, 7)).toBeNull();
  });

  test('finds nothing where it may not look', async () => {
    const { browser, page } = fakeBrowser();
    page.fails = true;
    expect(await lookAtPage(browser, 7)).toBeNull();
  });

  test('is about the active tab, or the one that the address names', async () => {
    const { browser } = fakeBrowser();
    expect(await tabOf(browser, '')).toBe(42);
    expect(await tabOf(browser, '?tab=7')).toBe(7);
    expect(await tabOf(browser, '?tab=x')).toBe(42);
  });
});

describe('the language', () => {
  test.each([
    ['en-GB', 'en', 'en-GB'],
    ['zh-CN', 'zh-Hans', 'zh-CN'],
    ['ar-AE', 'ar', 'ar-AE'],
    ['de', 'en', 'en'],
  ])('for %s is %s, with the numbers of %s', (wanted, textLocale, locale) => {
    expect(languageOf(wanted)).toMatchObject({ textLocale, locale });
  });
});
