import type { ApiExample } from './api-example.ts';

const redeem = (reward: string, key: string, keep: Record<string, string>): ApiExample => ({
  operation: 'redeemReward',
  headers: { 'Idempotency-Key': key },
  body: { reward },
  status: 201,
  answer: { replayed: false, redemption: { id: '…', reward, state: reward === 'mug' ? 'requested' : 'held' } },
  keep,
});

/** Points become something: rewards, coupons, a friend. */
export const rewardExamples: readonly ApiExample[] = [
  {
    operation: 'listRewards',
    status: 200,
    answer: {
      available: 380,
      rewards: [
        { id: 'ten-off', isAvailable: true },
        { id: 'mug', isAvailable: true, stockLeft: 3 },
      ],
    },
  },
  redeem('ten-off', 'cart-9', { REDEMPTION: 'redemption.id', CODE: 'redemption.code' }),
  {
    operation: 'checkCode',
    body: { code: '$CODE', memberId: 'customer-1001', order: { netMinor: 6000, currency: 'EUR' } },
    status: 200,
    answer: { reward: 'ten-off', worth: { kind: 'amount_off', amountMinor: 1000 }, discountMinor: 1000 },
  },
  {
    operation: 'postOrder',
    note: 'With the code: from now on it is used.',
    body: {
      id: 'order-5002',
      memberId: 'customer-1001',
      placedAt: '2026-03-31T11:30:00Z',
      currency: 'EUR',
      lines: [{ sku: 'teapot', quantity: 1, netMinor: 5000, discountMinor: 1000 }],
      redemptionCodes: ['$CODE'],
    },
    status: 201,
    answer: { entry: { points: 75 }, codes: [{ state: 'committed', redemption: '$REDEMPTION', usedMinor: 1000 }] },
  },
  redeem('ten-off', 'cart-10', { REDEMPTION: 'redemption.id' }),
  {
    operation: 'releaseRedemption',
    params: { redemption: '$REDEMPTION' },
    status: 200,
    answer: { redemption: { state: 'released', returnedPoints: 100 } },
  },
  redeem('mug', 'cart-11', { MUG: 'redemption.id' }),
  {
    operation: 'changeRedemption',
    params: { redemption: '$MUG' },
    body: { state: 'shipped', carrier: 'DHL', tracking: '00340434161094042557' },
    status: 200,
    answer: { memberId: 'customer-1001', reward: 'mug', state: 'shipped' },
  },
  {
    operation: 'listRedemptions',
    query: { limit: '1' },
    status: 200,
    answer: { redemptions: [{ reward: '…', state: '…' }], nextCursor: '…' },
  },
  {
    operation: 'listProgramRedemptions',
    query: { state: 'shipped' },
    status: 200,
    answer: { redemptions: [{ id: '$MUG', memberId: 'customer-1001' }], nextCursor: null },
  },
  {
    operation: 'issueCoupon',
    params: { campaign: 'for-you' },
    headers: { 'Idempotency-Key': 'ticket-4713' },
    body: { memberId: 'customer-1001', reason: 'Sorry for the wait' },
    status: 201,
    answer: { memberId: 'customer-1001', coupon: { campaign: 'for-you', state: 'usable', lastDay: '2026-04-14' } },
  },
  {
    operation: 'listCoupons',
    status: 200,
    answer: { coupons: [{ campaign: 'for-you', code: '…', reason: 'Sorry for the wait' }] },
  },
  {
    operation: 'getReferral',
    status: 200,
    answer: {
      code: '…',
      link: '…',
      terms: { referrerPoints: 200, friendPoints: 100 },
      rewardsLeftThisMonth: 10,
      referrals: [],
    },
    keep: { REFERRAL_CODE: 'code' },
  },
  {
    operation: 'postReferralClick',
    body: { code: '$REFERRAL_CODE' },
    status: 201,
    answer: { attribution: '…', expiresAt: '…' },
    keep: { ATTRIBUTION: 'attribution' },
  },
  {
    operation: 'acceptReferral',
    bearer: 'FRIEND_TOKEN',
    body: { attribution: '$ATTRIBUTION' },
    status: 201,
    answer: { state: 'joined', orderBy: '…', canAppeal: false },
  },
  {
    operation: 'postMemberSignals',
    note: 'Keyed hashes of the shop’s own making, never the values.',
    params: { member: 'customer-1001' },
    body: { signals: { device: '9f86d081884c7d659a2feaa0c55ad015' } },
    status: 204,
  },
  {
    operation: 'postMemberReferral',
    note: 'A customer on the same device as the member who sent him: he is taken for the same person.',
    params: { member: 'customer-1004' },
    body: { code: '$REFERRAL_CODE', signals: { device: '9f86d081884c7d659a2feaa0c55ad015' } },
    status: 201,
    answer: { id: '…', state: 'refused', reason: 'same_person', canAppeal: true },
    keep: { REFERRAL: 'id' },
  },
  {
    operation: 'appealReferral',
    params: { referral: '$REFERRAL' },
    body: { text: 'We live together and share the tablet.' },
    status: 200,
    answer: { state: 'held', canAppeal: false },
  },
  {
    operation: 'listReferrals',
    query: { state: 'held' },
    status: 200,
    answer: {
      referrals: [{ id: '$REFERRAL', score: 80, signals: [{ kind: 'device' }], appeal: '…' }],
      nextCursor: null,
    },
  },
  {
    operation: 'decideReferral',
    params: { referral: '$REFERRAL' },
    body: { decision: 'reward', reason: 'Two people, known to the store' },
    status: 200,
    answer: { id: '$REFERRAL', state: 'joined', decision: 'Two people, known to the store' },
  },
  {
    operation: 'getReferralReport',
    query: { from: '2026-03-01', until: '2026-03-31' },
    status: 200,
    answer: { clicked: 1, joined: 2, states: { joined: 2, rewarded: 0 }, currency: 'EUR' },
  },
];
