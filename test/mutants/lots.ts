import { type Mutant, testsOf } from './mutant.ts';

const inLots = testsOf('test/unit/shared/domain/lots.test.ts');
const inPoints = testsOf('test/unit/shared/domain/points.test.ts');
const inLedger = testsOf('test/unit/server/ledger.test.ts');
const inEarning = testsOf('test/unit/server/earning.test.ts');
const inExpiry = testsOf('test/unit/server/expiry.test.ts');
const inRedemptions = testsOf('test/unit/server/redemptions.test.ts');

const LOTS = 'shared/domain/lots.ts';
const UNIT = 'server/ledger/unit/unit.ts';
const EXPIRE = 'server/ledger/commands/expire-lots.ts';
const ACCRUE = 'server/ledger/commands/accrue.ts';

/** Lots, balance, debt, the chain and expiry. */
export const LOT_MUTANTS: readonly Mutant[] = [
  {
    name: 'a lot can be spent in the instant in which it expires',
    file: LOTS,
    text: 'lot.availableAt <= now && now < lot.expiresAt',
    mistake: 'lot.availableAt <= now && now <= lot.expiresAt',
    test: inLots('at 150: expiresAt is the first instant'),
  },
  {
    name: 'pending points can be spent',
    file: LOTS,
    text: 'lot.availableAt <= now && now < lot.expiresAt',
    mistake: 'now < lot.expiresAt',
    test: inLots('pending points cannot be spent'),
  },
  {
    name: 'what expires last is spent first',
    file: LOTS,
    text: 'a.expiresAt - b.expiresAt || a.seq - b.seq',
    mistake: 'b.expiresAt - a.expiresAt || a.seq - b.seq',
    test: inLots('what expires first is spent first'),
  },
  {
    name: 'more can be taken than there is',
    file: LOTS,
    text: 'if (missing > 0) {',
    mistake: 'if (missing > cost) {',
    test: inLedger('a refused key is free for the request put right'),
  },
  {
    name: 'a refund spares the lot of its own order',
    file: LOTS,
    text: 'lot.seq === own ? 0 : lot.availableAt <= now ? 1 : 2',
    mistake: 'lot.availableAt <= now ? 1 : 2',
    test: inLots('a refund takes from the order’s own lot'),
  },
  {
    name: 'a refund takes from expired lots',
    file: LOTS,
    text: 'filter((lot) => lot.remaining > 0 && now < lot.expiresAt)',
    mistake: 'filter((lot) => lot.remaining > 0)',
    test: inLots('a refund takes from the order’s own lot'),
  },
  {
    name: 'a lot gives more than it holds',
    file: LOTS,
    text: 'Math.min(lot.remaining, missing)',
    mistake: 'missing',
    test: inLots('11 points: then the next'),
  },
  {
    name: 'what no lot covers is not owed',
    file: UNIT,
    text: 'member.debt += (draft.points < 0 ? -draft.points : 0) - sumOf(draft.uses);',
    mistake: 'sumOf(draft.uses);',
    test: inLedger('a refund of spent points leaves a debt'),
  },
  {
    name: 'the balance forgets what was before',
    file: UNIT,
    text: 'addPoints(member.balance, drafted.points)',
    mistake: 'addPoints(0, drafted.points)',
    test: inLedger('a refund of spent points leaves a debt'),
  },
  {
    name: 'spent points stay in their lot',
    file: UNIT,
    text: 'remaining: lot.remaining - use.points,',
    mistake: 'remaining: lot.remaining,',
    test: inRedemptions('a hold takes the points and gives a code'),
  },
  {
    name: 'an order does not count toward a tier',
    file: UNIT,
    text: 'if (change.qualifyingDay && counts(drafted))',
    mistake: 'if (change.qualifyingDay && !counts(drafted))',
    test: inLedger('the tier reached before an order multiplies it'),
  },
  {
    name: 'of many orders of a newcomer each enrols him',
    file: UNIT,
    text: 'this.membersByCustomer.get(customerId) ?? newMember(',
    mistake: 'newMember(',
    test: inEarning('many orders at once do not earn more than the limit'),
  },
  {
    name: 'the hash of an entry says nothing of the one before',
    file: 'server/ledger/chain.ts',
    text: 'prev: place.prev,',
    mistake: 'prev: null,',
    test: inLedger('history is paged newest first, and each entry holds the hash of the one before'),
  },
  {
    name: 'sums beyond the whole numbers are rounded',
    file: 'shared/domain/points.ts',
    text: 'if (!Number.isSafeInteger(sum)) {',
    mistake: 'if (Number.isNaN(sum)) {',
    test: inPoints('sums that leave the whole numbers are refused'),
  },
  {
    name: 'points are written off an instant late',
    file: EXPIRE,
    text: 'remaining > 0 && expiresAt <= asOf',
    mistake: 'remaining > 0 && expiresAt < asOf',
    test: inLedger('expired points cannot be spent, before and after the entry'),
  },
  {
    name: 'expired points are written off as spent',
    file: EXPIRE,
    text: "useKind: 'expired'",
    mistake: "useKind: 'spent'",
    test: inLedger('a refund does not take expired points a second time'),
  },
  {
    name: 'the last day of points is one too few',
    file: 'shared/domain/expiry.ts',
    text: 'return startOfDay(addDays(lastDay, 1), timeZone);',
    mistake: 'return startOfDay(lastDay, timeZone);',
    test: inLedger('points expire at the end of the program’s local day'),
  },
  {
    name: 'expiry can be put off again and again',
    file: 'server/ledger/commands/extend-lots.ts',
    text: 'remaining > 0 && !isExtended && unit.now < expiresAt',
    mistake: 'remaining > 0 && unit.now < expiresAt',
    test: inExpiry('once, for all that expires on a day'),
  },
  {
    name: 'the confirmation delay is forgotten',
    file: ACCRUE,
    text: 'occurredAt + program.earning.confirmationDelayDays * DAY_MS',
    mistake: 'occurredAt',
    test: inLedger('points wait for the confirmation delay'),
  },
  {
    name: 'what comes in does not pay the debt',
    file: ACCRUE,
    text: 'Math.min(points, member.debt)',
    mistake: '0',
    test: inLedger('a refund of spent points leaves a debt'),
  },
];
