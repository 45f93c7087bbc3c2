import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { directionOf } from '../../shared/format/locale.ts';
import type { Browser } from '../browser.ts';
import type { Command } from '../messages.ts';
import { shopIdOf } from '../program-link.ts';
import { permissionPattern } from '../senders.ts';
import type { ListStart, PendingLink, Shop } from '../storage/records.ts';
import type { WalletStore } from '../storage/wallet-store.ts';
import { saveEvidence } from './evidence-file.ts';
import type { Stored } from './first-read.ts';
import { icon } from './icon.ts';
import { offerCard, pendingCard } from './link-card.ts';
import { lookAtPage, tabOf } from './page-seen.ts';
import { shopCard, shopName } from './shop-card.ts';
import { type Intents, type Language, languageOf, type PageSeen } from './wallet-view.ts';

/** What the popup needs from outside. */
export interface PopupWorld {
  /** Called once the first list is drawn, which needs none of it. */
  loadBrowser(): Promise<Browser>;
  readonly store: Pick<WalletStore, 'readShops' | 'readPendings' | 'readEvidence' | 'readEntries' | 'saveListStart'>;
  /** What to draw first, read while the code that draws was still starting. */
  readonly first: Promise<Stored>;
  /** Calls back whenever something stored has changed. */
  onChanged(callback: () => void): void;
}

/** Shops read and drawn before all others: browsers make no popup higher than 600 px, and seven fit. */
const START_COUNT = 8;
/** Shops drawn until the shopper scrolls, and with each step of it. */
const SHOWN_FIRST = 10;
const SHOWN_STEP = 40;

/**
 * The wallet's popup: what is stored at once, then whatever the worker finds out. It reads the store and sends commands;
 * it calls no server, and writes nothing but what its next start shall read first.
 */
export class WalletPopup extends LitElement {
  static override properties = {
    shops: { attribute: false },
    pendings: { attribute: false },
    page: { attribute: false },
    unlinking: { attribute: false },
    isChecking: { attribute: false },
    said: { attribute: false },
    shownCount: { attribute: false },
  };

  /** Set before the element is connected. */
  declare world: PopupWorld;
  /** `null` until read. */
  declare shops: readonly Shop[] | null;
  declare pendings: readonly PendingLink[];
  declare page: PageSeen | null;
  /** Id of the shop that the shopper is asked about. */
  declare unlinking: string | null;
  declare isChecking: boolean;
  /** What the live region says. */
  declare said: string;
  declare shownCount: number;

  /** There whenever a page is offered: looking at it took the browser. */
  #browser: Browser | null = null;
  readonly #language: Language = languageOf(navigator.language);
  #pages: IntersectionObserver | null = null;
  #hadFocus = false;
  /** Cards that the shopper opened or closed; the others open by themselves where there is something to say. */
  readonly #toggled = new Map<string, boolean>();
  /** Before, {@link shops} are the list's first ones alone. */
  #hasAll = false;
  #start: readonly string[] = [];
  #isStale = false;
  #reading: Promise<void> | null = null;
  /** The page is known, or known to be none: before, an empty wallet would flash its welcome. */
  #hasLooked = false;

  constructor() {
    super();
    this.shops = null;
    this.pendings = [];
    this.page = null;
    this.unlinking = null;
    this.isChecking = false;
    this.said = '';
    this.shownCount = SHOWN_FIRST;
  }

