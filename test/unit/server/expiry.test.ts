import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../server/database/database.ts';
import { createLedger } from '../../../server/ledger/create-ledger.ts';
import type { Ledger } from '../../../server/ledger/ledger.ts';
import { verify } from '../../../server/verify/verify.ts';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { expiryOf } from '../../../shared/domain/expiry.ts';
import type { ExpiryPolicy } from '../../../shared/domain/program.ts';
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
import { seed, sized } from '../../support/size.ts';

const DAY_MS = 86_400_000;
const ZONE = program.timeZone;
const flat = { ...program.tiers, ladder: program.tiers.ladder.slice(0, 1) };

let open: TestLedger | undefined;
async function start(store: Store, document: object = program): Promise<TestLedger> {
  // Runs that are cut off are those of another ledger on the same store.
  open = await openLedger(store, document, false);
  return open;
}
afterEach(async () => {
  const t = open;
  open = undefined;
  if (!t) return;
  const [faults, { finding }] = [await conservationFaults(t), await verify(t.database)];
  await t.close();
  expect(faults).toEqual([]);
  expect(finding).toBeNull();
});

const PAUSES = [{ from: '2027-02-01', until: '2027-02-20' }];
const POLICIES: Readonly<Record<string, ExpiryPolicy>> = {
  months: { kind: 'after_months', months: 6, noticeDays: [], extensionDays: 0, pauses: PAUSES },
  date: { kind: 'on_date', month: 3, day: 31, monthsMin: 3, noticeDays: [], extensionDays: 0, pauses: [] },
  inactivity: { kind: 'after_inactivity', months: 5, noticeDays: [], extensionDays: 0, pauses: PAUSES },
};

/** How often points are written off: each must come to the same. */
const PLANS = ['daily', 'at the end, 90 days late', 'now and then, twice at once', 'cut off in the middle'] as const;

interface Fact {
  readonly day: number;
  /** Points of an order, or less than nothing: points taken by hand. */
  readonly points: number;
}
const someFacts: fc.Arbitrary<Fact[]> = fc.array(
  fc.record({
    day: fc.integer({ min: 0, max: 800 }),
    points: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: -150, max: -1 })),
  }),
  { minLength: 2, maxLength: 12 },
);

/** What a member has in the end, by the sentences of docs/expiry.md and nothing else. No run of anything. */
function model(policy: ExpiryPolicy, facts: readonly Fact[], instantOf: (day: number) => number, end: number) {
  const lots: { left: number; expiresAt: number }[] = [];
  const refused: number[] = [];
  for (const [index, { day, points }] of facts.entries()) {
    const now = instantOf(day);
    const live = lots.filter(({ left, expiresAt }) => left > 0 && now < expiresAt);
    if (points >= 0) {
      let expiresAt = expiryOf(policy, now, ZONE);
      if (policy.kind === 'after_inactivity') {
        for (const lot of live) expiresAt = Math.max(expiresAt, lot.expiresAt);
        for (const lot of live) lot.expiresAt = expiresAt;
      }
      if (points > 0) lots.push({ left: points, expiresAt });
      continue;
    }
    let cost = -points;
    if (live.reduce((sum, { left }) => sum + left, 0) < cost) {
      refused.push(index);
      continue;
    }
    live.sort((a, b) => a.expiresAt - b.expiresAt);
    for (const lot of live) {
      const taken = Math.min(lot.left, cost);
      lot.left -= taken;
      cost -= taken;
    }
  }
  const sum = (among: typeof lots) => among.reduce((total, { left }) => total + left, 0);
  return {
    refused,
    expired: sum(lots.filter(({ expiresAt }) => expiresAt <= end)),
    balance: sum(lots.filter(({ expiresAt }) => expiresAt > end)),
  };
}

/** A store whose transactions are cut off, before or after they are written: what a killed process leaves. */
function cutting(database: Database, isCut: () => 'before' | 'after' | null): Database {
  return new Proxy(database, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name !== 'transaction') return typeof value === 'function' ? value.bind(target) : value;
      return async (work: Parameters<Database['transaction']>[0]) => {
        const cut = isCut();
        if (cut === 'before') throw new Error('cut off');
        const result = await target.transaction(work);
        if (cut === 'after') throw new Error('cut off');
        return result;
      };
    },
  });
}

