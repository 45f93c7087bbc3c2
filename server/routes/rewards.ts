import * as v from 'valibot';
import {
  couponListSchema,
  redemptionAnswerSchema,
  redemptionPageSchema,
  redemptionRequestSchema,
  rewardListSchema,
} from '../../shared/protocol/schemas.ts';
import { json, PRIVATE, type Route, route } from '../http/route.ts';
import { cursorSchema, LIMIT_DEFAULT, limitSchema, noQuery } from './parameters.ts';
import { nextPage, placeIn, redemptionIdSchema } from './redemptions.ts';
import type { Services } from './services.ts';

/** What a member does with rewards. */
export function rewardRoutes({ redemptions, issuer }: Services): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/me/rewards',
      name: 'listRewards',
      tag: 'Rewards',
      summary: 'Every reward, and whether the member can have it now',
      description: 'Or why not, and how many points are missing.',
      access: 'reader',
      sharing: 'shops',
      query: noQuery,
      answers: { 200: { description: 'In the order of the program document.', schema: rewardListSchema } },
      errors: ['member_not_found'],
      async handle({ caller }) {
        return json(200, await redemptions.rewards(caller.programId, caller.memberId), PRIVATE);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/me/redemptions',
      name: 'redeemReward',
      tag: 'Rewards',
      summary: 'Redeem a reward',
      description:
        'Holds its points and gives a code for the checkout, until `heldUntil`; an order with the code in `redemptionCodes` uses it. A reward that the shop sends or hands over itself is requested at once.',
      access: 'member',
      sharing: 'shops',
      idempotencyKey: 'required',
      query: noQuery,
      body: redemptionRequestSchema,
      answers: {
        201: { description: 'Redeemed.', schema: redemptionAnswerSchema },
        200: { description: 'A repeat: the same redemption as it is now.', schema: redemptionAnswerSchema },
      },
      errors: [
        'member_not_found',
        'reward_not_found',
        'insufficient_points',
        'tier_too_low',
        'out_of_stock',
        'limit_reached',
        'not_now',
        'idempotency_conflict',
        'points_overflow',
      ],
      async handle({ caller, body, idempotencyKey }) {
        const answer = await redemptions.redeem(caller.programId, caller.memberId, body, idempotencyKey as string);
        return json(answer.replayed ? 200 : 201, answer, PRIVATE);
      },
    }),

    route({
      method: 'GET',
      path: '/v1/me/redemptions',
      name: 'listRedemptions',
      tag: 'Rewards',
      summary: "The member's redemptions, newest first",
      description: 'With the codes that can still be used.',
      access: 'reader',
      sharing: 'shops',
      query: v.strictObject({ cursor: v.optional(cursorSchema), limit: v.optional(limitSchema) }),
      answers: {
        200: {
          description: 'One page.',
          schema: redemptionPageSchema,
          headers: { Link: '`rel="next"` with the address of the next page, while there is one.' },
        },
      },
      errors: [],
      async handle({ caller, query: { cursor, limit = LIMIT_DEFAULT } }) {
        const { programId, memberId } = caller;
        const page = await redemptions.redemptionsOf(programId, memberId, { below: placeIn(cursor), limit });
        const { nextCursor, headers } = nextPage(page.next, `${issuer}/v1/me/redemptions`, { limit: String(limit) });
        return json(200, { redemptions: page.redemptions, nextCursor }, headers);
      },
    }),

    route({
      method: 'DELETE',
      path: '/v1/me/redemptions/{redemption}',
      name: 'releaseRedemption',
      tag: 'Rewards',
      summary: 'Put a redemption back',
      description: 'Its points come back with the expiry that they had, or 30 days from now where that is later.',
      access: 'member',
      sharing: 'shops',
      params: v.strictObject({ redemption: redemptionIdSchema }),
      query: noQuery,
      answers: { 200: { description: 'It is put back, now or before.', schema: redemptionAnswerSchema } },
      errors: ['redemption_not_found', 'redemption_closed'],
      async handle({ caller, params }) {
        const answer = await redemptions.release(caller.programId, caller.memberId, params.redemption);
        return json(200, answer, PRIVATE);
      },
    }),

    route({
      method: 'GET',
      path: '/v1/me/coupons',
      name: 'listCoupons',
      tag: 'Rewards',
      summary: "The member's coupons",
      description: 'Those that can be used first, soonest to end.',
      access: 'reader',
      sharing: 'shops',
      query: noQuery,
      answers: { 200: { description: 'The newest 200.', schema: couponListSchema } },
      errors: [],
      async handle({ caller }) {
        return json(200, await redemptions.coupons(caller.programId, caller.memberId), PRIVATE);
      },
    }),
  ];
}
