import { type Mutant, testsOf } from './mutant.ts';

const inLedger = testsOf('test/unit/server/ledger.test.ts');
const inEarning = testsOf('test/unit/server/earning.test.ts');
const inTiers = testsOf('test/unit/shared/domain/tiers.test.ts');
const inMerges = testsOf('test/unit/server/members/merge.test.ts');
const inChallenges = testsOf('test/unit/server/challenges/challenges.test.ts');

const COMMANDS = 'server/ledger/commands.ts';
const ORDERS = 'server/ledger/commands/post-order.ts';
const REFUNDS = 'server/ledger/commands/post-refund.ts';
const SHARES = 'shared/domain/refunds.ts';
const TIERS = 'shared/domain/tiers.ts';

/** Orders, refunds, events, limits, tiers: what a shop tells, once and twice. */
export const FACT_MUTANTS: readonly Mutant[] = [
  {
    name: 'a key that was used is not looked for',
    file: COMMANDS,
    text: 'needs.key && unit.keys.get(callerKey(needs.key.caller, needs.key.text))',
    mistake: 'needs.key && unit.keys.get(callerKey(needs.key.caller, ""))',
    test: inLedger('the same key again gives the first answer'),
  },
  {
    name: 'a key is good for another request',
    file: COMMANDS,
    text: 'if (row.content_hash !== contentHash) {',
    mistake: "if (row.content_hash === '') {",
    test: inLedger('the same key again gives the first answer'),
  },
  {
    name: 'a date a day ahead is refused',
    file: COMMANDS,
    text: 'if (instant <= now + AHEAD_MS_MAX) return;',
    mistake: 'if (instant < now + AHEAD_MS_MAX) return;',
    test: inLedger('a date more than a day ahead is refused'),
  },
  {
    name: 'an order that is known is not looked for',
    file: ORDERS,
    text: 'const known = unit.orders.get(orderId);',
    mistake: "const known = unit.orders.get('');",
    test: inLedger('the same order again gives the first answer'),
  },
  {
    name: 'an order is replayed whatever it says',
    file: ORDERS,
    text: 'if (known.content_hash !== contentHash) {',
    mistake: "if (known.content_hash === '') {",
    test: inLedger('the same order again gives the first answer'),
  },
  {
    name: 'a limit is counted twice',
    file: ORDERS,
    text: 'countUses(unit, member, limited);',
    mistake: 'countUses(unit, member, [...limited, ...limited]);',
    test: inEarning('per week, in points'),
  },
  {
    name: 'points are rounded up',
    file: 'shared/domain/earning.ts',
    text: 'points(fromBigInt(over / under))',
    mistake: 'points(fromBigInt((over + under - 1n) / under))',
    test: inEarning('points are whole'),
  },
  {
    name: 'each of a group counts from where the group began',
    file: 'server/ledger/unit/uses.ts',
    text: 'const before = this.#used.get(key) ?? UNUSED;',
    mistake: 'const before = UNUSED;',
    test: inEarning('many orders at once do not earn more than the limit'),
  },
  {
    name: 'a limit of points forgets what was used of it',
    file: 'shared/domain/limits.ts',
    text: 'Math.max(0, limit.points - used.points)',
    mistake: 'limit.points',
    test: inEarning('per week, in points'),
  },
  {
    name: 'refunds in pieces take more than the order',
    file: SHARES,
    text: 'if (refundedMinor > order.netMinor) {',
    mistake: 'if (amountMinor > order.netMinor) {',
    test: inLedger('a refund takes back its share'),
  },
  {
    name: 'a refund takes what expired already',
    file: SHARES,
    text: 'Math.min(order.points - keptPoints, order.points - expiredPoints)',
    mistake: 'order.points - keptPoints',
    test: inLedger('a refund does not take expired points a second time'),
  },
  {
    name: 'a second refund takes the first one’s part again',
    file: SHARES,
    text: 'Math.max(0, due - order.reversedPoints)',
    mistake: 'Math.max(0, due)',
    test: inLedger('a refund takes back its share'),
  },
  {
    name: 'a refund that is known is not looked for',
    file: REFUNDS,
    text: 'unit.refunds.get(refundKey(order.order_id, refundId))',
    mistake: "unit.refunds.get('')",
    test: inEarning('a refund takes points once, however often it is told (odoo 212922)'),
  },
  {
    name: 'a refund gives points (lost sign)',
    file: REFUNDS,
    text: 'points: -reversal.points || 0,',
    mistake: 'points: reversal.points || 0,',
    test: inLedger('a refund takes back its share'),
  },
  {
    name: 'a refund leaves what counts toward a tier',
    file: REFUNDS,
    text: 'qualifying: -reversal.qualifying || 0,',
    mistake: 'qualifying: 0,',
    test: inLedger('a refund takes what was really earned'),
  },
  {
    name: 'a refund in part gives the uses of limits back',
    file: REFUNDS,
    text: 'if (isWhole) giveUsesBack(unit, member, order);',
    mistake: 'giveUsesBack(unit, member, order);',
    test: inEarning('an order that is returned whole gives its uses back'),
  },
  {
    name: 'an event that is known is not looked for',
    file: 'server/ledger/commands/post-event.ts',
    text: 'const known = unit.events.get(eventId);',
    mistake: "const known = unit.events.get('');",
    test: inEarning('accrue once by their own id'),
  },
  {
    name: 'the use of a benefit is not counted',
    file: 'server/ledger/commands/use-benefit.ts',
    text: 'limit, day, times: 1, points: 0 }',
    mistake: 'limit, day, times: 0, points: 0 }',
    test: inEarning('benefits of the tier, with their limits'),
  },
  {
    name: 'a tier review counts a day too late',
    file: TIERS,
    text: 'const reviewDay = localDateOf(standing.reviewAt - 1, timeZone);',
    mistake: 'const reviewDay = localDateOf(standing.reviewAt, timeZone);',
    test: inTiers('silver, one step, when that much was earned'),
  },
  {
    name: 'a tier review comes an instant too late',
    file: TIERS,
    text: 'while (current.reviewAt <= now)',
    mistake: 'while (current.reviewAt < now)',
    test: inTiers('member, down to what the period earned'),
  },
  {
    name: 'of reviews that were missed one is carried out',
    file: TIERS,
    text: 'while (current.reviewAt <= now)',
    mistake: 'if (current.reviewAt <= now)',
    test: inTiers('every review that was due is carried out'),
  },
  {
    name: 'a tier begins one point above its threshold',
    file: TIERS,
    text: 'qualifying >= threshold',
    mistake: 'qualifying > threshold',
    test: inTiers('100 points are silver'),
  },
  {
    name: 'a member who went over goes over once more',
    file: 'server/ledger/commands/merge-members.ts',
    text: 'if (member.mergedInto !== null) {',
    mistake: "if (member.mergedInto === '') {",
    test: inMerges('refuses oneself, circles, whom nobody knows'),
  },
  {
    name: 'the reward of a challenge outlives its orders',
    file: 'server/ledger/commands/step-challenges.ts',
    text: 'if (left && isReached(challenge, left)) {',
    mistake: 'if (left) {',
    test: inChallenges('a reward goes when any of its orders does'),
  },
];
