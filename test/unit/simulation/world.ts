import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Database } from '../../../server/database/database.ts';
import { migrate } from '../../../server/database/migrate.ts';
import { openDatabase } from '../../../server/database/open.ts';
import { textStatement } from '../../../server/database/statement.ts';
import { allJobs } from '../../../server/jobs/all-jobs.ts';
import { createLedger } from '../../../server/ledger/create-ledger.ts';
import { createProgramStore } from '../../../server/programs/program-store.ts';
import { verify } from '../../../server/verify/verify.ts';
import { STANDARD_SECRET } from '../../support/incoming-webhooks.ts';
import { conservationFaults, PROGRAM } from '../../support/ledger.ts';
import { auditLife, EventAudit, type Facts, QUOTED, readFacts } from './audit.ts';
import { Life } from './life.ts';
import { documentOf, RULES } from './programs.ts';
import type { Random } from './random.ts';
import { Receiver } from './receiver.ts';
import { ServerProcess } from './server-process.ts';
import { Shop } from './shop.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The clocks change on the 29th. */
const START = Date.parse('2026-03-01T05:00:00Z');

/** Turns of the event loop without a step of the store after which nothing moves any more. */
const QUIET_TURNS = 8;

export interface Outcome {
  readonly traceHash: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** One shop with its servers, from one source of randomness, in virtual time. */
export class World {
  now = START - DAY;
  readonly #random: Random;
  readonly #folder: string;
  readonly #database: Database;
  readonly #receiver: Receiver;
  readonly #shop: Shop;
  readonly #life: Life;
  readonly #events = new EventAudit();
  readonly #trace = createHash('sha256');
  readonly #processes: ServerProcess[] = [];
  readonly #isAlone: boolean;
  readonly #counts = {
    entries: 0,
    calls: 0,
    messages: 0,
    events: 0,
    crashes: 0,
    standstills: 0,
    clockSteps: 0,
    quotes: 0,
  };
  #pulse = 0;
  #downUntil = 0;
  #noted: Error | null = null;

  private constructor(random: Random, folder: string, database: Database) {
    this.#random = random;
    this.#folder = folder;
    this.#database = database;
    this.#isAlone = random.chance(0.5);
    const trace = (line: string) => void this.#trace.update(`${line}\n`);
    this.#receiver = new Receiver(random);
    this.#receiver.onMessage = trace;
    this.#shop = new Shop({ random, onFault: this.#note, trace });
    this.#life = new Life({ random, shop: this.#shop, now: () => this.now });
  }

