import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { balanceOf, type Chain, EMPTY_CHAIN, extendChain, type Lot } from '../../extension/statements/chain.ts';
import { type FakeEntry, fakeEntry } from '../support/fake-issuer.ts';

/** A chain of accruals, hashed rightly. */
function entriesOf(points: readonly number[]): FakeEntry[] {
  const entries: FakeEntry[] = [];
  for (const each of points) {
    const last = entries.at(-1);
    entries.push(
      fakeEntry({
        seq: (last?.seq ?? 0) + 1,
        prev: last?.hash ?? null,
        points: each,
        balance: (last?.balance ?? 0) + each,
        lot: { points: each, availableAt: null, expiresAt: null },
      }),
    );
  }
  return entries;
}
const claimOf = (entries: readonly FakeEntry[]) => ({
  seq: entries.at(-1)?.seq ?? 0,
  head: entries.at(-1)?.hash ?? null,
});

describe('a chain', () => {
  test('is continued from wherever it stands, in any order of arrival', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        async (points, cut) => {
          const entries = entriesOf(points);
          const middle = entries.slice(0, cut % (entries.length + 1));
          const first = await extendChain(EMPTY_CHAIN, middle.toReversed(), claimOf(middle));
          expect(first.ok).toBe(true);
          const second = await extendChain(first.ok ? first.chain : EMPTY_CHAIN, entries, claimOf(entries));
          const sum = points.reduce((total, each) => total + each, 0);
          expect(second).toMatchObject({ ok: true, chain: { ...claimOf(entries), balance: sum } });
          expect(second.ok && second.entries).toHaveLength(entries.length - middle.length);
        },
      ),
    );
  });

  test('leaves entries after the signed one for next time', async () => {
    const entries = entriesOf([1, 2, 3]);
    const verdict = await extendChain(EMPTY_CHAIN, entries, claimOf(entries.slice(0, 2)));
    expect(verdict).toMatchObject({ ok: true, chain: { seq: 2, balance: 3 } });
  });

  test('that lost, changed or swapped any one entry is refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 2, maxLength: 8 }),
        fc.nat(),
        fc.constantFrom('drop', 'points', 'hash', 'prev', 'double'),
        async (points, place, how) => {
          const entries = entriesOf(points);
          const index = place % entries.length;
          const victim = entries[index] as FakeEntry;
          const text = JSON.parse(victim.bytes);
          const forged: Record<typeof how, FakeEntry[]> = {
            drop: [],
            points: [fakeEntry({ ...text, points: text.points + 1, balance: text.balance + 1 })],
            hash: [{ ...victim, hash: victim.hash.toLowerCase().replace(/.$/, '!') }],
            prev: [fakeEntry({ ...text, prev: 'x' })],
            double: [victim, victim],
          };
          const spoiled = entries.toSpliced(index, 1, ...forged[how]);
          expect((await extendChain(EMPTY_CHAIN, spoiled, claimOf(entries))).ok).toBe(false);
        },
      ),
    );
  });

  test.each([
    '',
    'null',
    '[]',
    '{}',
    '{"seq":"1"}',
    '{"seq":1,"points":1,"balance":1,"prev":5}',
    '{"seq":1,"points":1,"balance":1,"prev":null,"lot":5}',
    '{"seq":1,"points":1,"balance":1,"prev":null,"uses":[1]}',
  ])('refuses an entry that says %s', async (bytes) => {
    expect(await extendChain(EMPTY_CHAIN, [{ bytes, hash: 'x' }], { seq: 1, head: 'x' })).toMatchObject({
      ok: false,
      fault: 'entry_malformed',
    });
  });
});

describe('what lots come to', () => {
  const NOW = Date.parse('2028-02-29T12:00:00Z');
  const lot = (remaining: number, changes: Partial<Lot> = {}): Lot => ({
    seq: 1,
    remaining,
    availableAt: null,
    expiresAt: null,
    ...changes,
  });
  test.each<{ rule: string; balance: number; lots: Lot[]; available: number; pending: number }>([
    { rule: 'no lots are nothing', balance: 0, lots: [], available: 0, pending: 0 },
    { rule: 'a lot without dates counts', balance: 10, lots: [lot(10)], available: 10, pending: 0 },
    {
      rule: 'pending up to its instant',
      balance: 10,
      lots: [lot(10, { availableAt: NOW + 1 })],
      available: 0,
      pending: 10,
    },
    {
      rule: 'available from its instant on',
      balance: 10,
      lots: [lot(10, { availableAt: NOW })],
      available: 10,
      pending: 0,
    },
    {
      rule: 'usable up to its expiry',
      balance: 10,
      lots: [lot(10, { expiresAt: NOW + 1 })],
      available: 10,
      pending: 0,
    },
    { rule: 'gone from its expiry on', balance: 10, lots: [lot(10, { expiresAt: NOW })], available: 0, pending: 0 },
    { rule: 'a debt is less than nothing', balance: -30, lots: [], available: -30, pending: 0 },
    { rule: 'a debt takes from what counts', balance: 5, lots: [lot(10)], available: 5, pending: 0 },
  ])('$rule', ({ balance, lots, available, pending }) => {
    const chain: Chain = { seq: 1, head: 'x', balance, lots };
    expect(balanceOf(chain, NOW)).toEqual({ available, pending });
  });
});
