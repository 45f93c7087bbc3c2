import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runLaurel } from '../../../../server/command-line.ts';
import { dryRun, tierMoves } from '../../../../server/programs/dry-run/dry-run.ts';
import { parseProgram } from '../../../../server/programs/program-document.ts';
import type { DryRun, TierMovePage } from '../../../../shared/protocol/api.ts';
import { anOrder, openLedger, stores } from '../../../support/ledger.ts';
import {
  openServer,
  PROGRAM,
  pointersOf,
  problemOf,
  program,
  SECRET,
  type TestServer,
} from '../../../support/server.ts';

const DAY_MS = 86_400_000;
const [rule] = program.earning.rules;

describe.each(stores)('a dry run on %s', (store) => {
  let server: TestServer;
  beforeEach(async () => {
    server = await openServer(store);
    // Ana: 80 points. Ben: 100, and silver by it, so that his next order earns a quarter more. Cleo: gold. Dan: long ago.
    await order('a-1', 'ana', 80_00, 20);
    await order('b-1', 'ben', 100_00, 30);
    await order('b-2', 'ben', 40_00, 10);
    await order('c-1', 'cleo', 300_00, 40);
    await order('d-1', 'dan', 120_00, 200);
  });
  afterEach(() => server.close());

  async function order(id: string, memberId: string, netMinor: number, daysAgo: number, lines?: object[]) {
    const placedAt = new Date(server.now() - daysAgo * DAY_MS).toISOString();
    const { status, text } = await server.merchant('POST', '/orders', {
      ...anOrder(id, memberId, netMinor, placedAt),
      ...(lines && { lines }),
    });
    if (status !== 201) throw new Error(text);
  }
  const run = async (draft: object, query = '') =>
    (await server.merchant('POST', `/dry-run${query}`, draft)).body as DryRun;
  const moves = async (draft: object, query = '') =>
    (await server.merchant('POST', `/dry-run/tier-moves${query}`, draft)).body as TierMovePage;
  const earning = (changes: object) => ({ ...program, earning: { ...program.earning, ...changes } });
  const ladder = (...thresholds: number[]) => ({
    ...program,
    tiers: {
      ...program.tiers,
      ladder: program.tiers.ladder.map((tier, index) => ({ ...tier, threshold: thresholds[index] })),
    },
  });

  test('of the rules in force changes nothing', async () => {
    const counts = await server.counts();
    const answer = await run(program);
    expect(answer).toMatchObject({
      version: 1,
      isComplete: true,
      members: { counted: 4, total: 4 },
      orders: { count: 4, refused: 0 },
      points: { real: 80 + 100 + 50 + 300, draft: 530, changePercent: 0, rules: [{ rule: 'per-euro', points: 530 }] },
      tiers: { up: 0, down: 0 },
      expiry: { changed: 0, earlier: 0, later: 0 },
    });
    expect(answer.tiers.ladder).toEqual([
      { tier: 'member', real: 1, draft: 1 },
      { tier: 'silver', real: 2, draft: 2 },
      { tier: 'gold', real: 1, draft: 1 },
    ]);
    expect(await server.counts()).toEqual(counts);
  });

  test('says how many points more or less, by rule', async () => {
    const draft = earning({
      rules: [
        { ...rule, points: 2 },
        { id: 'each', kind: 'per_order', points: 10 },
      ],
    });
    const answer = await run(draft);
    // Twice as many for each euro, and ten an order; 12.5 of those for Ben's second one, of which the whole order is rounded.
    const each = 10 + 10 + 12 + 10;
    expect(answer.points).toMatchObject({ real: 530, draft: 1060 + each, changePercent: 107.9 });
    expect(answer.points.rules).toEqual([
      { rule: 'per-euro', points: 1060 },
      { rule: 'each', points: each },
    ]);
  });

  test('looks back as many days as are asked for', async () => {
    expect((await run(program, '?days=15')).orders.count).toBe(1);
    expect((await run(program, '?days=366')).orders.count).toBe(5);
    for (const days of ['0', '367', 'x', '1.5']) {
      expect(problemOf(await server.merchant('POST', `/dry-run?days=${days}`, program))).toMatchObject({ status: 400 });
    }
  });

  test("counts a limit of the draft's for each member", async () => {
    const draft = earning({ rules: [{ ...rule, limit: { per: 'lifetime', points: 90 } }] });
    expect((await run(draft)).points).toMatchObject({ real: 530, draft: 80 + 90 + 90 });
  });

  test('counts the orders that the draft would refuse', async () => {
    const draft = earning({ rules: [{ ...rule, currency: 'USD' }] });
    expect(await run(draft)).toMatchObject({
      orders: { count: 4, refused: 4 },
      points: { draft: 0, changePercent: -100 },
    });
  });

  test('says who would drop, and who would rise', async () => {
    const higher = ladder(0, 130, 400);
    // Ben has 140 and keeps silver; Dan has 120, Cleo 300.
    expect((await run(higher)).tiers).toMatchObject({ up: 0, down: 2 });
    expect((await moves(higher)).moves.sort((a, b) => (a.memberId < b.memberId ? -1 : 1))).toEqual([
      { memberId: 'cleo', from: 'gold', to: 'silver', direction: 'down' },
      { memberId: 'dan', from: 'silver', to: 'member', direction: 'down' },
    ]);
    const lower = ladder(0, 70, 110);
    expect((await run(lower)).tiers).toMatchObject({ up: 3, down: 0 });
    expect((await moves(lower, '?direction=down')).moves).toEqual([]);
    const kept = { ...higher, tiers: { ...higher.tiers, downgrade: { kind: 'never', graceDays: 0, noticeDays: 0 } } };
    expect((await run(kept)).tiers).toMatchObject({ up: 0, down: 0 });
  });

  test('a tier between two others pushes down who was above it', async () => {
    const [member, silver, gold] = program.tiers.ladder;
    const bronze = { ...silver, id: 'bronze', threshold: 90 };
    const draft = {
      ...program,
      tiers: { ...program.tiers, ladder: [member, bronze, { ...silver, threshold: 130 }, gold] },
    };
    expect((await moves(draft)).moves).toEqual([{ memberId: 'dan', from: 'silver', to: 'bronze', direction: 'down' }]);
  });

  test('the list is paged without a gap or a repeat', async () => {
    const lower = ladder(0, 70, 110);
    const seen: string[] = [];
    let query = '?limit=1';
    for (let count = 0; count < 10; count++) {
      const page = await moves(lower, query);
      seen.push(...page.moves.map(({ memberId }) => memberId));
      if (page.nextCursor === null) break;
      query = `?limit=1&cursor=${page.nextCursor}`;
    }
    expect(seen.sort()).toEqual(['ana', 'ben', 'dan']);
  });

  test('says whose points would end on another day', async () => {
    expect((await run({ ...program, expiry: { kind: 'after_months', months: 6 } })).expiry).toEqual({
      changed: 530,
      earlier: 530,
      later: 0,
    });
    expect((await run({ ...program, expiry: { kind: 'never' } })).expiry).toEqual({
      changed: 530,
      earlier: 0,
      later: 530,
    });
  });

  test('warns of what may be meant otherwise', async () => {
    const [member, silver] = program.tiers.ladder;
    const draft = { ...program, tiers: { ...program.tiers, ladder: [member, { ...silver, multiplierPercent: 100 }] } };
    expect((await run(draft)).warnings).toContainEqual({
      pointer: '/tiers/ladder/1',
      detail: 'silver gives what member gives: nobody gains by reaching it',
    });
  });

  test('of a faulty draft, or of another program, is refused', async () => {
    expect(pointersOf(await server.merchant('POST', '/dry-run', { ...program, timeZone: 'Mars' }))).toEqual([
      '/timeZone',
    ]);
    expect(pointersOf(await server.merchant('POST', '/dry-run', { ...program, id: 'org.other.points' }))).toEqual([
      '/id',
    ]);
    expect(pointersOf(await server.merchant('POST', '/dry-run/tier-moves', {}))).toContain('/id');
    expect(problemOf(await server.merchant('POST', '/dry-run/tier-moves?cursor=e30', program))).toMatchObject({
      status: 400,
    });
  });

  test('runs once at a time for a program', async () => {
    const [reached, gate] = [Promise.withResolvers<true>(), Promise.withResolvers<true>()];
    const { programs } = server.services;
    const versions = programs.versions.bind(programs);
    vi.spyOn(programs, 'versions').mockImplementationOnce(async (...args) => {
      reached.resolve(true);
      await gate.promise;
      return versions(...args);
    });
    const first = server.merchant('POST', '/dry-run', program);
    await reached.promise;
    expect((await server.merchant('POST', '/dry-run', program)).status).toBe(429);
    gate.resolve(true);
    expect((await first).status).toBe(200);
    expect((await server.merchant('POST', '/dry-run', program)).status).toBe(200);
  });
});

