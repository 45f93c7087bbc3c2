import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verify } from '../../../../server/verify/verify.ts';
import { LoyaltyError } from '../../../../shared/domain/errors.ts';
import { anOrder, conservationFaults, PROGRAM, program, stores } from '../../../support/ledger.ts';
import { rewardProgram } from '../../../support/rewards.ts';
import { seed, sized } from '../../../support/size.ts';
import { openMembers, type TestMembers } from './merging.ts';

const reason = 'the same person';
const codeOf = (error: unknown) => (error instanceof LoyaltyError ? error.code : String(error));

describe.each(stores)('merging on %s', (store) => {
  let t: TestMembers;
  beforeEach(async () => {
    t = await openMembers(store);
  });
  afterEach(async () => {
    expect((await verify(t.database)).finding).toBeNull();
    expect(await conservationFaults(t)).toEqual([]);
    await t.close();
  });

  let orderCount = 0;
  const order = async (customer: string, netMinor: number, placedAt?: string) => {
    const id = `o-${++orderCount}`;
    await t.ledger.postOrder(PROGRAM, anOrder(id, customer, netMinor, placedAt));
    return id;
  };
  const spend = (customer: string, points: number) =>
    t.ledger.postAdjustment(PROGRAM, customer, { points: -points, reason: 'spent' }, `spend-${++orderCount}`);
  const merge = (from: string, into: string, key?: string) => t.members.merge(PROGRAM, from, { into, reason }, key);
  const unmerge = (from: string, key?: string) => t.members.unmerge(PROGRAM, from, reason, key);
  const refusal = (work: Promise<unknown>) => work.then(() => 'done', codeOf);

  test('moves every lot with its dates, and both ids are one member from then on', async () => {
    await order('old', 40_00, '2025-06-01T10:00:00Z');
    await order('old', 20_00, '2025-09-01T10:00:00Z');
    await order('new', 10_00, '2026-01-01T10:00:00Z');
    const dates = (await t.account('old')).balance.expiring;
    expect(await merge('old', 'new')).toEqual({ replayed: false, memberId: 'old', into: 'new', points: 60 });
    const { balance } = await t.account('new');
    expect(balance.available).toBe(70);
    for (const date of dates) expect(balance.expiring).toContainEqual(date);
    expect(await t.account('old')).toEqual(await t.account('new'));
    await order('old', 5_00);
    expect(await t.points('new')).toBe(75);
    await t.ledger.postAdjustment(PROGRAM, 'old', { points: 25, reason: 'sorry' }, 'adjust-1');
    expect(await t.points('new')).toBe(100);
    expect(await t.ledger.enrol(PROGRAM, 'old')).toBe(await t.ledger.memberIdOf(PROGRAM, 'new'));
  });

  test('either chain tells of it, and no line of before changes', async () => {
    await order('old', 40_00);
    const memberId = await t.ledger.memberIdOf(PROGRAM, 'old');
    const before = await t.ledger.readEntries(PROGRAM, memberId, { limit: 10 });
    await merge('old', 'new-by-order').catch(() => {});
    await order('new', 10_00);
    await merge('old', 'new');
    const { entries } = await t.ledger.readEntries(PROGRAM, memberId, { limit: 10 });
    const into = await t.ledger.memberIdOf(PROGRAM, 'new');
    expect(entries.slice(1)).toEqual(before.entries);
    expect(entries[0]?.entry).toMatchObject({ kind: 'transfer', points: -40, balance: 0, peer: into, reason });
    const [came] = (await t.ledger.readEntries(PROGRAM, into, { limit: 1 })).entries;
    expect(came?.entry).toMatchObject({ kind: 'transfer', points: 40, peer: memberId, peerLot: 1, reason });
  });

  test('what counts toward a tier goes over, and the better tier of both is kept', async () => {
    await order('old', 90_00);
    await order('new', 60_00);
    await merge('old', 'new');
    expect((await t.account('new')).tier).toMatchObject({ id: 'silver', qualifying: 150 });
    await order('gold', 260_00);
    await merge('gold', 'new');
    expect((await t.account('new')).tier.id).toBe('gold');
    await unmerge('gold');
    // A tier once reached is kept until its review; what counts went back.
    expect((await t.account('new')).tier).toMatchObject({ id: 'gold', qualifying: 150 });
    expect((await t.account('gold')).tier).toMatchObject({ id: 'gold', qualifying: 260 });
  });

  test('the higher tier goes over also where what counted for it is past', async () => {
    await order('old', 260_00, '2025-05-01T10:00:00Z');
    // Its last day: the order of a year ago counts no more.
    t.setNow('2026-05-01T12:00:00Z');
    await order('new', 10_00, '2026-05-01T10:00:00Z');
    await merge('old', 'new');
    expect((await t.account('new')).tier).toMatchObject({ id: 'gold', qualifying: 10, reviewOn: '2026-05-01' });
    t.setNow('2026-05-02T12:00:00Z');
    expect((await t.account('new')).tier.id).toBe('member');
  });

  test('a debt goes over, and is paid from the other’s points', async () => {
    const id = await order('old', 50_00);
    await spend('old', 50);
    await t.ledger.postRefund(PROGRAM, id, { id: 'r', refundedAt: '2026-03-31T11:30:00Z', amountMinor: 50_00 });
    expect(await t.points('old')).toBe(-50);
    await order('new', 80_00);
    expect(await merge('old', 'new')).toMatchObject({ points: -50 });
    expect(await t.points('new')).toBe(30);
    // And the other way round: what comes in pays first.
    const other = await order('poor', 20_00);
    await spend('poor', 20);
    await t.ledger.postRefund(PROGRAM, other, { id: 'r', refundedAt: '2026-03-31T11:30:00Z', amountMinor: 20_00 });
    await order('rich', 50_00);
    await merge('rich', 'poor');
    expect(await t.points('poor')).toBe(30);
  });

  test('a refund of an order from before the merge takes from where the points are', async () => {
    const id = await order('old', 150_00);
    await order('new', 10_00);
    await merge('old', 'new');
    const refund = { id: 'r', refundedAt: '2026-03-31T11:30:00Z', amountMinor: 150_00 };
    await t.ledger.postRefund(PROGRAM, id, refund);
    expect(await t.points('new')).toBe(10);
    expect((await t.account('new')).tier.qualifying).toBe(10);
    await unmerge('old');
    expect(await t.points('old')).toBe(0);
    expect((await t.account('old')).tier.qualifying).toBe(0);
  });

  test('points that expired after the merge are not taken a second time by a refund', async () => {
    const id = await order('old', 50_00, '2025-04-10T10:00:00Z');
    await order('new', 30_00);
    await merge('old', 'new');
    t.setNow('2026-05-01T12:00:00Z');
    await t.ledger.expireLots(PROGRAM, Date.parse('2026-05-01T12:00:00Z'));
    expect(await t.points('new')).toBe(30);
    await t.ledger.postRefund(PROGRAM, id, { id: 'r', refundedAt: '2026-04-30T10:00:00Z', amountMinor: 50_00 });
    expect(await t.points('new')).toBe(30);
  });

  test('unmerging gives back what is left of each lot; what was spent stays with the one who stays', async () => {
    await order('old', 100_00, '2025-06-01T10:00:00Z');
    await order('old', 50_00, '2025-09-01T10:00:00Z');
    const before = (await t.account('old')).balance.expiring;
    await order('new', 10_00, '2026-01-01T10:00:00Z');
    await merge('old', 'new');
    // The lot that expires first pays: 30 of the 100.
    await spend('new', 30);
    await order('old', 5_00);
    const sum = await t.points('new');
    const { points } = await unmerge('old');
    expect(points).toBe((await t.points('old')) as number);
    expect((await t.account('old')).balance.expiring).toEqual([
      { ...before[0], points: (before[0]?.points ?? 0) - 30 },
      before[1],
    ]);
    expect((await t.points('old')) + (await t.points('new'))).toBe(sum);
    await order('old', 7_00);
    expect(await t.points('old')).toBeGreaterThan(points);
  });

  test('what was redeemed before stays good, and comes back to where the points are', async () => {
    await t.close();
    t = await openMembers(store, rewardProgram);
    await order('old', 90_00);
    await order('new', 10_00);
    const memberId = await t.ledger.memberIdOf(PROGRAM, 'old');
    const redeem = async (points: number) => {
      const request = { reward: 'slider', points };
      return (await t.redemptions.redeem(PROGRAM, memberId, request, `redeem-${points}`)).redemption;
    };
    const [used, released] = [await redeem(20), await redeem(30)];
    await merge('old', 'new');
    expect(await t.points('new')).toBe(50);
    const receipt = await t.ledger.postOrder(PROGRAM, {
      ...anOrder('o-code', 'new', 10_00),
      redemptionCodes: [used.code ?? ''],
    });
    expect(receipt.codes).toMatchObject([{ state: 'committed' }]);
    expect(await t.points('new')).toBe(50 + receipt.entry.points);
    await t.redemptions.release(PROGRAM, memberId, released.id);
    expect(await t.points('new')).toBe(80 + receipt.entry.points);
    const refund = { id: 'r', refundedAt: '2026-03-31T11:30:00Z', amountMinor: 10_00 };
    await t.ledger.postRefund(PROGRAM, 'o-code', refund);
    expect(await t.points('new')).toBe(100);
  });

  test('may go on: a chain of merges is taken back from its end', async () => {
    await order('a', 10_00);
    await order('b', 20_00);
    await order('c', 30_00);
    await merge('a', 'b');
    await merge('b', 'c');
    expect(await t.points('a')).toBe(60);
    expect(await refusal(unmerge('a'))).toBe('merge_refused');
    await unmerge('b');
    expect([await t.points('a'), await t.points('c')]).toEqual([30, 30]);
    await unmerge('a');
    expect([await t.points('a'), await t.points('b'), await t.points('c')]).toEqual([10, 20, 30]);
    // And once more, the other way.
    await merge('b', 'a');
    expect(await t.points('b')).toBe(30);
  });

  test('refuses oneself, circles, whom nobody knows, and who is merged elsewhere', async () => {
    await order('a', 10_00);
    await order('b', 20_00);
    await order('c', 30_00);
    await merge('a', 'b');
    expect(await refusal(merge('b', 'b'))).toBe('merge_refused');
    expect(await refusal(merge('b', 'a'))).toBe('merge_refused');
    expect(await refusal(merge('a', 'c'))).toBe('merge_refused');
    expect(await refusal(merge('nobody', 'c'))).toBe('member_not_found');
    expect(await refusal(merge('c', 'nobody'))).toBe('member_not_found');
    expect(await refusal(unmerge('c'))).toBe('merge_not_found');
    expect(await refusal(unmerge('nobody'))).toBe('member_not_found');
  });

  test('a repeat changes nothing, with a key or without', async () => {
    await order('a', 10_00);
    await order('b', 20_00);
    const first = await merge('a', 'b', 'key-1');
    expect(await merge('a', 'b', 'key-1')).toEqual({ ...first, replayed: true });
    expect(await merge('a', 'b')).toEqual({ ...first, replayed: true });
    const back = await unmerge('a', 'key-2');
    expect(await unmerge('a', 'key-2')).toEqual({ ...back, replayed: true });
    // A late repeat of the first call does not merge again.
    expect(await merge('a', 'b', 'key-1')).toEqual({ ...first, replayed: true });
    expect(await t.points('a')).toBe(10);
    expect(await refusal(merge('a', 'a', 'key-1'))).toBe('idempotency_conflict');
  });

  test('of two merges in opposite directions at once exactly one succeeds', async () => {
    for (let round = 0; round < sized(10, 200); round++) {
      const [a, b] = [`a-${round}`, `b-${round}`];
      // With points on one side, on both, and on none.
      if (round % 3 > 0) await order(a, 10_00);
      else await t.ledger.enrol(PROGRAM, a);
      if (round % 3 > 1) await order(b, 20_00);
      else await t.ledger.enrol(PROGRAM, b);
      const answers = await Promise.all([refusal(merge(a, b)), refusal(merge(b, a))]);
      expect(answers.sort()).toEqual(['done', 'merge_refused']);
      expect(await t.points(a)).toBe(await t.points(b));
    }
  });

  test('beside orders of both, at once, nothing is lost', async () => {
    for (let round = 0; round < sized(5, 100); round++) {
      const [a, b] = [`x-${round}`, `y-${round}`];
      await Promise.all([order(a, 10_00), order(b, 10_00)]);
      await Promise.all([
        merge(a, b),
        ...Array.from({ length: 8 }, (_, index) => order(index % 2 ? a : b, 1_00)),
        spend(b, 5),
      ]);
      expect(await t.points(a)).toBe(23);
    }
  });

  test('the export of the one who stays has both', async () => {
    await order('a', 10_00);
    await order('b', 20_00);
    await t.members.join(PROGRAM, 'a', { displayName: 'Kim', source: 'checkout', consents: [] }, { how: 'page' });
    await merge('a', 'b');
    const memberId = await t.ledger.memberIdOf(PROGRAM, 'a');
    const first = await t.members.exportMember(PROGRAM, memberId, null);
    expect(first.memberId).toBe('b');
    const second = await t.members.exportMember(PROGRAM, memberId, first.next);
    expect([second.memberId, second.next]).toEqual(['a', null]);
    expect(second.data['profile']).toMatchObject([{ displayName: 'Kim' }]);
    expect(second.data['orders']).toHaveLength(1);
    // Nobody else's account comes by a cursor of one's own making.
    await order('c', 30_00);
    const other = await t.ledger.memberIdOf(PROGRAM, 'c');
    expect(await refusal(t.members.exportMember(PROGRAM, memberId, [other, '', '']))).toBe('invalid_request');
  });

  test('erasing the one who stays forgets both, and either id is somebody new', async () => {
    await order('a', 10_00);
    await order('b', 20_00);
    await t.members.join(PROGRAM, 'a', { displayName: 'Kim', source: 'checkout', consents: [] }, { how: 'page' });
    await merge('a', 'b');
    const erased = await t.members.erase(PROGRAM, await t.ledger.memberIdOf(PROGRAM, 'a'), 'member_request');
    expect(erased.pointsForfeited).toBe(30);
    expect(await refusal(t.ledger.memberIdOf(PROGRAM, 'a'))).toBe('member_not_found');
    expect(await refusal(t.ledger.memberIdOf(PROGRAM, 'b'))).toBe('member_not_found');
    await order('a', 5_00);
    expect(await t.points('a')).toBe(5);
    expect(await refusal(merge('a', 'b'))).toBe('member_not_found');
  });

  test('lots that follow what a member does go by the later date of both', async () => {
    await t.close();
    t = await openMembers(store, {
      ...program,
      expiry: { kind: 'after_inactivity', months: 6 },
    });
    await order('old', 40_00, '2026-02-01T10:00:00Z');
    await order('new', 10_00, '2026-03-01T10:00:00Z');
    await merge('old', 'new');
    const { balance } = await t.account('new');
    expect(balance.expiring).toMatchObject([{ points: 50, lastDay: '2026-09-01' }]);
    await unmerge('old');
    expect((await t.account('old')).balance.expiring).toMatchObject([{ points: 40, lastDay: '2026-09-01' }]);
  });
});

