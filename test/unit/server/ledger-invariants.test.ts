import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verify } from '../../../server/verify/verify.ts';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { anOrder, conservationFaults, openLedger, PROGRAM, stores, type TestLedger } from '../../support/ledger.ts';
import { seed, sized } from '../../support/size.ts';

/**
 * L1, L2, L5: whatever is sent, in whatever order, alone or at once, points neither vanish nor appear. The model here is
 * a few lines of its own; the ledger is the real one on a real store. A failure prints its seed.
 */

type Step =
  | { readonly kind: 'order'; readonly netMinor: number; readonly daysAgo: number }
  | { readonly kind: 'refund'; readonly order: number; readonly share: number }
  | { readonly kind: 'adjust'; readonly points: number }
  | { readonly kind: 'repeat' }
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
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('expire' as const), daysAhead: fc.integer({ min: -300, max: 0 }) }),
  },
);

type Send = () => Promise<{ readonly replayed: boolean; readonly entry: { readonly points: number } }>;

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
    const send: Send | null =
      again && action.kind === 'repeat' ? again : commandFor(t, customer, index, action, orders);
    if (!send) continue;
    const answer = await send().catch((error: unknown) => {
      if (error instanceof LoyaltyError) return null;
      throw error;
    });
    const stored = await storedBalance(t, customer);
    if (answer && !answer.replayed) {
      balance += answer.entry.points;
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
    t = await openLedger(store);
  });
  afterAll(() => t.close());

  test(`L1: ${sized(1_000, 20_000)} random sequences conserve points`, { timeout: 600_000 }, async () => {
    const sequences = fc.sample(fc.array(step, { minLength: 10, maxLength: 60 }), {
      numRuns: sized(1_000, 20_000),
      seed,
    });
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

  test(`L2: ${sized(20_000, 500_000)} parallel commands on few members, read all the time, never tear`, {
    timeout: 900_000,
  }, async () => {
    const total = sized(20_000, 500_000);
    let sent = 0;
    let reading = true;
    const reader = (async () => {
      for (let reads = 0; reading; reads++) {
        const memberId = await t.ledger.enrol(PROGRAM, `hot-${reads % 4}`);
        const { entries } = await t.ledger.readEntries(PROGRAM, memberId, { limit: 200 });
        // A torn read would show a balance that is not the one before plus this entry's points.
        for (let index = 0; index + 1 < entries.length; index++) {
          const [now, before] = [entries[index]?.entry, entries[index + 1]?.entry];
          if (now && before && now.balance !== before.balance + now.points) throw new Error(`torn at seq ${now.seq}`);
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await Promise.all(
      Array.from({ length: 64 }, async () => {
        while (sent < total) {
          const index = sent++;
          const customer = `hot-${index % 4}`;
          if (index % 3 === 0) {
            await t.ledger
              .postAdjustment(PROGRAM, customer, { points: (index % 21) - 10 || 1, reason: 'x' }, `hot-${index}`)
              .catch(refusal);
          } else if (index % 3 === 1) {
            await t.ledger.postOrder(PROGRAM, anOrder(`hot-${index}`, customer, 100 * (index % 50)));
          } else {
            await t.ledger
              .postRefund(PROGRAM, `hot-${index - 64 - (index % 3) + 1}`, {
                id: 'r',
                refundedAt: '2026-03-31T12:00:00Z',
                amountMinor: 100,
              })
              .catch(refusal);
          }
        }
      }),
    );
    reading = false;
    await reader;
    expect(await conservationFaults(t)).toEqual([]);
    expect((await verify(t.database)).finding).toBeNull();
  });
});

function refusal(error: unknown): void {
  if (!(error instanceof LoyaltyError)) throw error;
}