describe('a dry run over many members', () => {
  test('is cut off in time, and says of how many it is', async () => {
    const t = await openLedger('sqlite');
    try {
      const members = 350;
      await Promise.all(
        Array.from({ length: members }, (_, index) =>
          t.ledger.postOrder(PROGRAM, anOrder(`o-${index}`, `c-${index}`, 10_00)),
        ),
      );
      const now = Date.parse('2026-03-31T12:00:00Z');
      const versions = await t.programs.versions(t.database, PROGRAM);
      const options = { reader: t.database, versions, draft: parseProgram(program), now, days: 90 };
      const cut = await dryRun({ ...options, isOver: () => true });
      expect(cut).toMatchObject({
        isComplete: false,
        members: { counted: 100, total: members },
        orders: { count: 100 },
      });
      const seen: number[] = [];
      const whole = await dryRun({ ...options, onProgress: (done) => seen.push(done) });
      expect(whole).toMatchObject({ isComplete: true, orders: { count: members }, points: { real: 10 * members } });
      expect(seen).toEqual([100, 200, 300, 350]);
      const draft = parseProgram({
        ...program,
        tiers: {
          ...program.tiers,
          ladder: program.tiers.ladder.map((tier, index) => ({ ...tier, threshold: [0, 10, 250][index] })),
        },
      });
      const first = await tierMoves({ ...options, draft, isOver: () => true }, { after: '', limit: 1_000 });
      expect(first.moves).toHaveLength(100);
      const rest = await tierMoves({ ...options, draft }, { after: first.next ?? '', limit: 1_000 });
      expect(rest).toMatchObject({ next: null });
      expect(rest.moves).toHaveLength(members - 100);
    } finally {
      await t.close();
    }
  });
});

