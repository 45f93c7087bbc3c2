import type { Batch, Lookup } from '../../../server/database/batch.ts';
import type { Database, Transaction } from '../../../server/database/database.ts';
import type { Params, Statement, Value } from '../../../server/database/statement.ts';

/** The process ended here. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** What a dead process waits for. */
export const never = new Promise<never>(() => {});

/**
 * The store as one process sees it. The process can die at any read, write, begin or commit, and can stand still at any of
 * them outside of a transaction (a long pause of its machine) and go on much later. What a dead one waits for never comes.
 */
export class ProcessStore implements Database {
  readonly dialect: Database['dialect'];
  readonly #store: Database;
  readonly #pulse: () => void;
  readonly #death = Promise.withResolvers<null>();
  #standstill: PromiseWithResolvers<null> | null = null;
  #openCount = 0;
  #stepsLeft = Number.POSITIVE_INFINITY;
  isDead = false;

  /** @param pulse Called at each step: something is still going on. */
  constructor(store: Database, dialect: Database['dialect'], pulse: () => void) {
    this.#store = store;
    this.dialect = dialect;
    this.#pulse = pulse;
  }

  get death(): Promise<null> {
    return this.#death.promise;
  }

  get isStanding(): boolean {
    return this.#standstill !== null;
  }

  /** Dies at a step of the store from now. */
  dieIn(steps: number): void {
    this.#stepsLeft = steps;
  }

  get isDoomed(): boolean {
    return Number.isFinite(this.#stepsLeft);
  }

  die(): void {
    this.isDead = true;
    this.resume();
    this.#death.resolve(null);
  }

  pause(): void {
    this.#standstill ??= Promise.withResolvers<null>();
  }

  resume(): void {
    this.#standstill?.resolve(null);
    this.#standstill = null;
  }

  /** A point at which the process may stand still or end, outside of a transaction. */
  async reach(): Promise<void> {
    this.#pulse();
    while (this.#standstill) {
      await this.#standstill.promise;
      this.#pulse();
    }
    if (!this.isDead) this.#step();
    if (this.isDead) await never;
  }

  #step(): void {
    if (--this.#stepsLeft <= 0) this.die();
  }

  /** The same inside of one: the store must not wait for it. */
  #touch(): void {
    this.#pulse();
    if (!this.isDead) this.#step();
    if (this.isDead) throw new Crash();
  }

  async all<Row>(statement: Statement<Row>, params: Params): Promise<readonly Row[]> {
    if (this.#openCount > 0) this.#touch();
    else await this.reach();
    return this.#store.all(statement, params);
  }

  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    await this.reach();
    let value: T;
    try {
      value = await this.#store.transaction(async (tx) => {
        this.#openCount++;
        try {
          this.#touch();
          const result = await work(this.#wrapped(tx));
          this.#touch();
          return result;
        } finally {
          this.#openCount--;
        }
      });
    } catch (error) {
      if (this.isDead) return never;
      throw error;
    }
    // Written, and nobody has been told yet.
    await this.reach();
    return value;
  }

  #wrapped(tx: Transaction): Transaction {
    const touch = () => this.#touch();
    return {
      async all<Row>(statement: Statement<Row>, params: Params) {
        touch();
        return tx.all(statement, params);
      },
      async run(statement: Statement<unknown>, params: Params) {
        touch();
        return tx.run(statement, params);
      },
      async allIn<Row>(lookup: Lookup<Row>, params: Params, keys: readonly Value[]) {
        touch();
        return tx.allIn(lookup, params, keys);
      },
      async insert(batch: Batch, rows: readonly (readonly Value[])[]) {
        touch();
        return tx.insert(batch, rows);
      },
    };
  }

  check(): Promise<void> {
    return this.#store.check();
  }

  /** The store outlives its processes. */
  async close(): Promise<void> {}
}
