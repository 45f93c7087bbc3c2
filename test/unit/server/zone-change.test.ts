import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FOLLOWS } from '../../../server/database/schema/ledger.ts';
import { textStatement } from '../../../server/database/statement.ts';
import { verify } from '../../../server/verify/verify.ts';
import { expiryOf } from '../../../shared/domain/expiry.ts';
import { anOrder, openLedger, program, type Store, stores, type TestLedger } from '../../support/ledger.ts';
import { sized } from '../../support/size.ts';

/** From the last day of the calendar to the first, with half hours, and zones that change their clocks. */
const ZONES = [
  'Pacific/Kiritimati',
  'Pacific/Chatham',
  'Asia/Kathmandu',
  'Asia/Riyadh',
  'Europe/Berlin',
  'UTC',
  'America/St_Johns',
  'America/New_York',
  'Pacific/Pago_Pago',
];
const PERIODS = [
  { kind: 'rolling', months: 12 },
  { kind: 'calendar', month: 4, day: 1 },
  { kind: 'anniversary' },
  { kind: 'lifetime' },
] as const;
const EXPIRIES = [
  { kind: 'after_months', months: 6 },
  { kind: 'on_date', month: 12, day: 31, monthsMin: 3 },
  { kind: 'after_inactivity', months: 9 },
] as const;

const START = Date.parse('2026-01-15T00:00:00Z');
const DAY_MS = 86_400_000;

const cases = fc.record({
  zones: fc.tuple(fc.constantFrom(...ZONES), fc.constantFrom(...ZONES)).filter(([a, b]) => a !== b),
  period: fc.constantFrom(...PERIODS),
  expiry: fc.constantFrom(...EXPIRIES),
  /** Milliseconds after the start: many of them near some midnight. */
  orders: fc.array(
    fc.record({ at: fc.integer({ min: 0, max: 60 * DAY_MS }), netMinor: fc.integer({ min: 50_00, max: 200_00 }) }),
    { minLength: 1, maxLength: 4 },
  ),
});

interface LotRow {
  readonly member_id: string;
  readonly expires_at: number;
}

const past = {
  accounts: textStatement(
    'SELECT program_id, seq, head, balance, tier, tier_since, tier_review_at, counted, inactive_at FROM accounts',
  ),
  entries: textStatement(
    'SELECT program_id, member_id, seq, hash, bytes FROM entries ORDER BY program_id, member_id, seq',
  ),
  lots: textStatement(
    'SELECT program_id, member_id, seq, remaining, available_at, expires_at FROM lots ORDER BY program_id, member_id, seq',
  ),
};

describe.each(stores)('T4 on %s', (store: Store) => {
  let t: TestLedger;
  beforeAll(async () => {
    t = await openLedger(store);
  });
  afterAll(() => t.close());

  const of = async (programId: string) => {
    const rows: Record<string, unknown> = {};
    for (const [name, statement] of Object.entries(past)) {
      rows[name] = (await t.database.all(statement, {})).filter(
        (row) => (row as { program_id: string }).program_id === programId,
      );
    }
    return rows;
  };

  const runs = store === 'sqlite' ? sized(200, 2_000) : sized(40, 200);

  test(`a zone that is changed later moves no past period, in ${runs} cases`, { timeout: 300_000 }, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    let count = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ zones: [before, after], period, expiry, orders }) => {
        const id = `com.example.zone${count++}`;
        const document = { ...program, id, timeZone: before, expiry, tiers: { ...program.tiers, period } };
        const at = (ms: number) => new Date(START + ms).toISOString();
        t.setNow(at(0));
        await t.programs.apply(document);
        const ordered = [...orders].sort((a, b) => a.at - b.at);
        for (const [index, order] of ordered.entries()) {
          t.setNow(at(order.at));
          await t.ledger.postOrder(id, anOrder(`${id}-${index}`, 'c-1', order.netMinor, at(order.at)));
        }
        const stood = await of(id);
        const shown = await t.ledger.readMember(id, 'c-1');
        t.setNow(at(61 * DAY_MS));
        await t.programs.apply({ ...document, timeZone: after });
        // Nothing that stands is moved: not by the change, nor by what is read or run after it.
        expect(await of(id)).toEqual(stood);
        const shownNow = await t.ledger.readMember(id, 'c-1');
        expect(shownNow.balance.expiring.map(({ expiresAt, points }) => [expiresAt, points])).toEqual(
          shown.balance.expiring.map(({ expiresAt, points }) => [expiresAt, points]),
        );
        expect(shownNow.tier.id).toBe(shown.tier.id);
        await t.ledger.expireLots(id, Date.parse(at(61 * DAY_MS)));
        expect(await of(id)).toEqual(stood);
        // What comes after is counted and expires by the new zone.
        await t.ledger.postOrder(id, anOrder(`${id}-late`, 'c-2', 100_00, at(61 * DAY_MS)));
        const known = new Set((stood['lots'] as LotRow[]).map(({ member_id }) => member_id));
        const late = ((await of(id))['lots'] as LotRow[]).find(({ member_id }) => !known.has(member_id));
        const expected =
          expiry.kind === 'after_inactivity'
            ? FOLLOWS
            : expiryOf({ ...expiry, noticeDays: [], extensionDays: 0, pauses: [] }, Date.parse(at(61 * DAY_MS)), after);
        expect(late?.expires_at).toBe(expected);
      }),
      { numRuns: runs, seed, endOnFailure: true },
    );
    expect((await verify(t.database)).finding).toBeNull();
    console.log(`T4 on ${store}: ${runs} changes of zone, 0 past periods moved (seed ${seed})`);
  });
});
