import { rewardProgram } from '../../support/rewards.ts';

const name = { en: 'A challenge' };

const BIRTHDAY_POINTS = 20;

/** Rules under which everything can happen within 90 days: points live for a month, tiers are reviewed after one. */
const base = {
  ...rewardProgram,
  expiry: { kind: 'after_months', months: 1, extensionDays: 10, noticeDays: [7, 1] },
  tiers: {
    ...rewardProgram.tiers,
    period: { kind: 'rolling', months: 1 },
    downgrade: { kind: 'one_step', graceDays: 3, noticeDays: 5 },
    ladder: rewardProgram.tiers.ladder.map((tier) => ({
      ...tier,
      benefits: [{ id: 'gift', description: { en: 'A gift' }, limit: { per: 'month', times: 3 } }],
    })),
  },
  referral: {
    referrerPoints: 60,
    friendPoints: 40,
    friendCoupon: 'for-you',
    orderMinorMin: 2_000,
    currency: 'EUR',
    clearAfterDays: 7,
    attributionDays: 30,
    rewardsPerMonthMax: 3,
    holdScore: 40,
    refuseScore: 80,
  },
  challenges: [
    { id: 'three', name, goal: { kind: 'count', of: 'order', target: 3 }, times: 2, points: 30 },
    { id: 'weeks', name, goal: { kind: 'streak', of: 'order', per: 'week', target: 2 }, points: 25 },
    { id: 'visits', name, goal: { kind: 'count', of: 'visit', target: 4 }, times: 1, points: 15 },
  ],
  occasions: [{ id: 'birthday', name: { en: 'Your birthday' }, on: { kind: 'birthday' }, points: BIRTHDAY_POINTS }],
  coupons: [
    ...rewardProgram.coupons,
    {
      id: 'after-review',
      name: { en: 'For your review' },
      worth: { kind: 'amount_off', amountMinor: 300, currency: 'EUR' },
      trigger: { kind: 'event', event: 'review' },
      validDays: 10,
    },
  ],
};

/** What the shop earns with, and what an audit that knows nothing of the server's rules needs of it. */
export interface Rules {
  readonly pointsPerEuro: number;
  readonly weekendPercent: number;
  readonly delayDays: number;
}

/** What a visit brings, and how often in a week. */
export const VISIT = { points: 11, timesAWeek: 3 } as const;

export const RULES: readonly Rules[] = [
  { pointsPerEuro: 1, weekendPercent: 200, delayDays: 3 },
  { pointsPerEuro: 2, weekendPercent: 150, delayDays: 3 },
  { pointsPerEuro: 1, weekendPercent: 300, delayDays: 0 },
  { pointsPerEuro: 3, weekendPercent: 100, delayDays: 14 },
];

export function documentOf({ pointsPerEuro, weekendPercent, delayDays }: Rules) {
  return {
    ...base,
    earning: {
      rules: [
        { id: 'per-euro', kind: 'per_amount', points: pointsPerEuro, perMinor: 100, currency: 'EUR' },
        {
          id: 'visit',
          kind: 'per_event',
          event: 'visit',
          points: VISIT.points,
          qualifies: true,
          limit: { per: 'week', times: VISIT.timesAWeek },
        },
      ],
      campaigns:
        weekendPercent === 100
          ? []
          : [{ id: 'weekend', multiplierPercent: weekendPercent, window: { weekdays: [6, 7] } }],
      confirmationDelayDays: delayDays,
    },
  };
}