/** A life of four customers, in which anything may happen to anybody. */
type Step =
  | { readonly kind: 'order'; readonly who: number; readonly netMinor: number; readonly daysAgo: number }
  | { readonly kind: 'spend' | 'add'; readonly who: number; readonly points: number }
  | { readonly kind: 'refund'; readonly order: number; readonly share: number }
  | { readonly kind: 'redeem'; readonly who: number; readonly points: number }
  | { readonly kind: 'use'; readonly who: number; readonly hold: number; readonly netMinor: number }
  | { readonly kind: 'release'; readonly hold: number }
  | { readonly kind: 'merge'; readonly who: number; readonly into: number }
  | { readonly kind: 'unmerge' | 'erase'; readonly who: number }
  | { readonly kind: 'wait'; readonly days: number };

const who = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      who,
      netMinor: fc.integer({ min: 0, max: 30_000 }),
      daysAgo: fc.integer({ min: 0, max: 500 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('spend' as const, 'add' as const),
      who,
      points: fc.integer({ min: 1, max: 200 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('refund' as const),
      order: fc.nat(9),
      share: fc.integer({ min: 1, max: 100 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('redeem' as const), who, points: fc.integer({ min: 1, max: 10 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('use' as const),
      who,
      hold: fc.nat(4),
      netMinor: fc.integer({ min: 1_000, max: 20_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), hold: fc.nat(4) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('merge' as const), who, into: who }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('unmerge' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('erase' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 200 }) }) },
);

const documents: Record<string, object> = {
  'points that end after a year': rewardProgram,
  'points that end with inactivity, a week to confirm': {
    ...rewardProgram,
    earning: { ...program.earning, confirmationDelayDays: 7 },
    expiry: { kind: 'after_inactivity', months: 6 },
  },
};

describe.each(stores)('lives with merges on %s', (store) => {
  test.each(Object.keys(documents))(
    '%s: nothing vanishes or appears, and everything can be recomputed',
    async (name) => {
      const runs = sized(25, 1_000);
      let lives = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 30 }), async (steps) => {
          const t = await openMembers(store, documents[name]);
          try {
            await live(t, steps);
            expect((await verify(t.database)).finding).toBeNull();
            expect(await conservationFaults(t)).toEqual([]);
            lives++;
          } finally {
            await t.close();
          }
        }),
        { seed, numRuns: store === 'postgres' ? Math.ceil(runs / 3) : runs, endOnFailure: false },
      );
      console.info(`merges on ${store}: ${lives} lives, seed ${seed}`);
    },
  );
});

