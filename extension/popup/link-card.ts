import { html, nothing, type TemplateResult } from 'lit';
import { localizedText } from '../../shared/format/points.ts';
import type { LinkFailure, PendingLink } from '../storage/records.ts';
import { icon } from './icon.ts';
import type { Intents, Language, PageSeen } from './wallet-view.ts';

/** The shop's address as people know it: without the scheme that every shop has. */
export const hostOf = (origin: string): string => new URL(origin).host;

/** A partner page that is not linked yet. */
export function offerCard(page: PageSeen, { say }: Language, intents: Intents): TemplateResult {
  return html`
    <section class="card" aria-labelledby="offer">
      <p class="eyebrow"><bdi>${hostOf(page.origin)}</bdi></p>
      <h2 id="offer" tabindex="-1">${say('linkTitle')}</h2>
      <p class="quiet">${say('linkText')}</p>
      <div class="actions">
        <button class="primary" type="button" @click=${() => intents.link(page)}>${icon('link')}${say('link')}</button>
      </div>
      <p class="note">${say('linkNote')}</p>
    </section>
  `;
}

/** A link under way: what happens now, or what the shopper is asked. */
export function pendingCard(pending: PendingLink, language: Language, intents: Intents): TemplateResult {
  if (pending.step === 'confirm') return confirmCard(pending, language, intents);
  if (pending.step === 'failed') return failedCard(pending, language, intents);
  const { say } = language;
  const text = { permission: 'stepPermission', code: 'stepCode', redeem: 'stepRedeem' } as const;
  return html`
    <section class="card" aria-busy="true">
      <p class="eyebrow"><bdi>${hostOf(pending.origin)}</bdi></p>
      <p class="step" role="status">${say(text[pending.step])}</p>
      <div class="actions">
        ${
          // The browser's question may be gone, answered by nobody.
          pending.step === 'permission'
            ? html`<button type="button" @click=${() => intents.link(pending)}>${say('tryAgain')}</button>`
            : nothing
        }
        <button type="button" @click=${() => intents.cancel(pending)}>${say('cancel')}</button>
      </div>
    </section>
  `;
}

function confirmCard(pending: PendingLink, { say, locale }: Language, intents: Intents): TemplateResult {
  const shop = pending.facts ? localizedText(pending.facts.name, locale) : pending.program;
  return html`
    <section class="card asking" aria-labelledby="confirm" aria-describedby="may-read may-never">
      <p class="eyebrow"><bdi>${hostOf(pending.origin)}</bdi></p>
      <h2 id="confirm" tabindex="-1">${say('confirmTitle', { shop })}</h2>
      <div id="may-read">
        <p class="quiet">${say('mayRead')}</p>
        <ul class="ticks">
          ${(['mayReadPoints', 'mayReadTier', 'mayReadHistory'] as const).map(
            (key) => html`<li>${icon('check')}<span>${say(key)}</span></li>`,
          )}
        </ul>
      </div>
      <p class="note" id="may-never">${say('mayNever')}</p>
      <div class="actions">
        <button class="primary" type="button" @click=${() => intents.confirm(pending)}>${say('confirm')}</button>
        <button type="button" @click=${() => intents.cancel(pending)}>${say('cancel')}</button>
      </div>
    </section>
  `;
}

const FAILURES = {
  signed_out: 'failedSignedOut',
  origin_not_listed: 'failedOrigin',
  refused: 'failedRefused',
  offline: 'failedOffline',
  unavailable: 'failedUnavailable',
} as const satisfies Record<LinkFailure, string>;

function failedCard(pending: PendingLink, { say }: Language, intents: Intents): TemplateResult {
  // Trying again cannot help where page and program do not name each other.
  const isFinal = pending.failure === 'origin_not_listed';
  return html`
    <section class="card">
      <p class="eyebrow"><bdi>${hostOf(pending.origin)}</bdi></p>
      <p class="step" role="status">${icon('circleAlert')}${say(FAILURES[pending.failure ?? 'refused'])}</p>
      <div class="actions">
        ${
          isFinal
            ? nothing
            : html`<button class="primary" type="button" @click=${() => intents.link(pending)}>${say('tryAgain')}</button>`
        }
        <button type="button" @click=${() => intents.cancel(pending)}>${say('close')}</button>
      </div>
    </section>
  `;
}
