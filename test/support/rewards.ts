import { program } from './ledger.ts';

/** The plain program with a reward of each kind. A point is worth 10 cents. */
export const rewardProgram = {
  ...program,
  value: [{ points: 10, amountMinor: 100, currency: 'EUR' }],
  rewards: [
    {
      id: 'ten-off',
      name: { en: '10 € off' },
      worth: { kind: 'amount_off', amountMinor: 1_000, currency: 'EUR' },
      cost: { kind: 'fixed', points: 100 },
    },
    {
      id: 'slider',
      name: { en: 'Money off' },
      worth: { kind: 'amount_off', amountMinor: 1, currency: 'EUR' },
      cost: { kind: 'variable', pointsMin: 10, pointsMax: 1_000, pointsStep: 10, amountMinor: 10, perPoints: 1 },
      holdMinutes: 60,
    },
    {
      id: 'mug',
      name: { en: 'Mug' },
      worth: { kind: 'product', sku: 'mug', isShipped: true },
      cost: { kind: 'fixed', points: 50 },
      stock: 3,
    },
    {
      id: 'tasting',
      name: { en: 'Tasting' },
      worth: { kind: 'service' },
      cost: { kind: 'fixed', points: 20 },
      limit: { per: 'month', times: 2 },
      stock: 1_000_000,
    },
    {
      id: 'gold-only',
      name: { en: 'For gold' },
      worth: { kind: 'percent_off', percent: 20, amountMinorMax: 5_000, currency: 'EUR' },
      cost: { kind: 'fixed', points: 10 },
      tiers: ['gold'],
    },
    {
      id: 'may-only',
      name: { en: 'In May' },
      worth: { kind: 'free_shipping' },
      cost: { kind: 'fixed', points: 10 },
      window: { from: '2026-05-01', until: '2026-05-31' },
    },
  ],
  coupons: [
    {
      id: 'big-order',
      name: { en: 'Thank you' },
      worth: { kind: 'percent_off', percent: 10 },
      trigger: { kind: 'order', netMinorMin: 50_000, currency: 'EUR' },
      validDays: 14,
      limit: { per: 'month', times: 2 },
    },
    {
      id: 'reached-gold',
      name: { en: 'Welcome to gold' },
      worth: { kind: 'free_shipping' },
      trigger: { kind: 'tier', tier: 'gold' },
      validDays: 30,
    },
    {
      id: 'for-you',
      name: { en: 'For you' },
      worth: { kind: 'amount_off', amountMinor: 500, currency: 'EUR' },
      trigger: { kind: 'personal' },
      validDays: 7,
      limit: { per: 'month', times: 1 },
    },
  ],
};