const EXPECTED = new Set([
  'member_not_found',
  'merge_refused',
  'merge_not_found',
  'insufficient_points',
  'refund_exceeds_order',
  'redemption_not_found',
  'redemption_not_held',
]);

async function live(t: TestMembers, steps: readonly Step[]): Promise<void> {
  let now = Date.parse('2026-03-31T12:00:00Z');
  const orders: { id: string; netMinor: number }[] = [];
  const holds: { id: string; code: string; memberId: string }[] = [];
  const at = (instant: number) => new Date(instant).toISOString();
  for (const [index, action] of steps.entries()) {
    const before = await total(t);
    const done = await act().then(
      () => true,
      (error: unknown) => {
        if (error instanceof LoyaltyError && EXPECTED.has(error.code)) return false;
        throw error;
      },
    );
    // Merging and its undoing move points and make none; an expiry that they write off had ended them before.
    if (done && (action.kind === 'merge' || action.kind === 'unmerge')) {
      expect([index, action.kind, await total(t)]).toEqual([index, action.kind, before]);
    }

    async function act(): Promise<void> {
      const customer = 'who' in action ? `c-${action.who}` : '';
      switch (action.kind) {
        case 'order': {
          const id = `o-${index}`;
          const placedAt = at(now - action.daysAgo * 86_400_000);
          await t.ledger.postOrder(PROGRAM, anOrder(id, customer, action.netMinor, placedAt));
          orders.push({ id, netMinor: action.netMinor });
          return;
        }
        case 'spend':
        case 'add': {
          const points = action.kind === 'add' ? action.points : -action.points;
          await t.ledger.postAdjustment(PROGRAM, customer, { points, reason: 'by hand' }, `key-${index}`);
          return;
        }
        case 'refund': {
          const order = orders[action.order];
          if (!order) return;
          const amountMinor = Math.floor((order.netMinor * action.share) / 100);
          await t.ledger.postRefund(PROGRAM, order.id, { id: `r-${index}`, refundedAt: at(now), amountMinor });
          return;
        }
        case 'redeem': {
          const memberId = await t.ledger.memberIdOf(PROGRAM, customer);
          const request = { reward: 'slider', points: action.points * 10 };
          const { redemption } = await t.redemptions.redeem(PROGRAM, memberId, request, `key-${index}`);
          holds.push({ id: redemption.id, code: redemption.code ?? '', memberId });
          return;
        }
        case 'use': {
          const hold = holds[action.hold];
          if (!hold) return;
          const id = `o-${index}`;
          const used = { ...anOrder(id, customer, action.netMinor, at(now)), redemptionCodes: [hold.code] };
          await t.ledger.postOrder(PROGRAM, used);
          orders.push({ id, netMinor: action.netMinor });
          return;
        }
        case 'release': {
          const hold = holds[action.hold];
          if (hold) await t.redemptions.release(PROGRAM, hold.memberId, hold.id);
          return;
        }
        case 'merge':
          await t.members.merge(PROGRAM, customer, { into: `c-${action.into}`, reason });
          return;
        case 'unmerge':
          await t.members.unmerge(PROGRAM, customer, reason);
          return;
        case 'erase':
          await t.members.erase(PROGRAM, await t.ledger.memberIdOf(PROGRAM, customer), 'other');
          return;
        case 'wait':
          now += action.days * 86_400_000;
          t.setNow(at(now));
          await t.ledger.expireLots(PROGRAM, now);
          await t.redemptions.releaseExpiredHolds(PROGRAM, now);
      }
    }
  }
}

/** What all customers together could spend, now or later. */
async function total(t: TestMembers): Promise<number> {
  let sum = 0;
  const seen = new Set<string>();
  for (const customer of ['c-0', 'c-1', 'c-2', 'c-3']) {
    const memberId = await t.ledger.memberIdOf(PROGRAM, customer).catch(() => null);
    if (memberId === null || seen.has(memberId)) continue;
    seen.add(memberId);
    sum += await t.points(customer);
  }
  return sum;
}
