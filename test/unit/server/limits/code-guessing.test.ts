import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf } from '../../../../shared/domain/codes.ts';
import { LoyaltyError } from '../../../../shared/domain/errors.ts';
import { anOrder } from '../../../support/ledger.ts';
import { rewardProgram } from '../../../support/rewards.ts';
import { openServer, PROGRAM, problemOf, type TestServer } from '../../../support/server.ts';
import { sized } from '../../../support/size.ts';

const OTHER = 'org.other.points';

/** How often a value of one sample is above one of the other; a half where they cannot be told apart. */
function areaUnderCurve(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map((value) => ({ value, isA: true })), ...b.map((value) => ({ value, isA: false }))];
  all.sort((x, y) => x.value - y.value);
  let [rankSum, index] = [0, 0];
  while (index < all.length) {
    let end = index;
    while (end < all.length && all[end]?.value === all[index]?.value) end++;
    // Equal values share their ranks.
    for (let at = index; at < end; at++) if (all[at]?.isA) rankSum += (index + 1 + end) / 2;
    index = end;
  }
  return (rankSum - (a.length * (a.length + 1)) / 2) / (a.length * b.length);
}

describe('F3: guessing the codes of redemptions', () => {
  let server: TestServer;
  const codes: Record<'live' | 'used' | 'elsewhere', string> = { live: '', used: '', elsewhere: '' };
  let keyCount = 0;

  /** A customer with points who redeems them; gives the code. */
  async function redeem(programId: string, customer: string): Promise<string> {
    const { ledger, redemptions } = server.services;
    const memberId = await ledger.enrol(programId, customer);
    const key = `key-${++keyCount}`;
    await ledger.postAdjustment(programId, customer, { points: 100, reason: 'gift' }, key);
    const { redemption } = await redemptions.redeem(programId, memberId, { reward: 'ten-off' }, key);
    return redemption.code ?? '';
  }

  beforeAll(async () => {
    server = await openServer();
    await server.services.programs.apply({ ...rewardProgram, id: PROGRAM });
    await server.services.programs.apply({ ...rewardProgram, id: OTHER });
    codes.live = await redeem(PROGRAM, 'anna');
    codes.used = await redeem(PROGRAM, 'ben');
    await server.services.ledger.postOrder(PROGRAM, { ...anOrder('o-1', 'ben', 50_00), redemptionCodes: [codes.used] });
    codes.elsewhere = await redeem(OTHER, 'carla');
  });
  afterAll(() => server.close());

  const unknown = () => codeOf(randomBytes(10));
  const check = (code: string, more: object = {}) => server.merchant('POST', '/redemptions/check', { code, ...more });

  test('a live code is found, however it is typed', async () => {
    expect((await check(codes.live)).status).toBe(200);
    expect((await check(codes.live.toLowerCase().replaceAll('-', ' '))).status).toBe(200);
    expect((await check(codes.live, { memberId: 'anna' })).status).toBe(200);
  });

  test('the answer is the same text for codes that are unknown, used, of another shop and of another customer', async () => {
    const answers = [
      await check(unknown()),
      await check(codes.used),
      await check(codes.elsewhere),
      await check(codes.live, { memberId: 'ben' }),
      await check('no code at all'),
    ];
    const told = answers.map((answer) => ({
      status: answer.status,
      headers: [...answer.headers],
      body: { ...problemOf(answer), instance: '' },
    }));
    expect(told[0]?.body).toMatchObject({ code: 'code_not_valid' });
    for (const each of told) expect(each).toEqual(told[0]);
  });

  test('and its time tells them apart no better than a coin', { timeout: 120_000 }, async () => {
    const size = sized(1_200, 5_000);
    const kinds = ['unknown', 'used', 'elsewhere'] as const;
    const times: Record<(typeof kinds)[number], number[]> = { unknown: [], used: [], elsewhere: [] };
    const tries = Array.from({ length: size * kinds.length }, (_, index) => kinds[index % kinds.length] ?? 'unknown');
    const one = async (kind: (typeof kinds)[number]) => {
      const code = kind === 'unknown' ? unknown() : codes[kind];
      const started = performance.now();
      const refused = await server.services.redemptions.check(PROGRAM, { code }).catch((error: unknown) => error);
      times[kind].push(performance.now() - started);
      expect((refused as LoyaltyError).code).toBe('code_not_valid');
    };
    // One after the other within each of the lines, and the kinds in turn: what slows one slows the next.
    const line = async () => {
      for (let kind = tries.pop(); kind !== undefined; kind = tries.pop()) await one(kind);
    };
    await Promise.all(Array.from({ length: 32 }, line));
    const areas = [
      areaUnderCurve(times.unknown, times.used),
      areaUnderCurve(times.unknown, times.elsewhere),
      areaUnderCurve(times.used, times.elsewhere),
    ];
    console.info(`F3: ${size} of each kind, AUC ${areas.map((area) => area.toFixed(3)).join(', ')}`);
    for (const area of areas) expect(Math.abs(area - 0.5)).toBeLessThanOrEqual(0.05);
  });

  test('guesses from a botnet hit nothing, and most are not even looked up', { timeout: 120_000 }, async () => {
    const guessCount = sized(20_000, 100_000);
    const outcomes = new Map<string, number>();
    const guess = async (index: number) => {
      const request = { code: unknown(), memberId: `c-${index % 1_000}`, address: `198.51.100.${index % 100}` };
      const outcome = await server.services.redemptions.check(PROGRAM, request).then(
        () => 'hit',
        (error: unknown) => (error instanceof LoyaltyError ? error.code : 'fault'),
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    };
    for (let start = 0; start < guessCount; start += 500) {
      await Promise.all(Array.from({ length: 500 }, (_, index) => guess(start + index)));
    }
    console.info(`F3: ${guessCount} guesses: ${JSON.stringify(Object.fromEntries(outcomes))}`);
    expect(outcomes.get('hit')).toBeUndefined();
    expect(outcomes.get('fault')).toBeUndefined();
    // 100 addresses with 50 misses each.
    expect(outcomes.get('code_not_valid')).toBe(5_000);
  });

  test('of guesses sent at once ten are looked up, and the right code is not told from a wrong one any more', async () => {
    const guesses = Array.from({ length: 200 }, () => check(unknown(), { memberId: 'dora' }));
    const statuses = (await Promise.all(guesses)).map((answer) => problemOf(answer).code);
    expect(statuses.filter((code) => code === 'code_not_valid')).toHaveLength(10);
    expect(statuses.filter((code) => code === 'rate_limited')).toHaveLength(190);
    const own = await redeem(PROGRAM, 'dora');
    const limited = await check(own, { memberId: 'dora' });
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3600']);
    server.setNow(server.now() + 3_600_000);
    expect((await check(own, { memberId: 'dora' })).status).toBe(200);
  });
});
