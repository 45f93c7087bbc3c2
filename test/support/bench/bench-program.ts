import { program } from '../ledger.ts';

export const BENCH_REWARD = 'ten-off';

/** The plain program with one reward, of which more pieces are left than any run takes. */
export const rewardingProgram = {
  ...program,
  rewards: [
    {
      id: BENCH_REWARD,
      name: { en: '10 € off' },
      worth: { kind: 'amount_off', amountMinor: 1_000, currency: 'EUR' },
      cost: { kind: 'fixed', points: 10 },
      stock: 1_000_000_000,
    },
  ],
};

/** Two lines, as in most shops. */
export const ORDER_LINES = [
  { sku: 'beans-250', category: 'coffee', quantity: 2, netMinor: 1_780 },
  { sku: 'filter-02', quantity: 1, netMinor: 690 },
];
