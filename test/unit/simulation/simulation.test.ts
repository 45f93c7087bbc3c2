import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { seed, sized } from '../../support/size.ts';
import { type Entry, type Facts, QUOTED } from './audit.ts';
import { Random } from './random.ts';
import { type Outcome, World } from './world.ts';

/**
 * L15: a shop's life with its servers, store, clocks, jobs and messages both ways, in one process from one seed. What
 * fails replays: `LAUREL_TEST_SEED=<seed>` lives the same lives again, the same calls in the same order.
 */

const DAYS = 90;
const LIVES = Number(process.env['LAUREL_LIVES'] ?? sized(4, 300));
/** A life in which everything happened that the damages need. */
const DAMAGED_SEED = 8;
const { randomBytes } = crypto;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
  crypto.randomBytes = randomBytes;
  syncBuiltinESMExports();
});

async function live(
  lifeSeed: number,
  days = DAYS,
  afterwards: (world: World) => Promise<void> = async () => {},
): Promise<Outcome> {
  // Ids come from the seed as well: what is sorted by them is the same each time.
  const ids = new Random(lifeSeed ^ 0x5bd1e995);
  crypto.randomBytes = ((length: number) => ids.bytes(length)) as typeof crypto.randomBytes;
  syncBuiltinESMExports();
  const world = await World.create(new Random(lifeSeed));
  try {
    const outcome = await world.run(days);
    await afterwards(world);
    return outcome;
  } catch (error) {
    throw new Error(`life ${lifeSeed}, ${new Date(world.now).toISOString()}: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    await world.close();
    // Those of processes that died would keep their whole worlds.
    vi.clearAllTimers();
  }
}

test('the same seed lives the same life', { timeout: 120_000 }, async () => {
  const [first, second] = [await live(seed, 20), await live(seed, 20)];
  expect(second).toEqual(first);
  expect((await live(seed + 1, 20)).traceHash).not.toBe(first.traceHash);
});

/** What a broken ledger would leave behind, each made of a sound life. */
const DAMAGES: Readonly<Record<string, (facts: Facts) => void>> = {
  'an order is lost': ({ entries }) => take(entries, (entry) => entry.kind === 'accrual' && isOrder(entry)),
  'an order counts twice': ({ entries }) =>
    void entries.push(find(entries, (entry) => entry.kind === 'accrual' && isOrder(entry))),
  'an order brings a point too much': ({ entries }) =>
    change(
      entries,
      (entry) => entry.kind === 'accrual' && isOrder(entry),
      ({ points }) => ({ points: points + 1 }),
    ),
  'an order of nobody': ({ entries }) =>
    change(
      entries,
      (entry) => entry.kind === 'accrual' && isOrder(entry),
      () => ({ order: 'order-of-nobody' }),
    ),
  'a refund is lost': ({ entries }) => take(entries, ({ refund, points }) => refund !== undefined && points < 0),
  'a refund counts twice': ({ entries }) =>
    void entries.push(find(entries, ({ refund, points }) => refund !== undefined && points < 0)),
  'an adjustment is lost': ({ entries }) => take(entries, isAdjustment),
  'an adjustment counts twice': ({ entries }) => void entries.push(find(entries, isAdjustment)),
  'a visit is lost': ({ entries }) => take(entries, ({ reason }) => reason === 'visit'),
  'a redemption is free': ({ entries }) => take(entries, ({ kind }) => kind === 'redemption'),
  'a hold comes back twice': ({ entries }) =>
    void entries.push(find(entries, ({ kind, redemption }) => kind === 'reversal' && redemption !== undefined)),
};

const isOrder = ({ order, points }: Entry) => order !== undefined && !order.startsWith(QUOTED) && points > 0;
const isAdjustment = ({ kind, reason = '' }: Entry) => kind === 'adjustment' && reason.startsWith('adjust-');

function find(entries: readonly Entry[], isMeant: (entry: Entry) => boolean): Entry {
  const found = entries.find(isMeant);
  if (!found) throw new Error('the life had none of it');
  return found;
}

function take(entries: Entry[], isMeant: (entry: Entry) => boolean): void {
  entries.splice(entries.indexOf(find(entries, isMeant)), 1);
}

function change(entries: Entry[], isMeant: (entry: Entry) => boolean, to: (entry: Entry) => Partial<Entry>): void {
  const entry = find(entries, isMeant);
  entries[entries.indexOf(entry)] = { ...entry, ...to(entry) };
}

test('the audit finds every damage', { timeout: 120_000 }, async () => {
  await live(DAMAGED_SEED, 40, async (world) => {
    const facts = await world.facts();
    for (const [name, damage] of Object.entries(DAMAGES)) {
      const damaged = { ...facts, entries: [...facts.entries], redemptions: [...facts.redemptions] };
      damage(damaged);
      expect(world.audit(damaged), name).not.toEqual([]);
    }
    const { heard } = world;
    expect(world.auditEvents(heard)).toEqual([]);
    expect(world.auditEvents(heard.slice(0, -1)), 'an event is lost').not.toEqual([]);
    expect(world.auditEvents(heard.toReversed()), 'events out of order').not.toEqual([]);
  });
});

test(`L15: ${LIVES} lives of ${DAYS} days`, { timeout: 4 * 3_600_000 }, async () => {
  const sums: Record<string, number> = {};
  const differences: string[] = [];
  for (let index = 0; index < LIVES && differences.length < 10; index++) {
    try {
      const { counts } = await live(seed + index);
      for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
    } catch (error) {
      differences.push(describe(error));
      console.error(differences.at(-1));
    }
    if ((index + 1) % 25 === 0) console.log(`L15: ${index + 1} lives, ${differences.length} differences`);
  }
  expect(differences).toEqual([]);
  console.log(`L15: ${LIVES} lives × ${DAYS} days, ${JSON.stringify(sums)}, 0 differences (seed ${seed})`);
  expect(Math.min(...Object.values(sums))).toBeGreaterThan(0);
});

/** With what lies beneath: a difference is often a refusal of the store. */
function describe(error: unknown): string {
  const lines: string[] = [];
  for (let next = error; next instanceof Error; next = next.cause) lines.push(next.stack ?? next.message);
  return lines.join('\n');
}
