import type { LaurelClient } from './laurel.ts';
import type { ShopStore } from './store.ts';

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 30_000;

/**
 * Tells Laurel what the shop's books owe it: oldest first, one at a time, again and again until it is answered. A lost
 * reply does no harm, for the next try carries the same order id.
 */
export class Outbox {
  readonly #store: ShopStore;
  readonly #laurel: LaurelClient;
  #flushing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #retryMs = RETRY_FIRST_MS;
  #isClosed = false;

  constructor(store: ShopStore, laurel: LaurelClient) {
    this.#store = store;
    this.#laurel = laurel;
  }

  /** Sends all that waits, and resolves when nothing does or Laurel cannot be reached. */
  async flush(): Promise<void> {
    // A call that came after the running flush had read the books is in none of its rounds: look again.
    while (this.#flushing) await this.#flushing;
    this.#flushing = this.#send().finally(() => {
      this.#flushing = null;
    });
    await this.#flushing;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#flushing;
  }

  async #send(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    for (const item of this.#store.waiting()) {
      if (this.#isClosed) return;
      const delivery = await this.#laurel.deliver(item);
      if (delivery.kind === 'later') return this.#retry();
      if (delivery.kind === 'refused') {
        console.error(`Laurel refused order ${item.orderId}: ${delivery.reason}`);
        this.#store.refused(item, delivery.reason);
        continue;
      }
      const { entry } = delivery.receipt;
      this.#store.delivered(
        item,
        item.refundId === null ? { points: entry.points, availableAt: entry.lot?.availableAt ?? null } : null,
      );
    }
    this.#retryMs = RETRY_FIRST_MS;
  }

  #retry(): void {
    if (this.#isClosed) return;
    // Half of it by chance, so that many shops do not come back to a mended server in step.
    const delayMs = this.#retryMs * (0.5 + Math.random() / 2);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
    this.#timer = setTimeout(() => void this.flush(), delayMs);
  }
}
