import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { earnForOrder } from '../../shared/domain/earning.ts';
import type { Earning, EarningRule } from '../../shared/domain/earning-rules.ts';
import { expiryOf } from '../../shared/domain/expiry.ts';
import { UNUSED } from '../../shared/domain/limits.ts';
import type { ExpiryPolicy, Program, TierRules } from '../../shared/domain/program.ts';
import { count, type Qualified } from '../../shared/domain/qualifying.ts';
import { afterAccrual, afterReviews, firstStanding, reviewDayOf } from '../../shared/domain/tiers.ts';
import { type LocalDate, localDateOf } from '../../shared/domain/time.ts';

/** The examples of docs/earning.md, docs/tiers.md and docs/expiry.md are what the rules compute. */

const ZONE = 'Europe/Berlin';
const read = (name: string) => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');
const noon = (day: LocalDate) => Date.parse(`${day}T12:00:00Z`);

/** Rows of tables whose first cell is JSON. */
const rowsOf = (text: string) =>
  [...text.matchAll(/^\| `(\{.*?\})` \|(.*)\|$/gm)].map(([, json = '', rest = '']) => ({
    json,
    cells: rest.split('|').map((cell) => cell.trim()),
  }));

interface Example {
  readonly order: { readonly lines: readonly number[] };
  readonly rules?: readonly EarningRule[];
  readonly campaigns?: readonly number[];
  readonly stacking?: Earning['stacking'];
  readonly tier?: number;
  readonly expect: { readonly points: number; readonly qualifying: number };
}

describe('docs/earning.md', () => {
  const perEuro: EarningRule = { id: 'per-euro', kind: 'per_amount', points: 1, perMinor: 100, currency: 'EUR' };
  const examples = [...read('earning.md').matchAll(/```json\n([\s\S]*?)```/g)].map(
    ([, json = '']) => JSON.parse(json) as Example,
  );
  test('has examples', () => expect(examples.length).toBeGreaterThanOrEqual(5));

  test.each(examples)(
    '$expect from $order',
    ({ order, rules = [perEuro], campaigns = [], stacking = 'product', tier = 100, expect: expected }) => {
      const earned = earnForOrder(
        {
          rules,
          campaigns: campaigns.map((multiplierPercent, index) => ({ id: `c${index}`, multiplierPercent })),
          stacking,
          basis: { tax: 'excluded', shipping: 'excluded', discounts: 'deducted' },
          confirmationDelayDays: 0,
        },
        { currency: 'EUR', lines: order.lines.map((euro) => ({ sku: 'a', quantity: 1, netMinor: 100 * euro })) },
        { tierId: 'member', multiplierPercent: tier, day: '2026-03-31', used: () => UNUSED },
      );
      expect(earned).toMatchObject(expected);
    },
  );
});

describe('docs/expiry.md', () => {
  const rows = rowsOf(read('expiry.md'));
  test('has examples', () => expect(rows.length).toBeGreaterThanOrEqual(9));

  test.each(rows)('$json: $cells', ({ json, cells: [accrued = '', last] }) => {
    const policy = {
      noticeDays: [],
      extensionDays: 0,
      pauses: [],
      ...(JSON.parse(json) as object),
    } as unknown as ExpiryPolicy;
    expect(localDateOf(expiryOf(policy, noon(accrued), ZONE) - 1, ZONE)).toBe(last);
  });
});

describe('docs/tiers.md', () => {
  const rows = rowsOf(read('tiers.md'));
  test('has examples', () => expect(rows.length).toBeGreaterThanOrEqual(7));

  test.each(rows)('$json: $cells', ({ json, cells: [earned = '', on = '', tierId, safeUntil] }) => {
    const given = JSON.parse(json) as Pick<TierRules, 'period'> & Partial<TierRules>;
    const tier = (id: string, threshold: number) => ({ id, name: {}, threshold, multiplierPercent: 100, benefits: [] });
    const tiers: TierRules = {
      metric: { kind: 'points' },
      ...given,
      downgrade: { kind: 'requalify', graceDays: 0, noticeDays: 0, ...given.downgrade },
      ladder: [tier('member', 0), tier('silver', 100), tier('gold', 250)],
    };
    const program = { tiers, timeZone: ZONE } as unknown as Program;
    const course = { versions: [{ version: 1, effectiveAt: 0, program }], enrolledAt: 0 };
    const days = new Map<LocalDate, Qualified>();
    let standing = firstStanding(tiers.ladder);
    for (const [, points, day = ''] of earned.matchAll(/(\d+) on (\d{4}-\d\d-\d\d)/g)) {
      const before = afterReviews(standing, course, days, noon(day));
      count(days, day, { points: Number(points), orders: 1, spend: {} });
      standing = afterAccrual(before, course, days, noon(day));
    }
    const now = afterReviews(standing, course, days, noon(on));
    expect([now.tierId, reviewDayOf(now, ZONE) ?? '']).toEqual([tierId, safeUntil]);
  });
});
