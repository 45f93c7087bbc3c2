import * as v from 'valibot';
import { couponAnswerSchema, couponIssueSchema, programIdSchema, slug } from '../../shared/protocol/schemas.ts';
import { json, PRIVATE, type Route, route } from '../http/route.ts';
import { noQuery } from './parameters.ts';
import type { Services } from './services.ts';

/** Coupons given by hand; the others are given by what members do. */
export function couponRoutes({ redemptions }: Services): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/programs/{program}/coupons/{campaign}/issue',
      name: 'issueCoupon',
      tag: 'Redemptions',
      summary: 'Give a member a coupon',
      description:
        "With a reason, which the member can read. It can be used to the end of its last day in the program's time zone.",
      access: 'merchant',
      sharing: 'none',
      idempotencyKey: 'required',
      params: v.strictObject({ program: programIdSchema, campaign: slug }),
      query: noQuery,
      body: couponIssueSchema,
      answers: {
        201: { description: 'Given.', schema: couponAnswerSchema },
        200: { description: 'A repeat: the same coupon as it is now.', schema: couponAnswerSchema },
      },
      errors: [
        'program_not_found',
        'member_not_found',
        'coupon_not_found',
        'limit_reached',
        'tier_too_low',
        'not_now',
        'idempotency_conflict',
      ],
      async handle({ params, body, idempotencyKey }) {
        const answer = await redemptions.issueCoupon(params.program, params.campaign, body, idempotencyKey as string);
        return json(answer.replayed ? 200 : 201, answer, PRIVATE);
      },
    }),
  ];
}
