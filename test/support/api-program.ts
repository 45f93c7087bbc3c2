/** The program of the examples in docs/api.md: small, with something of everything. */
export const apiProgram = {
  id: 'com.example.rewards',
  name: { en: 'Example Rewards' },
  description: { en: 'Points for every order.' },
  url: 'https://shop.example/rewards',
  origins: ['https://shop.example'],
  timeZone: 'Europe/Berlin',
  defaultLocale: 'en',
  unit: { code: 'PTS', name: { en: { one: 'point', other: 'points' } } },
  value: [{ points: 100, amountMinor: 1000, currency: 'EUR' }],
  earning: {
    rules: [
      { id: 'per-euro', kind: 'per_amount', points: 1, perMinor: 100, currency: 'EUR' },
      { id: 'review', kind: 'per_event', event: 'review', points: 30 },
    ],
    confirmationDelayDays: 0,
  },
  expiry: { kind: 'after_months', months: 12, extensionDays: 30 },
  tiers: {
    period: { kind: 'rolling', months: 12 },
    ladder: [
      { id: 'member', name: { en: 'Member' }, threshold: 0, multiplierPercent: 100, benefits: [] },
      { id: 'silver', name: { en: 'Silver' }, threshold: 100, multiplierPercent: 125, benefits: [] },
      {
        id: 'gold',
        name: { en: 'Gold' },
        threshold: 1000,
        multiplierPercent: 150,
        benefits: [{ id: 'lounge', description: { en: 'Two visits a month' }, limit: { per: 'month', times: 2 } }],
      },
    ],
  },
  rewards: [
    {
      id: 'ten-off',
      name: { en: '10 € off' },
      worth: { kind: 'amount_off', amountMinor: 1000, currency: 'EUR' },
      cost: { kind: 'fixed', points: 100 },
    },
    {
      id: 'mug',
      name: { en: 'Mug' },
      worth: { kind: 'product', sku: 'mug', isShipped: true },
      cost: { kind: 'fixed', points: 50 },
      stock: 3,
    },
  ],
  coupons: [
    {
      id: 'for-you',
      name: { en: 'For you' },
      worth: { kind: 'percent_off', percent: 10 },
      trigger: { kind: 'personal' },
      validDays: 14,
    },
  ],
  referral: { referrerPoints: 200, friendPoints: 100, orderMinorMin: 2000, currency: 'EUR', clearAfterDays: 14 },
  challenges: [{ id: 'critic', name: { en: 'Critic' }, goal: { kind: 'count', of: 'review', target: 3 }, points: 100 }],
  occasions: [{ id: 'birthday', name: { en: 'Birthday' }, on: { kind: 'birthday' }, points: 50 }],
  consents: [
    {
      id: 'newsletter',
      name: { en: 'Newsletter' },
      textVersion: 1,
      text: { en: 'Example may mail me news once a month.' },
      isDoubleOptIn: true,
    },
  ],
  surveys: [{ id: 'post-purchase', kind: 'nps', repeatAfterDays: 90 }],
};

/** What a merchant thinks of changing: two points for a euro. */
export const apiDraft = {
  ...apiProgram,
  earning: {
    ...apiProgram.earning,
    rules: apiProgram.earning.rules.map((rule) => (rule.id === 'per-euro' ? { ...rule, points: 2 } : rule)),
  },
};
