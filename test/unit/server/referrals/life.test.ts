import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verify } from '../../../../server/verify/verify.ts';
import type { ReferralClickAnswer, ReferralReport } from '../../../../shared/protocol/api.ts';
import { conservationFaults, stores } from '../../../support/ledger.ts';
import { PROGRAM, problemOf } from '../../../support/server.ts';
import { keyed, openReferring, type Referring, referringProgram, START, terms } from './support.ts';

describe.each(stores)('referrals on %s', (store) => {
  let t: Referring;

  beforeEach(async () => {
    t = await openReferring(store);
  });
  afterEach(async () => {
    const { database } = t.server;
    expect((await verify(database)).finding).toBeNull();
    expect(await conservationFaults(t.server)).toEqual([]);
    await t.server.close();
  });

  test('R1: a friend by a link orders, the order clears, both are rewarded once', async () => {
    const { code, link, rewardsLeftThisMonth } = await t.overview('ann');
    expect(code).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    expect(link).toBe(`https://shop.example/rewards?laurel-ref=${code}`);
    expect(rewardsLeftThisMonth).toBe(3);
    const click = await t.server.call('POST', `/v1/programs/${PROGRAM}/referrals/clicks`, { code: code.toLowerCase() });
    const { attribution, expiresAt } = click.body as ReferralClickAnswer;
    expect([click.status, expiresAt]).toEqual([201, '2026-04-30T12:00:00.000Z']);

    t.later(2);
    expect((await t.accept('ben', { attribution })).status).toBe(201);
    expect((await t.accept('ben', { attribution })).status).toBe(200);
    expect(await t.soleReferral('ann')).toMatchObject({
      state: 'joined',
      points: 0,
      orderBy: '2026-04-30T12:00:00.000Z',
    });

    await t.order('small', 'ben', 1_999);
    await t.order('o-1', 'ben', 2_000);
    await t.order('o-2', 'ben', 9_000);
    expect(await t.soleReferral('ann')).toMatchObject({ state: 'ordered', clearsAt: '2026-04-16T12:00:00.000Z' });
    await t.clear();
    t.later(14 - 1 / 86_400);
    expect(await t.clear()).toEqual({ rewarded: 0, held: 0, refused: 0 });
    t.later(1 / 86_400);
    expect(await t.clear()).toEqual({ rewarded: 1, held: 0, refused: 0 });
    expect(await t.clear()).toEqual({ rewarded: 0, held: 0, refused: 0 });

    expect(await t.balance('ann')).toBe(500);
    expect(await t.balance('ben')).toBe(200 + 19 + 20 + 90);
    expect(await t.soleReferral('ann')).toMatchObject({ state: 'rewarded', points: 500 });
    expect((await t.overview('ben')).acceptedAs).toMatchObject({ state: 'rewarded', points: 200 });
    expect((await t.overview('ann')).rewardsLeftThisMonth).toBe(2);
  });

  test('an order brings the code along, and is never refused for it', async () => {
    const { code } = await t.overview('ann');
    expect(
      (await t.order('o-1', 'ben', 5_000, { referralCode: code, signals: { device: keyed('phone') } })).status,
    ).toBe(201);
    expect((await t.order('o-1', 'ben', 5_000, { referralCode: code })).status).toBe(200);
    expect((await t.order('o-2', 'ben', 5_000, { referralCode: code })).status).toBe(201);
    expect((await t.order('o-3', 'cid', 5_000, { referralCode: 'nobody' })).status).toBe(201);
    expect(await t.soleReferral('ann')).toMatchObject({ state: 'ordered' });
    t.later(14);
    await t.clear();
    expect(await t.balance('ann')).toBe(500);
  });

  test('a customer joins with the code of another one, and joins all the same with one that does not count', async () => {
    const { code } = await t.overview('ann');
    const join = (memberId: string, referralCode: string) =>
      t.server.merchant('POST', '/members', {
        memberId,
        source: 'checkout',
        referralCode,
        signals: { device: keyed(memberId) },
      });
    expect((await join('ben', code)).status).toBe(201);
    expect((await join('ben', code)).status).toBe(200);
    expect((await join('cid', 'nobody')).status).toBe(201);
    expect(await t.soleReferral('ann')).toMatchObject({ state: 'joined' });
  });

  test('who may not be a friend is told why', async () => {
    const { code } = await t.overview('ann');
    const refusal = async (customerId: string, by: { code?: string; attribution?: string }) =>
      problemOf(await t.accept(customerId, by)).code;
    expect(await refusal('ann', { code })).toBe('referral_self');
    expect(await refusal('ben', { code: 'XXXX-XXXX' })).toBe('referral_code_not_found');
    expect(await refusal('ben', { attribution: 'A'.repeat(20) })).toBe('referral_code_not_found');
    await t.order('o-1', 'cid', 100);
    expect(await refusal('cid', { code })).toBe('referral_not_new');
    const other = await t.overview('dora');
    await t.accept('ben', { code });
    expect(await refusal('ben', { code: other.code })).toBe('referral_taken');
    await t.overview('eve');
    t.later(31);
    expect(await refusal('eve', { code })).toBe('referral_not_new');
    expect((await t.accept('eve', { code, attribution: 'A'.repeat(20) })).status).toBe(400);
    expect((await t.accept('eve', {})).status).toBe(400);
  });

  test('a program without referrals offers none, and keeps nothing of what shops know', async () => {
    await t.server.services.programs.apply({ ...referringProgram, referral: undefined });
    const { access_token } = await t.server.signIn('ann');
    const answers = await Promise.all([
      t.server.call('GET', '/v1/me/referral', undefined, access_token),
      t.accept('ann', { code: 'AAAA-AAAA' }),
      t.server.call('POST', `/v1/programs/${PROGRAM}/referrals/clicks`, { code: 'AAAA-AAAA' }),
      t.server.merchant('GET', '/referrals/report?from=2026-03-31&until=2026-03-31'),
    ]);
    expect(answers.map((answer) => problemOf(answer).code)).toEqual(Array(4).fill('referral_not_offered'));
    expect((await t.signals('ann', { device: keyed('phone') })).status).toBe(204);
    expect((await t.server.counts())['member_signals']).toBe(0);
  });

  test('the code of a member who was erased leads nowhere', async () => {
    const { code } = await t.overview('ann');
    expect((await t.server.merchant('DELETE', '/members/ann?reason=member_request')).status).toBe(200);
    expect(problemOf(await t.accept('ben', { code })).code).toBe('referral_code_not_found');
    expect(
      problemOf(
        await t.server.merchant('POST', '/referrals/rfl_AAAAAAAAAAAAAAAAAAAA/decision', {
          decision: 'reward',
          reason: 'no',
        }),
      ).code,
    ).toBe('referral_not_found');
  });

  test('F2: no circle, however long, also when its ends are joined at once', async () => {
    const codes = await Promise.all(['a', 'b', 'c', 'x', 'y'].map(async (name) => (await t.overview(name)).code));
    const [a, b, c, x, y] = codes as [string, string, string, string, string];
    expect((await t.accept('b', { code: a })).status).toBe(201);
    expect((await t.accept('c', { code: b })).status).toBe(201);
    expect(problemOf(await t.accept('a', { code: c })).code).toBe('referral_not_new');
    const [left, right] = await Promise.all([t.acceptFor('x', y), t.acceptFor('y', x)]);
    expect([left, right].map((answer) => answer?.status ?? 0).sort((a, b) => a - b)).toEqual([201, 409]);
  });

  test('an order that is returned in time leaves the friend free to order again', async () => {
    const { code } = await t.overview('ann');
    await t.accept('ben', { code });
    await t.order('o-1', 'ben', 5_000);
    await t.clear();
    t.later(3);
    await t.refund('o-1', 4_000, 'r-1');
    expect(await t.soleReferral('ann')).toMatchObject({ state: 'ordered' });
    await t.refund('o-1', 1_000, 'r-2');
    expect(await t.soleReferral('ann')).toMatchObject({ state: 'joined', orderedAt: null });
    await t.order('o-2', 'ben', 5_000);
    t.later(13);
    await t.clear();
    expect(await t.balance('ann')).toBe(0);
    t.later(1);
    await t.clear();
    expect(await t.balance('ann')).toBe(500);
  });

  test('F1: an order that is returned whole later takes both rewards back, as if the run had come after it', async () => {
    const { code } = await t.overview('ann');
    await t.accept('ben', { code });
    await t.order('o-1', 'ben', 5_000);
    t.later(15);
    await t.clear();
    await t.server.merchant(
      'POST',
      '/members/ann/adjustments',
      { points: -450, reason: 'spent' },
      { 'idempotency-key': 'k-1' },
    );
    await t.refund('o-1', 5_000);
    expect(await t.balance('ann')).toBe(-450);
    expect(await t.balance('ben')).toBe(0);
    expect(await t.soleReferral('ann')).toMatchObject({
      state: 'refused',
      reason: 'returned',
      points: 0,
      canAppeal: false,
    });

    const late = await openReferring(store);
    const own = await late.overview('ann');
    await late.accept('ben', { code: own.code });
    await late.order('o-1', 'ben', 5_000);
    late.later(15);
    await late.refund('o-1', 5_000);
    await late.clear();
    expect(await late.balance('ann')).toBe(0);
    expect(await late.soleReferral('ann')).toMatchObject({ state: 'refused', reason: 'returned' });
    await late.server.close();
  });

  test('so many rewards a month and no more; the friend has his all the same', async () => {
    const { code } = await t.overview('ann');
    for (const friend of ['b', 'c', 'd', 'e']) {
      await t.accept(friend, { code });
      await t.order(`o-${friend}`, friend, 2_000);
    }
    t.later(14);
    expect(await t.clear()).toMatchObject({ rewarded: 4 });
    expect(await t.balance('ann')).toBe(3 * 500);
    expect((await t.overview('ann')).rewardsLeftThisMonth).toBe(0);
    const friends = await Promise.all(['b', 'c', 'd', 'e'].map((friend) => t.balance(friend)));
    expect(friends).toEqual([220, 220, 220, 220]);
    t.later(17);
    expect((await t.overview('ann')).rewardsLeftThisMonth).toBe(3);
  });

  test('two servers clear at once, and friends order at once: each reward once', async () => {
    const { code } = await t.overview('ann');
    const friends = Array.from({ length: 6 }, (_, index) => `f-${index}`);
    await Promise.all(friends.map((friend) => t.acceptFor(friend, code)));
    await Promise.all(
      friends.flatMap((friend) => [t.order(`${friend}-1`, friend, 2_000), t.order(`${friend}-2`, friend, 2_000)]),
    );
    t.later(14);
    await Promise.all([t.clear(), t.clear(), t.clear()]);
    await t.clear();
    expect(await t.balance('ann')).toBe(3 * 500);
    for (const friend of friends) expect(await t.balance(friend)).toBe(200 + 40);
  });

  test('R3: a doubt is held for a person, who decides; a refusal can be appealed once', async () => {
    const { code } = await t.overview('ann');
    await t.signals('ann', { device: keyed('phone'), address: keyed('home') });
    await t.order('old', 'old-ben', 100, { signals: { payment: keyed('card') } });
    await t.acceptFor('ben', code);
    await t.order('o-1', 'ben', 2_000, { signals: { payment: keyed('card'), address: keyed('home') } });
    expect(await t.clear()).toMatchObject({ held: 1 });
    const [held] = await t.held();
    expect(held).toMatchObject({ state: 'held', referrer: 'ann', friend: 'ben', score: 70, order: 'o-1' });
    expect(held?.signals.map(({ kind }) => kind).sort()).toEqual(['address', 'known_person']);
    t.later(20);
    expect(await t.clear()).toMatchObject({ rewarded: 0 });
    const path = `/referrals/${held?.id}/decision`;
    const decided = await t.server.merchant('POST', path, { decision: 'reward', reason: 'Two people, one card.' });
    expect(decided.body).toMatchObject({ state: 'rewarded', decision: 'Two people, one card.' });
    expect(problemOf(await t.server.merchant('POST', path, { decision: 'refuse', reason: 'no' })).code).toBe(
      'referral_settled',
    );
    expect(await t.balance('ann')).toBe(500);

    expect((await t.acceptFor('cid', code, { device: keyed('phone') })).body).toMatchObject({
      state: 'refused',
      reason: 'same_person',
      canAppeal: true,
    });
    const { access_token } = (await t.server.signIn('cid')) as { access_token: string };
    const own = (await t.overview('cid')).acceptedAs;
    const appeal = () =>
      t.server.call('POST', `/v1/me/referral/${own?.id}/appeal`, { text: 'We share a phone.' }, access_token);
    expect((await appeal()).body).toMatchObject({ state: 'held', canAppeal: false });
    expect(problemOf(await appeal()).code).toBe('referral_settled');
    const [waiting] = await t.held();
    expect(waiting).toMatchObject({ friend: 'cid', appeal: 'We share a phone.' });
    await t.server.merchant('POST', `/referrals/${waiting?.id}/decision`, {
      decision: 'refuse',
      reason: 'The same hands.',
    });
    expect(problemOf(await appeal()).code).toBe('referral_settled');
    const { access_token: stranger } = (await t.server.signIn('dora')) as { access_token: string };
    const foreign = await t.server.call('POST', `/v1/me/referral/${own?.id}/appeal`, { text: 'Me too.' }, stranger);
    expect(problemOf(foreign).code).toBe('referral_not_found');
  });

  test('the mailbox that both gave in their profiles is enough', async () => {
    const { code } = await t.overview('ann');
    await t.server.merchant('PATCH', '/members/ann/profile', { email: 'Ann.Lee@gmail.com' });
    await t.overview('ben');
    await t.server.merchant('PATCH', '/members/ben/profile', { email: 'annlee+ben@googlemail.com' });
    expect((await t.accept('ben', { code })).body).toMatchObject({ state: 'refused', reason: 'same_person' });
  });

  test('a friend gets his coupon when he joins, and not where there is doubt', async () => {
    const coupon = {
      id: 'welcome',
      name: { en: 'Welcome' },
      worth: { kind: 'amount_off', amountMinor: 500, currency: 'EUR' },
      trigger: { kind: 'personal' },
      validDays: 30,
    };
    await t.server.services.programs.apply({
      ...referringProgram,
      coupons: [coupon],
      referral: { ...terms, friendCoupon: 'welcome' },
    });
    const { code } = await t.overview('ann');
    const couponCount = async () => (await t.server.counts())['redemptions'];
    await t.accept('ben', { code });
    await t.accept('ben', { code });
    expect(await couponCount()).toBe(1);
    await t.signals('ann', { device: keyed('phone') });
    await t.acceptFor('cid', code, { device: keyed('phone') });
    expect(await couponCount()).toBe(1);
  });

  test('R4: the report says how far referrals came and what they are worth', async () => {
    const { code } = await t.overview('ann');
    await t.order('o-ann', 'ann', 10_000);
    for (let index = 0; index < 4; index++)
      await t.server.call('POST', `/v1/programs/${PROGRAM}/referrals/clicks`, { code });
    for (const friend of ['b', 'c']) await t.accept(friend, { code });
    await t.order('o-b', 'b', 3_000);
    await t.order('o-b2', 'b', 1_000);
    t.later(14);
    await t.clear();
    const report = await t.server.merchant('GET', '/referrals/report?from=2026-03-31&until=2026-04-14');
    expect(report.body as ReferralReport).toEqual({
      from: '2026-03-31',
      until: '2026-04-14',
      clicked: 4,
      joined: 2,
      ordered: 1,
      states: { joined: 1, ordered: 0, held: 0, rewarded: 1, refused: 0 },
      conversion: { joined: 0.5, ordered: 0.5, rewarded: 1 },
      kFactor: 0.3333,
      currency: 'EUR',
      referred: { memberCount: 2, orderCount: 2, netMinor: 4_000, perMemberMinor: 2_000 },
      others: { memberCount: 1, orderCount: 1, netMinor: 10_000, perMemberMinor: 10_000 },
    });
    t.later(30);
    const later = await t.server.merchant('GET', '/referrals/report?from=2026-03-31&until=2026-03-31');
    expect(later.body).toMatchObject({ states: { joined: 0, refused: 1, rewarded: 1 } });
    const turned = await t.server.merchant('GET', '/referrals/report?from=2026-04-02&until=2026-04-01');
    expect(turned.status).toBe(400);
    expect(START).toBeGreaterThan(0);
  });

  test('verify finds a reward without its referral, and a referral that was changed by hand', async () => {
    const { code } = await t.overview('ann');
    await t.accept('ben', { code });
    await t.order('o-1', 'ben', 2_000);
    t.later(14);
    await t.clear();
    const { database } = t.server;
    const { statement } = await import('../../../../server/database/statement.ts');
    const setSeq = statement<never>((db, p) =>
      db
        .updateTable('referrals')
        .set({ referrer_seq: p('seq') })
        .where('program_id', '=', p('programId')),
    );
    await database.transaction((tx) => tx.run(setSeq, { programId: PROGRAM, seq: 0 }));
    expect((await verify(database)).finding?.message).toContain('not as it was sealed');
    await database.transaction((tx) => tx.run(setSeq, { programId: PROGRAM, seq: 1 }));
    expect((await verify(database)).finding).toBeNull();
  });
});