  /** The page's own style sheet: there is one popup and nothing to be kept apart from. */
  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.documentElement.lang = this.#language.textLocale;
    document.documentElement.dir = directionOf(this.#language.textLocale);
    document.title = this.#language.say('title');
    this.world.onChanged(() => void this.#read());
    void this.#open();
  }

  async #open(): Promise<void> {
    const stored = await this.world.first;
    this.#take(stored);
    await this.updateComplete;
    // Frames are made only for who can see them.
    if (!document.hidden) await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    await Promise.all([stored.areAll || this.#read(), this.#look()]);
    await this.#check(false);
  }

  async #look(): Promise<void> {
    this.#browser = await this.world.loadBrowser();
    const tabId = await tabOf(this.#browser, location.search);
    this.page = tabId === null ? null : await lookAtPage(this.#browser, tabId);
    this.#hasLooked = true;
    this.requestUpdate();
  }

  /** Reads everything again. Asked while it reads, it reads once more: a refresh says for each shop that it changed. */
  #read(): Promise<void> {
    this.#isStale = true;
    this.#reading ??= this.#readWhileStale().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #readWhileStale(): Promise<void> {
    const { store } = this.world;
    while (this.#isStale) {
      this.#isStale = false;
      const [shops, pendings] = await Promise.all([store.readShops(), store.readPendings()]);
      this.#take({ shops, areAll: true, pendings });
    }
  }

  #take({ shops, areAll, pendings }: Stored): void {
    const { locale, say } = this.#language;
    const before = this.#hasAll ? new Set(this.shops?.map(({ id }) => id)) : null;
    this.shops = areAll ? byName(shops, locale) : shops;
    this.#hasAll = areAll;
    this.pendings = pendings;
    if (areAll) this.#keepStart(this.shops);
    const linked = before && this.shops.find(({ id }) => !before.has(id));
    if (linked) this.said = say('linked', { shop: shopName(linked, locale) });
  }

  #keepStart(sorted: readonly Shop[]): void {
    const start: ListStart = { language: navigator.language, shops: sorted.slice(0, START_COUNT).map(({ id }) => id) };
    if (String(start.shops) === String(this.#start)) return;
    this.#start = start.shops;
    void this.world.store.saveListStart(start);
  }

  async #check(asked: boolean): Promise<void> {
    this.isChecking = true;
    if (asked) this.said = this.#language.say('checking');
    await this.#send({ type: 'refresh', asked });
    await this.#read();
    this.isChecking = false;
    if (asked) this.said = this.#language.say('checked');
  }

  readonly #intents: Intents = {
    link: (page) => void this.#link(page),
    confirm: ({ origin }) => void this.#send({ type: 'confirm', origin }),
    cancel: ({ origin }) => void this.#send({ type: 'cancel', origin }),
    toggle: ({ id }, isOpen) => {
      if (this.#toggled.get(id) === isOpen) return;
      this.#toggled.set(id, isOpen);
      this.requestUpdate();
    },
    askUnlink: (shop) => {
      this.unlinking = shop?.id ?? null;
    },
    unlink: (shop) => void this.#unlink(shop),
    saveEvidence: (shop) => void saveEvidence(this.world.store, shop),
  };

  /** Asks for access within the click, as browsers demand: nothing may be awaited before. */
  async #link({ tabId, origin, issuer, program }: PageSeen): Promise<void> {
    // Sent first: the browser's question may close the popup, and the worker goes on alone.
    void this.#send({ type: 'link', tabId, origin, issuer, program });
    const isGranted = await this.#browser?.permissions
      .request({ origins: [permissionPattern(origin)] })
      .catch(() => false);
    await this.#send(isGranted ? { type: 'granted', origin } : { type: 'cancel', origin });
  }

