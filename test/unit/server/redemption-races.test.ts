import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verify } from '../../../server/verify/verify.ts';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import type { Redemption } from '../../../shared/protocol/api.ts';
import {
  anOrder,
  conservationFaults,
  openLedger,
  PROGRAM,
  program,
  stores,
  type TestLedger,
} from '../../support/ledger.ts';
import { sized } from '../../support/size.ts';

/**
 * L6: of many who want the same last thing at once exactly as many get it as there are. On PostgreSQL the racers go through
 * two servers of the same database, which know nothing of each other.
 */

const RACERS = 32;

const raceProgram = {
  ...program,
  rewards: [
    {
      id: 'last-mug',
      name: { en: 'Last mug' },
      worth: { kind: 'product', sku: 'mug', isShipped: true },
      cost: { kind: 'fixed', points: 10 },
      stock: 2,
    },
    {
      id: 'ten-off',
      name: { en: '10 € off' },
      worth: { kind: 'amount_off', amountMinor: 1_000, currency: 'EUR' },
      cost: { kind: 'fixed', points: 100 },
      limit: { per: 'month', times: 1_000_000 },
    },
  ],
};

describe.each(stores)('races on %s', (store) => {
  let t: TestLedger;
  let servers: readonly TestLedger[];
  let raceCount = 0;
  let keyCount = 0;
  const members: string[] = [];
  const races = sized(store === 'sqlite' ? 500 : 60, 30_000);

  beforeAll(async () => {
    t = await openLedger(store, raceProgram);
    servers = store === 'postgres' ? [t, await t.reopen()] : [t];
    for (let index = 0; index < RACERS; index++) {
      members.push(await t.ledger.enrol(PROGRAM, `racer-${index}`));
      await t.ledger.postAdjustment(PROGRAM, `racer-${index}`, { points: 1_000_000, reason: 'gift' }, `gift-${index}`);
    }
  });

  afterAll(async () => {
    for (const server of servers.slice(1)) await server.database.close();
    await t.close();
  });

  const serverOf = (index: number) => servers[index % servers.length] as TestLedger;

  /** Those who won; everybody else was refused for an expected reason. */
  async function won<T>(work: readonly Promise<T>[]): Promise<T[]> {
    raceCount++;
    const ends = await Promise.allSettled(work);
    return ends.flatMap((end) => {
      if (end.status === 'fulfilled') return [end.value];
      if (end.reason instanceof LoyaltyError) return [];
      throw end.reason;
    });
  }

  const redeem = (index: number, memberId: string, reward: string): Promise<Redemption> =>
    serverOf(index)
      .redemptions.redeem(PROGRAM, memberId, { reward }, `race-${++keyCount}`)
      .then(({ redemption }) => redemption);

  test(`the last two pieces, ${races} times`, { timeout: 600_000 }, async () => {
    for (let race = 0; race < races; race++) {
      const winners = await won(members.map((memberId, index) => redeem(index, memberId, 'last-mug')));
      expect(winners).toHaveLength(2);
      await Promise.all(
        winners.map(({ id }, index) => serverOf(race + index).redemptions.change(PROGRAM, id, { state: 'cancelled' })),
      );
    }
  });

  test(`the last points of one member, ${races} times`, { timeout: 600_000 }, async () => {
    await t.ledger.enrol(PROGRAM, 'poor');
    await t.ledger.postAdjustment(PROGRAM, 'poor', { points: 199, reason: 'gift' }, 'poor');
    const memberId = await t.ledger.enrol(PROGRAM, 'poor');
    for (let race = 0; race < races; race++) {
      const winners = await won(Array.from({ length: RACERS }, (_, index) => redeem(index, memberId, 'ten-off')));
      expect(winners).toHaveLength(1);
      await serverOf(race).redemptions.release(PROGRAM, memberId, winners[0]?.id ?? '');
    }
    expect((await t.ledger.readMember(PROGRAM, 'poor')).balance.available).toBe(199);
  });

  test(`one code in ${RACERS} orders, while it is put back and taken at the counter, ${races} times`, {
    timeout: 600_000,
  }, async () => {
    const memberId = members[0] as string;
    const ends = { order: 0, counter: 0, released: 0 };
    for (let race = 0; race < races; race++) {
      const { id, code = '' } = await redeem(race, memberId, 'ten-off');
      raceCount++;
      const orders = Array.from({ length: RACERS }, (_, index) => {
        const order = { ...anOrder(`race-${race}-${index}`, 'racer-0', 0), redemptionCodes: [code] };
        return serverOf(index).ledger.postOrder(PROGRAM, order);
      });
      const others = [
        serverOf(race)
          .redemptions.release(PROGRAM, memberId, id)
          .then(() => ends.released++, refused),
        serverOf(race + 1)
          .redemptions.change(PROGRAM, id, { state: 'committed' })
          .then(() => ends.counter++, refused),
      ];
      // Whoever comes first in the group is another one each time.
      const receipts = await Promise.all(race % 2 === 0 ? orders : orders.reverse());
      await Promise.all(others);
      const used = receipts.filter(({ codes }) => codes?.[0]?.state === 'committed').length;
      ends.order += used;
      const total = ends.order + ends.counter + ends.released;
      expect(total).toBe(race + 1);
      expect(used).toBeLessThanOrEqual(1);
    }
  });

  test(`one code in an order and at the counter, ${races} times`, { timeout: 600_000 }, async () => {
    const memberId = members[1] as string;
    for (let race = 0; race < races; race++) {
      const { id, code = '' } = await redeem(race, memberId, 'ten-off');
      const order = { ...anOrder(`counter-${race}`, 'racer-1', 0), redemptionCodes: [code] };
      const winners = await won([
        serverOf(race)
          .ledger.postOrder(PROGRAM, order)
          .then(({ codes }) => {
            if (codes?.[0]?.state !== 'committed') throw new LoyaltyError('code_not_valid', 'refused');
          }),
        serverOf(race + 1)
          .redemptions.change(PROGRAM, id, { state: 'committed' })
          .then(() => {}),
      ]);
      expect(winners).toHaveLength(1);
    }
  });

  test('the books are right after all that', async () => {
    process.stdout.write(
      `L6 on ${store}: ${raceCount} races of ${RACERS}, ${servers.length} server(s), no second winner\n`,
    );
    expect(await conservationFaults(t)).toEqual([]);
    expect((await verify(t.database)).finding).toBeNull();
  });
});

function refused(error: unknown): void {
  if (!(error instanceof LoyaltyError)) throw error;
}
