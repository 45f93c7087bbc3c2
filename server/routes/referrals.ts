import * as v from 'valibot';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import {
  dateSchema,
  memberReferralSchema,
  memberSignalsSchema,
  merchantReferralPageSchema,
  merchantReferralSchema,
  programIdSchema,
  referralAcceptSchema,
  referralAppealSchema,
  referralClickAnswerSchema,
  referralClickSchema,
  referralDecisionSchema,
  referralIdSchema,
  referralItemSchema,
  referralReportSchema,
  referralSchema,
  referralStateQuerySchema,
} from '../../shared/protocol/schemas.ts';
import { cursorOf, readCursor } from '../http/cursor.ts';
import { json, PRIVATE, type Route, route } from '../http/route.ts';
import { referralReport } from '../referrals/report.ts';
import { cursorSchema, LIMIT_DEFAULT, limitSchema, memberParams, noQuery, programParams } from './parameters.ts';
import type { Services } from './services.ts';

const ownReferral = v.strictObject({ referral: referralIdSchema });
const merchantReferral = v.strictObject({ program: programIdSchema, referral: referralIdSchema });
const acceptErrors = [
  'referral_not_offered',
  'referral_code_not_found',
  'referral_self',
  'referral_not_new',
  'referral_taken',
  'member_not_found',
] as const;
const accepted = {
  201: { description: 'The member is a friend now.', schema: referralItemSchema },
  200: { description: 'He was before, by the same member.', schema: referralItemSchema },
};

