import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Entry, EntryPage } from '../../../shared/protocol/api.ts';
import { anOrder, stores } from '../../support/ledger.ts';
import { openServer, PROGRAM, problemOf, type TestServer } from '../../support/server.ts';
import { seed, sized } from '../../support/size.ts';

/** L17: every combination of filters of the history, against a plain list and `filter`; inputs random, none known ahead. */

const KINDS = ['accrual', 'redemption', 'expiry', 'adjustment', 'reversal', 'transfer'] as const;
const HOUR_MS = 3_600_000;
/** Ids that look like each other, and like the text around them. */
const ORDERS = ['o', 'o1', 'O1', 'o"1', '%', '_', 'o\\1', '"order":"o"', 'ö'];

interface Query {
  readonly kind?: Entry['kind'] | undefined;
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  readonly order?: string | undefined;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
}

describe.each(stores)('L17: filters of the history on %s', (store) => {
  let server: TestServer;
  let bearer: string;
  let memberId: string;
  let all: readonly Entry[];
  let start: number;

  beforeAll(async () => {
    server = await openServer(store);
    const { services } = server;
    const { ledger } = services;
    start = server.now();
    memberId = await ledger.enrol(PROGRAM, 'anna');
    const die = fc.sample(fc.integer({ min: 0, max: 99 }), { numRuns: 90, seed });
    for (const [index, roll] of die.entries()) {
      server.setNow(start + index * 3 * HOUR_MS);
      const placedAt = new Date(start + (index * 3 - (roll % 7) * 5) * HOUR_MS).toISOString();
      const order = ORDERS[index % ORDERS.length] as string;
      if (index < ORDERS.length) await ledger.postOrder(PROGRAM, anOrder(order, 'anna', 10_000 + roll, placedAt));
      else if (roll < 50) {
        await ledger.postRefund(PROGRAM, order, { id: `r${index}`, refundedAt: placedAt, amountMinor: roll });
      } else if (roll < 80) {
        const reason = roll % 2 ? 'thanks' : '"order":"o"';
        await ledger.postAdjustment(PROGRAM, 'anna', { points: roll - 60 || 1, reason }, `k${index}`);
      } else {
        await ledger.postOrder(PROGRAM, anOrder(`x${index}`, 'anna', 100 * roll, placedAt));
      }
      // Another member's history is in the same tables.
      await ledger.postOrder(PROGRAM, anOrder(`b${index}`, 'bert', 1_000, placedAt));
    }
    await ledger.expireLots(PROGRAM, start + 800 * 24 * HOUR_MS);
    bearer = (await server.signIn('anna')).access_token;
    const { entries } = await ledger.readEntries(PROGRAM, memberId, { limit: 100_000 });
    all = entries.map(({ entry }) => entry);
    expect(new Set(all.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(4);
  });
  afterAll(() => server.close());

  function modelOf({ kind, from, until, order, before, after }: Query): Entry[] {
    return all.filter(
      (entry) =>
        (kind === undefined || entry.kind === kind) &&
        (from === undefined || Date.parse(entry.occurredAt) >= from) &&
        (until === undefined || Date.parse(entry.occurredAt) < until) &&
        (order === undefined || entry.order === order) &&
        (before === undefined || entry.seq < before) &&
        (after === undefined || entry.seq > after),
    );
  }
  const someInstant = fc.integer({ min: -60, max: 400 }).map((hours) => start + hours * HOUR_MS);
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const someQuery = () =>
    fc.record({
      kind: maybe(fc.constantFrom(...KINDS)),
      from: maybe(someInstant),
      until: maybe(someInstant),
      order: maybe(fc.oneof(fc.constantFrom(...ORDERS), fc.string({ minLength: 1, maxLength: 5, unit: 'grapheme' }))),
      before: maybe(fc.integer({ min: 0, max: 120 })),
      after: maybe(fc.integer({ min: 0, max: 120 })),
      limit: fc.integer({ min: 1, max: 100 }),
    });

  const runs = store === 'sqlite' ? sized(5_000, 500_000) : sized(1_000, 50_000);
  test(`${runs} random queries give what a list gives, page by page`, { timeout: 600_000 }, async () => {
    const { ledger } = server.services;
    let rows = 0;
    await fc.assert(
      fc.asyncProperty(someQuery(), async (query) => {
        const expected = modelOf(query).map(({ seq }) => seq);
        const found: number[] = [];
        let before = query.before;
        for (;;) {
          const page = await ledger.readEntries(PROGRAM, memberId, { ...query, before });
          found.push(...page.entries.map(({ entry }) => entry.seq));
          if (page.nextCursor === null) break;
          expect(page.entries).toHaveLength(query.limit);
          before = Number(page.nextCursor);
        }
        expect(found).toEqual(expected);
        rows += found.length;
      }),
      { numRuns: runs, seed },
    );
    console.log(`L17 on ${store}: ${runs} queries, ${rows} entries, 0 differences to the model (seed ${seed})`);
  });

  test(`${sized(100, 2_000)} of them over HTTP, by the Link to the next page, for the member and the merchant`, {
    timeout: 300_000,
  }, async () => {
    const links = async (first: string, ask: (path: string) => ReturnType<TestServer['request']>) => {
      const found: number[] = [];
      for (let path: string | undefined = first; path; ) {
        const answer = await ask(path);
        expect(answer.status).toBe(200);
        const { entries, nextCursor } = answer.body as EntryPage;
        found.push(...entries.map(({ entry }) => entry.seq));
        const next: string | undefined = /^<https:\/\/points\.test([^>]+)>; rel="next"$/.exec(
          answer.headers.get('link') ?? '',
        )?.[1];
        expect(next === undefined).toBe(nextCursor === null);
        path = next;
      }
      return found;
    };
    await fc.assert(
      fc.asyncProperty(someQuery(), async ({ from, until, ...rest }) => {
        const query = new URLSearchParams();
        for (const [name, value] of Object.entries(rest)) if (value !== undefined) query.set(name, String(value));
        if (from !== undefined) query.set('from', new Date(from).toISOString());
        if (until !== undefined) query.set('until', new Date(until).toISOString());
        // What no id can be is refused before it is looked for.
        fc.pre(
          rest.order === undefined ||
            (/^[^\u0000-\u001f\u007f]+$/u.test(rest.order) && rest.order.isWellFormed() && !/^\.\.?$/.test(rest.order)),
        );
        const expected = modelOf({ ...rest, from, until }).map(({ seq }) => seq);
        const own = await links(`/v1/me/entries?${query}`, (path) => server.call('GET', path, undefined, bearer));
        expect(own).toEqual(expected);
        const merchants = await links(`/v1/programs/${PROGRAM}/members/anna/entries?${query}`, (path) =>
          server.call('GET', path, undefined, server.keys.secretKey),
        );
        expect(merchants).toEqual(expected);
      }),
      { numRuns: sized(100, 2_000), seed },
    );
  });

  test.each(['kind=other', 'from=yesterday', 'limit=0', 'limit=101', 'before=-1', 'cursor=%00', 'color=red', 'order='])(
    '?%s is refused, and named',
    async (query) => {
      const problem = problemOf(await server.call('GET', `/v1/me/entries?${query}`, undefined, bearer));
      expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(problem.errors?.[0]?.pointer).toBe(`/query/${query.split('=')[0]}`);
    },
  );
});
