import { LaurelElement } from './element.ts';
import { html } from './lit.ts';

/** Shows one text; tells whether this page lets elements of ours be what they are. */
class Probe extends LaurelElement {
  protected override view() {
    return html`<p lang=${this.locale}>${this.locale}</p>`;
  }
}

let isSound: boolean | null = null;

/**
 * Tries an element out before any of the page's is made. Where a script of the page has changed what elements stand on,
 * a wrong text would be shown, or an error would reach the page: then nothing is defined, and every slot stays.
 */
function tryOut(): boolean {
  try {
    Probe.prepare();
    customElements.define('laurel-probe', Probe);
    const probe = new Probe();
    // Twice: what cannot be drawn again would show an old number as today's.
    probe.connectedCallback();
    probe.locale = 'en';
    probe.connectedCallback();
    probe.disconnectedCallback();
    return probe.shadowRoot?.querySelector('[lang=en]')?.textContent === 'en';
  } catch {
    return false;
  }
}

/** Registers an element, once, and only where it can work; never throws. */
export function define(tag: string, element: typeof LaurelElement & CustomElementConstructor): void {
  try {
    isSound ??= tryOut();
    if (!isSound || customElements.get(tag)) return;
    element.prepare();
    customElements.define(tag, element);
  } catch {
    // Another copy was faster, or the page forbids it: the slot stays.
  }
}
