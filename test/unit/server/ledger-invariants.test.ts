import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verify } from '../../../server/verify/verify.ts';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import {
  anOrder,
  conservationFaults,
  openLedger,
  PROGRAM,
  program,
  stores,
  type TestLedger,
} from '../../support/ledger.ts';
import { seed, sized } from '../../support/size.ts';

/**
 * L1, L2, L5, L7: whatever is sent, in whatever order, alone or at once, points neither vanish nor appear. The model here is
 * a few lines of its own; the ledger is the real one on a real store. A failure prints its seed.
 */

type Step =
  | { readonly kind: 'order'; readonly netMinor: number; readonly daysAgo: number }
  | { readonly kind: 'refund'; readonly order: number; readonly share: number }
  | { readonly kind: 'adjust'; readonly points: number }
  | { readonly kind: 'repeat' }
  | { readonly kind: 'event'; readonly daysAgo: number }
  | { readonly kind: 'pin'; readonly tier: string | null; readonly days: number }
  | { readonly kind: 'benefit' }
  | { readonly kind: 'extend'; readonly which: number }
  | { readonly kind: 'review'; readonly daysAhead: number }
  | { readonly kind: 'expire'; readonly daysAhead: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      netMinor: fc.integer({ min: 0, max: 50_000 }),
      daysAgo: fc.integer({ min: 0, max: 700 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('refund' as const),
      order: fc.nat(9),
      share: fc.integer({ min: 0, max: 100 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('adjust' as const),
      points: fc.integer({ min: -300, max: 300 }).filter((points) => points !== 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('event' as const), daysAgo: fc.integer({ min: 0, max: 700 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('pin' as const),
      tier: fc.constantFrom('member', 'silver', 'gold', null),
      days: fc.integer({ min: 0, max: 400 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('benefit' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('extend' as const), which: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('review' as const), daysAhead: fc.integer({ min: -300, max: 0 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('expire' as const), daysAhead: fc.integer({ min: -300, max: 0 }) }),
  },
);

type Send = () => Promise<{
  readonly replayed: boolean;
  readonly entry: { readonly points: number; readonly seq: number } | null;
}>;

/** Every kind of rule, limit, campaign and benefit at once. */
const everything = {
  ...program,
  earning: {
    rules: [
      ...program.earning.rules,
      { id: 'per-order', kind: 'per_order', points: 7, limit: { per: 'week', times: 2 } },
      {
        id: 'visit',
        kind: 'per_event',
        event: 'visit',
        points: 11,
        qualifies: true,
        limit: { per: 'month', points: 40 },
      },
    ],
    campaigns: [
      { id: 'weekend', multiplierPercent: 200, window: { weekdays: [6, 7] } },
      { id: 'some', multiplierPercent: 133, limit: { per: 'year', times: 3 } },
    ],
    stacking: 'sum',
    confirmationDelayDays: 3,
  },
  expiry: { kind: 'after_months', months: 12, extensionDays: 20 },
  tiers: {
    ...program.tiers,
    downgrade: { kind: 'one_step', graceDays: 10, noticeDays: 0 },
    ladder: program.tiers.ladder.map((tier) => ({
      ...tier,
      benefits: [{ id: 'gift', description: { en: 'A gift' }, limit: { per: 'month', times: 3 } }],
    })),
  },
};

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-03-31T12:00:00Z');

/** Sends one sequence for one customer and checks after each step that the balance moved by just what was answered. */
async function play(t: TestLedger, customer: string, steps: readonly Step[]): Promise<void> {
  const orders: { id: string; netMinor: number; refunded: number; earned: number; reversed: number }[] = [];
  let balance = 0;
  let again: Send | null = null;
  await t.ledger.enrol(PROGRAM, customer);
  for (const [index, action] of steps.entries()) {
    if (action.kind === 'expire') {
      // Other sequences share the store, so only the sums below can tell what this took from whom.
      await t.ledger.expireLots(PROGRAM, NOW + action.daysAhead * DAY_MS);
      balance = await storedBalance(t, customer);
      continue;
    }
    if (action.kind === 'review') {
      const memberId = await t.ledger.enrol(PROGRAM, customer);
      await t.ledger.reviewTier(PROGRAM, memberId, NOW + action.daysAhead * DAY_MS);
      if ((await storedBalance(t, customer)) > balance) throw new Error(`step ${index}: a review gave points`);
      continue;
    }
    const send: Send | null =
      again && action.kind === 'repeat' ? again : commandFor(t, customer, index, action, orders);
    if (!send) continue;
    const answer = await send().catch((error: unknown) => {
      if (error instanceof LoyaltyError) return null;
      throw error;
    });
    const stored = await storedBalance(t, customer);
    if (answer && !answer.replayed) {
      balance += answer.entry?.points ?? 0;
      again = send;
    }
    // Expiry by a neighbor's step may have taken points in between; it never adds any.
    if (stored > balance) throw new Error(`step ${index}: balance is ${stored}, the answers sum to ${balance}`);
    balance = stored;
  }
  for (const { id, earned, netMinor, refunded, reversed } of orders) {
    if (reversed > earned) throw new Error(`${id}: ${reversed} of ${earned} points were taken back`);
    if (refunded > netMinor) throw new Error(`${id}: ${refunded} of ${netMinor} were refunded`);
  }
}

function commandFor(
  t: TestLedger,
  customer: string,
  index: number,
  action: Step,
  orders: { id: string; netMinor: number; refunded: number; earned: number; reversed: number }[],
) {
  switch (action.kind) {
    case 'order': {
      const id = `${customer}-${index}`;
      const placedAt = new Date(NOW - action.daysAgo * DAY_MS).toISOString();
      return async () => {
        const answer = await t.ledger.postOrder(PROGRAM, anOrder(id, customer, action.netMinor, placedAt));
        if (!answer.replayed)
          orders.push({ id, netMinor: action.netMinor, refunded: 0, earned: answer.entry.points, reversed: 0 });
        return answer;
      };
    }
    case 'refund': {
      const order = orders[action.order];
      if (!order) return null;
      const amountMinor = Math.floor((order.netMinor * action.share) / 100);
      return async () => {
        const answer = await t.ledger.postRefund(PROGRAM, order.id, {
          id: `r${index}`,
          refundedAt: '2026-03-31T12:00:00Z',
          amountMinor,
        });
        if (!answer.replayed) {
          order.refunded += amountMinor;
          order.reversed -= answer.entry.points;
        }
        return answer;
      };
    }
    case 'adjust':
      return () =>
        t.ledger.postAdjustment(
          PROGRAM,
          customer,
          { points: action.points, reason: 'by hand' },
          `${customer}-${index}`,
        );
    case 'event': {
      const occurredAt = new Date(NOW - action.daysAgo * DAY_MS).toISOString();
      return () =>
        t.ledger.postEvent(PROGRAM, { id: `${customer}-${index}`, type: 'visit', memberId: customer, occurredAt });
    }
    case 'pin': {
      const until = new Date(NOW + action.days * DAY_MS).toISOString().slice(0, 10);
      const pin = { tier: action.tier, reason: 'by hand', ...(action.tier !== null && { until }) };
      return () => t.ledger.pinTier(PROGRAM, customer, pin, `${customer}-${index}`);
    }
    case 'benefit':
      return () => t.ledger.useBenefit(PROGRAM, customer, 'gift', { id: `${customer}-${index}` });
    case 'extend':
      return async () => {
        const memberId = await t.ledger.enrol(PROGRAM, customer);
        const { account } = await t.ledger.readAccount(PROGRAM, memberId);
        const lastDay = account.balance.expiring[action.which]?.lastDay ?? '2026-01-01';
        return t.ledger.extendLots(PROGRAM, memberId, { lastDay }, `${customer}-${index}`);
      };
    default:
      return null;
  }
}

async function storedBalance(t: TestLedger, customer: string): Promise<number> {
  const memberId = await t.ledger.enrol(PROGRAM, customer);
  const { entries } = await t.ledger.readEntries(PROGRAM, memberId, { limit: 1 });
  return entries[0]?.entry.balance ?? 0;
}

describe.each(stores)('invariants on %s', (store) => {
  let t: TestLedger;
  beforeAll(async () => {
    t = await openLedger(store, everything);
  });
  afterAll(() => t.close());

  const runs = store === 'sqlite' ? sized(300, 20_000) : sized(60, 5_000);
  test(`L1: ${runs} random sequences of 100 commands conserve points`, { timeout: 600_000 }, async () => {
    const sequences = fc.sample(fc.array(step, { minLength: 100, maxLength: 100 }), { numRuns: runs, seed });
    const queue = sequences.entries();
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        for (const [index, steps] of queue) {
          await play(t, `sequence-${index}`, steps).catch((error: unknown) => {
            throw new Error(`LAUREL_TEST_SEED=${seed}, sequence ${index}: ${JSON.stringify(steps)}`, { cause: error });
          });
        }
      }),
    );
    expect(await conservationFaults(t)).toEqual([]);
    await t.ledger.expireLots(PROGRAM, NOW);
    // With everything that lapsed written off, nobody owes while holding points.
    expect(await conservationFaults(t, false)).toEqual([]);
    const { finding, memberCount } = await verify(t.database);
    expect(finding).toBeNull();
    expect(memberCount).toBe(sequences.length);
    console.log(`L1 on ${store}: ${runs} runs × 100 commands, each checked, 0 violations (seed ${seed})`);
  });

  test(`L5: 64 parallel copies of each of ${sized(200, 2_000)} orders give one entry each`, {
    timeout: 300_000,
  }, async () => {
    const count = sized(200, 2_000);
    for (let index = 0; index < count; index++) {
      const order = anOrder(`copies-${index}`, `copier-${index % 7}`, 1_000 + index);
      const answers = await Promise.all(Array.from({ length: 64 }, () => t.ledger.postOrder(PROGRAM, order)));
      expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect(new Set(answers.map(({ entry }) => JSON.stringify(entry))).size).toBe(1);
    }
  });

  test(`L2, L7: ${sized(20_000, 500_000)} parallel commands of eight kinds on few members, read all the time`, {
    timeout: 900_000,
  }, async () => {
    const total = sized(20_000, 500_000);
    const hot = await Promise.all(Array.from({ length: 4 }, (_, index) => t.ledger.enrol(PROGRAM, `hot-${index}`)));
    /** Steps of one clock that every invocation and every answer takes a tick of. */
    let tick = 0;
    const answered: Answered[][] = hot.map(() => []);
    const seen: Seen[][] = hot.map(() => []);
    let sent = 0;
    let reading = true;

    const readers = Array.from({ length: 2 }, async (_, reader) => {
      for (let reads = reader; reading; reads++) {
        const index = reads % hot.length;
        const invokedAt = tick++;
        const { entries } = await t.ledger.readEntries(PROGRAM, hot[index] as string, { limit: 100 });
        // A torn read would show a balance that is not the one before plus this entry's points.
        for (let place = 0; place + 1 < entries.length; place++) {
          const [now, before] = [entries[place]?.entry, entries[place + 1]?.entry];
          if (now && before && now.balance !== before.balance + now.points) throw new Error(`torn at seq ${now.seq}`);
        }
        const [newest] = entries;
        seen[index]?.push({ invokedAt, seq: newest?.entry.seq ?? 0, hash: newest?.hash ?? '' });
        const { account, head } = await t.ledger.readAccount(PROGRAM, hot[index] as string);
        seen[index]?.push({ invokedAt, seq: account.seq, hash: head ?? '' });
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    await Promise.all(
      Array.from({ length: 64 }, async () => {
        while (sent < total) {
          const index = sent++;
          // Each member gets all kinds.
          const place = (index >> 3) % hot.length;
          const invokedAt = tick++;
          const answer = await send(t, index, `hot-${place}`, hot[place] as string).catch(refusal);
          if (answer && !answer.replayed && answer.entry) {
            answered[place]?.push({ invokedAt, answeredAt: tick++, seq: answer.entry.seq });
          }
        }
      }),
    );
    reading = false;
    await Promise.all(readers);
    let written = 0;
    for (const [place, memberId] of hot.entries()) {
      const { entries } = await t.ledger.readEntries(PROGRAM, memberId, { limit: 2 * total });
      const chain = entries.toReversed();
      expect(chain.map(({ entry }) => entry.seq)).toEqual(chain.map((_, index) => index + 1));
      written += checkHistory(chain, answered[place] ?? [], seen[place] ?? []);
    }
    expect(await conservationFaults(t)).toEqual([]);
    expect((await verify(t.database)).finding).toBeNull();
    const reads = seen.reduce((sum, { length }) => sum + length, 0);
    console.log(`L2, L7 on ${store}: ${total} commands, ${written} entries, ${reads} reads, 0 torn, 0 out of order`);
  });
});

interface Answered {
  readonly invokedAt: number;
  readonly answeredAt: number;
  readonly seq: number;
}
interface Seen {
  readonly invokedAt: number;
  readonly seq: number;
  readonly hash: string;
}

/**
 * Strict serializability of one account: who was invoked after another was answered has the higher `seq`; every read is
 * a state that there was, and none that an answer before it had passed already. O(n log n).
 */
function checkHistory(
  chain: readonly { readonly hash: string }[],
  answered: readonly Answered[],
  seen: readonly Seen[],
): number {
  expect(new Set(answered.map(({ seq }) => seq)).size).toBe(answered.length);
  const byAnswer = answered.toSorted((a, b) => a.answeredAt - b.answeredAt);
  const highest: number[] = [];
  for (const { seq } of byAnswer) highest.push(Math.max(seq, highest.at(-1) ?? 0));
  /** The highest `seq` that was answered before an instant. */
  const knownAt = (instant: number): number => {
    let [low, high] = [0, byAnswer.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((byAnswer[middle] as Answered).answeredAt < instant) low = middle + 1;
      else high = middle;
    }
    return highest[low - 1] ?? 0;
  };
  for (const { invokedAt, seq } of answered) {
    if (knownAt(invokedAt) >= seq)
      throw new Error(`seq ${seq} was written before one that was answered before it was sent`);
  }
  for (const { invokedAt, seq, hash } of seen) {
    if ((chain[seq - 1]?.hash ?? '') !== hash) throw new Error(`a read showed seq ${seq} as it never was`);
    if (knownAt(invokedAt) > seq) throw new Error(`a read showed seq ${seq} after a later one was answered`);
  }
  return chain.length;
}

/** One of eight kinds of commands, by its number. */
function send(t: TestLedger, index: number, customer: string, memberId: string): ReturnType<Send> {
  const at = '2026-03-31T11:00:00Z';
  switch (index % 8) {
    case 0:
    case 1:
      return t.ledger.postOrder(PROGRAM, anOrder(`hot-${index}`, customer, 100 * (index % 50)));
    case 2:
      // An order of the same member, sent some time before.
      return t.ledger.postRefund(PROGRAM, `hot-${index - 130}`, { id: 'r', refundedAt: at, amountMinor: 100 });
    case 3:
      return t.ledger.postAdjustment(
        PROGRAM,
        customer,
        { points: (index % 21) - 10 || 1, reason: 'x' },
        `hot-${index}`,
      );
    case 4:
      return t.ledger.postEvent(PROGRAM, { id: `hot-${index}`, type: 'visit', memberId: customer, occurredAt: at });
    case 5:
      return t.ledger.useBenefit(PROGRAM, customer, 'gift', { id: `hot-${index}` });
    case 6:
      return t.ledger.extendLots(PROGRAM, memberId, { lastDay: '2027-03-31' }, `hot-${index}`);
    default:
      return t.ledger.pinTier(
        PROGRAM,
        customer,
        { tier: index % 16 > 8 ? 'gold' : null, reason: 'x', ...(index % 16 > 8 && { until: '2026-12-31' }) },
        `hot-${index}`,
      );
  }
}

function refusal(error: unknown): null {
  if (!(error instanceof LoyaltyError)) throw error;
  return null;
}
