import type { Database } from '../../../server/database/database.ts';
import { allJobs } from '../../../server/jobs/all-jobs.ts';
import { createJobRunner, type JobRunner } from '../../../server/jobs/runner.ts';
import type { Log } from '../../../server/log.ts';
import type { Services } from '../../../server/routes/services.ts';
import { createServices } from '../../../server/services.ts';
import { createDeliverer } from '../../../server/webhooks/outgoing/deliver.ts';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { ISSUER, SECRET } from '../../support/server.ts';
import { Crash, never, ProcessStore } from './process-store.ts';
import type { Random } from './random.ts';
import type { Receiver } from './receiver.ts';

/** What came of a call; `silent` where the caller never hears of it. */
export type Answer =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'silent' };

export interface ProcessParts {
  readonly name: string;
  readonly database: Database;
  /** Where several processes share the store, none may trust what it remembers: as on PostgreSQL. */
  readonly isAlone: boolean;
  readonly receiver: Receiver;
  readonly random: Random;
  /** True time; what this process believes is its own matter. */
  readonly now: () => number;
  readonly pulse: () => void;
  readonly onFault: (text: string, error?: unknown) => void;
}

/** A server with its job runners. It dies, and is started again on what the store has. */
export class ServerProcess {
  readonly name: string;
  /** By how much its clock is off. */
  skewMs = 0;
  #parts: ProcessParts;
  #store!: ProcessStore;
  #services!: Services;
  #runners: readonly JobRunner[] = [];
  #ticking = new Set<JobRunner>();

  private constructor(parts: ProcessParts) {
    this.name = parts.name;
    this.#parts = parts;
  }

  static async start(parts: ProcessParts, runnerCount: number): Promise<ServerProcess> {
    const process = new ServerProcess(parts);
    await process.#boot(runnerCount);
    return process;
  }

  readonly clock = (): number => this.#parts.now() + this.skewMs;

  get store(): ProcessStore {
    return this.#store;
  }

  get services(): Services {
    return this.#services;
  }

  get isRunning(): boolean {
    return !this.#store.isDead && !this.#store.isStanding;
  }

  async restart(): Promise<void> {
    this.#store.die();
    await this.#boot(this.#runners.length);
  }

  async #boot(runnerCount: number): Promise<void> {
    const { database, isAlone, receiver, random, pulse, onFault } = this.#parts;
    const store = new ProcessStore(database, isAlone ? 'sqlite' : 'postgres', pulse);
    this.#store = store;
    const services = await createServices({
      database: store,
      secret: SECRET,
      issuer: ISSUER,
      clock: this.clock,
      webhooks: { allowPrivate: true },
    });
    const sender = {
      allowPrivate: true,
      async send(_url: string, headers: Readonly<Record<string, string>>, body: string) {
        await store.reach();
        const attempt = receiver.receive(headers, body);
        await store.reach();
        return attempt;
      },
      close() {},
    };
    const deliverer = createDeliverer({
      database: store,
      endpoints: services.endpoints,
      sender,
      random: () => random.next(),
    });
    const log: Log = {
      isInfo: false,
      info() {},
      error: (event, error, fields) => {
        if (!(error instanceof Crash)) onFault(`${this.name}: ${event} ${JSON.stringify(fields)}`, error);
      },
    };
    this.#services = { ...services, deliverer };
    this.#ticking = new Set();
    this.#runners = Array.from({ length: runnerCount }, () =>
      createJobRunner(allJobs(this.#services), {
        database: store,
        programs: services.programs,
        clock: this.clock,
        log,
      }),
    );
  }

  /** Lets every runner look for what is due; nobody waits for it. */
  tick(): void {
    const ticking = this.#ticking;
    for (const runner of this.#runners) {
      if (ticking.has(runner)) continue;
      ticking.add(runner);
      void runner.tick().finally(() => ticking.delete(runner));
    }
  }

  async call(work: (services: Services) => Promise<unknown>): Promise<Answer> {
    const store = this.#store;
    const answer: Promise<Answer> = work(this.#services).then(
      (value) => ({ kind: 'done', value }),
      (error: unknown) => {
        if (store.isDead) return never;
        return error instanceof LoyaltyError ? { kind: 'refused', code: error.code } : { kind: 'failed', error };
      },
    );
    return Promise.race([answer, store.death.then((): Answer => ({ kind: 'silent' }))]);
  }
}
