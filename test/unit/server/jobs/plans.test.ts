import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsCome } from '../../../../server/jobs/confirmation.ts';
import { accountsExpiring } from '../../../../server/jobs/expiry-notices.ts';
import { accountsReviewed } from '../../../../server/jobs/tier-rows.ts';
import { membersToExpire } from '../../../../server/ledger/rows.ts';
import {
  deliveriesDue,
  deliveryPage,
  eventsToHandOut,
  holdBack,
  letGo,
  pendingOfMembers,
} from '../../../../server/webhooks/outgoing/delivery-rows.ts';
import { openPlans, type Plans } from '../../../support/plans.ts';

/** What servers ask every second must cost the same in a shop of ten members and of a million. */
describe('plans of what jobs look for', () => {
  let plans: Plans;
  beforeAll(async () => {
    plans = await openPlans();
  });
  afterAll(() => plans.close());

  const statements = {
    accountsExpiring,
    accountsReviewed,
    deliveriesDue,
    deliveryPage,
    eventsCome,
    eventsToHandOut,
    holdBack,
    letGo,
    membersToExpire,
    pendingOfMembers: pendingOfMembers.statement(32),
  };

  test.for(Object.entries(statements))('%s seeks in an index, and sorts nothing', ([, statement]) => {
    for (const step of plans.stepsOf(statement.compile('sqlite')))
      expect(step).toMatch(/^SEARCH .+\(program_id=\? AND /);
  });
});
