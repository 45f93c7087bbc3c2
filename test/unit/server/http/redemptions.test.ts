import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verify } from '../../../../server/verify/verify.ts';
import type {
  Account,
  CouponAnswer,
  CouponList,
  MemberRedemptionPage,
  OrderReceipt,
  RedemptionAnswer,
  RedemptionPage,
  RewardList,
} from '../../../../shared/protocol/api.ts';
import { anOrder } from '../../../support/ledger.ts';
import { rewardProgram } from '../../../support/rewards.ts';
import {
  type Answered,
  openServer,
  PROGRAM,
  pointersOf,
  problemOf,
  START,
  type TestServer,
} from '../../../support/server.ts';
import { sized } from '../../../support/size.ts';

let server: TestServer;
let anna = '';
let ben = '';
let keyCount = 0;

beforeAll(async () => {
  server = await openServer();
  await server.services.programs.apply(rewardProgram);
  for (const customer of ['anna', 'ben']) {
    await server.services.ledger.enrol(PROGRAM, customer);
    await server.services.ledger.postAdjustment(PROGRAM, customer, { points: 100_000, reason: 'gift' }, customer);
  }
  anna = (await server.signIn('anna')).access_token;
  ben = (await server.signIn('ben')).access_token;
});
afterAll(async () => {
  expect((await verify(server.database)).finding).toBeNull();
  await server.close();
});

const redeem = (bearer: string, body: unknown, key = `key-${++keyCount}`) =>
  server.call('POST', '/v1/me/redemptions', body, bearer, { 'idempotency-key': key });
const check = (body: object) => server.merchant('POST', '/redemptions/check', body);
const get = async <T>(path: string, bearer: string) => (await server.call('GET', path, undefined, bearer)).body as T;

async function held(bearer: string, reward = 'ten-off') {
  return ((await redeem(bearer, { reward })).body as RedemptionAnswer).redemption;
}

