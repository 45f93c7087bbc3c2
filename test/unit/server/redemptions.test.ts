import { afterEach, describe, expect, test } from 'vitest';
import { verify } from '../../../server/verify/verify.ts';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import type { OrderRequest } from '../../../shared/protocol/api.ts';
import {
  anOrder,
  conservationFaults,
  openLedger,
  PROGRAM,
  type Store,
  stores,
  type TestLedger,
} from '../../support/ledger.ts';
import { rewardProgram } from '../../support/rewards.ts';

let open: TestLedger | undefined;

async function start(store: Store, document: object = rewardProgram): Promise<TestLedger> {
  open = await openLedger(store, document);
  return open;
}

/** Whatever a test did, the books are right. */
afterEach(async () => {
  if (!open) return;
  expect(await conservationFaults(open)).toEqual([]);
  expect((await verify(open.database)).finding).toBeNull();
  await open.close();
  open = undefined;
});

let keyCount = 0;
const key = () => `key-${++keyCount}`;

const enrol = (t: TestLedger, customer: string) => t.ledger.enrol(PROGRAM, customer);

async function redeem(t: TestLedger, customer: string, reward: string, points?: number) {
  const request = { reward, ...(points !== undefined && { points }) };
  return (await t.redemptions.redeem(PROGRAM, await enrol(t, customer), request, key())).redemption;
}

async function give(t: TestLedger, customer: string, points: number) {
  await enrol(t, customer);
  return t.ledger.postAdjustment(PROGRAM, customer, { points, reason: 'gift' }, key());
}

const using = (
  order: OrderRequest,
  ...redemptionCodes: NonNullable<OrderRequest['redemptionCodes']>
): OrderRequest => ({
  ...order,
  redemptionCodes,
});

const post = (t: TestLedger, order: OrderRequest) => t.ledger.postOrder(PROGRAM, order);

async function availableOf(t: TestLedger, customer: string): Promise<number> {
  return (await t.ledger.readMember(PROGRAM, customer)).balance.available;
}

async function entriesOf(t: TestLedger, customer: string) {
  const { entries } = await t.ledger.readEntries(PROGRAM, await enrol(t, customer), { limit: 100 });
  return entries.map(({ entry }) => entry);
}

const codeOf = (error: unknown) => (error instanceof LoyaltyError ? error.code : String(error));
const refusalOf = (work: Promise<unknown>) => work.then(() => 'none', codeOf);

const refund = (id: string, amountMinor: number, refundedAt = '2026-03-31T12:00:00Z') => ({
  id,
  amountMinor,
  refundedAt,
});

async function only(t: TestLedger, id: string) {
  const { redemptions } = await t.redemptions.list(PROGRAM, { below: null, limit: 100 });
  const found = redemptions.find((redemption) => redemption.id === id);
  if (!found) throw new Error(`no redemption ${id}`);
  return found;
}

