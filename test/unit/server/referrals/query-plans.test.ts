import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { challengeReward, challengeStatesOf } from '../../../../server/challenges/challenge-rows.ts';
import type { Lookup } from '../../../../server/database/batch.ts';
import type { Statement } from '../../../../server/database/statement.ts';
import * as occasions from '../../../../server/occasions/occasion-rows.ts';
import * as referrals from '../../../../server/referrals/referral-rows.ts';
import * as signals from '../../../../server/referrals/signal-rows.ts';
import { openPlans, type Plans } from '../../../support/plans.ts';

/** Reads must cost the same in a shop of ten members and of a million. */
describe('plans of referrals, challenges and occasions', () => {
  let plans: Plans;
  beforeAll(async () => {
    plans = await openPlans();
  });
  afterAll(() => plans.close());

  const lookups: Record<string, Lookup<unknown>> = {
    referralsOfFriends: referrals.referralsOfFriends,
    codesOfMembers: referrals.codesOfMembers,
    signalsOf: signals.signalsOf,
    enrolments: signals.enrolments,
    birthdaysSet: occasions.birthdaysSet,
    agreeingMembers: occasions.agreeingMembers,
    challengeStatesOf,
  };
  const statements: Record<string, Statement<unknown>> = {
    referralById: referrals.referralById,
    referralsOfReferrer: referrals.referralsOfReferrer,
    dueReferrals: referrals.dueReferrals,
    referralsInState: referrals.referralsInState,
    memberOfCode: referrals.memberOfCode,
    clickOfToken: referrals.clickOfToken,
    membersBySignal: signals.membersBySignal,
    oldSignals: signals.oldSignals,
    oldestSignals: signals.oldestSignals,
    oldClicks: signals.oldClicks,
    membersAfter: occasions.membersAfter,
    occasionsUsed: occasions.occasionsUsed,
    challengeReward,
  };

  test.for([
    ...Object.entries(lookups).map(([name, lookup]) => [name, lookup.statement(32)] as const),
    ...Object.entries(statements),
  ])('%s goes along an index', ([, statement]) => {
    for (const step of plans.stepsOf(statement.compile('sqlite')))
      expect(step).toMatch(/^SEARCH .+\(program_id=\? AND /);
  });
});
