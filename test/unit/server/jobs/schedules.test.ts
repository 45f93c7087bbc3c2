import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../../server/database/database.ts';
import { statement } from '../../../../server/database/statement.ts';
import { createVault } from '../../../../server/identity/vault.ts';
import { allJobs } from '../../../../server/jobs/all-jobs.ts';
import { createJobRunner, type JobRunner } from '../../../../server/jobs/runner.ts';
import { createLedger } from '../../../../server/ledger/create-ledger.ts';
import type { Ledger } from '../../../../server/ledger/ledger.ts';
import { createLog } from '../../../../server/log.ts';
import { createOutbox } from '../../../../server/outbox/outbox.ts';
import { createProgramStore } from '../../../../server/programs/program-store.ts';
import { verify } from '../../../../server/verify/verify.ts';
import { createDeliverer } from '../../../../server/webhooks/outgoing/deliver.ts';
import { createEndpoints } from '../../../../server/webhooks/outgoing/endpoints.ts';
import type { Sender } from '../../../../server/webhooks/outgoing/send.ts';
import {
  conservationFaults,
  openLedger,
  program as plainProgram,
  stores,
  type TestLedger,
} from '../../../support/ledger.ts';
import { seed, sized } from '../../../support/size.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse('2026-01-01T09:00:00Z');
const DAYS = 300;
const MEMBERS = ['c-1', 'c-2', 'c-3'];
const SECRET = 'Zk3vQm9Lw2RtY7uPa5NsXc8BdEfHj4Gi6oTqVn0WyA1';

const terms = {
  ...plainProgram,
  earning: { ...plainProgram.earning, confirmationDelayDays: 3 },
  expiry: { kind: 'after_months', months: 2, noticeDays: [14, 3] },
  tiers: {
    ...plainProgram.tiers,
    period: { kind: 'rolling', months: 3 },
    downgrade: { kind: 'requalify', graceDays: 0, noticeDays: 10 },
  },
};

/** What a shop does to its members, at its own times: the same whatever the jobs do. */
interface Deed {
  readonly at: number;
  act(ledger: Ledger, programId: string): Promise<unknown>;
}

/** How the jobs fare from one deed to the next. */
type Fate = 'on time' | 'not at all' | 'twice' | 'twice at once' | 'killed' | 'two, one killed';
const FATES: readonly Fate[] = ['on time', 'not at all', 'twice', 'twice at once', 'killed', 'two, one killed'];

/** A server of the store, whose writes may end at any moment for good. */
interface JobServer {
  readonly ledger: Ledger;
  readonly runner: JobRunner;
  /** Every transaction after so many fails, as of a process that is no more. */
  killAfter(transactionCount: number): void;
}

