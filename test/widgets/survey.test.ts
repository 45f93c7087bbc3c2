import '../../widgets/survey/define.ts';
import type { LaurelSurvey } from '../../widgets/survey/survey.ts';
import { assert } from './support/assert.ts';
import { assertAccessible } from './support/axe.ts';
import { anAccount, FakeApi } from './support/fake-api.ts';
import { openPage, type ShopPage, shownText, until } from './support/page.ts';
import { clearStage, looks, part, stage } from './support/stage.ts';

const ANSWERS = '/v1/me/survey-responses';
const survey = (html = '<laurel-survey survey="post-purchase" always>Hello</laurel-survey>', look = {}) =>
  stage(html, look) as LaurelSurvey;
const radios = (element: Element) => [...(element.shadowRoot?.querySelectorAll<HTMLInputElement>('input') ?? [])];
const send = (element: Element) => part(element, 'send')?.click();

describe('<laurel-survey>', () => {
  describe('alone', () => {
    afterEach(clearStage);

    it('is a group of eleven native radios with the question as its name', () => {
      const element = survey();
      const group = element.shadowRoot?.querySelector('fieldset');
      assert.equal(group?.querySelector('legend')?.textContent, 'How likely are you to recommend us to a friend?');
      assert.deepEqual(
        radios(element).map(({ value, name, type }) => [value, name, type].join()),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((score) => `${score},score,radio`),
      );
    });

    it('asks in the shop’s words, when it has any', async () => {
      assert.equal(
        part(survey('<laurel-survey survey="a" always question="Happy?"></laurel-survey>'), 'question')?.textContent,
        'Happy?',
      );
      const element = survey('<laurel-survey survey="worded" always></laurel-survey>');
      Object.assign(element, {
        program: { name: { en: 'Crema' }, surveys: [{ id: 'worded', question: { en: 'Would you?' } }] },
      });
      await element.updateComplete;
      assert.equal(part(element, 'question')?.textContent, 'Would you?');
      element.survey = 'another';
      await element.updateComplete;
      assert.equal(part(element, 'question')?.textContent, 'How likely are you to recommend Crema to a friend?');
    });

    it('shows the slot until it is due', async () => {
      const element = survey('<laurel-survey survey="post-purchase">Hello</laurel-survey>');
      assert.equal(shownText(element), 'Hello');
      element.account = anAccount({ surveysDue: ['another'] });
      await element.updateComplete;
      assert.equal(shownText(element), 'Hello');
      element.account = anAccount({ surveysDue: ['post-purchase'] });
      await element.updateComplete;
      assert.ok(part(element, 'question'), 'the question');
    });

    it('gives the answer to a shop that takes it, and says thank you', async () => {
      const element = survey();
      const answers: unknown[] = [];
      element.addEventListener('laurel-answer', (event) => {
        event.preventDefault();
        answers.push((event as Event & { answer: unknown }).answer);
      });
      radios(element)[9]?.click();
      send(element);
      await element.updateComplete;
      assert.deepEqual(answers, [{ survey: 'post-purchase', score: 9, locale: 'en' }]);
      assert.ok(part(element, 'thanks'), 'thanks');
    });

    it('asks for a number before it sends, and takes the word back once there is one', async () => {
      const element = survey();
      send(element);
      await element.updateComplete;
      assert.ok(shownText(element).includes('Please choose a number first.'), shownText(element));
      assert.equal(element.shadowRoot?.activeElement, radios(element)[0]);
      radios(element)[3]?.click();
      await element.updateComplete;
      assert.ok(!shownText(element).includes('Please choose'), shownText(element));
    });

    it('keeps what was written when the answer cannot be sent', async () => {
      const element = survey();
      radios(element)[2]?.click();
      const field = part(element, 'comment') as HTMLTextAreaElement;
      field.value = 'Too cold.';
      send(element);
      await until('the way on', () => part(element, 'send')?.textContent?.trim() === 'Try again');
      assert.equal((part(element, 'comment') as HTMLTextAreaElement).value, 'Too cold.');
      assert.equal(radios(element)[2]?.checked, true);
    });

    it('has targets of 24 px at least, also at 320 px', () => {
      for (const width of [320, 640]) {
        for (const radio of radios(survey(undefined, { width }))) {
          const { width: across, height } = radio.getBoundingClientRect();
          assert.ok(across >= 24 && height >= 24, `${across} × ${height} at ${width}`);
        }
      }
    });

    it('writes what can be read on any accent', async () => {
      const element = survey();
      radios(element)[5]?.click();
      for (const accent of [
        '#ffd400',
        '#000',
        '#fff',
        '#2a6048',
        '#767676',
        'rgb(119 119 119)',
        'hsl(210 80% 55%)',
        'oklch(0.7 0.2 150)',
        '#ff0000',
        '#e67700',
      ]) {
        element.style.setProperty('--laurel-accent', accent);
        const label = radios(element)[5]?.closest('label') as HTMLElement;
        label.style.transition = 'none';
        const [back, front] = await Promise.all([
          luminance(getComputedStyle(label).backgroundColor),
          luminance(getComputedStyle(label.querySelector('span') as Element).color),
        ]);
        const ratio = (Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05);
        assert.ok(ratio >= 4.5, `${ratio} on ${accent}`);
      }
    });

    for (const look of looks) {
      it(`keeps nobody out, in the room it has kept: ${look.lang}, ${look.scheme}, ${look.width} px`, async () => {
        const element = survey(undefined, look);
        const kept = element.getBoundingClientRect().height;
        await until('the words', () => part(element, 'question'));
        assert.equal(element.getBoundingClientRect().height, kept);
        await assertAccessible(element, 'the question');
        radios(element)[7]?.click();
        await assertAccessible(element, 'the chosen number');
        send(element);
        await until(
          'the failure',
          () => shownText(element).length > 0 && part(element, 'send')?.ariaDisabled !== 'true',
        );
        await assertAccessible(element, 'the failure');
        element.addEventListener('laurel-answer', (event) => event.preventDefault());
        send(element);
        await until('thanks', () => part(element, 'thanks'));
        await assertAccessible(element, 'the thanks');
        assert.equal(part(element, 'survey')?.getAttribute('dir'), look.dir);
        assert.ok(element.scrollWidth <= element.clientWidth, 'nothing sticks out');
      });
    }
  });

  describe('on a page', () => {
    let page: ShopPage;
    async function open(api = new FakeApi()): Promise<Element> {
      if (api.account) api.account = anAccount({ surveysDue: ['post-purchase'] });
      page = await openPage({ api, body: '<laurel-survey survey="post-purchase">Hello</laurel-survey>' });
      const element = page.document.querySelector('laurel-survey') as Element;
      await until('the question', () => part(element, 'question')?.textContent?.includes('Crema'));
      return element;
    }
    beforeEach(() => sessionStorage.clear());
    afterEach(() => {
      const { errors } = page;
      page.close();
      assert.deepEqual(errors, []);
    });

    it('sends the answer and says thank you, where the focus then is', async () => {
      const element = await open();
      radios(element)[10]?.click();
      (part(element, 'comment') as HTMLTextAreaElement).value = '  Lovely  ';
      send(element);
      const thanks = await until('thanks', () => part(element, 'thanks'));
      assert.deepEqual(page.api.answers, [{ survey: 'post-purchase', score: 10, comment: 'Lovely', locale: 'en' }]);
      await until('focus on the thanks', () => element.shadowRoot?.activeElement === thanks);
      const region = await until('the region', () => page.document.querySelector('[role="status"]'));
      await until('told', () => region.textContent === 'Your answer has reached the shop.');
    });

    it('sends the same key again for the same answer, and another for another', async () => {
      const element = await open();
      const keys = () => page.api.callsTo(ANSWERS).map(({ headers }) => headers.get('Idempotency-Key'));
      const tryOnce = async () => {
        const before = keys().length;
        send(element);
        await until('a try', () => keys().length > before && part(element, 'send')?.ariaDisabled !== 'true');
      };
      page.api.failures.set(ANSWERS, 'offline');
      radios(element)[4]?.click();
      await tryOnce();
      await tryOnce();
      radios(element)[5]?.click();
      await tryOnce();
      const [first, second, third] = keys();
      assert.ok(first && first.length >= 32, 'a key');
      assert.equal(first, second);
      assert.ok(third !== first, 'another key for another answer');
    });

    for (const [status, text] of [
      [409, 'You have already answered, thank you.'],
      [404, 'This survey does not take answers at the moment.'],
      [400, 'This survey does not take answers at the moment.'],
    ] as const) {
      it(`says so when the server answers ${status}`, async () => {
        const element = await open();
        page.api.failures.set(ANSWERS, status);
        radios(element)[4]?.click();
        send(element);
        await until(text, () => shownText(element).includes(text));
      });
    }

    for (const failure of ['offline', 503, 429] as const) {
      it(`offers another try after ${failure}, and the answer arrives once`, async () => {
        const element = await open();
        page.api.failures.set(ANSWERS, failure);
        radios(element)[4]?.click();
        send(element);
        await until('the way on', () => part(element, 'send')?.textContent?.trim() === 'Try again');
        page.api.failures.clear();
        send(element);
        await until('thanks', () => part(element, 'thanks'));
        assert.equal(page.api.answers.length, 1);
      });
    }

    it('sends once, however often the button is pressed', async () => {
      const element = await open();
      radios(element)[4]?.click();
      for (let press = 0; press < 5; press++) send(element);
      await until('thanks', () => part(element, 'thanks'));
      assert.equal(page.api.answers.length, 1);
    });
  });
});

/** Relative luminance (WCAG 2.2) of a color in whatever notation a browser computes. */
async function luminance(color: string): Promise<number> {
  const context = new OffscreenCanvas(1, 1).getContext('2d', {
    willReadFrequently: true,
  }) as OffscreenCanvasRenderingContext2D;
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [r = 0, g = 0, b = 0] = [...context.getImageData(0, 0, 1, 1).data].map((part) =>
    part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
