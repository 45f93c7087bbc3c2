import { formatDay, formatSeenAt } from '../../shared/format/dates.ts';
import { directionOf } from '../../shared/format/locale.ts';
import { tier as english } from '../../shared/format/messages/en/tier.ts';
import { type Message, type MessageValues, say } from '../../shared/format/messages.ts';
import { formatNumber } from '../../shared/format/points.ts';
import { LaurelElement } from '../internal/element.ts';
import { text, whole } from '../internal/inputs.ts';
import { html, nothing, type TemplateResult } from '../internal/lit.ts';
import { announce } from '../internal/live-region.ts';
import { Texts } from '../internal/texts.ts';
import { type Standing, standingOf, unitFor } from './standing.ts';
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
 * @cssproperty [--laurel-tier-reserve=8em] - Height that is kept from the start.
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
    const standing: Standing = account ? standingOf(account, pageLocale) : this;
    const { tier, points, nextTier, nextThreshold } = standing;
    const threshold = standing.threshold ?? 0;
    const need = nextTier ? nextThreshold : threshold;
    const locale = texts.localeFor(pageLocale);
    const words = texts.in(locale, this);
    if (!words || !tier || points === null || need === null) return null;

    if (account && !this.stale) {
      if (this.#shownTier && this.#shownTier !== tier) announce(say(words.changed, locale, { tier }));
      this.#shownTier = tier;
    }
    const sentence = (message: Message, count: number, values?: MessageValues) =>
      say(message, locale, {
        points: formatNumber(count, pageLocale),
        unit: unitFor(account, this.unit, count, pageLocale),
        count,
        ...values,
      });
    const toNext = nextTier && sentence(words.toNext, Math.max(0, need - points), { tier: nextTier });
    const reviewOn = /^\d{4}-\d\d-\d\d$/.test(standing.reviewOn ?? '') ? standing.reviewOn : null;
    const review = reviewOn && { tier, date: formatDay(reviewOn, locale) };
    const isAtRisk = review && points < threshold;
    const todo = isAtRisk ? sentence(words.toKeep, threshold - points, review) : (toNext ?? words.top);
    const detail = isAtRisk ? toNext : review && say(words.kept, locale, review);
    return html`<div class="view" part="progress" lang=${locale} dir=${directionOf(locale)}>
      <div class="tiers">
        <span class="tier" part="tier">${tier}</span>
        <span class="next" part="next">${nextTier}</span>
      </div>
      <div
        class="bar"
        part="bar"
        role="progressbar"
        aria-label=${nextTier ? say(words.label, locale, { tier: nextTier }) : tier}
        aria-valuemin="0"
        aria-valuemax=${need || 1}
        aria-valuenow=${need ? Math.min(Math.max(points, 0), need) : 1}
        aria-valuetext=${sentence(words.progress, need, {
          have: formatNumber(points, pageLocale),
          need: formatNumber(need, pageLocale),
        })}
      >
        <div class="fill" part="fill"></div>
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
    const bar = root.querySelector('.bar');
    const fill = root.querySelector<HTMLElement>('.fill');
    if (!bar || !fill) return;
    // By the object model: a policy on styles forbids the attribute.
    fill.style.inlineSize = `calc(${(Number(bar.ariaValueNow) / Number(bar.ariaValueMax)) * 100}% + 1px)`;
  }
}