describe.each(stores)('T2: jobs on %s', (store) => {
  let opened: TestLedger;
  /** Messages by program: `type subject`, as often as they were sent. */
  const sent = new Map<string, string[]>();

  beforeAll(async () => {
    opened = await openLedger(store);
  });
  afterAll(() => opened.close());

  function startServer(programId: string, clock: () => number): JobServer {
    let left = Number.POSITIVE_INFINITY;
    const inner = opened.database;
    const database: Database = {
      dialect: inner.dialect,
      all: (query, params) => inner.all(query, params),
      transaction(work) {
        if (left-- <= 0) return Promise.reject(new Error('killed'));
        return inner.transaction(work);
      },
      check: () => inner.check(),
      close: () => Promise.resolve(),
    };
    const programs = createProgramStore({ database: inner, clock });
    const outbox = createOutbox();
    const ledger = createLedger({ database, programs, clock, outbox });
    const endpoints = createEndpoints({ database, outbox, clock, vault: createVault(SECRET), allowPrivate: true });
    const sender: Sender = {
      allowPrivate: true,
      close() {},
      async send(_url, headers, body) {
        sent.get(programId)?.push(`${headers['webhook-id']} ${body}`);
        return { status: 204, error: null };
      },
    };
    const deliverer = createDeliverer({ database, endpoints, sender });
    const redemptions = {
      hasExpiredHolds: async () => false,
      releaseExpiredHolds: async () => ({ releasedCount: 0, points: 0 }),
    };
    const members = { profiles: { membersWithBirthday: async () => [] } };
    const referrals = { settle: async () => null };
    const services = { database, ledger, programs, outbox, deliverer, redemptions, members, referrals, clock };
    const jobs = allJobs(services);
    const runner = createJobRunner(jobs, {
      database,
      clock,
      log: createLog('silent'),
      recordMs: Number.POSITIVE_INFINITY,
      programs: { list: async () => [{ programId, version: 1 }] },
    });
    return {
      ledger,
      runner,
      killAfter(transactionCount) {
        left = transactionCount;
      },
    };
  }

  /** Plays the deeds, with the jobs between them as fate has it, and gives what the members have in the end. */
  async function play(
    programId: string,
    deeds: readonly Deed[],
    fateOf: (index: number) => Fate,
    random: () => number,
  ) {
    let now = START;
    const clock = () => now;
    sent.set(programId, []);
    await opened.programs.apply({ ...terms, id: programId });
    let server = startServer(programId, clock);
    const endpoints = createEndpoints({
      database: opened.database,
      clock,
      allowPrivate: true,
      outbox: createOutbox(),
      vault: createVault(SECRET),
    });
    await endpoints.create(programId, { url: 'http://receiver.test/', description: '', eventTypes: [] });
    for (const [index, deed] of deeds.entries()) {
      now = deed.at;
      await deed.act(server.ledger, programId);
      now += HOUR;
      switch (fateOf(index)) {
        case 'on time':
          await server.runner.tick();
          break;
        case 'not at all':
          break;
        case 'twice':
          await server.runner.tick();
          now += HOUR;
          await server.runner.tick();
          break;
        case 'twice at once':
          await Promise.all([server.runner.tick(), startServer(programId, clock).runner.tick()]);
          break;
        case 'killed':
          server.killAfter(Math.floor(random() * 12));
          await server.runner.tick();
          server = startServer(programId, clock);
          break;
        case 'two, one killed': {
          const other = startServer(programId, clock);
          other.killAfter(Math.floor(random() * 12));
          await Promise.all([server.runner.tick(), other.runner.tick()]);
          break;
        }
      }
    }
    // In the end somebody comes and does what is left: leases of the dead run out first.
    for (let round = 0; round < 3; round++) {
      now = START + DAYS * DAY + round * 2 * HOUR;
      await startServer(programId, clock).runner.tick();
    }
    return outcome(programId, server.ledger);
  }

  async function outcome(programId: string, ledger: Ledger) {
    const entries = await opened.database.all(entriesOf, { programId });
    const customerOf = new Map<string, string>();
    for (const customerId of MEMBERS) customerOf.set(await ledger.enrol(programId, customerId), customerId);
    const accounts = await Promise.all(MEMBERS.map((customerId) => ledger.readMember(programId, customerId)));
    const messages = new Map<string, number>();
    const ids = new Map<string, string>();
    for (const line of sent.get(programId) ?? []) {
      const id = line.slice(0, line.indexOf(' '));
      const { type, data } = JSON.parse(line.slice(id.length + 1)) as {
        type: string;
        data: Partial<Record<string, unknown>>;
      };
      // A message sent again is the same message.
      if (ids.get(id) === line) continue;
      ids.set(id, line);
      const { memberId, order, points, lastDay, seq, reviewOn, to, noticeDays } = data;
      const what = JSON.stringify(
        type === 'points.posted' ? [memberId, order, points] : [memberId, lastDay ?? seq ?? reviewOn ?? to, noticeDays],
      );
      const key = `${type} ${what}`;
      messages.set(key, (messages.get(key) ?? 0) + 1);
    }
    return {
      /** What happened to points; a review may have been made by an order that came first. */
      entries: entries
        .filter(({ points, kind }) => kind !== 'adjustment' || points !== 0)
        .map(
          ({ member_id, kind, points, occurred_at }) =>
            `${customerOf.get(member_id)} ${kind} ${points} ${new Date(occurred_at).toISOString()}`,
        )
        .sort(),
      accounts: accounts.map(({ balance, tier }) => ({
        balance,
        tier: tier.id,
        since: tier.since,
        reviewOn: tier.reviewOn,
      })),
      posted: [...messages]
        .map(([key, count]) => `${key} ${count}`)
        .filter((line) => line.startsWith('points.posted'))
        .sort(),
      onceEach: [...messages].filter(([key]) => /^points\.(?:posted|expiring|expired|accrued)|^tier\.review/.test(key)),
    };
  }

  test('late, twice, at once and killed in the middle come to the same', async () => {
    // PostgreSQL takes several times as long for the same.
    const scenarios = store === 'sqlite' ? sized(10, 40) : sized(6, 20);
    const schedules = store === 'sqlite' ? sized(14, 50) : sized(10, 20);
    const random = mulberry(seed);
    let entryCount = 0;
    for (let scenario = 0; scenario < scenarios; scenario++) {
      const deeds = deedsOf(random);
      const reference = await play(`s${scenario}.reference.test`, deeds, () => 'on time', random);
      entryCount += reference.entries.length;
      expect(reference.entries.some((entry) => entry.includes(' expiry '))).toBe(true);
      // Side by side, each with its own program and its own time.
      await Promise.all(
        Array.from({ length: schedules }, async (_, schedule) => {
          const own = mulberry(seed + 1_000 * scenario + schedule + 1);
          const fates = deeds.map(() => FATES[Math.floor(own() * FATES.length)] as Fate);
          const programId = `s${scenario}.schedule-${schedule}.test`;
          const played = await play(programId, deeds, (index) => fates[index] as Fate, own);
          const said = `seed ${seed}, scenario ${scenario}, schedule ${schedule}: ${fates.join(', ')}`;
          expect(played.entries, said).toEqual(reference.entries);
          expect(played.accounts, said).toEqual(reference.accounts);
          expect(played.posted, said).toEqual(reference.posted);
          for (const [message, count] of played.onceEach) expect(count, `${said}: ${message}`).toBe(1);
        }),
      );
    }
    expect(await conservationFaults(opened)).toEqual([]);
    expect((await verify(opened.database)).finding).toBeNull();
    console.log(
      `T2 ${store}: ${scenarios * schedules} schedules, ${entryCount} entries of reference, 0 differences (seed ${seed})`,
    );
  }, 300_000);
});

