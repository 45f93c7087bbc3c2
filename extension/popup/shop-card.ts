import { html, nothing, type TemplateResult } from 'lit';
import { formatDay, formatInstant, formatSeenAt, formatShortDay } from '../../shared/format/dates.ts';
import { negotiateLocale } from '../../shared/format/locale.ts';
import { formatNumber, localizedText, unitName } from '../../shared/format/points.ts';
import type { Fault, Shop, ShopAccount } from '../storage/records.ts';
import { icon } from './icon.ts';
import { hostOf } from './link-card.ts';
import type { Intents, Language } from './wallet-view.ts';

/** How a shop is shown. */
export interface ShopView {
  readonly shop: Shop;
  /** The popup was opened on this shop's page. */
  readonly isHere: boolean;
  readonly isOpen: boolean;
  /** The shopper is asked whether to unlink it. */
  readonly isUnlinking: boolean;
  readonly now: number;
}

/** A number is fresh for as long as two refreshes may take. */
const STALE_MS = 12 * 3_600_000;

/** Dates of expiry in an open card. */
const LOTS_SHOWN = 4;

/** Where a program's texts have the reader's language is asked once for each set of languages, not for each shop. */
const nameLocales = new Map<string, string>();

/** The shop's name in the reader's language. */
export function shopName({ facts }: Pick<Shop, 'facts'>, locale: string): string {
  const languages = Object.keys(facts.name);
  const key = `${locale} ${languages.join(' ')}`;
  let found = nameLocales.get(key);
  if (found === undefined) {
    found = negotiateLocale(locale, languages) ?? languages[0] ?? '';
    nameLocales.set(key, found);
  }
  return facts.name[found] ?? '';
}

/** One shop: closed its number and what to do next, open everything that the wallet knows. */
export function shopCard(view: ShopView, language: Language, intents: Intents): TemplateResult {
  const { shop, isHere, isOpen } = view;
  const { say, locale } = language;
  return html`
    <details
      class=${`card shop${isHere ? ' here' : ''}`}
      .open=${isOpen}
      @toggle=${({ target }: Event) => intents.toggle(shop, (target as HTMLDetailsElement).open)}
    >
      <summary>
        ${isHere ? html`<span class="eyebrow">${say('thisPage')}</span>` : nothing}
        <strong class="name">${shopName(shop, locale)}</strong>
        ${numberOf(shop, language)} ${nextLine(view, language)}
      </summary>
      ${isOpen ? moreOf(view, language, intents) : nothing}
    </details>
  `;
}

/** Drawn only while it is open: a wallet may hold hundreds of shops. */
function moreOf(view: ShopView, language: Language, intents: Intents): TemplateResult {
  const { shop } = view;
  return html`
    <div class="more">
      ${warningNote(shop, language, intents)} ${failureNote(shop, language)} ${facts(view, language)}
      ${view.isUnlinking ? unlinkQuestion(shop, language, intents) : unlinkButton(shop, language, intents)}
    </div>
  `;
}

function numberOf({ account, facts, ...shop }: Shop, { locale }: Language): TemplateResult {
  if (!account) return html`<span class="number"><span class="figure" aria-hidden="true">–</span></span>`;
  const isOld = shop.failure !== null || shop.warning !== null || shop.status === 'revoked';
  return html`
    <span class=${isOld ? 'number old' : 'number'}>
      <span class="figure">${formatNumber(account.available, locale)}</span>
      <span class="unit">${unitName(facts.unit.name, account.available, locale)}</span>
    </span>
  `;
}

/** One sentence under the name: what is wrong, else what expires next, else the tier. */
function nextLine({ shop, now }: ShopView, language: Language): TemplateResult {
  const { say, locale } = language;
  const { account, checkedAt } = shop;
  if (shop.warning) return html`<span class="next notice">${icon('shieldAlert', 14)}${say('warning')}</span>`;
  if (shop.status === 'revoked') return html`<span class="next notice">${icon('unlink', 14)}${say('revoked')}</span>`;
  if (!account || checkedAt === null)
    return html`<span class="next">${say(shop.failure ? 'unknown' : 'reading')}</span>`;
  if (shop.failure || now - checkedAt > STALE_MS) {
    return html`<span class="next">${icon('clock', 14)}${say('asOf', { time: formatSeenAt(checkedAt, now, locale) })}</span>`;
  }
  const [soonest] = account.expiring;
  if (soonest) return html`<span class="next">${expiringText(soonest, shop, language)}</span>`;
  return html`<span class="next">${tierName(shop, account, locale) ?? say('noExpiry')}</span>`;
}

type ExpiringPoints = ShopAccount['expiring'][number];

function expiringText({ amount, at }: ExpiringPoints, { facts }: Shop, { say, locale }: Language): string {
  const unit = unitName(facts.unit.name, amount, locale);
  return say('expiring', { points: formatNumber(amount, locale), unit, day: formatShortDay(at, locale) });
}

