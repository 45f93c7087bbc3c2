import { type Mutant, testsOf } from './mutant.ts';

const inRedemptions = testsOf('test/unit/server/redemptions.test.ts');

const CODES = 'server/ledger/commands/use-codes.ts';
const GIVING_BACK = 'server/ledger/commands/give-back.ts';
const RETURNING = 'shared/domain/returning.ts';
const RELEASE = 'server/ledger/commands/release.ts';

/** Rewards, holds, codes, coupons, and what comes back. */
export const REDEMPTION_MUTANTS: readonly Mutant[] = [
  {
    name: 'one piece more than there are',
    file: 'shared/domain/redeeming.ts',
    text: 'redeemer.stockLeft <= 0',
    mistake: 'redeemer.stockLeft < 0',
    test: inRedemptions('stock and limit: neither is passed'),
  },
  {
    name: 'one use more than the limit',
    file: 'shared/domain/limits.ts',
    text: 'used.times < limit.times;',
    mistake: 'used.times <= limit.times;',
    test: inRedemptions('the limit holds, and history brings none'),
  },
  {
    name: 'the stock is not given back',
    file: 'server/ledger/unit/redemption-book.ts',
    text: 'this.#stock(row.reward_id).now--;',
    mistake: 'this.#stock(row.reward_id);',
    test: inRedemptions('stock and limit: neither is passed'),
  },
  {
    name: 'the use of the limit is not given back',
    file: GIVING_BACK,
    text: 'times: -1,',
    mistake: 'times: 0,',
    test: inRedemptions('stock and limit: neither is passed'),
  },
  {
    name: 'a hold is not released when its time is over',
    file: RELEASE,
    text: 'row.held_until > asOf',
    mistake: 'row.held_until >= asOf',
    test: inRedemptions('a code that timed out is refused and told so'),
  },
  {
    name: 'a code outlives its hold',
    file: CODES,
    text: 'Math.min(placedAt, unit.now) >= row.held_until',
    mistake: 'Math.min(placedAt, unit.now) > row.held_until',
    test: inRedemptions('a code that timed out is refused and told so'),
  },
  {
    name: 'a hold can be released twice',
    file: RELEASE,
    text: "if (row.state !== 'held') {",
    mistake: "if (row.state !== 'held' && row.state !== 'returned') {",
    test: inRedemptions('a refund gives points back in proportion, cumulative'),
  },
  {
    name: 'a release that is known is not looked for',
    file: RELEASE,
    text: "if (row.state === 'released') return outcomeOf(unit, row, true);",
    mistake: '',
    test: inRedemptions('a member puts a hold back'),
  },
  {
    name: 'a code counts twice in one order',
    file: CODES,
    text: ' || seen.has(row.redemption_id)',
    mistake: '',
    test: inRedemptions('an order stands whatever its codes are'),
  },
  {
    name: 'a code is good in anybody’s hands',
    file: CODES,
    text: '!unit.belongsTo(row.member_id, member) || ',
    mistake: '',
    test: inRedemptions('an order stands whatever its codes are'),
  },
  {
    name: 'a code is used twice',
    file: CODES,
    text: "if (row.state !== 'held') {",
    mistake: "if (row.state !== 'held' && row.state !== 'committed') {",
    test: inRedemptions('a paid order commits its codes'),
  },
  {
    name: 'what was used for a trifle is free',
    file: RETURNING,
    text: 'Math.max(1, floorRatio(points, usedMinor, amountMinor))',
    mistake: 'floorRatio(points, usedMinor, amountMinor)',
    test: inRedemptions('partial use: points for the rest come back'),
  },
  {
    name: 'what was used is rounded up',
    file: 'shared/domain/points.ts',
    text: 'Math.floor(product / denominator)',
    mistake: 'Math.ceil(product / denominator)',
    test: inRedemptions('partial use: points for the rest come back'),
  },
  {
    name: 'points go back to the wrong lots',
    file: RETURNING,
    text: '[...uses].reverse()',
    mistake: 'uses',
    test: inRedemptions('a member puts a hold back'),
  },
  {
    name: 'a second refund gives the first one’s part again',
    file: RETURNING,
    text: 'unused + due - returned',
    mistake: 'unused + due',
    test: inRedemptions('a refund gives points back in proportion, cumulative'),
  },
  {
    name: 'points that come back pay no debt',
    file: GIVING_BACK,
    text: 'uses: debtPayments(returns, lotOf, member.debt),',
    mistake: 'uses: [],',
    test: inRedemptions('what comes back to a member in debt pays the debt first'),
  },
  {
    name: 'points that come back are kept alive for ever',
    file: RETURNING,
    text: 'expiresAt < grace && (back.isShops || !isExtended)',
    mistake: 'expiresAt < grace',
    test: inRedemptions('points that come back to a lot that has run out live for 30 days'),
  },
  {
    name: 'coupons know no limit',
    file: 'server/ledger/commands/coupons.ts',
    text: '(!limit || allowsUse(limit, unit.uses.used(member.memberId, `coupon:${campaign.id}`, limit, day)))',
    mistake: 'true',
    test: inRedemptions('the limit holds, and history brings none'),
  },
];