describe.each(stores)('expiry on %s', (store) => {
  const customers = store === 'sqlite' ? sized(170, 2_000) : sized(15, 300);
  const programs = Object.keys(POLICIES).flatMap((kind) => PLANS.map((plan) => ({ kind, plan })));

  test(`T2: ${customers * programs.length} schedules of runs, late, twice, cut off: the same result`, {
    timeout: 600_000,
  }, async () => {
    const t = await start(store);
    const idOf = (index: number) => `com.example.p${index}`;
    for (const [index, { kind }] of programs.entries()) {
      await t.programs.apply({ ...program, id: idOf(index), tiers: flat, expiry: POLICIES[kind] });
    }
    const lives = fc
      .sample(someFacts, { numRuns: customers, seed })
      .map((facts) => facts.toSorted((a, b) => a.day - b.day));
    const dice = fc.sample(fc.integer({ min: 0, max: 99 }), { numRuns: 2_000, seed });
    const begin = Date.parse('2026-04-01T10:00:00Z');
    const instantOf = (day: number) => begin + day * DAY_MS;
    const lastDay = 890;
    let cuts = 0;
    const cut = createLedger({
      database: cutting(t.database, () => ([null, 'before', 'after'] as const)[cuts++ % 3] ?? null),
      programs: t.programs,
      clock: () => instantOf(today),
    });
    let today = 0;
    for (; today <= lastDay; today++) {
      const now = instantOf(today);
      t.setNow(new Date(now).toISOString());
      for (let turn = 0; turn < 12; turn++) {
        // A member's facts of one day in their order; all members at once.
        await Promise.all(
          lives.flatMap((facts, customer) => {
            const index = facts.findIndex(({ day }) => day === today);
            if (index === -1 || index + turn >= facts.length || facts[index + turn]?.day !== today) return [];
            const { points } = facts[index + turn] as Fact;
            return programs.map((_, number) =>
              tell(t.ledger, idOf(number), `c${customer}`, `f${index + turn}`, points, now),
            );
          }),
        );
      }
      const die = dice[today % dice.length] as number;
      await Promise.all(
        programs.map(({ plan }, index) => run(t.ledger, cut, idOf(index), plan, now, die, today === lastDay)),
      );
    }
    let spent = 0;
    for (const [index, { kind, plan }] of programs.entries()) {
      for (const [customer, facts] of lives.entries()) {
        const expected = model(POLICIES[kind] as ExpiryPolicy, facts, instantOf, instantOf(lastDay));
        const memberId = await t.ledger.enrol(idOf(index), `c${customer}`);
        const { entries } = await t.ledger.readEntries(idOf(index), memberId, { limit: 100 });
        const of = (kindOf: string) => entries.filter(({ entry }) => entry.kind === kindOf);
        const actual = {
          expired: -of('expiry').reduce((sum, { entry }) => sum + entry.points, 0) || 0,
          balance: entries[0]?.entry.balance ?? 0,
          taken: of('adjustment').length,
        };
        const taken = facts.filter(({ points }) => points < 0).length - expected.refused.length;
        spent += taken;
        const wanted = { expired: expected.expired, balance: expected.balance, taken };
        if (JSON.stringify(actual) !== JSON.stringify(wanted)) {
          throw new Error(
            `LAUREL_TEST_SEED=${seed}, ${kind}, ${plan}, ${JSON.stringify(facts)}: ${JSON.stringify({ actual, wanted })}`,
          );
        }
        // The oldest first, as they lapsed.
        const lapsed = of('expiry')
          .map(({ entry }) => entry.occurredAt)
          .toReversed();
        if (plan !== 'cut off in the middle') expect(lapsed).toEqual(lapsed.toSorted());
      }
    }
    console.log(
      `T2 on ${store}: ${customers * programs.length} schedules, ${cuts} cut or whole runs, ${spent} times spent, 0 differences (seed ${seed})`,
    );
  });

  const steps = sized(500, 5_000);
  test(`T3: ${steps} steps of the clock, of a second to five years, forward and back`, {
    timeout: 300_000,
  }, async () => {
    const t = await start(store, { ...program, expiry: POLICIES['months'] });
    const moves = fc.sample(
      fc.record({
        step: fc.oneof(
          fc.integer({ min: -1_000, max: 1_000 }),
          fc.integer({ min: -90 * DAY_MS, max: 120 * DAY_MS }),
          fc.integer({ min: -5 * 365 * DAY_MS, max: 5 * 365 * DAY_MS }),
        ),
        order: fc.integer({ min: 0, max: 60 }),
        action: fc.constantFrom('order', 'order', 'order', 'expire', 'take', 'read'),
      }),
      { numRuns: steps, seed },
    );
    let now = Date.parse('2026-03-31T12:00:00Z');
    const placed = new Map<string, string>();
    let expired = 0;
    for (const { step, order, action } of moves) {
      now = Math.min(Math.max(now + step, Date.parse('2020-01-01T00:00:00Z')), Date.parse('2045-01-01T00:00:00Z'));
      t.setNow(new Date(now).toISOString());
      const customer = `c${order % 5}`;
      const id = `o${order}`;
      if (action === 'order') {
        // The shop tells an order again with the date that it had.
        const placedAt = placed.get(id) ?? new Date(now).toISOString();
        const answer = await t.ledger.postOrder(PROGRAM, anOrder(id, customer, 5_000, placedAt));
        expect(answer.replayed).toBe(placed.has(id));
        placed.set(id, placedAt);
      } else if (action === 'expire') {
        expired += (await t.ledger.expireLots(PROGRAM, now)).points;
      } else if (action === 'take') {
        await t.ledger
          .postAdjustment(PROGRAM, customer, { points: -20, reason: 'x' }, `k${now}`)
          .catch((error: unknown) => {
            if (!(error instanceof LoyaltyError)) throw error;
          });
      } else {
        const member = await t.ledger.readMember(PROGRAM, customer).catch(() => null);
        if (member) expect(member.balance.available).toBeGreaterThanOrEqual(0);
      }
    }
    let [accruals, writtenOff] = [0, 0];
    for (let index = 0; index < 5; index++) {
      const memberId = await t.ledger.enrol(PROGRAM, `c${index}`);
      let before: number | undefined;
      do {
        const page = await t.ledger.readEntries(PROGRAM, memberId, { limit: 100, before });
        accruals += page.entries.filter(({ entry }) => entry.kind === 'accrual').length;
        writtenOff -= page.entries.reduce((sum, { entry }) => sum + (entry.kind === 'expiry' ? entry.points : 0), 0);
        before = page.nextCursor === null ? undefined : Number(page.nextCursor);
      } while (before !== undefined);
    }
    // Earned once each, and what was written off stays so.
    expect(accruals).toBe(placed.size);
    expect(writtenOff).toBe(expired);
    console.log(
      `T3 on ${store}: ${steps} steps, ${placed.size} orders earned once, ${expired} points stay written off (seed ${seed})`,
    );
  });

  describe('put off by the member', () => {
    const withExtension = (expiry: object) => ({ ...program, tiers: flat, expiry: { ...expiry, extensionDays: 30 } });
    const expiring = async (t: TestLedger) => (await t.ledger.readMember(PROGRAM, 'anna')).balance.expiring;

    test('once, for all that expires on a day', async () => {
      const t = await start(store, withExtension({ kind: 'after_months', months: 12 }));
      for (const id of ['1', '2']) await t.ledger.postOrder(PROGRAM, anOrder(id, 'anna', 5_000));
      const memberId = await t.ledger.memberIdOf(PROGRAM, 'anna');
      expect(await expiring(t)).toMatchObject([{ points: 100, lastDay: '2027-03-31', extendUntil: '2027-04-30' }]);
      const request = { lastDay: '2027-03-31' };
      const first = await t.ledger.extendLots(PROGRAM, memberId, request, 'k1');
      expect(first.entry).toMatchObject({
        points: 0,
        reason: 'extension',
        extends: [
          { lot: 1, expiresAt: '2027-04-30T22:00:00.000Z' },
          { lot: 2, expiresAt: '2027-04-30T22:00:00.000Z' },
        ],
      });
      expect(await t.ledger.extendLots(PROGRAM, memberId, request, 'k1')).toEqual({ ...first, replayed: true });
      const [next] = await expiring(t);
      expect(next).toEqual({ points: 100, lastDay: '2027-04-30', expiresAt: '2027-04-30T22:00:00.000Z' });
      for (const lastDay of ['2027-03-31', '2027-04-30', '2027-05-01']) {
        await expect(t.ledger.extendLots(PROGRAM, memberId, { lastDay }, `k-${lastDay}`)).rejects.toMatchObject({
          code: 'extension_not_available',
        });
      }
      expect((await t.ledger.expireLots(PROGRAM, Date.parse('2027-04-30T21:59:59Z'))).points).toBe(0);
      t.setNow('2027-04-30T22:00:00Z');
      expect((await t.ledger.expireLots(PROGRAM, Date.parse('2027-04-30T22:00:00Z'))).points).toBe(100);
    });

    test('not once it has lapsed, and not where the program does not grant it', async () => {
      const t = await start(store, withExtension({ kind: 'after_months', months: 12 }));
      await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 5_000));
      const memberId = await t.ledger.memberIdOf(PROGRAM, 'anna');
      t.setNow('2027-03-31T22:00:00Z');
      await expect(t.ledger.extendLots(PROGRAM, memberId, { lastDay: '2027-03-31' }, 'k1')).rejects.toMatchObject({
        code: 'extension_not_available',
      });
      await t.programs.apply({ ...program, expiry: { kind: 'after_months', months: 12 } });
      await t.ledger.postOrder(PROGRAM, anOrder('2', 'anna', 5_000, '2027-03-31T21:00:00Z'));
      expect((await expiring(t))[0]).not.toHaveProperty('extendUntil');
      await expect(t.ledger.extendLots(PROGRAM, memberId, { lastDay: '2028-03-31' }, 'k2')).rejects.toMatchObject({
        code: 'extension_not_available',
      });
    });

    test('points that follow what the member does are put off together, and still follow', async () => {
      const t = await start(store, withExtension({ kind: 'after_inactivity', months: 6 }));
      for (const id of ['1', '2']) await t.ledger.postOrder(PROGRAM, anOrder(id, 'anna', 5_000));
      const memberId = await t.ledger.memberIdOf(PROGRAM, 'anna');
      expect(await expiring(t)).toMatchObject([{ points: 100, lastDay: '2026-09-30', extendUntil: '2026-10-30' }]);
      await t.ledger.extendLots(PROGRAM, memberId, { lastDay: '2026-09-30' }, 'k1');
      expect(await expiring(t)).toEqual([
        { points: 100, lastDay: '2026-10-30', expiresAt: '2026-10-30T23:00:00.000Z' },
      ]);
      t.setNow('2026-10-15T12:00:00Z');
      await t.ledger.postOrder(PROGRAM, anOrder('3', 'anna', 5_000, '2026-10-15T12:00:00Z'));
      expect(await expiring(t)).toMatchObject([{ points: 150, lastDay: '2027-04-15' }]);
    });
  });

  test('inactivity: what is told late counts when it happened; what was written off stays so', async () => {
    const t = await start(store, { ...program, tiers: flat, expiry: POLICIES['inactivity'] });
    await t.ledger.postOrder(PROGRAM, anOrder('1', 'anna', 10_000, '2026-03-31T11:00:00Z'));
    await t.ledger.postOrder(PROGRAM, anOrder('1b', 'bert', 10_000, '2026-03-31T11:00:00Z'));
    t.setNow('2026-09-02T12:00:00Z');
    await t.ledger.expireLots(PROGRAM, Date.parse('2026-08-31T21:59:59Z'));
    // Anna ordered in time, and the shop says so two days after her points had lapsed; Bert ordered too late.
    await t.ledger.postOrder(PROGRAM, anOrder('2', 'anna', 10_000, '2026-08-30T12:00:00Z'));
    await t.ledger.postOrder(PROGRAM, anOrder('2b', 'bert', 10_000, '2026-09-01T12:00:00Z'));
    const balance = async (customer: string) => (await t.ledger.readMember(PROGRAM, customer)).balance.available;
    expect([await balance('anna'), await balance('bert')]).toEqual([200, 100]);
    await t.ledger.expireLots(PROGRAM, Date.parse('2026-09-02T12:00:00Z'));
    expect([await balance('anna'), await balance('bert')]).toEqual([200, 100]);
  });
});

async function tell(
  ledger: Ledger,
  programId: string,
  customer: string,
  id: string,
  points: number,
  now: number,
): Promise<void> {
  if (points >= 0) {
    await ledger.postOrder(
      programId,
      anOrder(`${customer}-${id}`, customer, 100 * points, new Date(now).toISOString()),
    );
    return;
  }
  await ledger
    .postAdjustment(programId, customer, { points, reason: 'spent' }, `${customer}-${id}`)
    .catch((error: unknown) => {
      if (!(error instanceof LoyaltyError)) throw error;
    });
}

async function run(
  ledger: Ledger,
  cut: Ledger,
  programId: string,
  plan: (typeof PLANS)[number],
  now: number,
  die: number,
  isLast: boolean,
): Promise<void> {
  const once = () => ledger.expireLots(programId, now);
  if (isLast) {
    await once();
  } else if (plan === 'daily') {
    await once();
  } else if (plan === 'now and then, twice at once' && die < 10) {
    await Promise.all([once(), once(), once()]);
  } else if (plan === 'cut off in the middle' && die >= 80) {
    await cut.expireLots(programId, now).catch((error: unknown) => {
      if (!(error instanceof Error) || error.message !== 'cut off') throw error;
    });
  }
}