describe('laurel program dry-run', () => {
  test('says what would have been different', async () => {
    const t = await openLedger('sqlite');
    const folder = await mkdtemp(join(tmpdir(), 'laurel-dry-'));
    try {
      t.setNow(new Date().toISOString());
      await t.ledger.postOrder(PROGRAM, anOrder('o-1', 'ana', 120_00, new Date(Date.now() - DAY_MS).toISOString()));
      await t.database.close();
      const file = join(folder, 'draft.json');
      const [member, silver, gold] = program.tiers.ladder;
      await writeFile(
        file,
        JSON.stringify({
          ...program,
          earning: { ...program.earning, rules: [{ ...rule, points: 3, perMinor: 250 }] },
          tiers: { ...program.tiers, ladder: [member, { ...silver, threshold: 200 }, gold] },
        }),
      );
      const said: string[] = [];
      const terminal = {
        environment: { DATABASE_URL: t.url, LAUREL_SECRET: SECRET },
        out: (text: string) => said.push(text),
        err: (text: string) => said.push(text),
      };
      expect(await runLaurel(['program', 'dry-run', file, '--days', '30', '--list'], terminal), said.join('\n')).toBe(
        0,
      );
      expect(said).toContain('  points issued  120 → 144 (+20 %)');
      expect(said).toContain('  tiers          0 members would rise, 1 would drop');
      expect(said).toContain('  down  ana: silver → member');
      expect(await runLaurel(['program', 'dry-run', file, '--days', '0'], terminal)).toBe(2);
    } finally {
      await t.close().catch(() => {});
      await rm(folder, { recursive: true, force: true });
    }
  });
});
