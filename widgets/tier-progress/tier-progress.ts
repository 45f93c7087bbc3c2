import { html, nothing, type TemplateResult } from 'lit/html.js';
import { formatDay, formatSeenAt } from '../../shared/format/dates.ts';
import { directionOf } from '../../shared/format/locale.ts';
import { tier as english } from '../../shared/format/messages/en/tier.ts';
import { say } from '../../shared/format/messages.ts';
import { formatNumber } from '../../shared/format/points.ts';
import { LaurelElement } from '../internal/element.ts';
import { text, whole } from '../internal/inputs.ts';
import { announce } from '../internal/live-region.ts';
import { Texts } from '../internal/texts.ts';
import { type Standing, standingOfAccount, standingOfAttributes } from './standing.ts';
import { styles } from './tier-progress.styles.ts';

const texts = new Texts(english, {
  'zh-Hans': async () => (await import('../../shared/format/messages/zh-Hans/tier.ts')).tier,
  ar: async () => (await import('../../shared/format/messages/ar/tier.ts')).tier,
});

/**
 * The member's tier, how far the next one is, and until when the tier is sure.
 *
 * @summary How far a member is on the way to the next tier.
 *
 * @slot - Shown until the tier is known, and where scripts do not run. What stands here also keeps the room.
 * @csspart progress - The whole view.
 * @csspart tier - Name of the member's tier.
 * @csspart next - Name of the next tier.
 * @csspart bar - The bar.
 * @csspart fill - The part of the bar that is reached.
 * @csspart todo - The sentence that says what to do next.
 * @csspart detail - Date of review, and the time of a number that is not confirmed.
 * @cssproperty [--laurel-accent=currentcolor] - Color of the reached part of the bar.
 * @cssproperty [--laurel-tier-reserve=7em] - Height that is kept from the start.
 */
export class LaurelTierProgress extends LaurelElement {
  static override styles = [...LaurelElement.styles, styles];

  static override inputs = {
    ...LaurelElement.inputs,
    tier: text('tier'),
    points: whole('points'),
    threshold: whole('threshold'),
    nextTier: text('next-tier'),
    nextThreshold: whole('next-threshold'),
    reviewOn: text('review-on'),
    unit: text('unit'),
  };

  /** Name of the tier, when no page session gives it. */
  declare tier: string | null;
  /** Qualifying points so far. */
  declare points: number | null;
  /** Points that the tier itself asks for; 0 when left out. */
  declare threshold: number | null;
  /** Name of the next tier; left out at the top. */
  declare nextTier: string | null;
  /** Points that the next tier asks for. */
  declare nextThreshold: number | null;
  /** Day of the next review, such as `2027-03-31`. */
  declare reviewOn: string | null;
  /** What points are called. */
  declare unit: string | null;

  #shownTier: string | null = null;

  protected override view(): TemplateResult | null {
    const { account } = this;
    const pageLocale = this.pageLocale;
    const standing = account ? standingOfAccount(account, pageLocale) : standingOfAttributes(this);
    const locale = texts.localeFor(pageLocale);
    const words = standing && texts.in(locale, this);
    if (!words) return null;

    const { tier, next, need, have } = standing;
    if (account && !this.stale) {
      if (this.#shownTier && this.#shownTier !== tier) announce(say(words.changed, locale, { tier }));
      this.#shownTier = tier;
    }
    const count = (points: number) => formatNumber(points, pageLocale);
    const value = Math.min(Math.max(have, 0), need);
    const progress = say(words.progress, locale, {
      have: count(have),
      need: count(need),
      unit: standing.unit(need),
      tier: next ?? tier,
      count: need,
    });
    const [todo, detail] = sentences(standing, words, locale, pageLocale);
    return html`<div class="view" part="progress" lang=${locale} dir=${directionOf(locale)}>
      <div class="tiers">
        <span class="tier" part="tier">${tier}</span>
        ${next ? html`<span class="next" part="next">${next}</span>` : nothing}
      </div>
      <div
        class="bar"
        part="bar"
        role="progressbar"
        aria-label=${next ? say(words.label, locale, { tier: next }) : words.labelTop}
        aria-valuemin="0"
        aria-valuemax=${need}
        aria-valuenow=${value}
        aria-valuetext=${progress}
      >
        <div class="fill" part="fill" ?data-empty=${value === 0}></div>
      </div>
      <p part="todo">${todo}</p>
      <p class="detail" part="detail">
        ${detail ? html`<span>${detail}</span>` : nothing}
        ${
          account && this.stale
            ? html`<span>${say(words.stale, locale, { time: formatSeenAt(account.asOf, Date.now(), pageLocale) })}</span>`
            : nothing
        }
      </p>
    </div>`;
  }

  protected override drawn(root: ShadowRoot): void {
    // By the object model: a policy on styles forbids the attribute.
    const bar = root.querySelector('.bar');
    const part = Number(bar?.getAttribute('aria-valuenow')) / (Number(bar?.getAttribute('aria-valuemax')) || 1);
    const fill = bar?.querySelector<HTMLElement>('.fill');
    if (fill) fill.style.inlineSize = `${bar?.getAttribute('aria-valuemax') === '0' ? 100 : part * 100}%`;
  }
}

type Words = NonNullable<ReturnType<typeof texts.in>>;

/** What to do next, and until when the tier is sure. */
function sentences(standing: Standing, words: Words, locale: string, pageLocale: string): [string, string | null] {
  const { tier, next, need, have, missingToKeep, reviewOn } = standing;
  const more = (message: Words['toNext'], points: number, values: Record<string, string>) =>
    say(message, locale, {
      points: formatNumber(points, pageLocale),
      unit: standing.unit(points),
      count: points,
      ...values,
    });
  const date = reviewOn && formatDay(reviewOn, locale);
  const toNext = next ? more(words.toNext, Math.max(0, need - have), { tier: next }) : null;
  if (date && missingToKeep > 0) return [more(words.toKeep, missingToKeep, { tier, date }), toNext];
  return [toNext ?? say(words.top, locale), date && say(words.kept, locale, { tier, date })];
}
