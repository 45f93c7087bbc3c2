import '../../widgets/survey/define.ts';
import '../../widgets/tier-progress/define.ts';
import { emulateMedia, sendKeys } from '@web/test-runner-commands';
import { assert } from './support/assert.ts';
import { clearStage, part, stage } from './support/stage.ts';

const isChromium = 'userAgentData' in navigator;
const TIER =
  '<laurel-tier-progress tier="Silver" points="500" next-tier="Gold" next-threshold="2000" unit="beans"></laurel-tier-progress>';

describe('by keyboard alone', () => {
  afterEach(clearStage);

  it('a survey is answered: into the scale, along it, to the comment, to the button', async () => {
    const element = stage('<laurel-survey survey="a" always></laurel-survey>');
    const answers: unknown[] = [];
    element.addEventListener('laurel-answer', (event) => {
      event.preventDefault();
      answers.push((event as Event & { answer: unknown }).answer);
    });
    const press = (key: string) => sendKeys({ press: key });
    (document.activeElement as HTMLElement | null)?.blur();
    await press('Tab');
    await press(' ');
    for (let step = 0; step < 8; step++) await press('ArrowRight');
    await press('Tab');
    await sendKeys({ type: 'Good beans' });
    await press('Tab');
    assert.equal(element.shadowRoot?.activeElement, part(element, 'send'));
    await press('Enter');
    assert.deepEqual(answers, [{ survey: 'a', score: 8, comment: 'Good beans', locale: 'en' }]);
    assert.equal(element.shadowRoot?.activeElement, part(element, 'thanks'));
  });

  it('the focus is seen: on a number, on the field, on the button', async () => {
    const element = stage('<laurel-survey survey="a" always></laurel-survey>');
    (document.activeElement as HTMLElement | null)?.blur();
    await sendKeys({ press: 'Tab' });
    for (const seen of [
      element.shadowRoot?.querySelector('label.score'),
      part(element, 'comment'),
      part(element, 'send'),
    ]) {
      const { outlineStyle, outlineWidth } = getComputedStyle(seen as Element);
      assert.deepEqual([outlineStyle, outlineWidth], ['solid', '2px']);
      await sendKeys({ press: 'Tab' });
    }
  });
});

describe('by the shopper’s settings', () => {
  if (!isChromium) {
    it.skip('only Chromium lets tests set them', () => {});
    return;
  }
  afterEach(async () => {
    clearStage();
    await emulateMedia({ reducedMotion: 'no-preference' });
  });

  it('nothing moves under reduced motion', async () => {
    const durationOf = () => getComputedStyle(part(stage(TIER), 'fill') as Element).transitionDuration;
    assert.equal(durationOf(), '0.25s');
    await emulateMedia({ reducedMotion: 'reduce' });
    assert.ok(['0s', ''].includes(durationOf()), durationOf());
  });
});
