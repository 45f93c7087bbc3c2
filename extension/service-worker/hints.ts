/** A page may say "look again"; it cannot make the wallet look more often than this. */
export const HINT_MS_MIN = 3_000;

/**
 * Turns a page's hints into few refreshes: the first at once, those within the gap after it as one at its end. A hint
 * carries no number that anybody uses, so losing one with the worker costs nothing but time.
 */
export class Hints {
  readonly #lookAt = new Map<string, number>();
  readonly #waiting = new Set<string>();
  readonly #refresh: (shop: string) => Promise<void>;
  readonly #now: () => number;

  constructor(refresh: (shop: string) => Promise<void>, now: () => number) {
    this.#refresh = refresh;
    this.#now = now;
  }

  /** Gives a promise for the refresh that this hint led to, if any. */
  async take(shop: string): Promise<void> {
    if (this.#waiting.has(shop)) return;
    const waitMs = (this.#lookAt.get(shop) ?? 0) + HINT_MS_MIN - this.#now();
    if (waitMs > 0) {
      this.#waiting.add(shop);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      this.#waiting.delete(shop);
    }
    this.#lookAt.set(shop, this.#now());
    await this.#refresh(shop);
  }
}
