import { formatSeenAt } from '../../shared/format/dates.ts';
import { directionOf } from '../../shared/format/locale.ts';
import { badge as english } from '../../shared/format/messages/en/badge.ts';
import { say } from '../../shared/format/messages.ts';
import { formatNumber, unitName } from '../../shared/format/points.ts';
import { LaurelElement } from '../internal/element.ts';
import { text, whole, wholeOf } from '../internal/inputs.ts';
import { html, nothing, type TemplateResult } from '../internal/lit.ts';
import { announce } from '../internal/live-region.ts';
import { Texts } from '../internal/texts.ts';
import { styles } from './points-badge.styles.ts';

const texts = new Texts(english, {
  'zh-Hans': async () => (await import('../../shared/format/messages/zh-Hans/badge.ts')).badge,
  ar: async () => (await import('../../shared/format/messages/ar/badge.ts')).badge,
});

/**
 * The points that the member can spend now, with what is still pending.
 *
 * @summary The points a member can spend now.
 *
 * @slot - Shown until the balance is known, and where scripts do not run. What stands here also keeps the room.
 * @csspart badge - The whole line.
 * @csspart value - The formatted number.
 * @csspart unit - What the program calls its points.
 * @csspart pending - Points that are earned and cannot be spent yet.
 * @csspart stale - When the number was seen, while it is not confirmed.
 * @cssproperty [--laurel-badge-color=inherit] - Color of the text.
 * @cssproperty [--laurel-badge-align=start] - Where the number stands in its room: `start`, `center` or `end`.
 * @cssproperty [--laurel-badge-reserve=11em] - Room that is kept from the start.
 */
export class LaurelPointsBadge extends LaurelElement {
  static override styles = [...LaurelElement.styles, styles];

  static override inputs = {
    ...LaurelElement.inputs,
    points: whole('points'),
    pending: whole('pending'),
    unit: text('unit'),
  };

  /** Points to show when no page session gives them. */
  declare points: number | null;
  /** Points that are earned and not spendable yet, when no page session gives them. */
  declare pending: number | null;
  /** What a point is called, when no page session says it. */
  declare unit: string | null;

  #shown: number | null = null;

  protected override view(): TemplateResult | null {
    const { account } = this;
    const points = wholeOf(account ? account.balance.available : this.points);
    if (points === null) return null;
    const pending = wholeOf(account ? account.balance.pending : this.pending) ?? 0;
    const locale = this.pageLocale;
    const unit = account ? unitName(account.unit.name, points, locale) : (this.unit ?? '');
    const textLocale = texts.localeFor(locale);
    const value = formatNumber(points, locale);
    const isStale = account !== null && this.stale;
    const words = isStale || pending > 0 || this.#shown !== null ? texts.in(textLocale, this) : english;
    // A number that is not confirmed is shown with its time, or not at all.
    if (isStale && !words) return null;
    if (words && !isStale && this.#shown !== null && this.#shown !== points)
      announce(say(words.changed, textLocale, { points: value, unit, count: points }));
    if (!isStale && account) this.#shown = points;
    return html`<span class="view" part="badge" lang=${locale} dir=${directionOf(locale)}>
      <span class="lead">
        <span class="value" part="value">${value}</span>
        ${
          isStale && words
            ? html`<span class="note" part="stale" lang=${textLocale}
                >${say(words.stale, textLocale, { time: formatSeenAt(account.asOf, Date.now(), locale) })}</span
              >`
            : nothing
        }
      </span>
      ${unit && !isStale ? html`<span class="unit" part="unit">${unit}</span>` : nothing}
      ${
        pending > 0 && words && !isStale
          ? html`<span class="note" part="pending" lang=${textLocale}
              >${say(words.pending, textLocale, { points: formatNumber(pending, locale), count: pending })}</span
            >`
          : nothing
      }
    </span>`;
  }
}
