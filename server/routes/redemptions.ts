import * as v from 'valibot';
import {
  codeCheckAnswerSchema,
  codeCheckSchema,
  fulfilmentChangeSchema,
  memberRedemptionPageSchema,
  memberRedemptionSchema,
  programIdSchema,
  redemptionStateSchema,
} from '../../shared/protocol/schemas.ts';
import { cursorOf, readCursor } from '../http/cursor.ts';
import { json, PRIVATE, type Route, route } from '../http/route.ts';
import type { PlaceInList } from '../redemptions/redemption-desk.ts';
import { cursorSchema, LIMIT_DEFAULT, limitSchema, noQuery, programParams } from './parameters.ts';
import type { Services } from './services.ts';

export const redemptionIdSchema = v.pipe(
  v.string(),
  v.regex(/^(?:rdm|cpn)_[A-Za-z0-9_-]{20}$/, 'the id of a redemption or coupon'),
);

/** What the shop does with its customers' redemptions. */
export function redemptionRoutes({ redemptions, issuer }: Services): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/programs/{program}/redemptions/check',
      name: 'checkCode',
      tag: 'Redemptions',
      summary: 'What a code is worth, without using it',
      description:
        "For the checkout. With `memberId` the code has to be that customer's. A code that is unknown, used or somebody else's gets the same answer in the same time.",
      access: 'merchant',
      sharing: 'none',
      params: programParams,
      query: noQuery,
      body: codeCheckSchema,
      answers: { 200: { description: 'The code can be used.', schema: codeCheckAnswerSchema } },
      errors: ['program_not_found', 'code_not_valid', 'rate_limited'],
      async handle({ params, body }) {
        return json(200, await redemptions.check(params.program, body), PRIVATE);
      },
    }),

    route({
      method: 'GET',
      path: '/v1/programs/{program}/redemptions',
      name: 'listProgramRedemptions',
      tag: 'Redemptions',
      summary: 'Redemptions and coupons of all members, newest first',
      access: 'merchant',
      sharing: 'none',
      params: programParams,
      query: v.strictObject({
        state: v.optional(v.pipe(redemptionStateSchema, v.description('Only those in this state.'))),
        cursor: v.optional(cursorSchema),
        limit: v.optional(limitSchema),
      }),
      answers: {
        200: {
          description: 'One page.',
          schema: memberRedemptionPageSchema,
          headers: { Link: '`rel="next"` with the address of the next page, while there is one.' },
        },
      },
      errors: ['program_not_found'],
      async handle({ params, query: { state, cursor, limit = LIMIT_DEFAULT } }) {
        const page = await redemptions.list(params.program, { state, below: placeIn(cursor), limit });
        const { nextCursor, headers } = nextPage(page.next, `${issuer}/v1/programs/${params.program}/redemptions`, {
          ...(state !== undefined && { state }),
          limit: String(limit),
        });
        return json(200, { redemptions: page.redemptions, nextCursor }, headers);
      },
    }),

    route({
      method: 'PATCH',
      path: '/v1/programs/{program}/redemptions/{redemption}',
      name: 'changeRedemption',
      tag: 'Redemptions',
      summary: 'Tell how far a redemption is, or call it off',
      description:
        'What the shop sends goes from requested over packed and shipped to delivered; a code that was taken without an order is `committed`. `cancelled` gives all points back.',
      access: 'merchant',
      sharing: 'none',
      params: v.strictObject({ program: programIdSchema, redemption: redemptionIdSchema }),
      query: noQuery,
      body: fulfilmentChangeSchema,
      answers: { 200: { description: 'As it is now.', schema: memberRedemptionSchema } },
      errors: ['program_not_found', 'redemption_not_found', 'redemption_closed'],
      async handle({ params, body }) {
        return json(200, await redemptions.change(params.program, params.redemption, body), PRIVATE);
      },
    }),
  ];
}

/** A cursor as the place that it stands for. */
export function placeIn(cursor: string | undefined): PlaceInList | null {
  if (cursor === undefined) return null;
  const [at, id] = readCursor(cursor, ['number', 'string']) as [number, string];
  return { at, id };
}

/** The next page's cursor, and the headers that name its address. */
export function nextPage(next: PlaceInList | null, address: string, query: Readonly<Record<string, string>>) {
  if (!next) return { nextCursor: null, headers: PRIVATE };
  const nextCursor = cursorOf([next.at, next.id]);
  const link = `<${address}?${new URLSearchParams({ ...query, cursor: nextCursor })}>; rel="next"`;
  return { nextCursor, headers: { ...PRIVATE, link } };
}
