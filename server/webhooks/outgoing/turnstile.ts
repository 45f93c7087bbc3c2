/** Lets many through together, or one alone. */
export class Turnstile {
  #alone: Promise<unknown> | null = null;
  readonly #together = new Set<Promise<unknown>>();

  /** Waits while somebody is alone inside. */
  async together<T>(work: () => Promise<T>): Promise<T> {
    while (this.#alone) await this.#alone;
    const done = work();
    this.#together.add(done);
    try {
      return await done;
    } finally {
      this.#together.delete(done);
    }
  }

  /** Lets nobody else in, and waits until all who are have left. For one caller at a time. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<null>();
    this.#alone = promise;
    try {
      await Promise.allSettled(this.#together);
      return await work();
    } finally {
      this.#alone = null;
      resolve(null);
    }
  }
}
