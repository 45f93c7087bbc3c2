import { afterEach, describe, expect, test } from 'vitest';
import {
  anOrder,
  conservationFaults,
  openLedger,
  PROGRAM,
  program,
  type Store,
  stores,
  type TestLedger,
} from '../../support/ledger.ts';

let open: TestLedger | undefined;

async function start(store: Store, document?: object): Promise<TestLedger> {
  open = await openLedger(store, document);
  return open;
}

afterEach(async () => {
  await open?.close();
  open = undefined;
});

const refund = (id: string, amountMinor: number, refundedAt = '2026-03-31T11:30:00Z') => ({
  id,
  amountMinor,
  refundedAt,
});

async function balanceOf({ ledger }: TestLedger, customer: string) {
  const { balance } = await ledger.readMember(PROGRAM, customer);
  return balance;
}

describe.each(stores)('ledger on %s', (store) => {
  test('an order accrues points, rounded down once on the whole order', async () => {
    const t = await start(store);
    const { entry, replayed } = await t.ledger.postOrder(PROGRAM, {
      ...anOrder('1', 'anna', 0),
      lines: [
        { sku: 'a', quantity: 1, netMinor: 150 },
        { sku: 'b', quantity: 1, netMinor: 150 },
      ],
    });
    expect(replayed).toBe(false);
    expect(entry).toMatchObject({ seq: 1, kind: 'accrual', points: 3, qualifying: 3, balance: 3, order: '1' });
    expect(entry.occurredAt).toBe('2026-03-31T11:00:00.000Z');
    expect(entry.recordedAt).toBe('2026-03-31T12:00:00.000Z');
  });

  test('points expire at the end of the program’s local day, a year on', async () => {
    const t = await start(store);
    const { entry } = await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 10_000, '2026-03-31T22:30:00Z'));
    // In Berlin it is already 1 April, and summer time: the last day of use is 1 April 2027.
    expect(entry.lot?.expiresAt).toBe('2027-04-01T22:00:00.000Z');
    t.setNow('2026-04-01T12:00:00Z');
    const [next] = (await balanceOf(t, 'anna')).expiring;
    expect(next).toEqual({ points: 100, expiresAt: '2027-04-01T22:00:00.000Z', lastDay: '2027-04-01' });
  });

  test('the tier reached before an order multiplies it; the one reached by it does not', async () => {
    const t = await start(store);
    const first = await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 10_000));
    expect(first.entry).toMatchObject({ points: 100, qualifying: 100, tier: 'silver', multiplierPercent: 100 });
    const second = await t.ledger.postOrder(PROGRAM, anOrder('2', 'anna', 10_000));
    expect(second.entry).toMatchObject({ points: 125, qualifying: 100, tier: 'silver', multiplierPercent: 125 });
    const { tier } = await t.ledger.readMember(PROGRAM, 'anna');
    expect(tier).toMatchObject({ id: 'silver', qualifying: 200, reviewOn: '2027-03-31' });
    expect(tier.next).toMatchObject({ id: 'gold', missing: 50 });
  });

  test('a tier is kept until its review, and falls to what the period then earned', async () => {
    const t = await start(store);
    await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 25_000));
    await t.ledger.postRefund(PROGRAM, '1', refund('r', 25_000));
    expect((await t.ledger.readMember(PROGRAM, 'anna')).tier).toMatchObject({ id: 'gold', qualifying: 0 });
    t.setNow('2027-03-31T21:59:59Z');
    expect((await t.ledger.readMember(PROGRAM, 'anna')).tier.id).toBe('gold');
    t.setNow('2027-03-31T22:00:00Z');
    expect((await t.ledger.readMember(PROGRAM, 'anna')).tier).toMatchObject({ id: 'member', reviewOn: null });
    const { entry } = await t.ledger.postOrder(PROGRAM, anOrder('2', 'anna', 10_000, '2027-04-01T10:00:00Z'));
    expect(entry.multiplierPercent).toBe(100);
  });

  test('points wait for the confirmation delay, are shown as pending, and cannot be taken before', async () => {
    const t = await start(store, { ...program, earning: { ...program.earning, confirmationDelayDays: 14 } });
    await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 10_000));
    expect(await balanceOf(t, 'anna')).toMatchObject({ available: 0, pending: 100 });
    await expect(t.ledger.postAdjustment(PROGRAM, 'anna', { points: -1, reason: 'x' }, 'k')).rejects.toMatchObject({
      code: 'insufficient_points',
    });
    t.setNow('2026-04-14T10:59:59Z');
    expect(await balanceOf(t, 'anna')).toMatchObject({ available: 0, pending: 100 });
    t.setNow('2026-04-14T11:00:00Z');
    expect(await balanceOf(t, 'anna')).toMatchObject({ available: 100, pending: 0 });
  });

  test('a refund takes back its share, a full one everything, whatever the pieces', async () => {
    const t = await start(store);
    await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 999));
    const taken = [];
    for (const [index, amount] of [100, 333, 566].entries()) {
      taken.push((await t.ledger.postRefund(PROGRAM, '1', refund(`r${index}`, amount))).entry.points);
    }
    expect(taken).toEqual([-1, -3, -5]);
    expect((await balanceOf(t, 'anna')).available).toBe(0);
    await expect(t.ledger.postRefund(PROGRAM, '1', refund('r9', 1))).rejects.toMatchObject({
      code: 'refund_exceeds_order',
    });
  });

  test('a refund takes what was really earned, also after the rules changed', async () => {
    const t = await start(store);
    await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 10_000));
    t.setNow('2026-04-01T12:00:00Z');
    const rules = [{ id: 'per-euro', kind: 'per_amount', points: 3, perMinor: 100, currency: 'EUR' }];
    await t.programs.apply({ ...program, earning: { ...program.earning, rules } });
    const { entry } = await t.ledger.postRefund(PROGRAM, '1', refund('r', 10_000, '2026-04-02T10:00:00Z'));
    expect(entry).toMatchObject({ points: -100, qualifying: -100, balance: 0, reverses: 1 });
  });

  test('a refund of spent points leaves a debt, which later accruals pay first', async () => {
    const t = await start(store);
    await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 5_000));
    await t.ledger.postAdjustment(PROGRAM, 'anna', { points: -50, reason: 'spent' }, 'k');
    const { entry } = await t.ledger.postRefund(PROGRAM, '1', refund('r', 5_000));
    expect(entry.balance).toBe(-50);
    expect((await balanceOf(t, 'anna')).available).toBe(-50);
    const next = await t.ledger.postOrder(PROGRAM, anOrder('2', 'anna', 8_000));
    expect(next.entry).toMatchObject({ points: 80, balance: 30, uses: [{ lot: next.entry.seq, points: 50 }] });
    expect((await balanceOf(t, 'anna')).available).toBe(30);
    expect(await conservationFaults(t)).toEqual([]);
  });

  test('a refund does not take expired points a second time', async () => {
    const t = await start(store);
    await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 10_000));
    t.setNow('2027-03-31T21:59:59Z');
    await t.ledger.postAdjustment(PROGRAM, 'anna', { points: -40, reason: 'spent' }, 'k');
    t.setNow('2027-04-02T00:00:00Z');
    expect(await t.ledger.expireLots(PROGRAM, Date.parse('2027-04-02T00:00:00Z'))).toEqual({
      entryCount: 1,
      points: 60,
    });
    const { entry } = await t.ledger.postRefund(PROGRAM, '1', refund('r', 10_000, '2027-04-02T00:00:00Z'));
    expect(entry.points).toBe(-40);
    expect((await balanceOf(t, 'anna')).available).toBe(-40);
  });

  test('taking points spends the lot that expires first', async () => {
    const t = await start(store);
    await t.ledger.postOrder(PROGRAM, anOrder('late', 'anna', 5_000, '2026-03-30T11:00:00Z'));
    await t.ledger.postOrder(PROGRAM, anOrder('early', 'anna', 5_000, '2026-01-10T11:00:00Z'));
    const { entry } = await t.ledger.postAdjustment(PROGRAM, 'anna', { points: -60, reason: 'goodwill' }, 'k');
    expect(entry.uses).toEqual([
      { lot: 2, points: 50 },
      { lot: 1, points: 10 },
    ]);
  });

  test('expired points cannot be spent, before and after the entry that writes them off', async () => {
    const t = await start(store);
    await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 10_000));
    t.setNow('2027-03-31T22:00:00Z');
    expect((await balanceOf(t, 'anna')).available).toBe(0);
    await expect(t.ledger.postAdjustment(PROGRAM, 'anna', { points: -1, reason: 'x' }, 'k')).rejects.toMatchObject({
      code: 'insufficient_points',
    });
    const asOf = Date.parse('2027-03-31T22:00:00Z');
    expect(await t.ledger.expireLots(PROGRAM, asOf - 1)).toEqual({ entryCount: 0, points: 0 });
    const runs = await Promise.all([t.ledger.expireLots(PROGRAM, asOf), t.ledger.expireLots(PROGRAM, asOf)]);
    expect(runs.reduce((sum, { points }) => sum + points, 0)).toBe(100);
    expect((await balanceOf(t, 'anna')).available).toBe(0);
    const { entries } = await t.ledger.readEntries(PROGRAM, await t.ledger.enrol(PROGRAM, 'anna'), { limit: 10 });
    expect(entries[0]?.entry).toMatchObject({ kind: 'expiry', points: -100, occurredAt: '2027-03-31T22:00:00.000Z' });
  });

  test('the same order again gives the first answer; with other content it is refused', async () => {
    const t = await start(store);
    const order = anOrder('1', 'anna', 10_000);
    const first = await t.ledger.postOrder(PROGRAM, order);
    expect(await t.ledger.postOrder(PROGRAM, order)).toEqual({ ...first, replayed: true });
    // The same instant written otherwise is the same order.
    expect((await t.ledger.postOrder(PROGRAM, { ...order, placedAt: '2026-03-31T13:00:00+02:00' })).replayed).toBe(
      true,
    );
    await expect(t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 9_999))).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
    await expect(t.ledger.postOrder(PROGRAM, anOrder('1', 'bert', 10_000))).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
    await expect(t.ledger.readMember(PROGRAM, 'bert')).rejects.toMatchObject({ code: 'member_not_found' });
  });

  test('the same key again gives the first answer, also when the first was in the same group', async () => {
    const t = await start(store);
    await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 10_000));
    const adjust = () => t.ledger.postAdjustment(PROGRAM, 'anna', { points: 5, reason: 'thanks' }, 'key-1');
    const answers = await Promise.all(Array.from({ length: 8 }, adjust));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(answers.map(({ entry }) => entry.seq)).size).toBe(1);
    await expect(
      t.ledger.postAdjustment(PROGRAM, 'anna', { points: 6, reason: 'thanks' }, 'key-1'),
    ).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
    expect((await balanceOf(t, 'anna')).available).toBe(105);
  });

  test('a refused key is free for the request put right', async () => {
    const t = await start(store);
    await t.ledger.enrol(PROGRAM, 'anna');
    await expect(t.ledger.postAdjustment(PROGRAM, 'anna', { points: -5, reason: 'x' }, 'k')).rejects.toMatchObject({
      code: 'insufficient_points',
    });
    expect((await t.ledger.postAdjustment(PROGRAM, 'anna', { points: 5, reason: 'x' }, 'k')).replayed).toBe(false);
  });

  test('a refund that arrives together with its order is decided after it', async () => {
    const t = await start(store);
    const [, refunded] = await Promise.all([
      t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 10_000)),
      t.ledger.postRefund(PROGRAM, '1', refund('r', 10_000)).catch((error: unknown) => error),
    ]);
    // On several lanes the refund may come first: then it is refused, and may be sent again.
    if (refunded instanceof Error) expect(refunded).toMatchObject({ code: 'order_not_found' });
    else expect(refunded).toMatchObject({ entry: { points: -100 } });
  });

  test.each([
    {
      fault: 'another currency',
      order: { ...anOrder('1', 'anna', 100), currency: 'USD' },
      code: 'currency_not_supported',
    },
    {
      fault: 'an unknown program',
      programId: 'com.other.rewards',
      order: anOrder('1', 'anna', 100),
      code: 'program_not_found',
    },
  ])('$fault is refused with $code, and nobody is enrolled', async ({ order, code, programId }) => {
    const t = await start(store);
    await expect(t.ledger.postOrder(programId ?? PROGRAM, order)).rejects.toMatchObject({ code });
    await expect(t.ledger.readMember(PROGRAM, 'anna')).rejects.toMatchObject({ code: 'member_not_found' });
  });

  test('a date more than a day ahead is refused, and named', async () => {
    const t = await start(store);
    const ahead = (time: string) => t.ledger.postOrder(PROGRAM, anOrder(time, 'anna', 100, time));
    await ahead('2026-04-01T12:00:00Z');
    await expect(ahead('2026-04-01T12:00:00.001Z')).rejects.toMatchObject({
      code: 'invalid_request',
      faults: [{ pointer: '/placedAt' }],
    });
    const refunded = t.ledger.postRefund(PROGRAM, '2026-04-01T12:00:00Z', refund('r', 1, '2027-01-01T00:00:00Z'));
    await expect(refunded).rejects.toMatchObject({ code: 'invalid_request', faults: [{ pointer: '/refundedAt' }] });
  });

  test('a refused command leaves its neighbors in the group alone', async () => {
    const t = await start(store);
    const answers = await Promise.allSettled([
      t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 10_000)),
      t.ledger.postOrder(PROGRAM, { ...anOrder('2', 'anna', 10_000), currency: 'XXX' }),
      t.ledger.postRefund(PROGRAM, 'unknown', refund('r', 1)),
      t.ledger.postOrder(PROGRAM, anOrder('3', 'anna', 10_000)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect((await balanceOf(t, 'anna')).available).toBe(225);
    expect(await conservationFaults(t)).toEqual([]);
  });

  test('an order that is worth nothing is recorded, and its refund takes nothing', async () => {
    const t = await start(store);
    expect((await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 0))).entry).toMatchObject({ points: 0, seq: 1 });
    expect((await t.ledger.postRefund(PROGRAM, '1', refund('r', 0))).entry).toMatchObject({ points: 0, seq: 2 });
  });

  test('points beyond what a number can carry are refused, not rounded', async () => {
    const t = await start(store);
    await t.ledger.enrol(PROGRAM, 'anna');
    const most = 1_000_000_000_000;
    await t.ledger.postAdjustment(PROGRAM, 'anna', { points: Number.MAX_SAFE_INTEGER - most + 1, reason: 'x' }, 'a');
    await expect(t.ledger.postAdjustment(PROGRAM, 'anna', { points: most, reason: 'x' }, 'b')).rejects.toMatchObject({
      code: 'points_overflow',
    });
    expect((await t.ledger.postAdjustment(PROGRAM, 'anna', { points: most - 1, reason: 'x' }, 'c')).entry.balance).toBe(
      Number.MAX_SAFE_INTEGER,
    );
  });

  test('history is paged newest first, and each entry holds the hash of the one before', async () => {
    const t = await start(store);
    for (let index = 1; index <= 5; index++) await t.ledger.postOrder(PROGRAM, anOrder(`${index}`, 'anna', 1_000));
    const memberId = await t.ledger.enrol(PROGRAM, 'anna');
    const first = await t.ledger.readEntries(PROGRAM, memberId, { limit: 2 });
    expect(first.entries.map(({ entry }) => entry.seq)).toEqual([5, 4]);
    expect(first.nextCursor).toBe('4');
    const rest = await t.ledger.readEntries(PROGRAM, memberId, { before: 4, after: 1, limit: 10 });
    expect(rest.entries.map(({ entry }) => entry.seq)).toEqual([3, 2]);
    expect(rest.nextCursor).toBeNull();
    const chain = [...first.entries, ...rest.entries];
    for (const [index, { bytes }] of chain.slice(0, -1).entries()) {
      expect(JSON.parse(bytes).prev).toBe(chain[index + 1]?.hash);
    }
  });

  test('an account’s validator changes with every change, and with nothing else', async () => {
    const t = await start(store, { ...program, earning: { ...program.earning, confirmationDelayDays: 1 } });
    await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 1_000));
    const memberId = await t.ledger.enrol(PROGRAM, 'anna');
    const read = async () => (await t.ledger.readAccount(PROGRAM, memberId)).etag;
    const before = await read();
    expect(before).toMatch(/^1-/);
    t.setNow('2026-03-31T13:00:00Z');
    expect(await read()).toBe(before);
    t.setNow('2026-04-01T11:00:00Z');
    const posted = await read();
    expect(posted).not.toBe(before);
    await t.ledger.postOrder(PROGRAM, anOrder('2', 'anna', 1_000));
    expect(await read()).toMatch(/^2-/);
  });
});
