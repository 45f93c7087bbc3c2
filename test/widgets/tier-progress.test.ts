import '../../widgets/tier-progress/define.ts';
import type { Account } from '../../shared/protocol/api.ts';
import type { LaurelTierProgress } from '../../widgets/tier-progress/tier-progress.ts';
import { assert } from './support/assert.ts';
import { assertAccessible } from './support/axe.ts';
import { anAccount } from './support/fake-api.ts';
import { shownText, until } from './support/page.ts';
import { clearStage, looks, part, stage } from './support/stage.ts';

const TAG = '<laurel-tier-progress>Silver and Gold</laurel-tier-progress>';
const progress = (html = TAG, look = {}) => stage(html, look) as LaurelTierProgress;
const withTier = (changes: Partial<Account['tier']>) => anAccount({ tier: { ...anAccount().tier, ...changes } });
const sentence = (element: Element, name: string) =>
  part(element, name)
    ?.textContent?.replaceAll(/[\u2066-\u2069]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();

async function shown(account: unknown, look = {}): Promise<LaurelTierProgress> {
  const element = progress(TAG, look);
  element.account = account as Account;
  await element.updateComplete;
  return element;
}

describe('<laurel-tier-progress>', () => {
  afterEach(clearStage);

  it('says what to do next, and until when the tier is sure', async () => {
    const element = await shown(anAccount());
    assert.equal(sentence(element, 'tier'), 'Silver');
    assert.equal(sentence(element, 'next'), 'Gold');
    assert.equal(sentence(element, 'todo'), '180 more beans to Gold');
    assert.equal(sentence(element, 'detail'), 'Silver is yours until March 31, 2027');
  });

  for (const [rule, tier, todo, detail] of [
    ['one point is missing', { qualifying: 1999 }, '1 more bean to Gold', 'Silver is yours until March 31, 2027'],
    [
      'the tier would be lost',
      { qualifying: 320 },
      '180 more beans keep Silver past March 31, 2027',
      '1,680 more beans to Gold',
    ],
    [
      'one point would keep it',
      { qualifying: 499 },
      '1 more bean keeps Silver past March 31, 2027',
      '1,501 more beans to Gold',
    ],
    ['exactly kept', { qualifying: 500 }, '1,500 more beans to Gold', 'Silver is yours until March 31, 2027'],
    ['the first tier', { qualifying: 0, threshold: 0, reviewOn: null }, '2,000 more beans to Gold', ''],
    [
      'the top',
      { qualifying: 2400, next: null },
      'You have reached the highest tier',
      'Silver is yours until March 31, 2027',
    ],
    [
      'the only tier',
      { qualifying: 0, threshold: 0, next: null, reviewOn: null },
      'You have reached the highest tier',
      '',
    ],
    [
      'refunds took more than was earned',
      { qualifying: -20, threshold: 0, reviewOn: null },
      '2,020 more beans to Gold',
      '',
    ],
  ] as const) {
    it(`${rule}: ${todo}`, async () => {
      const element = await shown(withTier(tier));
      assert.equal(sentence(element, 'todo'), todo);
      assert.equal(sentence(element, 'detail'), detail);
    });
  }

  it('is a progressbar whose value is told in words', async () => {
    const bar = part(await shown(anAccount()), 'bar');
    assert.equal(bar?.getAttribute('role'), 'progressbar');
    assert.equal(bar?.getAttribute('aria-label'), 'Progress to Gold');
    assert.deepEqual([bar?.ariaValueMin, bar?.ariaValueNow, bar?.ariaValueMax], ['0', '1820', '2000']);
    assert.equal(bar?.getAttribute('aria-valuetext'), '1,820 of 2,000 beans');
  });

  for (const [qualifying, filled] of [
    [-5, 0],
    [0, 0],
    [500, 0.25],
    [2000, 1],
    [9999, 1],
  ] as const) {
    it(`fills ${filled * 100} % of the bar at ${qualifying}`, async () => {
      const element = await shown(withTier({ qualifying }));
      const [bar, fill] = [part(element, 'bar'), part(element, 'fill')];
      fill?.getAnimations().forEach((animation) => animation.finish());
      const share = ((fill?.offsetWidth ?? 0) - 1) / (bar?.clientWidth ?? 1);
      assert.ok(Math.abs(share - filled) < 0.01, `${share}`);
    });
  }

  it('fills from the right where the text runs from the right', async () => {
    const element = await shown(anAccount(), { lang: 'ar', dir: 'rtl' });
    await until('Arabic', () => part(element, 'fill'));
    const [bar, fill] = [part(element, 'bar'), part(element, 'fill')].map((box) => box?.getBoundingClientRect());
    assert.ok(Math.abs((bar?.right ?? 0) - (fill?.right ?? 0)) <= 2, 'starts at the right');
    assert.equal(sentence(element, 'todo'), 'بقيت 180 حبة للوصول إلى الذهبي');
  });

  it('speaks Chinese', async () => {
    const element = await shown(anAccount(), { lang: 'zh-CN' });
    await until('Chinese', () => part(element, 'todo'));
    assert.equal(sentence(element, 'todo'), '再积 180 咖啡豆即可升至金卡');
    assert.equal(sentence(element, 'detail'), '银卡有效至2027年3月31日');
  });

  it('works alone, from its attributes', () => {
    const element = progress(
      '<laurel-tier-progress tier="Silver" points="320" threshold="500" next-tier="Gold" next-threshold="2000" review-on="2027-03-31" unit="beans"></laurel-tier-progress>',
    );
    assert.equal(sentence(element, 'todo'), '180 more beans keep Silver past March 31, 2027');
  });

  it('shows the slot for attributes that leave something open', () => {
    for (const attributes of [
      '',
      'tier="Silver"',
      'tier="Silver" points="many"',
      'tier="Silver" points="5" next-tier="Gold"',
      'points="5" next-tier="Gold" next-threshold="9"',
    ]) {
      assert.equal(
        shownText(progress(`<laurel-tier-progress ${attributes}>Silver and Gold</laurel-tier-progress>`)),
        'Silver and Gold',
      );
    }
  });

  for (const account of [
    {},
    'account',
    { tier: null },
    { tier: { name: {} } },
    { tier: { name: { en: 'Silver' }, qualifying: '5' } },
    withTier({ qualifying: 1.5 }),
    withTier({ next: {} as never }),
    { ...anAccount(), unit: null },
  ]) {
    it(`shows the slot for the account ${JSON.stringify(account).slice(0, 60)}`, async () => {
      assert.equal(shownText(await shown(account)), 'Silver and Gold');
    });
  }

  it('leaves out a day that is none', async () => {
    for (const reviewOn of ['soon', '', '2027-3-1', '<b>'])
      assert.equal(sentence(await shown(withTier({ reviewOn })), 'detail'), '');
  });

  it('marks what is not confirmed with its time', async () => {
    const element = await shown(anAccount());
    element.stale = true;
    await element.updateComplete;
    assert.ok(sentence(element, 'detail')?.includes('as of '), 'the time');
  });

  for (const look of looks) {
    it(`keeps nobody out, in the room it has kept: ${look.lang}, ${look.scheme}, ${look.width} px`, async () => {
      const element = await shown(anAccount(), look);
      element.style.setProperty('--laurel-accent', '#ffd400');
      const kept = element.getBoundingClientRect().height;
      await until('the words', () => part(element, 'todo'));
      assert.equal(element.getBoundingClientRect().height, kept);
      await assertAccessible(element, 'the tier');
      element.account = withTier({ qualifying: 2400, next: null });
      await element.updateComplete;
      await assertAccessible(element, 'the top');
      assert.ok(element.scrollWidth <= element.clientWidth, 'nothing sticks out');
    });
  }
});