/** Members who bring others. */
export function referralRoutes({ referrals, ledger, database, programs, clock, issuer }: Services): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/me/referral',
      name: 'getReferral',
      tag: 'Account',
      summary: "The member's link and code, and what became of whom he referred",
      description: 'The code is made when it is first asked for, and stays.',
      access: 'member',
      sharing: 'shops',
      query: noQuery,
      answers: { 200: { description: 'Nothing of the friends but how far they came.', schema: referralSchema } },
      errors: ['referral_not_offered'],
      async handle({ caller }) {
        return json(200, await referrals.overview(caller.programId, caller.memberId), PRIVATE);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/me/referral/accept',
      name: 'acceptReferral',
      tag: 'Account',
      summary: "Take up another member's code or link",
      description: 'For new members without orders. The same again changes nothing.',
      access: 'member',
      sharing: 'shops',
      query: noQuery,
      body: referralAcceptSchema,
      answers: accepted,
      errors: acceptErrors,
      async handle({ caller, body }) {
        const { item, isNew } = await referrals.accept(caller.programId, caller.memberId, body);
        return json(isNew ? 201 : 200, item, PRIVATE);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/me/referral/{referral}/appeal',
      name: 'appealReferral',
      tag: 'Account',
      summary: 'Have a person look at a referral that was refused',
      description: 'Once, and only where `canAppeal` says so.',
      access: 'member',
      sharing: 'shops',
      params: ownReferral,
      query: noQuery,
      body: referralAppealSchema,
      answers: { 200: { description: 'It is held until a person decides.', schema: referralItemSchema } },
      errors: ['referral_not_found', 'referral_settled'],
      async handle({ caller, params, body }) {
        const item = await referrals.appeal(caller.programId, caller.memberId, params.referral, body.text);
        return json(200, item, PRIVATE);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/programs/{program}/referrals/clicks',
      name: 'postReferralClick',
      tag: 'Referrals',
      summary: 'Somebody came by a link',
      description: "Called by the shop's page. Keeps the member whose link it is and when; nothing of the visitor.",
      access: 'public',
      sharing: 'shops',
      params: programParams,
      query: noQuery,
      body: referralClickSchema,
      answers: { 201: { description: 'To be sent when he joins.', schema: referralClickAnswerSchema } },
      errors: ['program_not_found', 'referral_not_offered', 'referral_code_not_found'],
      async handle({ params, body }) {
        return json(201, await referrals.click(params.program, body.code), { 'cache-control': 'no-store' });
      },
    }),

    route({
      method: 'POST',
      path: '/v1/programs/{program}/members/{member}/referral',
      name: 'postMemberReferral',
      tag: 'Referrals',
      summary: "Take up a member's code or link for a customer",
      description: 'As the member himself would; a customer who is new is enrolled.',
      access: 'merchant',
      sharing: 'none',
      params: memberParams,
      query: noQuery,
      body: memberReferralSchema,
      answers: accepted,
      errors: ['program_not_found', ...acceptErrors],
      async handle({ params, body }) {
        const memberId = await ledger.enrol(params.program, params.member);
        const { item, isNew } = await referrals.accept(params.program, memberId, body);
        return json(isNew ? 201 : 200, item);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/programs/{program}/members/{member}/signals',
      name: 'postMemberSignals',
      tag: 'Referrals',
      summary: 'Tell what a customer is known by',
      description:
        'Keyed hashes; kept for 400 days after they were last seen, and only by programs that have referrals.',
      access: 'merchant',
      sharing: 'none',
      params: memberParams,
      query: noQuery,
      body: memberSignalsSchema,
      answers: { 204: { description: 'Noted.' } },
      errors: ['program_not_found', 'member_not_found'],
      async handle({ params, body }) {
        await referrals.noteSignals(
          params.program,
          await ledger.memberIdOf(params.program, params.member),
          body.signals,
        );
        return { status: 204, body: null, headers: {} };
      },
    }),

    route({
      method: 'GET',
      path: '/v1/programs/{program}/referrals',
      name: 'listReferrals',
      tag: 'Referrals',
      summary: 'Referrals in one state, oldest first',
      access: 'merchant',
      sharing: 'none',
      params: programParams,
      query: v.strictObject({
        state: v.optional(
          v.pipe(referralStateQuerySchema, v.description('`held` when absent: those that wait for a decision.')),
        ),
        cursor: v.optional(cursorSchema),
        limit: v.optional(limitSchema),
      }),
      answers: {
        200: {
          description: 'One page.',
          schema: merchantReferralPageSchema,
          headers: { Link: '`rel="next"` with the address of the next page, while there is one.' },
        },
      },
      errors: ['program_not_found'],
      async handle({ params, query: { state = 'held', cursor, limit = LIMIT_DEFAULT } }) {
        const [joinedAt, referralId] = cursor === undefined ? [0, ''] : readCursor(cursor, ['number', 'string']);
        const place = { joinedAt: joinedAt as number, referralId: referralId as string };
        const { referrals: shown, last } = await referrals.list(params.program, { state, ...place, limit });
        if (!last) return json(200, { referrals: shown, nextCursor: null }, PRIVATE);
        const nextCursor = cursorOf([last.joined_at, last.referral_id]);
        const next = new URLSearchParams({ state, cursor: nextCursor, limit: String(limit) });
        const link = `<${issuer}/v1/programs/${params.program}/referrals?${next}>; rel="next"`;
        return json(200, { referrals: shown, nextCursor }, { ...PRIVATE, link });
      },
    }),

    route({
      method: 'GET',
      path: '/v1/programs/{program}/referrals/report',
      name: 'getReferralReport',
      tag: 'Referrals',
      summary: 'How far referrals came, and what they are worth',
      access: 'merchant',
      sharing: 'none',
      params: programParams,
      query: v.strictObject({
        from: v.pipe(dateSchema, v.description("The first day, in the program's time zone.")),
        until: v.pipe(dateSchema, v.description('The last day, itself included.')),
      }),
      answers: { 200: { description: 'By the day on which friends joined.', schema: referralReportSchema } },
      errors: ['program_not_found', 'referral_not_offered'],
      async handle({ params, query }) {
        if (query.from > query.until) {
          throw new LoyaltyError('invalid_request', 'The span is empty.', [
            { pointer: '/query/from', detail: 'a day that is not after until' },
          ]);
        }
        return json(200, await referralReport({ database, programs, clock }, params.program, query), PRIVATE);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/programs/{program}/referrals/{referral}/decision',
      name: 'decideReferral',
      tag: 'Referrals',
      summary: 'Decide on a referral that is held',
      description: 'What is to be rewarded is so once its order has cleared; at once where it has.',
      access: 'merchant',
      sharing: 'none',
      params: merchantReferral,
      query: noQuery,
      body: referralDecisionSchema,
      answers: { 200: { description: 'The referral as it is now.', schema: merchantReferralSchema } },
      errors: ['program_not_found', 'referral_not_found', 'referral_settled'],
      async handle({ params, body }) {
        return json(200, await referrals.decide(params.program, params.referral, body), PRIVATE);
      },
    }),
  ];
}