  static async create(random: Random): Promise<World> {
    const folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'laurel-life-'));
    const database = await openDatabase(`sqlite:${folder}`);
    await migrate(database, START - DAY);
    const world = new World(random, folder, database);
    await world.#open();
    return world;
  }

  async #open(): Promise<void> {
    const parts = {
      database: this.#database,
      isAlone: this.#isAlone,
      receiver: this.#receiver,
      random: this.#random,
      now: () => this.now,
      pulse: () => {
        this.#pulse++;
      },
      onFault: this.#note,
    };
    const names = this.#isAlone ? ['a'] : ['a', 'b'];
    for (const name of names) {
      this.#processes.push(await ServerProcess.start({ ...parts, name }, this.#isAlone ? 2 : 1));
    }
    const [{ services }] = this.#processes as [ServerProcess];
    await services.programs.apply(documentOf(RULES[0] as (typeof RULES)[number]));
    await services.webhookSources.rotate(PROGRAM, 'standard', STANDARD_SECRET, 0);
    await services.endpoints.create(PROGRAM, { url: 'https://shop.example/laurel', description: '', eventTypes: [] });
    // By then every server's clock, however far behind, is past the start of its endpoint.
    this.now = START;
  }

  /** Heard where nobody waits: thrown once all is quiet. */
  readonly #note = (text: string, error?: unknown): void => {
    this.#noted ??= new Error(text, { cause: error });
  };

  #fault(text: string, error?: unknown): never {
    throw new Error(text, { cause: error });
  }

  /** Lives so many days, then mends everything and waits until nothing is left to do. @throws at the first difference. */
  async run(days: number): Promise<Outcome> {
    for (let day = 1; day <= days; day++) {
      await this.#day(START + day * DAY);
      await this.#check(day % 30 === 0);
    }
    await this.#mend();
    await this.#checkEnd();
    this.#counts.messages = this.#receiver.attemptCount;
    this.#counts.events = this.#events.count;
    this.#counts.calls = this.#shop.intents.reduce((sum, { attemptCount }) => sum + attemptCount, 0);
    return { traceHash: this.#trace.digest('base64url'), counts: this.#counts };
  }

  async close(): Promise<void> {
    for (const { store } of this.#processes) store.die();
    await settled(() => this.#pulse);
    await this.#database.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #day(end: number): Promise<void> {
    while (this.now < end) {
      const gap = this.#random.chance(0.25) ? this.#random.int(1, 90_000) : this.#random.int(1, 14 * 60) * MINUTE;
      this.#advance(Math.min(gap, end - this.now));
      await this.#disturb();
      for (let acts = this.#random.int(0, 4); acts > 0; acts--) this.#life.act();
      this.#shop.sendDue(this.now, this.#processes);
      for (const process of this.#processes) if (this.#random.chance(0.7)) process.tick();
      await this.#settled();
    }
  }

  /** Timers of the server go by this clock as well: a run that stands still keeps its lease for a while. */
  #advance(ms: number): void {
    this.now += ms;
    vi.advanceTimersByTime(Math.min(ms, MINUTE));
  }

  async #disturb(): Promise<void> {
    const random = this.#random;
    this.#receiver.isDown = this.now < this.#downUntil;
    if (random.chance(0.01)) this.#downUntil = this.now + random.int(1, 20) * HOUR;
    for (const process of this.#processes) {
      const { store } = process;
      if (store.isDead) {
        this.#counts.crashes++;
        if (random.chance(0.7)) await process.restart();
      } else if (store.isStanding) {
        if (random.chance(0.6)) store.resume();
      } else if (random.chance(0.02)) {
        store.pause();
        this.#counts.standstills++;
      } else if (!store.isDoomed && random.chance(0.06)) {
        store.dieIn(random.int(1, 120));
      }
      if (random.chance(0.03)) {
        const isSmall = random.chance(0.7);
        process.skewMs = isSmall ? random.int(-10, 10) * MINUTE : random.int(-300, 300) * MINUTE;
        this.#counts.clockSteps++;
      } else if (random.chance(0.15)) process.skewMs = 0;
    }
  }

  async #check(isThorough: boolean): Promise<void> {
    await this.#events.look(this.#database);
    this.#none(await conservationFaults({ database: this.#database }));
    this.#none(this.#receiver.faults);
    if (isThorough) {
      const { finding } = await verify(this.#database);
      if (finding) this.#fault(`verify: ${finding.message}`, finding);
    }
    const process = this.#processes.find(({ isRunning, store }) => isRunning && !store.isDoomed);
    if (!process) return;
    await this.#checkAccounts(process);
    await this.#checkQuote(process);
  }

  /** What a server keeps ready of accounts is what a server that keeps nothing reads. */
  async #checkAccounts({ services, clock }: ServerProcess): Promise<void> {
    const programs = createProgramStore({ database: this.#database, clock });
    const fresh = createLedger({ database: this.#database, programs, clock });
    const members = (await this.#database.all(someMembers, {})) as readonly { member_id: string }[];
    for (let count = 0; count < 3 && members.length > 0; count++) {
      const { member_id: memberId } = this.#random.pick(members);
      const [kept, read] = await Promise.all([
        services.ledger.readAccount(PROGRAM, memberId),
        fresh.readAccount(PROGRAM, memberId),
      ]);
      if (kept.json !== read.json) this.#fault(`account of ${memberId}: ${kept.json} is ${read.json}`);
    }
  }

  /** An order brings what was said that it would. */
  async #checkQuote({ services: { ledger }, clock }: ServerProcess): Promise<void> {
    const memberId = 'asks-first';
    const cart = { currency: 'EUR', lines: [{ sku: 'sku-1', quantity: 1, netMinor: this.#random.int(0, 20_000) }] };
    const quote = await ledger.quote(PROGRAM, { customerId: memberId }, cart);
    const id = `${QUOTED}${++this.#counts.quotes}`;
    const placedAt = clock();
    const order = { ...cart, id, memberId, placedAt: new Date(placedAt).toISOString() };
    const { entry } = await ledger.postOrder(PROGRAM, order);
    if (entry.points !== quote.points) this.#fault(`${id}: quoted ${quote.points}, brought ${entry.points}`);
    this.#trace.update(`${id} ${entry.points}\n`);
  }

  /** Faults stop. Calls are answered within 60 virtual seconds, jobs and messages as their own schedules say. */
  async #mend(): Promise<void> {
    this.#receiver.isDown = false;
    this.#receiver.isFaulty = false;
    this.#shop.isFaulty = false;
    for (const process of this.#processes) {
      process.skewMs = 0;
      process.store.resume();
    }
    await settled(() => this.#pulse);
    for (const process of this.#processes) await process.restart();
    for (const intent of this.#shop.open) intent.dueAt = this.now;
    for (let second = 0; second < 60 && this.#shop.open.length > 0; second += 5) {
      this.#advance(5_000);
      this.#shop.sendDue(this.now, this.#processes);
      await this.#settled();
    }
    this.#none(this.#shop.open.map(({ id, attemptCount }) => `${id} has no answer after ${attemptCount} calls`));
    // The longest wait of a message is a day and its jitter, of a job what a clock was ahead.
    const end = this.now + 27 * HOUR;
    while (this.now < end + 5 * MINUTE) {
      // What the last runs found out is told within minutes.
      this.#advance(this.now < end ? HOUR : MINUTE);
      for (const process of this.#processes) process.tick();
      await this.#settled();
    }
  }

  async #settled(): Promise<void> {
    await settled(() => this.#pulse);
    if (this.#noted) throw this.#noted;
  }

  async #checkEnd(): Promise<void> {
    const [process] = this.#processes as [ServerProcess];
    const asOf = this.now - HOUR;
    for (const job of allJobs(process.services)) {
      if (IS_ALWAYS_NEEDED.has(job.name)) continue;
      if (await job.isNeeded?.(PROGRAM, asOf)) this.#fault(`there is still work for the job ${job.name}`);
    }
    await this.#check(true);
    this.#none(this.audit(await this.facts()));
    this.#none(this.#events.faults(this.#receiver, asOf));
    const [{ count }] = (await this.#database.all(entryCount, {})) as [{ count: number }];
    this.#counts.entries = count;
  }

  facts(): Promise<Facts> {
    return readFacts(this.#database);
  }

  /** What is different between what the store says and what the shop knows. */
  audit(facts: Facts): string[] {
    return auditLife(facts, { life: this.#life, shop: this.#shop });
  }

  /** The same for the order in which events came. */
  auditEvents(order: readonly string[]): string[] {
    return this.#events.faults({ order: [...order], has: (id) => order.includes(id) }, this.now - HOUR);
  }

  get heard(): readonly string[] {
    return this.#receiver.order;
  }

  #none(faults: readonly string[]): void {
    if (faults.length > 0) this.#fault(`${faults.length} differences: ${faults.slice(0, 5).join('; ')}`);
  }
}

/** Walks that are made once a day, whether there is anything to tell or not. */
const IS_ALWAYS_NEEDED: ReadonlySet<string> = new Set(['expiry-notices', 'tier-notices', 'occasions', 'sweep']);

const entryCount = textStatement('SELECT count(*) AS count FROM entries');
const someMembers = textStatement('SELECT member_id FROM members ORDER BY member_id LIMIT 40');

/** Waits until nothing moves: every process waits for a time, or for nothing. */
async function settled(pulse: () => number): Promise<void> {
  for (let quiet = 0, seen = pulse(); quiet < QUIET_TURNS; quiet++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (pulse() === seen) continue;
    seen = pulse();
    quiet = 0;
  }
}
