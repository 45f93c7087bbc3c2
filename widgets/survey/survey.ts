import type { Program } from '../../shared/domain/program.ts';
import { directionOf } from '../../shared/format/locale.ts';
import { survey as english } from '../../shared/format/messages/en/survey.ts';
import { say } from '../../shared/format/messages.ts';
import { formatNumber, localizedText } from '../../shared/format/points.ts';
import { sprig } from '../../shared/look/sprig.ts';
import { LaurelElement } from '../internal/element.ts';
import { fact, flag, text } from '../internal/inputs.ts';
import { html, nothing, svg, type TemplateResult } from '../internal/lit.ts';
import { announce } from '../internal/live-region.ts';
import { Texts } from '../internal/texts.ts';
import { fetchProgram } from '../session/fetch-program.ts';
import { post } from '../session/post.ts';
import { type SurveyAnswer, SurveyAnswerEvent, SurveyAnsweredEvent } from './answer-event.ts';
import { styles } from './survey.styles.ts';

const texts = new Texts(english, {
  'zh-Hans': async () => (await import('../../shared/format/messages/zh-Hans/survey.ts')).survey,
  ar: async () => (await import('../../shared/format/messages/ar/survey.ts')).survey,
});

const SCORES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** What the API takes. */
const COMMENT_LENGTH_MAX = 2_000;

/** Where the survey stands. `done`: thanked. `answered`: it had been, elsewhere. `refused`: trying again is no use. */
type Phase = 'asking' | 'unpicked' | 'sending' | 'failed' | 'done' | 'answered' | 'refused';

/**
 * Asks how likely the member is to recommend the shop (NPS, 0 to 10), with an optional comment. Shows itself when the
 * account says that the survey is due.
 *
 * @summary One question to a member, and room for a comment.
 *
 * @slot - Shown while the survey is not due, and where scripts do not run. What stands here also keeps the room.
 * @fires {SurveyAnswerEvent} laurel-answer - The member sends an answer; cancel it to take the answer yourself.
 * @fires {SurveyAnsweredEvent} laurel-answered - The answer has arrived.
 * @csspart survey - The card.
 * @csspart question - The question.
 * @csspart score - One number of the scale.
 * @csspart comment - The comment's field.
 * @csspart send - The button.
 * @csspart thanks - The thanks in place of the question.
 * @cssproperty [--laurel-accent=currentcolor] - Color of the chosen number. The text on it is made readable.
 * @cssproperty [--laurel-radius=0.75em] - Corners of the card.
 * @cssproperty [--laurel-survey-reserve=20em] - Height that is kept from the start.
 */
export class LaurelSurvey extends LaurelElement {
  static override styles = [...LaurelElement.styles, styles];

  static override inputs = {
    ...LaurelElement.inputs,
    survey: text('survey'),
    question: text('question'),
    always: flag('always'),
    program: fact<Program>(),
    phase: { attribute: null, read: (given: unknown) => (given ?? 'asking') as Phase },
  };

  /** Id of the survey in the program. */
  declare survey: string | null;
  /** The question's words; without it those of the program, else our own. */
  declare question: string | null;
  /** Asks also when the account does not say that the survey is due. */
  declare always: boolean;
  /** The program document, for the shop's name and wording; asked for through the page session. */
  declare program: Program | null;
  declare private phase: Phase;

  /** Kept from the first try to the last, so that an answer whose reply was lost counts once. */
  #key = '';
  #sent = '';

  override set session(session: LaurelElement['session']) {
    super.session = session;
    if (!session) return;
    fetchProgram(session).then(
      (program) => {
        this.program = program;
      },
      () => {
        // Without the document the standard question is asked.
      },
    );
  }

  override get session(): LaurelElement['session'] {
    return super.session;
  }

