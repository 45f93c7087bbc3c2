import '../../widgets/points-badge/define.ts';
import type { LaurelPointsBadge } from '../../widgets/points-badge/points-badge.ts';
import { assert } from './support/assert.ts';
import { assertAccessible } from './support/axe.ts';
import { anAccount } from './support/fake-api.ts';
import { shownText, until } from './support/page.ts';
import { clearStage, looks, part, stage } from './support/stage.ts';

const badge = (html: string, look = {}) => stage(html, look) as LaurelPointsBadge;
const withPending = (pending: number) => anAccount({ balance: { available: 1250, pending, expiring: [] } });

describe('<laurel-points-badge>', () => {
  afterEach(clearStage);

  describe('alone', () => {
    it('is drawn when it is connected, not later', () => {
      assert.equal(
        shownText(badge('<laurel-points-badge points="1250" unit="beans">Join</laurel-points-badge>')),
        '1,250 beans',
      );
    });

    it('takes a property that was set before the element was known', () => {
      const later = document.createElement('laurel-points-badge');
      later.points = 8;
      document.body.append(later);
      assert.equal(shownText(later), '8');
      later.remove();
    });

    it('draws once for many changes, before the page is painted', async () => {
      const element = badge('<laurel-points-badge points="1"></laurel-points-badge>');
      let changes = 0;
      const observer = new MutationObserver((records) => {
        changes += records.length;
      });
      observer.observe(element.shadowRoot as ShadowRoot, { characterData: true, subtree: true, childList: true });
      for (let points = 2; points < 100; points++) element.points = points;
      await element.updateComplete;
      observer.takeRecords().forEach(() => changes++);
      assert.equal(shownText(element), '99');
      assert.equal(changes, 1);
    });

    for (const points of [
      '',
      ' ',
      'NaN',
      'Infinity',
      '1e3',
      '0x10',
      '1.5',
      '1,250',
      '12 beans',
      '--1',
      '9007199254740993',
      'null',
      '٣',
    ]) {
      it(`shows the slot for points="${points}": a number is never guessed`, () => {
        const element = badge(`<laurel-points-badge points="${points}">Join</laurel-points-badge>`);
        assert.equal(shownText(element), 'Join');
      });
    }

    for (const [what, points] of [
      ['NaN', Number.NaN],
      ['Infinity', Number.POSITIVE_INFINITY],
      ['1.5', 1.5],
      ['2^53', 2 ** 53],
      ['an object', {}],
      ['a list', [5]],
      ['true', true],
      ['an empty text', ''],
      ['null', null],
      ['undefined', undefined],
      ['a symbol', Symbol('five')],
      ['a function', () => 5],
    ] as const) {
      it(`shows the slot for the property ${what}`, async () => {
        const element = badge('<laurel-points-badge points="3">Join</laurel-points-badge>');
        Reflect.set(element, 'points', points);
        await element.updateComplete;
        assert.equal(shownText(element), 'Join');
      });
    }

    it('shows zero, less than zero and very much', () => {
      for (const [points, text] of [
        ['0', '0'],
        ['-0', '0'],
        ['-120', '-120'],
        ['9007199254740991', '9,007,199,254,740,991'],
      ] as const) {
        assert.equal(shownText(badge(`<laurel-points-badge points="${points}"></laurel-points-badge>`)), text);
      }
    });
  });

  describe('with an account', () => {
    const shown = async (account: unknown, look = {}, stale = false): Promise<string> => {
      const element = badge('<laurel-points-badge>Join</laurel-points-badge>', look);
      Object.assign(element, { account, stale });
      await element.updateComplete;
      return shownText(element);
    };

    it('names the unit in the page’s language and number', async () => {
      const of = (available: number) => anAccount({ balance: { available, pending: 0, expiring: [] } });
      assert.equal(await shown(of(1)), '1 bean');
      assert.equal(await shown(of(2)), '2 beans');
      assert.equal(await shown(of(2), { lang: 'zh-Hans' }), '2 咖啡豆');
      assert.equal(await shown(of(3), { lang: 'ar', dir: 'rtl' }), '3 حبات');
      assert.equal(await shown(of(1250), { lang: 'de' }), '1.250 beans');
    });

    it('tells what is pending, when there is any', async () => {
      assert.equal(await shown(withPending(40)), '1,250 beans +40 pending');
      assert.equal(await shown(withPending(0)), '1,250 beans');
    });

    it('tells what is pending in the page’s language', async () => {
      const element = badge('<laurel-points-badge></laurel-points-badge>', { lang: 'zh-CN' });
      element.account = withPending(40);
      await until('Chinese', () => shownText(element) === '1,250 咖啡豆 +40 待确认');
    });

    it('never shows a number that is not confirmed without its time', async () => {
      const text = await shown(withPending(40), {}, true);
      assert.ok(/^1,250 as of \S+$/.test(text), text);
    });

    for (const account of [
      {},
      [],
      'account',
      5,
      true,
      { balance: null },
      { balance: { available: '5' } },
      { balance: { available: {} }, unit: {} },
      { balance: { available: 5 } },
      { balance: { available: 5 }, unit: { name: null } },
    ]) {
      it(`shows the slot for the account ${JSON.stringify(account)}`, async () => {
        assert.equal(await shown(account), 'Join');
      });
    }

    it('tells screen readers what changed, politely and once for all badges', async () => {
      const first = badge('<laurel-points-badge></laurel-points-badge><laurel-points-badge></laurel-points-badge>');
      const both = [...(first.parentElement?.children ?? [])] as LaurelPointsBadge[];
      for (const account of [
        anAccount(),
        withPending(0),
        anAccount({ balance: { available: 1310, pending: 0, expiring: [] } }),
      ]) {
        for (const element of both) {
          element.account = account;
          await element.updateComplete;
        }
      }
      const region = await until('the live region', () => document.querySelector('[role="status"]'));
      await until('the news', () => region.textContent === 'You now have 1,310 beans.');
      assert.equal(document.querySelectorAll('[role="status"]').length, 1);
    });
  });

  it('keeps the room of its slot, so that nothing moves', async () => {
    const element = badge('<laurel-points-badge>A long invitation to join the club of friends</laurel-points-badge>');
    const before = element.getBoundingClientRect();
    element.points = 5;
    await element.updateComplete;
    const after = element.getBoundingClientRect();
    assert.deepEqual([after.width, after.height], [before.width, before.height]);
    assert.equal(getComputedStyle(element.shadowRoot?.querySelector('slot') as Element).visibility, 'hidden');
  });

  it('never cuts the number, however narrow its place', () => {
    const element = badge('<laurel-points-badge points="9007199254740991" unit="points"></laurel-points-badge>');
    element.style.cssText = '--laurel-badge-reserve: 2em; inline-size: 2em';
    const view = element.shadowRoot?.querySelector('.view') as HTMLElement;
    assert.ok(
      (part(element, 'value')?.getBoundingClientRect().width ?? 0) <= view.getBoundingClientRect().width + 0.5,
      'the number fits',
    );
  });

  it('takes the shop’s font, size and color', () => {
    const element = badge('<laurel-points-badge points="5"></laurel-points-badge>');
    (element.parentElement as HTMLElement).style.cssText += ';color:rgb(1, 2, 3);font-size:30px;font-family:monospace';
    const { color, fontSize, fontFamily } = getComputedStyle(part(element, 'value') as Element);
    assert.deepEqual([color, fontSize, fontFamily], ['rgb(1, 2, 3)', '30px', 'monospace']);
  });

  it('shows naughty texts as texts', async () => {
    const naughty = (await (await fetch('/node_modules/big-list-of-naughty-strings/blns.json')).json()) as string[];
    assert.ok(naughty.length > 400, 'the list is there');
    const element = badge('<laurel-points-badge points="5"></laurel-points-badge>');
    for (const text of naughty) {
      element.setAttribute('unit', text);
      element.setAttribute('locale', text);
      element.setAttribute('pending', text);
      await element.updateComplete;
      assert.equal(part(element, 'unit')?.textContent ?? '', text);
      element.setAttribute('points', text);
      await element.updateComplete;
      const value = part(element, 'value')?.textContent;
      assert.ok(value === undefined || /^-?\d{1,16}$/.test(text), `${value} for ${text}`);
      element.setAttribute('points', '5');
      element.removeAttribute('locale');
    }
    assert.equal(element.shadowRoot?.querySelector('script, img, iframe'), null);
  });

  for (const look of looks) {
    it(`keeps nobody out: ${look.lang}, ${look.scheme}, ${look.width} px`, async () => {
      const element = badge('<laurel-points-badge><a href="#join">Join</a></laurel-points-badge>', look);
      await assertAccessible(element, 'the slot');
      element.account = withPending(40);
      await until('the words', () => part(element, 'pending'));
      await assertAccessible(element, 'the number');
      element.stale = true;
      await until('the time', () => part(element, 'stale'));
      await assertAccessible(element, 'the marked number');
      assert.equal(part(element, 'badge')?.getAttribute('dir'), look.dir);
    });
  }
});
