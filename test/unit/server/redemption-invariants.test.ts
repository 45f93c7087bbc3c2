import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verify } from '../../../server/verify/verify.ts';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { anOrder, conservationFaults, openLedger, PROGRAM, stores, type TestLedger } from '../../support/ledger.ts';
import { rewardProgram } from '../../support/rewards.ts';
import { seed, sized } from '../../support/size.ts';

/**
 * L1 with rewards: a model of a few lines says what each answer has to do to the balance; after every command the stored
 * balance and the holds are the model's. In the end everything is recomputed.
 */

type Step =
  | { readonly kind: 'order'; readonly netMinor: number; readonly daysAgo: number }
  | { readonly kind: 'gift'; readonly points: number }
  | { readonly kind: 'redeem'; readonly reward: string; readonly points?: number | undefined }
  | { readonly kind: 'use'; readonly hold: number; readonly netMinor: number; readonly share: number }
  | { readonly kind: 'release' | 'time-out' | 'cancel'; readonly hold: number }
  | { readonly kind: 'refund'; readonly order: number; readonly share: number }
  | { readonly kind: 'expire'; readonly daysAhead: number };

const nth = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      netMinor: fc.integer({ min: 0, max: 40_000 }),
      daysAgo: fc.integer({ min: 0, max: 360 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('gift' as const), points: fc.integer({ min: 1, max: 200 }) }) },
  {
    weight: 4,
    arbitrary: fc.oneof(
      fc.record({ kind: fc.constant('redeem' as const), reward: fc.constantFrom('ten-off', 'tasting') }),
      fc.record({
        kind: fc.constant('redeem' as const),
        reward: fc.constant('slider'),
        points: fc.integer({ min: 1, max: 30 }).map((tens) => tens * 10),
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('use' as const),
      hold: nth,
      netMinor: fc.integer({ min: 0, max: 20_000 }),
      share: fc.integer({ min: 1, max: 150 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('release' as const, 'time-out' as const, 'cancel' as const),
      hold: nth,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('refund' as const), order: nth, share: fc.integer({ min: 0, max: 100 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('expire' as const), daysAhead: fc.integer({ min: -300, max: 0 }) }),
  },
);

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-03-31T12:00:00Z');

interface Hold {
  readonly id: string;
  readonly code: string;
  readonly points: number;
  /** What it takes off an order; `null` for what is no amount. */
  readonly amountMinor: number | null;
  state: 'held' | 'used' | 'over';
  unused: number;
  returned: number;
}

interface Order {
  readonly id: string;
  readonly netMinor: number;
  readonly holds: Hold[];
  refunded: number;
}

/** One member's life. */
class Life {
  readonly #t: TestLedger;
  readonly #customer: string;
  #memberId = '';
  #balance = 0;
  readonly #holds: Hold[] = [];
  readonly #orders: Order[] = [];
  readonly counts: Record<string, number> = {};

  constructor(t: TestLedger, customer: string) {
    this.#t = t;
    this.#customer = customer;
  }

  async play(steps: readonly Step[]): Promise<void> {
    this.#memberId = await this.#t.ledger.enrol(PROGRAM, this.#customer);
    for (const [index, action] of steps.entries()) {
      const done = await this.#do(action, index).then(
        () => true,
        (error: unknown) => {
          if (error instanceof LoyaltyError) return false;
          throw error;
        },
      );
      const key = `${action.kind}${done ? '' : ' refused'}`;
      this.counts[key] = (this.counts[key] ?? 0) + 1;
      await this.#check(`step ${index} ${JSON.stringify(action)}`);
    }
  }

  async #check(where: string): Promise<void> {
    const { entries } = await this.#t.ledger.readEntries(PROGRAM, this.#memberId, { limit: 1 });
    const stored = entries[0]?.entry.balance ?? 0;
    if (stored !== this.#balance) throw new Error(`${where}: balance is ${stored}, should be ${this.#balance}`);
    const { holds = [] } = (await this.#t.ledger.readAccount(PROGRAM, this.#memberId)).account;
    const held = holds.reduce((sum, { points }) => sum + points, 0);
    const expected = this.#holds.reduce((sum, { state, points }) => sum + (state === 'held' ? points : 0), 0);
    if (held !== expected) throw new Error(`${where}: ${held} points are held, should be ${expected}`);
  }

  async #do(action: Step, index: number): Promise<void> {
    const { ledger, redemptions } = this.#t;
    const id = `${this.#customer}-${index}`;
    const held = (nth: number) => this.#holds.filter(({ state }) => state === 'held')[nth];
    switch (action.kind) {
      case 'order': {
        const placedAt = new Date(NOW - action.daysAgo * DAY_MS).toISOString();
        const { entry } = await ledger.postOrder(PROGRAM, anOrder(id, this.#customer, action.netMinor, placedAt));
        this.#balance += entry.points;
        this.#orders.push({ id, netMinor: action.netMinor, holds: [], refunded: 0 });
        return;
      }
      case 'gift': {
        await ledger.postAdjustment(PROGRAM, this.#customer, { points: action.points, reason: 'gift' }, id);
        this.#balance += action.points;
        return;
      }
      case 'redeem': {
        const request = { reward: action.reward, ...(action.points !== undefined && { points: action.points }) };
        const { redemption } = await redemptions.redeem(PROGRAM, this.#memberId, request, id);
        if (this.#balance < 0) throw new Error('a member in debt redeemed');
        const points = action.points ?? (action.reward === 'ten-off' ? 100 : 20);
        if (redemption.points !== points) throw new Error(`took ${redemption.points}, not ${points}`);
        this.#balance -= points;
        const amountMinor = action.reward === 'tasting' ? null : points * 10;
        const code = redemption.code ?? '';
        this.#holds.push({ id: redemption.id, code, points, amountMinor, state: 'held', unused: 0, returned: 0 });
        return;
      }
      case 'use': {
        const hold = held(action.hold);
        if (!hold) return;
        const usedMinor = Math.ceil(((hold.amountMinor ?? 100) * action.share) / 100);
        const order = anOrder(id, this.#customer, action.netMinor);
        const receipt = await ledger.postOrder(PROGRAM, {
          ...order,
          redemptionCodes: [{ code: hold.code, usedMinor }],
        });
        if (receipt.codes?.[0]?.state !== 'committed') throw new Error('a good code was refused');
        this.#balance += receipt.entry.points;
        if (hold.amountMinor !== null && usedMinor < hold.amountMinor) {
          hold.unused = hold.points - Math.max(1, Math.floor((hold.points * usedMinor) / hold.amountMinor));
        }
        hold.returned = hold.unused;
        hold.state = 'used';
        this.#balance += hold.unused;
        this.#orders.push({ id, netMinor: action.netMinor, holds: [hold], refunded: 0 });
        return;
      }
      case 'release':
      case 'time-out':
      case 'cancel': {
        const hold = held(action.hold);
        if (!hold) return;
        if (action.kind === 'release') await redemptions.release(PROGRAM, this.#memberId, hold.id);
        else if (action.kind === 'cancel') await redemptions.change(PROGRAM, hold.id, { state: 'cancelled' });
        else await ledger.run(PROGRAM, 'releaseLapsed', hold.id, NOW + 2 * DAY_MS);
        hold.state = 'over';
        this.#balance += hold.points;
        return;
      }
      case 'refund': {
        const order = this.#orders[action.order];
        if (!order) return;
        const amountMinor = Math.floor((order.netMinor * action.share) / 100);
        const refund = { id, refundedAt: '2026-03-31T12:00:00Z', amountMinor };
        const { entry } = await ledger.postRefund(PROGRAM, order.id, refund);
        order.refunded += amountMinor;
        this.#balance += entry.points;
        for (const hold of order.holds) {
          const paid = hold.points - hold.unused;
          const isWhole = order.refunded === order.netMinor;
          const due = isWhole ? paid : Math.floor((paid * order.refunded) / order.netMinor);
          this.#balance += hold.unused + due - hold.returned;
          hold.returned = hold.unused + due;
        }
        return;
      }
      case 'expire': {
        const { result } = await ledger.run(PROGRAM, 'expireLots', this.#memberId, NOW + action.daysAhead * DAY_MS);
        this.#balance -= result?.points ?? Number.NaN;
      }
    }
  }
}

describe.each(stores)('rewards conserve points on %s', (store) => {
  let t: TestLedger;
  beforeAll(async () => {
    t = await openLedger(store, rewardProgram);
  });
  afterAll(() => t.close());

  const lives = sized(store === 'sqlite' ? 400 : 150, 10_000);

  test(`L1: ${lives} lives of orders, holds, codes, refunds and expiry, checked after every command`, {
    timeout: 900_000,
  }, async () => {
    const sequences = fc.sample(fc.array(step, { minLength: 10, maxLength: 60 }), { numRuns: lives, seed });
    const queue = sequences.entries();
    const counts: Record<string, number> = {};
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        for (const [index, steps] of queue) {
          const life = new Life(t, `life-${index}`);
          await life.play(steps).catch((error: unknown) => {
            throw new Error(`LAUREL_TEST_SEED=${seed}, life ${index}: ${JSON.stringify(steps)}`, { cause: error });
          });
          for (const [kind, count] of Object.entries(life.counts)) counts[kind] = (counts[kind] ?? 0) + count;
        }
      }),
    );
    process.stdout.write(`L1 with rewards on ${store}: seed ${seed}, ${lives} lives, ${JSON.stringify(counts)}\n`);
    // Each kind did happen.
    for (const kind of ['redeem', 'use', 'release', 'time-out', 'cancel', 'refund', 'expire']) {
      expect(counts[kind]).toBeGreaterThan(lives / 10);
    }
    expect(await conservationFaults(t)).toEqual([]);
    await t.ledger.expireLots(PROGRAM, NOW);
    expect(await conservationFaults(t, false)).toEqual([]);
    expect((await verify(t.database)).finding).toBeNull();
  });
});