describe.each(stores)('redemptions on %s', (store) => {
  test('a hold takes the points and gives a code; the same key gives the same one again', async () => {
    const t = await start(store);
    await give(t, 'anna', 150);
    const memberId = await enrol(t, 'anna');
    const first = await t.redemptions.redeem(PROGRAM, memberId, { reward: 'ten-off' }, 'once');
    expect(first.redemption).toMatchObject({ state: 'held', points: 100, reward: 'ten-off', returnedPoints: 0 });
    expect(first.redemption.code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
    expect(first.redemption.heldUntil).toBe('2026-04-01T12:00:00.000Z');
    const again = await t.redemptions.redeem(PROGRAM, memberId, { reward: 'ten-off' }, 'once');
    expect(again).toEqual({ ...first, replayed: true });
    expect(await refusalOf(t.redemptions.redeem(PROGRAM, memberId, { reward: 'mug' }, 'once'))).toBe(
      'idempotency_conflict',
    );
    const account = await t.ledger.readMember(PROGRAM, 'anna');
    expect(account.balance.available).toBe(50);
    expect(account.holds).toEqual([
      { id: first.redemption.id, reward: 'ten-off', points: 100, heldUntil: first.redemption.heldUntil },
    ]);
    const [entry] = await entriesOf(t, 'anna');
    expect(entry).toMatchObject({ kind: 'redemption', points: -100, redemption: first.redemption.id });
  });

  test('no code is stored: neither the code nor its letters are in any row', async () => {
    const t = await start(store);
    await give(t, 'anna', 100);
    const { code = '' } = await redeem(t, 'anna', 'ten-off');
    const { redemptionsInState } = await import('../../../server/redemptions/redemption-reads.ts');
    const rows = await t.database.all(redemptionsInState, {
      programId: PROGRAM,
      state: 'held',
      before: Number.MAX_SAFE_INTEGER,
      sameTime: 0,
      beforeId: '',
      limit: 10,
    });
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(code);
    expect(JSON.stringify(rows)).not.toContain(code.replaceAll('-', ''));
  });

  test('a paid order commits its codes, however they are typed; each can be used once', async () => {
    const t = await start(store);
    await give(t, 'anna', 200);
    const { id, code = '' } = await redeem(t, 'anna', 'ten-off');
    const typed = code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
    const receipt = await post(t, using(anOrder('1', 'anna', 2_000), typed));
    expect(receipt.codes).toEqual([{ code: typed, state: 'committed', redemption: id, usedMinor: 1_000 }]);
    expect(await post(t, using(anOrder('1', 'anna', 2_000), typed))).toEqual({ ...receipt, replayed: true });
    expect(await only(t, id)).toMatchObject({ state: 'committed', order: '1', returnedPoints: 0, memberId: 'anna' });
    const second = await post(t, using(anOrder('2', 'anna', 2_000), code));
    expect(second.codes).toEqual([{ code, state: 'refused', reason: 'not_valid' }]);
    expect(second.entry.points).toBe(20);
    expect(await availableOf(t, 'anna')).toBe(100 + 20 + 20);
  });

  test('an order stands whatever its codes are: unknown, somebody else’s, named twice', async () => {
    const t = await start(store);
    await give(t, 'anna', 200);
    await give(t, 'ben', 100);
    const mine = await redeem(t, 'anna', 'ten-off');
    const his = await redeem(t, 'ben', 'ten-off');
    const codes = [his.code ?? '', 'SUMMER-2026', mine.code ?? '', mine.code ?? ''];
    const receipt = await post(t, using(anOrder('1', 'anna', 5_000), ...codes));
    const refused = { state: 'refused', reason: 'not_valid' };
    expect(receipt.codes).toEqual([
      { code: codes[0], ...refused },
      { code: codes[1], ...refused },
      { code: codes[2], state: 'committed', redemption: mine.id, usedMinor: 1_000 },
      { code: codes[3], ...refused },
    ]);
    expect(receipt.entry.points).toBe(50);
    expect((await only(t, his.id)).state).toBe('held');
  });

  test('partial use: points for the rest come back, rounded for the member, and nothing that was used is free', async () => {
    const t = await start(store);
    await give(t, 'anna', 300);
    const first = await redeem(t, 'anna', 'ten-off');
    const receipt = await post(t, using(anOrder('1', 'anna', 0), { code: first.code ?? '', usedMinor: 655 }));
    // 65.5 of 100 points were used: the half point is the member's.
    expect(receipt.codes).toEqual([
      { code: first.code, state: 'committed', redemption: first.id, usedMinor: 655, returnedPoints: 35 },
    ]);
    expect(await availableOf(t, 'anna')).toBe(235);
    const [back] = await entriesOf(t, 'anna');
    expect(back).toMatchObject({
      kind: 'reversal',
      points: 35,
      redemption: first.id,
      order: '1',
      returns: [{ lot: 1, points: 35 }],
    });
    const second = await redeem(t, 'anna', 'ten-off');
    await post(t, using(anOrder('2', 'anna', 0), { code: second.code ?? '', usedMinor: 1 }));
    expect(await only(t, second.id)).toMatchObject({ returnedPoints: 99, state: 'committed' });
    const third = await redeem(t, 'anna', 'ten-off');
    await post(t, using(anOrder('3', 'anna', 0), { code: third.code ?? '', usedMinor: 999_999 }));
    expect(await only(t, third.id)).toMatchObject({ returnedPoints: 0, usedMinor: 1_000 });
  });

  test('a member puts a hold back: the same lots, the same expiry; a second time changes nothing', async () => {
    const t = await start(store);
    await post(t, anOrder('1', 'anna', 6_000, '2025-09-01T10:00:00Z'));
    await post(t, anOrder('2', 'anna', 6_000, '2025-12-01T10:00:00Z'));
    const before = (await t.ledger.readMember(PROGRAM, 'anna')).balance;
    const { id } = await redeem(t, 'anna', 'ten-off');
    const memberId = await enrol(t, 'anna');
    const released = await t.redemptions.release(PROGRAM, memberId, id);
    expect(released.redemption).toMatchObject({ state: 'released', returnedPoints: 100 });
    expect(released.redemption.code).toBeUndefined();
    expect((await t.ledger.readMember(PROGRAM, 'anna')).balance).toEqual(before);
    const [entry] = await entriesOf(t, 'anna');
    expect(entry).toMatchObject({ kind: 'reversal', points: 100, redemption: id, reverses: 3 });
    // What was taken last comes back first.
    expect(entry?.returns).toEqual([
      { lot: 2, points: 40 },
      { lot: 1, points: 60 },
    ]);
    const again = await t.redemptions.release(PROGRAM, memberId, id);
    expect(again).toEqual({ ...released, replayed: true });
    expect((await entriesOf(t, 'anna')).length).toBe(4);
    expect(await refusalOf(t.redemptions.release(PROGRAM, await enrol(t, 'ben'), id))).toBe('redemption_not_found');
  });

  test('points that come back to a lot that has run out live for 30 days; by the member’s own doing once', async () => {
    const t = await start(store);
    // Last day of use: 10 April 2026.
    await post(t, anOrder('1', 'anna', 10_000, '2025-04-10T10:00:00Z'));
    t.setNow('2026-04-10T12:00:00Z');
    const { id } = await redeem(t, 'anna', 'ten-off');
    t.setNow('2026-04-12T12:00:00Z');
    expect(await t.ledger.expireLots(PROGRAM, Date.parse('2026-04-12T12:00:00Z'))).toEqual({
      entryCount: 0,
      points: 0,
    });
    expect(await t.redemptions.releaseExpiredHolds(PROGRAM, Date.parse('2026-04-12T12:00:00Z'))).toEqual({
      releasedCount: 1,
      points: 100,
    });
    expect((await only(t, id)).state).toBe('released');
    const { balance } = await t.ledger.readMember(PROGRAM, 'anna');
    expect(balance).toMatchObject({ available: 100, expiring: [{ points: 100, lastDay: '2026-05-12' }] });
    t.setNow('2026-05-12T12:00:00Z');
    const second = await redeem(t, 'anna', 'ten-off');
    await t.redemptions.release(PROGRAM, await enrol(t, 'anna'), second.id);
    expect((await t.ledger.readMember(PROGRAM, 'anna')).balance.expiring).toMatchObject([{ lastDay: '2026-05-12' }]);
    // What the shop calls off is not the member's doing.
    const third = await redeem(t, 'anna', 'ten-off');
    t.setNow('2026-05-13T08:00:00Z');
    await t.redemptions.change(PROGRAM, third.id, { state: 'cancelled', reason: 'sold out' });
    expect((await t.ledger.readMember(PROGRAM, 'anna')).balance).toMatchObject({
      available: 100,
      expiring: [{ points: 100, lastDay: '2026-06-12' }],
    });
  });

  test('what comes back to a member in debt pays the debt first', async () => {
    const t = await start(store);
    await post(t, anOrder('1', 'anna', 10_000));
    const { id } = await redeem(t, 'anna', 'ten-off');
    await t.ledger.postRefund(PROGRAM, '1', refund('r', 7_000));
    expect(await availableOf(t, 'anna')).toBe(-70);
    await t.redemptions.release(PROGRAM, await enrol(t, 'anna'), id);
    expect(await availableOf(t, 'anna')).toBe(30);
    const [entry] = await entriesOf(t, 'anna');
    expect(entry).toMatchObject({ returns: [{ lot: 1, points: 100 }], uses: [{ lot: 1, points: 70 }], balance: 30 });
  });

  test('a code that timed out is refused and told so, and its order stands; one that was placed in time is good', async () => {
    const t = await start(store);
    await give(t, 'anna', 100);
    const first = await redeem(t, 'anna', 'slider', 50);
    const second = await redeem(t, 'anna', 'slider', 50);
    t.setNow('2026-03-31T13:00:00Z');
    const late = await post(t, using(anOrder('1', 'anna', 1_000, '2026-03-31T13:00:00Z'), first.code ?? ''));
    expect(late.codes).toEqual([{ code: first.code, state: 'refused', reason: 'timed_out' }]);
    expect(late.entry.points).toBe(10);
    // The webhook was late, the order was not.
    const placed = await post(t, using(anOrder('2', 'anna', 1_000, '2026-03-31T12:59:59Z'), second.code ?? ''));
    expect(placed.codes).toMatchObject([{ state: 'committed' }]);
    await t.redemptions.releaseExpiredHolds(PROGRAM, Date.parse('2026-03-31T13:00:00Z'));
    const gone = await post(t, using(anOrder('3', 'anna', 1_000, '2026-03-31T12:59:59Z'), first.code ?? ''));
    expect(gone.codes).toEqual([{ code: first.code, state: 'refused', reason: 'timed_out' }]);
    expect(await availableOf(t, 'anna')).toBe(50 + 30);
  });

  test('a refund gives points back in proportion, cumulative; a full one all, and the code’s limit and stock', async () => {
    const t = await start(store);
    await give(t, 'anna', 120);
    const { id, code = '' } = await redeem(t, 'anna', 'ten-off');
    await post(t, using(anOrder('1', 'anna', 3_000), code));
    // The order earned 30, and the code took 100.
    await t.ledger.postRefund(PROGRAM, '1', refund('a', 1_000));
    expect(await only(t, id)).toMatchObject({ returnedPoints: 33, state: 'committed' });
    await t.ledger.postRefund(PROGRAM, '1', refund('b', 1_000));
    expect(await only(t, id)).toMatchObject({ returnedPoints: 66 });
    await t.ledger.postRefund(PROGRAM, '1', refund('b', 1_000));
    await t.ledger.postRefund(PROGRAM, '1', refund('c', 1_000));
    expect(await only(t, id)).toMatchObject({ returnedPoints: 100, state: 'returned' });
    expect(await availableOf(t, 'anna')).toBe(120);
    expect(await refusalOf(t.redemptions.release(PROGRAM, await enrol(t, 'anna'), id))).toBe('redemption_closed');
  });

  test('a refund of an order that used part of a code gives back what was paid for that part, and no more', async () => {
    const t = await start(store);
    await give(t, 'anna', 100);
    const { id, code = '' } = await redeem(t, 'anna', 'ten-off');
    await post(t, using(anOrder('1', 'anna', 1_000), { code, usedMinor: 500 }));
    expect(await only(t, id)).toMatchObject({ returnedPoints: 50 });
    await t.ledger.postRefund(PROGRAM, '1', refund('a', 500));
    expect(await only(t, id)).toMatchObject({ returnedPoints: 75 });
    await t.ledger.postRefund(PROGRAM, '1', refund('b', 500));
    expect(await only(t, id)).toMatchObject({ returnedPoints: 100, state: 'returned' });
    expect(await availableOf(t, 'anna')).toBe(100);
  });

  test('a refund gives points back to lots that are closed, and to lots that have run out', async () => {
    const t = await start(store);
    // Last days of use: 9 and 20 April.
    await post(t, anOrder('1', 'anna', 6_000, '2025-04-09T10:00:00Z'));
    await post(t, anOrder('2', 'anna', 9_000, '2025-04-20T10:00:00Z'));
    t.setNow('2026-04-09T12:00:00Z');
    const { code = '' } = await redeem(t, 'anna', 'ten-off');
    await post(t, using(anOrder('3', 'anna', 0, '2026-04-09T12:00:00Z'), code));
    t.setNow('2026-04-25T12:00:00Z');
    // Of the second lot 50 are left, and expire; the first is empty.
    await t.ledger.expireLots(PROGRAM, Date.parse('2026-04-25T12:00:00Z'));
    expect(await availableOf(t, 'anna')).toBe(0);
    await t.ledger.postRefund(PROGRAM, '3', refund('r', 0, '2026-04-25T12:00:00Z'));
    const { balance } = await t.ledger.readMember(PROGRAM, 'anna');
    expect(balance).toMatchObject({ available: 100, expiring: [{ points: 100, lastDay: '2026-05-25' }] });
    const [entry] = await entriesOf(t, 'anna');
    const expiresAt = '2026-05-25T22:00:00.000Z';
    expect(entry?.returns).toEqual([
      { lot: 2, points: 40, expiresAt },
      { lot: 1, points: 60, expiresAt },
    ]);
  });

  test('points that follow what the member does follow it again when they come back', async () => {
    const t = await start(store, { ...rewardProgram, expiry: { kind: 'after_inactivity', months: 6 } });
    await post(t, anOrder('1', 'anna', 10_000, '2026-03-01T10:00:00Z'));
    const { id } = await redeem(t, 'anna', 'ten-off');
    await post(t, anOrder('2', 'anna', 1_000, '2026-03-31T12:00:00Z'));
    t.setNow('2026-04-01T00:00:00Z');
    await post(t, anOrder('3', 'anna', 1_000, '2026-04-01T00:00:00Z'));
    await t.redemptions.release(PROGRAM, await enrol(t, 'anna'), id);
    expect((await t.ledger.readMember(PROGRAM, 'anna')).balance).toMatchObject({
      available: 124,
      expiring: [{ points: 124, lastDay: '2026-10-01' }],
    });
  });

  test('stock and limit: neither is passed, and both are given back', async () => {
    const t = await start(store);
    for (const customer of ['anna', 'ben', 'cleo', 'dora']) await give(t, customer, 100);
    const mugs = [await redeem(t, 'anna', 'mug'), await redeem(t, 'ben', 'mug'), await redeem(t, 'cleo', 'mug')];
    expect(await refusalOf(redeem(t, 'dora', 'mug'))).toBe('out_of_stock');
    await t.redemptions.change(PROGRAM, mugs[0]?.id ?? '', { state: 'cancelled' });
    expect((await redeem(t, 'dora', 'mug')).state).toBe('requested');
    expect(await availableOf(t, 'anna')).toBe(100);
    const tasting = await redeem(t, 'anna', 'tasting');
    await redeem(t, 'anna', 'tasting');
    expect(await refusalOf(redeem(t, 'anna', 'tasting'))).toBe('limit_reached');
    await t.redemptions.release(PROGRAM, await enrol(t, 'anna'), tasting.id);
    await redeem(t, 'anna', 'tasting');
    expect(await refusalOf(redeem(t, 'anna', 'tasting'))).toBe('limit_reached');
  });

  test('nobody waits for a job: a hold whose time is over is in nobody’s way', async () => {
    const t = await start(store);
    await give(t, 'anna', 100);
    await redeem(t, 'anna', 'slider', 100);
    expect(await refusalOf(redeem(t, 'anna', 'slider', 100))).toBe('insufficient_points');
    t.setNow('2026-03-31T13:00:00Z');
    expect((await t.ledger.readMember(PROGRAM, 'anna')).holds).toBeUndefined();
    expect((await redeem(t, 'anna', 'slider', 100)).state).toBe('held');
  });

  test('the list of rewards says what each costs, is worth, and why it cannot be had', async () => {
    const t = await start(store);
    await give(t, 'anna', 75);
    const { rewards, available } = await t.redemptions.rewards(PROGRAM, await enrol(t, 'anna'));
    expect(available).toBe(75);
    const told = rewards.map(({ id, isAvailable, reason, missing, stockLeft, pointsMax }) => ({
      id,
      isAvailable,
      reason,
      missing,
      stockLeft,
      pointsMax,
    }));
    const none = { reason: undefined, missing: undefined, stockLeft: undefined, pointsMax: undefined };
    expect(told).toEqual([
      { ...none, id: 'ten-off', isAvailable: false, reason: 'not_enough_points', missing: 25 },
      { ...none, id: 'slider', isAvailable: true, pointsMax: 70 },
      { ...none, id: 'mug', isAvailable: true, stockLeft: 3 },
      { ...none, id: 'tasting', isAvailable: true, stockLeft: 1_000_000 },
      { ...none, id: 'gold-only', isAvailable: false, reason: 'tier_too_low' },
      { ...none, id: 'may-only', isAvailable: false, reason: 'not_now' },
    ]);
    expect(rewards[0]?.value).toEqual([{ currency: 'EUR', amountMinor: 1_000 }]);
    expect(await refusalOf(redeem(t, 'anna', 'gold-only'))).toBe('tier_too_low');
    expect(await refusalOf(redeem(t, 'anna', 'may-only'))).toBe('not_now');
    expect(await refusalOf(redeem(t, 'anna', 'nothing'))).toBe('reward_not_found');
    expect(await refusalOf(redeem(t, 'anna', 'slider', 75))).toBe('invalid_request');
    expect(await refusalOf(redeem(t, 'anna', 'slider'))).toBe('invalid_request');
    expect(await refusalOf(redeem(t, 'anna', 'mug', 1))).toBe('invalid_request');
    expect((await redeem(t, 'anna', 'slider', 70)).worth).toMatchObject({ amountMinor: 700 });
  });

  test('what the shop sends goes its way step by step, and is told with its times', async () => {
    const t = await start(store);
    await give(t, 'anna', 50);
    const { id, state, code } = await redeem(t, 'anna', 'mug');
    expect([state, code]).toEqual(['requested', undefined]);
    await t.redemptions.change(PROGRAM, id, { state: 'packed' });
    t.setNow('2026-04-02T09:00:00Z');
    const parcel = { state: 'shipped' as const, carrier: 'DHL', tracking: 'JD01' };
    await t.redemptions.change(PROGRAM, id, parcel);
    const shipped = await t.redemptions.change(PROGRAM, id, parcel);
    expect(shipped.history).toEqual([
      { state: 'requested', at: '2026-03-31T12:00:00.000Z' },
      { state: 'packed', at: '2026-03-31T12:00:00.000Z' },
      { state: 'shipped', at: '2026-04-02T09:00:00.000Z', carrier: 'DHL', tracking: 'JD01' },
    ]);
    expect(await refusalOf(t.redemptions.change(PROGRAM, id, { state: 'packed' }))).toBe('redemption_closed');
    expect((await t.redemptions.change(PROGRAM, id, { state: 'delivered' })).state).toBe('delivered');
    expect(await refusalOf(t.redemptions.change(PROGRAM, id, { state: 'cancelled' }))).toBe('redemption_closed');
    const { redemptions } = await t.redemptions.redemptionsOf(PROGRAM, await enrol(t, 'anna'), {
      below: null,
      limit: 10,
    });
    expect(redemptions[0]).toMatchObject({ id, state: 'delivered' });
  });

  test('a code taken at the counter is used up; an order’s code is undone with the order alone', async () => {
    const t = await start(store);
    await give(t, 'anna', 120);
    const { id, code = '' } = await redeem(t, 'anna', 'tasting');
    expect((await t.redemptions.change(PROGRAM, id, { state: 'committed' })).state).toBe('committed');
    expect(await refusalOf(t.redemptions.check(PROGRAM, { code }))).toBe('code_not_valid');
    await t.redemptions.change(PROGRAM, id, { state: 'cancelled' });
    expect(await availableOf(t, 'anna')).toBe(120);
    const other = await redeem(t, 'anna', 'ten-off');
    await post(t, using(anOrder('1', 'anna', 100), other.code ?? ''));
    expect(await refusalOf(t.redemptions.change(PROGRAM, other.id, { state: 'cancelled' }))).toBe('redemption_closed');
  });

  test('a check says what a code takes off, and uses nothing', async () => {
    const t = await start(store);
    await give(t, 'anna', 100);
    const { id, code = '' } = await redeem(t, 'anna', 'ten-off');
    const check = (order: { netMinor: number; currency: string }) =>
      t.redemptions.check(PROGRAM, { code, memberId: 'anna', order });
    expect(await check({ netMinor: 600, currency: 'EUR' })).toMatchObject({
      redemption: id,
      memberId: 'anna',
      discountMinor: 600,
    });
    expect(await check({ netMinor: 6_000, currency: 'EUR' })).toMatchObject({ discountMinor: 1_000 });
    expect(await check({ netMinor: 6_000, currency: 'USD' })).toMatchObject({ reason: 'currency_differs' });
    expect((await only(t, id)).state).toBe('held');
    expect(await refusalOf(t.redemptions.check(PROGRAM, { code, memberId: 'ben' }))).toBe('code_not_valid');
  });

  test('the merchant’s list is in order, whole, and page by page', async () => {
    const t = await start(store);
    await give(t, 'anna', 1_000);
    const made: string[] = [];
    for (let index = 0; index < 7; index++) {
      t.setNow(`2026-03-31T12:0${Math.floor(index / 2)}:00Z`);
      made.push((await redeem(t, 'anna', index % 3 === 0 ? 'mug' : 'ten-off')).id);
    }
    const seen: string[] = [];
    for (let below: { at: number; id: string } | null = null; ; ) {
      const page = await t.redemptions.list(PROGRAM, { below, limit: 2 });
      seen.push(...page.redemptions.map(({ id }) => id));
      if (!page.next) break;
      below = page.next;
    }
    expect([...seen].sort()).toEqual([...made].sort());
    expect(new Set(seen).size).toBe(7);
    const requested = await t.redemptions.list(PROGRAM, { state: 'requested', below: null, limit: 10 });
    expect(requested.redemptions.map(({ reward }) => reward)).toEqual(['mug', 'mug', 'mug']);
  });
});

describe.each(stores)('coupons on %s', (store) => {
  const couponsOf = async (t: TestLedger, customer: string) =>
    (await t.redemptions.coupons(PROGRAM, await enrol(t, customer))).coupons;

  test('an order over the amount brings one; a second post of it does not; its last day is the program’s', async () => {
    const t = await start(store);
    await post(t, anOrder('1', 'anna', 49_999));
    expect((await couponsOf(t, 'anna')).map(({ campaign }) => campaign)).toEqual(['reached-gold']);
    await post(t, anOrder('2', 'anna', 50_000));
    await post(t, anOrder('2', 'anna', 50_000));
    const [coupon, gold, ...others] = await couponsOf(t, 'anna');
    expect(others).toEqual([]);
    expect(coupon).toMatchObject({
      campaign: 'big-order',
      state: 'usable',
      lastDay: '2026-04-14',
      validUntil: '2026-04-14T22:00:00.000Z',
    });
    expect(gold).toMatchObject({ campaign: 'reached-gold', state: 'usable', lastDay: '2026-04-30' });
  });

  test('the limit holds, and history brings none', async () => {
    const t = await start(store);
    for (const id of ['1', '2', '3']) await post(t, anOrder(id, 'anna', 50_000));
    await post(t, anOrder('old', 'anna', 50_000, '2026-02-01T10:00:00Z'));
    const campaigns = (await couponsOf(t, 'anna')).map(({ campaign }) => campaign);
    expect(campaigns.filter((campaign) => campaign === 'big-order')).toHaveLength(2);
  });

  test('a coupon is used once, comes back with a full refund, and is void after its last day', async () => {
    const t = await start(store);
    await post(t, anOrder('1', 'anna', 50_000));
    const coupon = (await couponsOf(t, 'anna')).find(({ campaign }) => campaign === 'big-order');
    const code = coupon?.code ?? '';
    expect(await t.redemptions.check(PROGRAM, { code, order: { netMinor: 1_999, currency: 'EUR' } })).toMatchObject({
      discountMinor: 199,
    });
    const receipt = await post(t, using(anOrder('2', 'anna', 1_000), code));
    expect(receipt.codes).toMatchObject([{ state: 'committed' }]);
    expect((await post(t, using(anOrder('3', 'anna', 1_000), code))).codes).toMatchObject([{ reason: 'not_valid' }]);
    await t.ledger.postRefund(PROGRAM, '2', refund('r', 1_000));
    expect((await t.redemptions.check(PROGRAM, { code })).redemption).toBe(coupon?.id);
    t.setNow('2026-04-14T22:00:00Z');
    expect(await refusalOf(t.redemptions.check(PROGRAM, { code }))).toBe('code_not_valid');
    const late = await post(t, using(anOrder('4', 'anna', 1_000, '2026-04-14T22:00:00Z'), code));
    expect(late.codes).toMatchObject([{ reason: 'timed_out' }]);
    await t.redemptions.releaseExpiredHolds(PROGRAM, Date.parse('2026-04-14T22:00:00Z'));
    const again = (await couponsOf(t, 'anna')).find(({ id }) => id === coupon?.id);
    expect(again).toMatchObject({ state: 'lapsed' });
    expect(await availableOf(t, 'anna')).toBe(500 + 15 + 15);
  });

  test('a coupon goes with the order that brought it', async () => {
    const t = await start(store);
    await post(t, anOrder('1', 'anna', 60_000));
    const state = async () => (await couponsOf(t, 'anna')).find(({ campaign }) => campaign === 'big-order')?.state;
    await t.ledger.postRefund(PROGRAM, '1', refund('a', 10_000));
    expect(await state()).toBe('usable');
    await t.ledger.postRefund(PROGRAM, '1', refund('b', 1));
    expect(await state()).toBe('withdrawn');
  });

  test('one given by hand has a reason, and its limit', async () => {
    const t = await start(store);
    await enrol(t, 'anna');
    const request = { memberId: 'anna', reason: 'for your patience' };
    const first = await t.redemptions.issueCoupon(PROGRAM, 'for-you', request, 'a');
    expect(first.coupon).toMatchObject({ reason: 'for your patience', state: 'usable', lastDay: '2026-04-07' });
    expect(await t.redemptions.issueCoupon(PROGRAM, 'for-you', request, 'a')).toEqual({ ...first, replayed: true });
    expect(await refusalOf(t.redemptions.issueCoupon(PROGRAM, 'for-you', request, 'b'))).toBe('limit_reached');
    expect(await refusalOf(t.redemptions.issueCoupon(PROGRAM, 'none', request, 'c'))).toBe('coupon_not_found');
    const nobody = { ...request, memberId: 'nobody' };
    expect(await refusalOf(t.redemptions.issueCoupon(PROGRAM, 'for-you', nobody, 'd'))).toBe('member_not_found');
    t.setNow('2026-04-01T00:00:00Z');
    expect((await t.redemptions.issueCoupon(PROGRAM, 'for-you', request, 'e')).replayed).toBe(false);
  });
});