const entriesOf = statement<{ member_id: string; kind: string; points: number; occurred_at: number }>((db, p) =>
  db
    .selectFrom('entries')
    .select(['member_id', 'kind', 'points', 'occurred_at'])
    .where('program_id', '=', p('programId')),
);

/** Orders, refunds and spending over most of a year, in no order but their time. */
function deedsOf(random: () => number): Deed[] {
  const days = Array.from({ length: 14 }, () => Math.floor(random() * (DAYS - 30))).sort((a, b) => a - b);
  const orders: { id: string; netMinor: number }[] = [];
  return days.map((day, index): Deed => {
    const at = START + day * DAY + index * 1_000;
    const customerId = MEMBERS[Math.floor(random() * MEMBERS.length)] as string;
    const dice = random();
    const refunded = orders.splice(Math.floor(random() * orders.length), dice > 0.8 ? 1 : 0)[0];
    if (refunded) {
      const refund = { id: `r-${index}`, refundedAt: new Date(at).toISOString(), amountMinor: refunded.netMinor };
      return { at, act: (ledger, programId) => ledger.postRefund(programId, refunded.id, refund) };
    }
    const order = { id: `o-${index}`, netMinor: 1_000 + Math.floor(random() * 20_000) };
    orders.push(order);
    const lines = [{ sku: 'sku-1', quantity: 1, netMinor: order.netMinor }];
    const posted = { id: order.id, memberId: customerId, placedAt: new Date(at).toISOString(), currency: 'EUR', lines };
    return {
      at,
      async act(ledger, programId) {
        await ledger.postOrder(programId, posted as never);
        for (const member of MEMBERS) await ledger.enrol(programId, member);
      },
    };
  });
}

function mulberry(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
