/** A page may say "look again"; it cannot make the wallet look more often than this. */
export const HINT_MS_MIN = 3_000;
/** The longest wait after claims that turned out empty. */
export const HINT_MS_MAX = 5 * 60_000;

/**
 * Turns a page's hints into few refreshes: the first at once, those within the gap after it as one at its end. A claim
 * that turns out empty doubles the gap, a true one closes it again. A hint carries no number that anybody uses, so one
 * that is lost with the worker costs nothing but time.
 */
export class Hints {
  readonly #lookedAt = new Map<string, number>();
  readonly #gapMs = new Map<string, number>();
  readonly #waiting = new Set<string>();
  readonly #refresh: (shop: string) => Promise<boolean>;
  readonly #now: () => number;

  /** @param refresh Refreshes a shop and tells whether its account has moved. */
  constructor(refresh: (shop: string) => Promise<boolean>, now: () => number) {
    this.#refresh = refresh;
    this.#now = now;
  }

  /** Settles when the refresh that this hint led to has ended; at once when one is coming anyway. */
  async take(shop: string): Promise<void> {
    if (this.#waiting.has(shop)) return;
    const gapMs = this.#gapMs.get(shop) ?? HINT_MS_MIN;
    const waitMs = (this.#lookedAt.get(shop) ?? Number.NEGATIVE_INFINITY) + gapMs - this.#now();
    if (waitMs > 0) {
      this.#waiting.add(shop);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      this.#waiting.delete(shop);
    }
    this.#lookedAt.set(shop, this.#now());
    const hasMoved = await this.#refresh(shop);
    this.#gapMs.set(shop, hasMoved ? HINT_MS_MIN : Math.min(HINT_MS_MAX, gapMs * 2));
  }
}
