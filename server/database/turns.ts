import { LoyaltyError } from '../../shared/domain/errors.ts';

const NEXT = 0;
const SERVING = 1;
const BROKEN = 2;

/**
 * Turns of the threads of this process that write to one file: first come, first served, so that none waits for more than
 * one transaction of each other. Waiting blocks nobody's thread, as SQLite's own waiting for a lock would.
 */
export class Turns {
  /** To be given to the other thread. */
  readonly buffer: SharedArrayBuffer;
  readonly #places: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#places = new Int32Array(buffer);
  }

  get isBroken(): boolean {
    return Atomics.load(this.#places, BROKEN) !== 0;
  }

  /** Resolves when it is this caller's turn. @throws {LoyaltyError} `unavailable` once they are broken. */
  async take(): Promise<void> {
    const place = Atomics.add(this.#places, NEXT, 1);
    for (;;) {
      this.refuseBroken();
      const serving = Atomics.load(this.#places, SERVING);
      if (serving === place) return;
      const waiting = Atomics.waitAsync(this.#places, SERVING, serving);
      if (waiting.async) await waiting.value;
    }
  }

  /** Ends the turn. */
  pass(): void {
    Atomics.add(this.#places, SERVING, 1);
    Atomics.notify(this.#places, SERVING);
  }

  /** A thread ended in the middle of its turn, which nobody can pass on: whoever waits for one is told so. */
  break(): void {
    Atomics.store(this.#places, BROKEN, 1);
    Atomics.notify(this.#places, SERVING);
  }

  /** @throws {LoyaltyError} `unavailable` once they are broken. */
  refuseBroken(): void {
    if (this.isBroken) throw new LoyaltyError('unavailable', 'The server ends. Trying again in a moment is safe.');
  }
}
