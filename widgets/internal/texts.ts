import { negotiateLocale } from '../../shared/format/locale.ts';
import type { Messages } from '../../shared/format/messages.ts';

/** An element's texts: English comes with the element, every other language by itself when a page needs it. */
export class Texts<T extends Messages> {
  readonly #loaded = new Map<string, { readonly [K in keyof T]: Messages[string] }>();
  readonly #load: Readonly<Record<string, () => Promise<{ readonly [K in keyof T]: Messages[string] }>>>;

  constructor(
    english: T,
    load: Readonly<Record<string, () => Promise<{ readonly [K in keyof T]: Messages[string] }>>>,
  ) {
    this.#loaded.set('en', english);
    this.#load = load;
  }

  /** The best of our languages for a reader of `pageLocale`; English when we have none. */
  localeFor(pageLocale: string): string {
    return negotiateLocale(pageLocale, ['en', ...Object.keys(this.#load)]) ?? 'en';
  }

  /** The texts in `locale`; `null` while they are on their way, and then `element` is drawn again. */
  in(locale: string, element: { requestUpdate(): void }): { readonly [K in keyof T]: Messages[string] } | null {
    const texts = this.#loaded.get(locale);
    if (texts) return texts;
    void this.#load[locale]?.()
      // A language that does not arrive is no reason to show nothing.
      .catch(() => this.#loaded.get('en'))
      .then((found) => {
        if (found) this.#loaded.set(locale, found);
        element.requestUpdate();
      });
    return null;
  }
}
