import { canonicalLocale } from '../../shared/format/locale.ts';
import type { Account } from '../../shared/protocol/api.ts';
import type { PageSession } from '../session/session.ts';
import { baseStyles } from './base.styles.ts';
import { CONNECT_EVENT } from './connect-event.ts';
import { sheetOf } from './css.ts';
import { fact, flag, type Input, text } from './inputs.ts';
import { html, nothing, render, type TemplateResult } from './lit.ts';

/**
 * What every Laurel element keeps to, whatever the page does: it renders at once when it is connected, it lets no error
 * into the page, and where it has nothing sure to show it shows its slot.
 *
 * Templates are Lit's; the class is our own. Half the weight of LitElement is for what no element here does, and its
 * constructor stands on what pages change: an error thrown there cannot be kept from the page.
 */
export abstract class LaurelElement extends HTMLElement {
  /** Style sheets of the view, as text. */
  static styles: readonly string[] = [baseStyles];

  /** What the element takes, by property name; `define` makes the accessors. */
  static inputs: Readonly<Record<string, Input>> = {
    account: fact<Account>(),
    stale: flag('stale'),
    locale: text('locale'),
  };

  static get observedAttributes(): string[] {
    return Object.values(this.inputs).flatMap(({ attribute }) => attribute ?? []);
  }

  /** The member's account, set by the page session; `null` while unknown and when nobody is signed in. */
  declare account: Account | null;
  /** Whether the number is the last one seen and not yet confirmed. */
  declare stale: boolean;
  /** Language of the element's texts, as BCP 47; without it the closest `lang`, then the browser's. */
  declare locale: string | null;

  readonly #values = Object.create(null) as Record<string, unknown>;
  #session: PageSession | null = null;
  #unsubscribe: (() => void) | null = null;
  #isDue = true;
  #isBroken = false;

  constructor() {
    super();
    this.#guard(() => {
      for (const [name, input] of Object.entries((this.constructor as typeof LaurelElement).inputs)) {
        // A property that was set before the element's class was known hides the accessor.
        const given = Object.getOwnPropertyDescriptor(this, name);
        if (given) Reflect.deleteProperty(this, name);
        this.#values[name] = input.read(given?.value);
      }
    });
  }

  /** Makes an accessor for each input; called once for a class, before it is registered. */
  static prepare(): void {
    for (const [name, { read }] of Object.entries(this.inputs)) {
      Object.defineProperty(this.prototype, name, {
        // The page's `Object.prototype` has no say in it.
        __proto__: null,
        get(this: LaurelElement) {
          return this.#values[name];
        },
        set(this: LaurelElement, given: unknown) {
          const value = read(given);
          if (Object.is(value, this.#values[name])) return;
          this.#values[name] = value;
          this.requestUpdate();
        },
        enumerable: true,
        configurable: true,
      } as PropertyDescriptor);
    }
  }

  /** The page's one session; set by `laurel.js` when the element is connected. */
  get session(): PageSession | null {
    return this.#session;
  }

  set session(session: PageSession | null) {
    this.#unsubscribe?.();
    this.#session = session;
    this.#unsubscribe =
      session?.subscribe(({ account, stale }) =>
        this.#guard(() => {
          this.account = account;
          this.stale = stale;
          this.#draw();
        }),
      ) ?? null;
  }

  /** What to show, or `null` for the slot. */
  protected abstract view(): TemplateResult | null;

  /** Called after each drawing, when `view` gave something. */
  protected drawn(_root: ShadowRoot): void {}

  /** Draws again before the page is painted, once for however many changes. */
  requestUpdate(): void {
    if (this.#isDue || !this.isConnected) {
      this.#isDue = true;
      return;
    }
    this.#isDue = true;
    queueMicrotask(() => this.#draw());
  }

  /** Resolves when everything that was set is drawn. */
  get updateComplete(): Promise<void> {
    return Promise.resolve();
  }

  connectedCallback(): void {
    // Before the first drawing: with an account at hand, it is the only one.
    this.#guard(() => this.dispatchEvent(new Event(CONNECT_EVENT, { bubbles: true, composed: true })));
    this.#draw();
  }

  disconnectedCallback(): void {
    this.#guard(() => {
      this.session = null;
    });
  }

  attributeChangedCallback(attribute: string, _before: string | null, value: string | null): void {
    this.#guard(() => {
      for (const [name, input] of Object.entries((this.constructor as typeof LaurelElement).inputs)) {
        if (input.attribute === attribute) Reflect.set(this, name, value);
      }
    });
  }

  /** The language the page is in at this place; always one that `Intl` takes. */
  protected get pageLocale(): string {
    return (
      canonicalLocale(this.locale) ??
      canonicalLocale(this.closest('[lang]')?.getAttribute('lang')) ??
      canonicalLocale(navigator.language) ??
      'en'
    );
  }

  #draw(): void {
    if (!this.#isDue || this.#isBroken) return;
    this.#isDue = false;
    this.#guard(() => {
      let view: TemplateResult | null = null;
      try {
        view = this.view();
      } catch {
        // Data of a shape that nobody knows: the shop's own text stands.
      }
      const root = this.shadowRoot ?? this.#openRoot();
      // The slot stays in place, invisible, below what is shown: the shop's text keeps the room it had.
      const options = Object.assign(Object.create(null) as object, { host: this });
      render(html`<slot ?off=${view !== null}></slot>${view ?? nothing}`, root, options);
      if (view) this.drawn(root);
    });
  }

  #openRoot(): ShadowRoot {
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = (this.constructor as typeof LaurelElement).styles.map(sheetOf);
    return root;
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch {
      this.#giveUp();
    }
  }

  /** Puts the slot alone where the element was: a part that broke may have left half a number behind. */
  #giveUp(): void {
    this.#isBroken = true;
    try {
      const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
      root.replaceChildren(document.createElement('slot'));
    } catch {
      // Nothing of ours is left to show; the page goes on.
    }
  }
}
