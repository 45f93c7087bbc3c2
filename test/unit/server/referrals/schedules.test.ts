import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verify } from '../../../../server/verify/verify.ts';
import { conservationFaults, stores } from '../../../support/ledger.ts';
import { seed, sized } from '../../../support/size.ts';
import { DAY, openReferring, type Referring, START } from './support.ts';

/**
 * T2 for referrals: the same orders and refunds, with the job on time every day, and with the job as fate has it. What the
 * members have in the end is the same.
 */

function randomOf(state: number): () => number {
  let at = state >>> 0;
  return () => {
    at = (at + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at ^ (at >>> 15), at | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Deed =
  | { readonly day: number; readonly kind: 'order'; readonly friend: number; readonly netMinor: number }
  | { readonly day: number; readonly kind: 'refund'; readonly friend: number; readonly isWhole: boolean };

const FRIENDS = 4;
const DAYS = 60;

function deedsOf(random: () => number): Deed[] {
  const deeds = Array.from({ length: 14 }, (): Deed => {
    const at = { day: Math.floor(random() * DAYS), friend: Math.floor(random() * FRIENDS) };
    return random() < 0.6
      ? { ...at, kind: 'order', netMinor: random() < 0.2 ? 1_000 : 4_000 }
      : { ...at, kind: 'refund', isWhole: random() < 0.7 };
  });
  return deeds.sort((a, b) => a.day - b.day);
}

describe.each(stores)('T2: referrals on %s', (store) => {
  let t: Referring;

  beforeAll(async () => {
    t = await openReferring(store);
  });
  afterAll(() => t.server.close());

  /** Gives what everybody has in the end. */
  async function play(name: string, deeds: readonly Deed[], runsOn: (day: number) => number): Promise<number[]> {
    const { server } = t;
    server.setNow(START);
    const { code } = await t.overview(name);
    const friends = Array.from({ length: FRIENDS }, (_, index) => `${name}-f${index}`);
    await Promise.all(friends.map((friend) => t.acceptFor(friend, code)));
    const orders = new Map<number, { id: string; left: number }[]>();
    for (let day = 0; day < DAYS; day++) {
      server.setNow(START + day * DAY);
      for (const [index, deed] of deeds.entries()) {
        if (deed.day !== day) continue;
        const own = orders.get(deed.friend) ?? [];
        if (deed.kind === 'order') {
          const id = `${name}-o${index}`;
          await t.order(id, friends[deed.friend] as string, deed.netMinor);
          orders.set(deed.friend, [...own, { id, left: deed.netMinor }]);
        } else {
          const order = own.find(({ left }) => left > 0);
          if (!order) continue;
          const amount = deed.isWhole ? order.left : Math.floor(order.left / 2);
          order.left -= amount;
          await t.refund(order.id, amount, `${name}-r${index}`);
        }
      }
      const runs = runsOn(day);
      await Promise.all(Array.from({ length: runs }, () => t.clear()));
    }
    server.setNow(START + (DAYS + 20) * DAY);
    await t.clear();
    return Promise.all([name, ...friends].map((customer) => t.balance(customer)));
  }

  test('late, twice, at once or not for weeks: the same as on time', { timeout: 3_600_000 }, async () => {
    const schedules = sized(store === 'sqlite' ? 8 : 3, 2_000);
    let rewarded = 0;
    for (let index = 0; index < schedules; index++) {
      const random = randomOf(seed + index);
      const deeds = deedsOf(random);
      const onTime = await play(`s${index}-a`, deeds, () => 1);
      const asFateHasIt = await play(`s${index}-b`, deeds, () => (random() < 0.15 ? 1 + Math.floor(random() * 2) : 0));
      expect(asFateHasIt, `schedule ${index}: ${JSON.stringify(deeds)}`).toEqual(onTime);
      rewarded += (onTime[0] ?? 0) / 500;
    }
    console.log(
      `T2: ${schedules} schedules of referrals on ${store}, ${rewarded} kept rewards, 0 differences (seed ${seed})`,
    );
    expect(rewarded).toBeGreaterThan(0);
    expect((await verify(t.server.database)).finding).toBeNull();
    expect(await conservationFaults(t.server)).toEqual([]);
  });
});
