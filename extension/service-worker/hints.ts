/** A page may say "look again"; it cannot make the wallet look more often than this. */
export const HINT_MS_MIN = 3_000;
/** The longest wait after claims that turned out empty. */
export const HINT_MS_MAX = 5 * 60_000;

/** How much a shop's page is trusted with the wallet's time. */
export interface HintCredit {
  readonly lookedAt: number;
  /** Least time between two looks. */
  readonly gapMs: number;
}

/** Keeps credits while the worker sleeps, so that a page gains nothing by waiting for that. */
export interface HintMemory {
  read(shop: string): Promise<HintCredit | undefined>;
  write(shop: string, credit: HintCredit): Promise<void>;
}

/**
 * Turns a page's hints into few refreshes: the first at once, those within the gap after it as one at its end. A claim
 * that turns out empty doubles the gap, a true one closes it again. A hint carries no number that anybody uses, so one
 * that is lost with the worker costs nothing but time.
 */
export class Hints {
  readonly #waiting = new Set<string>();
  readonly #refresh: (shop: string) => Promise<boolean>;
  readonly #memory: HintMemory;
  readonly #now: () => number;

  /** @param refresh Refreshes a shop and tells whether its account has moved. */
  constructor(refresh: (shop: string) => Promise<boolean>, memory: HintMemory, now: () => number) {
    this.#refresh = refresh;
    this.#memory = memory;
    this.#now = now;
  }

  /** Settles when the refresh that this hint led to has ended; at once when one is coming anyway. */
  async take(shop: string): Promise<void> {
    if (this.#waiting.has(shop)) return;
    this.#waiting.add(shop);
    const { lookedAt, gapMs } = (await this.#memory.read(shop)) ?? { lookedAt: 0, gapMs: HINT_MS_MIN };
    // A clock that was set back must not silence a shop.
    const waitMs = Math.min(gapMs, lookedAt + gapMs - this.#now());
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    this.#waiting.delete(shop);
    const startedAt = this.#now();
    const hasMoved = await this.#refresh(shop);
    await this.#memory.write(shop, {
      lookedAt: startedAt,
      gapMs: hasMoved ? HINT_MS_MIN : Math.min(HINT_MS_MAX, gapMs * 2),
    });
  }
}
