/** Something to wait for that others set off. Rung while nobody waits, it is heard by the next who does. */
export class Bell {
  #isRung = false;
  #wake: (() => void)[] = [];

  ring(): void {
    this.#isRung = true;
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }

  /** Settles at the next ring, or at once after one that nobody heard. */
  rung(): Promise<void> {
    if (this.#isRung) {
      this.#isRung = false;
      return Promise.resolve();
    }
    return new Promise<void>((resolve) => {
      this.#wake.push(resolve);
    }).then(() => {
      this.#isRung = false;
    });
  }
}