describe('rewards over HTTP', () => {
  test('a member looks, redeems, sees the code again, and puts it back', async () => {
    const { rewards } = await get<RewardList>('/v1/me/rewards', anna);
    expect(rewards.find(({ id }) => id === 'ten-off')).toMatchObject({ isAvailable: true });
    const answer = await redeem(anna, { reward: 'ten-off' }, 'mine');
    expect(answer.status).toBe(201);
    const { redemption } = answer.body as RedemptionAnswer;
    expect((await redeem(anna, { reward: 'ten-off' }, 'mine')).status).toBe(200);
    const { redemptions } = await get<RedemptionPage>('/v1/me/redemptions', anna);
    expect(redemptions[0]).toEqual(redemption);
    expect((await get<Account>('/v1/me', anna)).holds).toMatchObject([{ id: redemption.id, points: 100 }]);
    const path = `/v1/me/redemptions/${redemption.id}`;
    expect(problemOf(await server.call('DELETE', path, undefined, ben)).code).toBe('redemption_not_found');
    expect((await server.call('DELETE', path, undefined, anna)).body).toMatchObject({
      redemption: { state: 'released' },
    });
    expect((await get<Account>('/v1/me', anna)).holds).toBeUndefined();
  });

  test('one key of two members is two keys', async () => {
    const first = (await redeem(anna, { reward: 'ten-off' }, 'same')).body as RedemptionAnswer;
    const second = (await redeem(ben, { reward: 'ten-off' }, 'same')).body as RedemptionAnswer;
    expect(second.replayed).toBe(false);
    expect(second.redemption.id).not.toBe(first.redemption.id);
  });

  test('pages follow their links to the end', async () => {
    for (let index = 0; index < 5; index++) await held(ben);
    const seen = new Set<string>();
    let path: string | undefined = '/v1/me/redemptions?limit=2';
    while (path !== undefined) {
      const answer: Answered = await server.call('GET', path, undefined, ben);
      for (const { id } of (answer.body as RedemptionPage).redemptions) seen.add(id);
      path = /<https:\/\/[^/]+([^>]+)>/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    expect(seen.size).toBeGreaterThanOrEqual(6);
    const page = (await server.merchant('GET', '/redemptions?state=held&limit=3')).body as MemberRedemptionPage;
    expect(page.redemptions).toHaveLength(3);
    expect(page.redemptions.every(({ state }) => state === 'held')).toBe(true);
  });

  test('the merchant fulfils, issues coupons, and sees what became of the codes of an order', async () => {
    const { id } = await held(anna, 'mug');
    const change = (body: object) => server.merchant('PATCH', `/redemptions/${id}`, body);
    expect((await change({ state: 'shipped', carrier: 'DHL' })).body).toMatchObject({
      state: 'shipped',
      memberId: 'anna',
    });
    expect(pointersOf(await change({ state: 'delivered', tracking: 'x' }))).toEqual(['']);
    expect(problemOf(await change({ state: 'packed' })).code).toBe('redemption_closed');
    const body = { memberId: 'anna', reason: 'thanks' };
    const issued = await server.merchant('POST', '/coupons/for-you/issue', body, { 'idempotency-key': 'c' });
    expect(issued.status).toBe(201);
    const { coupon } = issued.body as CouponAnswer;
    const { coupons } = await get<CouponList>('/v1/me/coupons', anna);
    expect(coupons).toContainEqual(coupon);
    const order = { ...anOrder('with-codes', 'anna', 900), redemptionCodes: [coupon.code, 'NOT-A-CODE'] };
    const receipt = (await server.merchant('POST', '/orders', order)).body as OrderReceipt;
    expect(receipt.codes?.map(({ state }) => state)).toEqual(['committed', 'refused']);
  });

  test('who is merged into another brings his codes along', async () => {
    for (const customer of ['old', 'new']) await server.services.ledger.enrol(PROGRAM, customer);
    await server.services.ledger.postAdjustment(PROGRAM, 'old', { points: 300, reason: 'gift' }, 'old');
    const old = (await server.signIn('old')).access_token;
    const [kept, used] = [await held(old), await held(old)];
    await server.services.members.merge(PROGRAM, 'old', { into: 'new', reason: 'the same person' }, 'merge');
    const both = (await server.signIn('new')).access_token;
    const { redemptions } = await get<RedemptionPage>('/v1/me/redemptions', both);
    expect(redemptions.map(({ id }) => id).sort()).toEqual([kept.id, used.id].sort());
    expect((await check({ code: used.code, memberId: 'new' })).status).toBe(200);
    expect((await check({ code: used.code, memberId: 'anna' })).status).toBe(422);
    const order = { ...anOrder('merged', 'new', 900), redemptionCodes: [used.code] };
    const receipt = (await server.merchant('POST', '/orders', order)).body as OrderReceipt;
    expect(receipt.codes).toMatchObject([{ state: 'committed' }]);
    await server.call('DELETE', `/v1/me/redemptions/${kept.id}`, undefined, both);
    expect((await get<Account>('/v1/me', both)).balance.available).toBe(200 + 9);
  });
});

/** F7: what a client says about what a thing costs, who he is or what he has is never heard. */
describe('forged values', () => {
  const FORGED: Record<string, unknown> = {
    balance: 1_000_000,
    available: 1_000_000,
    cost: 1,
    price: 0,
    points: 1,
    amountMinor: 99_999,
    worth: { kind: 'amount_off', amountMinor: 99_999, currency: 'EUR' },
    memberId: 'ben',
    member: 'ben',
    customerId: 'ben',
    owner: 'ben',
    program: 'org.other.points',
    tier: 'gold',
    tierId: 'gold',
    stock: 99,
    state: 'committed',
    code: '0000-0000-0000-0000',
    heldUntil: '2099-01-01T00:00:00Z',
    redeemedAt: '2020-01-01T00:00:00Z',
    limit: 99,
  };

  test.each(Object.entries(FORGED))(
    '%s in a redemption is refused by name, and nothing is written',
    async (field, value) => {
      const counts = await server.counts();
      const before = await get<Account>('/v1/me', anna);
      const answer = await redeem(anna, { reward: 'ten-off', [field]: value });
      expect(problemOf(answer).code).toBe('invalid_request');
      expect(pointersOf(answer)).toEqual([`/${field}`]);
      expect(await server.counts()).toEqual(counts);
      expect(await get<Account>('/v1/me', anna)).toEqual(before);
    },
  );

  test.each(['memberId', 'points', 'tier', 'balance'])('%s in the address is refused as well', async (field) => {
    const counts = await server.counts();
    const path = `/v1/me/redemptions?${field}=1`;
    const answer = await server.call('POST', path, { reward: 'ten-off' }, anna, { 'idempotency-key': field });
    expect(pointersOf(answer)).toEqual([`/query/${field}`]);
    expect(await server.counts()).toEqual(counts);
  });

  test.each(['x-member-id', 'x-points', 'x-tier', 'x-forwarded-user'])(
    'a header %s changes nothing',
    async (header) => {
      const plain = (await redeem(anna, { reward: 'ten-off' })).body as RedemptionAnswer;
      const headers = { 'idempotency-key': `header-${header}`, [header]: 'ben' };
      const answer = await server.call('POST', '/v1/me/redemptions', { reward: 'ten-off' }, anna, headers);
      const { redemption } = answer.body as RedemptionAnswer;
      const { id: _id, code: _code, ...same } = plain.redemption;
      expect(redemption).toMatchObject(same);
    },
  );
});

/** F3: codes are not found by trying, and the answers to wrong ones tell nothing. */
describe('guessing codes', () => {
  const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const letter = () => LETTERS[randomInt(32)];
  const anyCode = () => Array.from({ length: 16 }, letter).join('');

  /** Half of the guesses are a good code with one letter changed. */
  function guessNear(code: string): string {
    const index = randomInt(code.length);
    const other = letter() ?? '0';
    if (code[index] === '-' || code[index] === other) return anyCode();
    return `${code.slice(0, index)}${other}${code.slice(index + 1)}`;
  }

  const guessCount = sized(100_000, 1_000_000);

  test(`F3: ${guessCount} guesses, no hit`, { timeout: 300_000 }, async () => {
    const good = await Promise.all(Array.from({ length: 20 }, async () => (await held(ben)).code ?? ''));
    let [sent, hits] = [0, 0];
    await Promise.all(
      Array.from({ length: 2_000 }, async () => {
        while (sent < guessCount) {
          const near = good[sent++ % good.length] ?? '';
          const code = sent % 2 === 0 ? anyCode() : guessNear(near);
          await server.services.redemptions.check(PROGRAM, { code }).then(
            () => hits++,
            () => {},
          );
        }
      }),
    );
    expect(hits).toBe(0);
    expect((await check({ code: good[0] })).status).toBe(200);
    process.stdout.write(`F3: ${sent} guesses of codes of 80 bits, ${hits} hits\n`);
  });

  test('unknown, used, put back, timed out, somebody else’s and no code at all: the same answer', async () => {
    const used = (await held(anna)).code;
    await server.merchant('POST', '/orders', { ...anOrder('used', 'anna', 100), redemptionCodes: [used] });
    const back = await held(anna);
    await server.call('DELETE', `/v1/me/redemptions/${back.id}`, undefined, anna);
    const foreign = (await held(ben)).code;
    const slid = (await redeem(anna, { reward: 'slider', points: 10 })).body as RedemptionAnswer;
    expect((await check({ code: slid.redemption.code, memberId: 'anna' })).status).toBe(200);
    server.setNow(START + 3_600_000);
    const codes = [anyCode(), used, back.code, foreign, slid.redemption.code, 'x', ''];
    const answers = await Promise.all(codes.map((code) => check({ code, memberId: 'anna' })));
    server.setNow(START);
    const texts = answers.map(({ status, text }) => `${status} ${text.replace(/"instance":"[^"]+"/, '')}`);
    expect(new Set(texts).size).toBe(1);
    expect(problemOf(answers[0] as Answered)).toMatchObject({ code: 'code_not_valid', status: 422 });
  });

  test('after 10 misses of an account or 50 of an address it is 429, for an hour', async () => {
    const miss = async (who: object) => (await check({ code: anyCode(), ...who })).status;
    for (let tries = 0; tries < 10; tries++) expect(await miss({ memberId: 'cleo' })).toBe(422);
    const stopped = await check({ code: anyCode(), memberId: 'cleo' });
    expect([stopped.status, problemOf(stopped).code]).toEqual([429, 'rate_limited']);
    expect(Number(stopped.headers.get('retry-after'))).toBeGreaterThan(0);
    const address = '203.0.113.9';
    const all = await Promise.all(Array.from({ length: 60 }, () => miss({ address })));
    expect(all.filter((status) => status === 422)).toHaveLength(50);
    expect(all.filter((status) => status === 429)).toHaveLength(10);
    const { code } = await held(ben);
    expect((await check({ code, memberId: 'ben' })).status).toBe(200);
    server.setNow(START + 3_600_000);
    expect(await miss({ memberId: 'cleo' })).toBe(422);
    server.setNow(START);
  });

  test('F3: the time of an answer does not tell an unknown code from a used or a foreign one (AUC ≤ 0.55)', {
    timeout: 120_000,
  }, async () => {
    const used = (await held(anna)).code;
    await server.merchant('POST', '/orders', { ...anOrder('used-2', 'anna', 100), redemptionCodes: [used] });
    const foreign = (await held(ben)).code;
    const kinds = { unknown: anyCode, used: () => used, foreign: () => foreign };
    const times: Record<keyof typeof kinds, number[]> = { unknown: [], used: [], foreign: [] };
    const names = Object.keys(kinds) as (keyof typeof kinds)[];
    const work = Array.from({ length: 3 * 1_500 }, (_, index) => names[index % 3] as keyof typeof kinds);
    // Shuffled: whatever the machine does meanwhile, it does to all kinds alike.
    for (let index = work.length - 1; index > 0; index--) {
      const other = randomInt(index + 1);
      [work[index], work[other]] = [work[other] as keyof typeof kinds, work[index] as keyof typeof kinds];
    }
    const queue = work.values();
    await Promise.all(
      Array.from({ length: 12 }, async (_, lane) => {
        for (const kind of queue) {
          const startedAt = performance.now();
          // Each try as somebody of his own: nobody is stopped.
          const { status } = await check({ code: kinds[kind](), memberId: `guesser-${lane}-${times[kind].length}` });
          times[kind].push(performance.now() - startedAt);
          if (status !== 422) throw new Error(`${kind}: ${status}`);
        }
      }),
    );
    const areas = [
      aucOf(times.unknown, times.used),
      aucOf(times.unknown, times.foreign),
      aucOf(times.used, times.foreign),
    ];
    process.stdout.write(`F3: AUC ${areas.map((area) => area.toFixed(3)).join(', ')} over ${work.length} answers\n`);
    for (const area of areas) expect(area).toBeLessThanOrEqual(0.55);
  });
});

/** How well a threshold on time tells two kinds apart: 0.5 not at all, 1 always. */
function aucOf(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map((time) => ({ time, isA: true })), ...b.map((time) => ({ time, isA: false }))];
  all.sort((left, right) => left.time - right.time);
  let ranks = 0;
  for (const [index, { isA }] of all.entries()) if (isA) ranks += index + 1;
  const area = (ranks - (a.length * (a.length + 1)) / 2) / (a.length * b.length);
  return Math.max(area, 1 - area);
}