function expiringRow({ amount, at }: ExpiringPoints, { facts }: Shop, locale: string): TemplateResult {
  const unit = unitName(facts.unit.name, amount, locale);
  return html`<span class="lot"><span>${formatNumber(amount, locale)} ${unit}</span><span>${formatDay(at, locale)}</span></span>`;
}

function tierName({ facts }: Shop, { tier }: ShopAccount, locale: string): string | null {
  if (!tier) return null;
  const named = facts.tiers.find(({ id }) => id === tier.id);
  return named ? localizedText(named.name, locale) : tier.name;
}

const FAULTS: Record<Fault, 'faultSignature' | 'faultClock' | 'faultMember' | 'faultHistory' | 'faultSum'> = {
  malformed: 'faultSignature',
  wrong_algorithm: 'faultSignature',
  wrong_type: 'faultSignature',
  unknown_key: 'faultSignature',
  bad_signature: 'faultSignature',
  wrong_issuer: 'faultSignature',
  wrong_audience: 'faultSignature',
  wrong_program: 'faultSignature',
  lifetime_too_long: 'faultSignature',
  not_yet_valid: 'faultClock',
  expired: 'faultClock',
  wrong_member: 'faultMember',
  older_than_seen: 'faultHistory',
  sequence_fell: 'faultHistory',
  head_changed: 'faultHistory',
  entry_malformed: 'faultHistory',
  entry_hash_wrong: 'faultHistory',
  chain_broken: 'faultHistory',
  entry_missing: 'faultHistory',
  head_mismatch: 'faultHistory',
  sum_wrong: 'faultSum',
  balance_differs: 'faultSum',
};

function warningNote(shop: Shop, { say }: Language, intents: Intents): TemplateResult | typeof nothing {
  if (!shop.warning) return nothing;
  return html`
    <div class="notice-box">
      <p>${say(FAULTS[shop.warning.fault])}</p>
      <p>${say('warningKept')}</p>
      <button class="plain" type="button" @click=${() => intents.saveEvidence(shop)}>
        ${icon('download')}${say('evidence')}
      </button>
    </div>
  `;
}

function failureNote({ status, failure }: Shop, { say }: Language): TemplateResult | typeof nothing {
  if (status === 'revoked') return html`<p class="quiet">${say('revokedText')}</p>`;
  if (!failure) return nothing;
  return html`<p class="quiet">${say(failure.kind === 'offline' ? 'offline' : 'unavailable')}</p>`;
}

function facts({ shop }: ShopView, language: Language): TemplateResult | typeof nothing {
  const { say, locale } = language;
  const { account, checkedAt } = shop;
  if (!account) return nothing;
  const tier = tierName(shop, account, locale);
  return html`
    <dl>
      ${tier ? row(say('tier'), tier) : nothing} ${row(say('member'), html`<bdi dir="ltr">${account.displayId}</bdi>`)}
      ${row(
        say('expiry'),
        account.expiring.length > 0
          ? account.expiring.slice(0, LOTS_SHOWN).map((lot) => expiringRow(lot, shop, locale))
          : say('noExpiry'),
      )}
    </dl>
    ${
      account.pending > 0
        ? html`<p class="quiet">${say('pending', { points: formatNumber(account.pending, locale) })}</p>`
        : nothing
    }
    ${
      checkedAt === null
        ? nothing
        : html`<p class="proof">
            ${icon(shop.warning ? 'clock' : 'shieldCheck', 14)}
            <span>
              ${say('checkedAt', { time: formatInstant(checkedAt, locale) })} ·
              ${say('entries', { count: account.seq, entries: formatNumber(account.seq, locale) })}
            </span>
          </p>`
    }
  `;
}

const row = (term: string, value: unknown): TemplateResult => html`<div><dt>${term}</dt><dd>${value}</dd></div>`;

function unlinkButton(shop: Shop, { say }: Language, intents: Intents): TemplateResult {
  return html`
    <div class="foot">
      <bdi class="origin">${hostOf(shop.origin)}</bdi>
      <button class="plain" type="button" data-unlink=${shop.id} @click=${() => intents.askUnlink(shop)}>
        ${icon('unlink')}${say('unlink')}
      </button>
    </div>
  `;
}

function unlinkQuestion(shop: Shop, { say, locale }: Language, intents: Intents): TemplateResult {
  return html`
    <div class="question" role="group" aria-labelledby="unlink" aria-describedby="unlink-text">
      <h3 id="unlink" tabindex="-1">${say('unlinkTitle', { shop: shopName(shop, locale) })}</h3>
      <p class="quiet" id="unlink-text">${say('unlinkText')}</p>
      <div class="actions">
        <button class="danger" type="button" @click=${() => intents.unlink(shop)}>${say('unlink')}</button>
        <button type="button" @click=${() => intents.askUnlink(null)}>${say('keep')}</button>
      </div>
    </div>
  `;
}