  protected override view(): TemplateResult | null {
    const isDue = this.always || (this.account?.surveysDue.includes(this.survey ?? '') ?? false);
    const isOpen = this.phase !== 'asking' || (isDue && !this.stale);
    if (!this.survey || !isOpen) return null;
    const pageLocale = this.pageLocale;
    const locale = texts.localeFor(pageLocale);
    const words = texts.in(locale, this);
    if (!words) return null;
    const dir = directionOf(locale);
    if (this.phase === 'done' || this.phase === 'answered' || this.phase === 'refused') {
      return html`<div class="view thanks" part="survey thanks" lang=${locale} dir=${dir} tabindex="-1">
        ${this.phase === 'refused' ? nothing : svg`<svg viewBox="0 0 24 24" aria-hidden="true"><path d=${sprig} /></svg>`}
        ${this.phase === 'done' ? html`<strong>${words.thanks}</strong>` : nothing}
        <p>${say({ done: words.thanksDetail, answered: words.answered, refused: words.refused }[this.phase], locale)}</p>
      </div>`;
    }
    return html`<form class="view" part="survey" lang=${locale} dir=${dir} novalidate @submit=${this.#submit} @change=${this.#pick}>
      <fieldset>
        <legend part="question">${this.#questionIn(pageLocale, locale, words)}</legend>
        <div class="scale">
          ${SCORES.map(
            (score) => html`<label class="score" part="score"
              ><input type="radio" name="score" value=${score} /><span>${formatNumber(score, pageLocale)}</span></label
            >`,
          )}
        </div>
        <div class="ends"><span>${words.least}</span><span>${words.most}</span></div>
      </fieldset>
      <label class="comment"
        >${words.comment}<textarea name="comment" part="comment" maxlength=${COMMENT_LENGTH_MAX}></textarea>
      </label>
      <div class="foot">
        <p>${this.phase === 'failed' ? words.failed : this.phase === 'unpicked' ? words.pickOne : nothing}</p>
        <button part="send" aria-disabled=${this.phase === 'sending' ? 'true' : nothing}>
          ${{ sending: words.sending, failed: words.retry, asking: words.send, unpicked: words.send }[this.phase]}
        </button>
      </div>
    </form>`;
  }

  #questionIn(pageLocale: string, locale: string, words: NonNullable<ReturnType<typeof texts.in>>): string {
    if (this.question) return this.question;
    const own = this.program?.surveys.find(({ id }) => id === this.survey)?.question;
    if (own) return localizedText(own, pageLocale);
    const shop = this.program ? localizedText(this.program.name, pageLocale) : '';
    return shop ? say(words.question, locale, { shop }) : say(words.questionAnyShop, locale);
  }

  #pick = (): void => {
    if (this.phase === 'unpicked') this.phase = 'asking';
  };

  #submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (this.phase === 'sending') return;
    const form = new FormData(event.target as HTMLFormElement);
    const score = form.get('score');
    if (score === null) {
      this.phase = 'unpicked';
      this.#tell();
      this.shadowRoot?.querySelector('input')?.focus();
      return;
    }
    const comment = (form.get('comment') as string).trim();
    const answer: SurveyAnswer = {
      survey: this.survey ?? '',
      score: Number(score),
      ...(comment && { comment: comment.toWellFormed() }),
      locale: this.pageLocale,
    };
    if (this.dispatchEvent(new SurveyAnswerEvent(answer))) void this.#send(answer);
    else this.#finish('done', answer);
  };

  async #send(answer: SurveyAnswer): Promise<void> {
    this.phase = 'sending';
    const content = JSON.stringify(answer);
    // Another answer is another call: the server refuses one key with two contents.
    if (this.#sent !== content) this.#key = crypto.randomUUID();
    this.#sent = content;
    try {
      const reply = this.session && (await post(this.session, '/v1/me/survey-responses', answer, this.#key));
      const status = reply?.status ?? 0;
      if (status >= 200 && status < 300) this.#finish('done', answer);
      else if (status === 409) this.#finish('answered');
      else if (status === 404 || status === 400 || status === 403) this.#finish('refused');
      else throw new Error(String(status));
    } catch {
      this.phase = 'failed';
      this.#tell();
    }
  }

  #finish(phase: 'done' | 'answered' | 'refused', answer?: SurveyAnswer): void {
    this.phase = phase;
    this.#tell();
    // The field that had the focus is gone: what came instead takes it, so that keys go on from here.
    void this.updateComplete.then(() =>
      this.shadowRoot?.querySelector<HTMLElement>('.thanks')?.focus({ preventScroll: true }),
    );
    if (answer) this.dispatchEvent(new SurveyAnsweredEvent(answer));
  }

  #tell(): void {
    const locale = texts.localeFor(this.pageLocale);
    const words = texts.in(locale, this);
    const { phase } = this;
    if (!words || phase === 'asking' || phase === 'sending') return;
    const key = (
      { unpicked: 'pickOne', failed: 'failed', done: 'thanksDetail', answered: 'answered', refused: 'refused' } as const
    )[phase];
    announce(say(words[key], locale));
  }
}