  async #unlink(shop: Shop): Promise<void> {
    const { locale, say } = this.#language;
    this.unlinking = null;
    await this.#send({ type: 'unlink', shop: shop.id });
    await this.#read();
    this.said = say('unlinked', { shop: shopName(shop, locale) });
    this.querySelector('h1')?.focus();
  }

  async #send(command: Command): Promise<void> {
    // The worker may be restarted by an update meanwhile; what is stored stays true.
    const { runtime } = this.#browser ?? (await this.world.loadBrowser());
    await runtime.sendMessage(command).catch(() => undefined);
  }

  protected override willUpdate(): void {
    this.#hadFocus = this.contains(document.activeElement);
  }

  protected override updated(changed: PropertyValues<this>): void {
    // When the button that was pressed is gone, what came in its place takes the focus.
    const isLost = this.#hadFocus && !this.contains(document.activeElement);
    if (changed.has('unlinking') && this.unlinking !== null) this.#focus('#unlink');
    else if (isLost)
      this.#focus(this.#unlinkButtonOf(changed.get('unlinking')), '#confirm', '#offer', '.card button', 'h1');
    this.#watchEnd();
  }

  /** Focuses the first that is there, in order of preference. */
  #focus(...selectors: readonly string[]): void {
    for (const selector of selectors) {
      const element = this.querySelector<HTMLElement>(selector);
      if (element) return element.focus();
    }
  }

  #unlinkButtonOf(shop: string | null | undefined): string {
    return `[data-unlink="${CSS.escape(shop ?? '')}"]`;
  }

  /** Draws more shops when the end of those drawn comes near. */
  #watchEnd(): void {
    this.#pages ??= new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) this.shownCount += SHOWN_STEP;
      },
      { rootMargin: '200px' },
    );
    this.#pages.disconnect();
    const end = this.querySelector('.end');
    if (end) this.#pages.observe(end);
  }

  protected override render(): TemplateResult {
    // The frame at once: the list comes with the next paint or two.
    const shops = this.shops ?? [];
    const { say } = this.#language;
    return html`
      <header>
        <img src="/extension/icons/color-48.png" width="24" height="24" alt="" />
        <h1 tabindex="-1">${say('title')}</h1>
        ${shops.length > 0 ? this.#checkButton() : nothing}
      </header>
      <main>${this.shops === null ? nothing : [this.#links(), this.#shops(shops)]}</main>
      <footer>${say('kept')}</footer>
      <p class="visually-hidden" role="status">${this.said}</p>
    `;
  }

  #checkButton(): TemplateResult {
    const { say } = this.#language;
    return html`
      <button
        class=${`round${this.isChecking ? ' busy' : ''}`}
        type="button"
        aria-label=${say('refresh')}
        title=${say('refresh')}
        @click=${() => void this.#check(true)}
      >
        ${icon('refreshCw')}
      </button>
    `;
  }

  /** Links under way, this page's first; else the offer of this page. */
  #links(): unknown {
    const { page } = this;
    const isHere = ({ origin }: PendingLink) => origin === page?.origin;
    const pendings = [...this.pendings].sort((a, b) => Number(isHere(b)) - Number(isHere(a)));
    const isLinked =
      page !== null && this.shops?.some(({ id, status }) => id === shopIdOf(page) && status === 'linked');
    const isOffered = this.#hasAll && page !== null && !isLinked && !pendings.some(isHere);
    return [
      isOffered ? offerCard(page, this.#language, this.#intents) : nothing,
      ...pendings.map((pending) => pendingCard(pending, this.#language, this.#intents)),
    ];
  }

  #shops(all: readonly Shop[]): TemplateResult | typeof nothing {
    const { say } = this.#language;
    if (all.length === 0) {
      const isBusy = !this.#hasLooked || this.page !== null || this.pendings.length > 0;
      return isBusy ? nothing : this.#welcome();
    }
    const hereId = this.page && shopIdOf(this.page);
    const here = all.find(({ id }) => id === hereId);
    const shown = here ? [here, ...all.filter((shop) => shop !== here)] : all;
    const now = Date.now();
    return html`
      <h2 class="visually-hidden">${say('shops')}</h2>
      <ul class="shops" role="list">
        ${repeat(
          shown.slice(0, this.shownCount),
          ({ id }) => id,
          (shop) =>
            html`<li>
              ${shopCard(
                {
                  shop,
                  isHere: shop === here,
                  isOpen: this.#toggled.get(shop.id) ?? (shop === here || shop.warning !== null),
                  isUnlinking: shop.id === this.unlinking,
                  now,
                },
                this.#language,
                this.#intents,
              )}
            </li>`,
        )}
        ${shown.length > this.shownCount ? html`<li class="end" role="presentation"></li>` : nothing}
      </ul>
    `;
  }

  #welcome(): TemplateResult {
    const { say } = this.#language;
    return html`
      <section class="welcome">
        <img src="/extension/icons/color-128.png" width="56" height="56" alt="" />
        <h2>${say('emptyTitle')}</h2>
        <p>${say('emptyText')}</p>
      </section>
    `;
  }
}

function byName(shops: readonly Shop[], locale: string): readonly Shop[] {
  const collator = new Intl.Collator(locale);
  return shops
    .map((shop) => ({ shop, name: shopName(shop, locale) }))
    .sort((a, b) => collator.compare(a.name, b.name))
    .map(({ shop }) => shop);
}
