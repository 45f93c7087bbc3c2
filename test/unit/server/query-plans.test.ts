import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  lapsedRedemptions,
  lotsBySeq,
  redemptionsByCode,
  redemptionsById,
  stockOf,
} from '../../../server/ledger/redemption-rows.ts';
import {
  keysByText,
  membersByCustomer,
  membersById,
  openLots,
  ordersById,
  refundsByOrder,
  usesOf,
} from '../../../server/ledger/rows.ts';
import { redemptionsInState, redemptionsOfMember } from '../../../server/redemptions/redemption-reads.ts';
import { openPlans, type Plans } from '../../support/plans.ts';

/** A command's reads must cost the same in a shop of ten members and of a million. */
describe('plans of the embedded store', () => {
  let plans: Plans;
  beforeAll(async () => {
    plans = await openPlans();
  });
  afterAll(() => plans.close());

  const redemptions = { redemptionsById, redemptionsByCode, stockOf, lotsBySeq };
  const lookups = {
    keysByText,
    membersByCustomer,
    membersById,
    openLots,
    ordersById,
    refundsByOrder,
    usesOf,
    ...redemptions,
  };

  test.for(Object.entries(lookups))('%s seeks each key, and scans no program', ([, lookup]) => {
    for (const keyCount of [1, 32, 128]) {
      for (const step of plans.stepsOf(lookup.statement(keyCount).compile('sqlite')))
        expect(step).toMatch(/^SEARCH .+\(program_id=\? AND /);
    }
  });

  const listings = { lapsedRedemptions, redemptionsOfMember, redemptionsInState };

  test.for(Object.entries(listings))('%s reads its page along an index', ([, listing]) => {
    const searches = plans.stepsOf(listing.compile('sqlite')).filter((step) => !step.startsWith('USE TEMP B-TREE'));
    for (const step of searches) expect(step).toMatch(/^SEARCH .+\(program_id=\? AND /);
  });
});
