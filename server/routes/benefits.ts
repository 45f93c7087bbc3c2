import * as v from 'valibot';
import {
  benefitListSchema,
  benefitReceiptSchema,
  benefitUseSchema,
  extensionReceiptSchema,
  extensionRequestSchema,
  programIdSchema,
  shopIdSchema,
  slug,
} from '../../shared/protocol/schemas.ts';
import { json, PRIVATE, type Route, route } from '../http/route.ts';
import { noQuery } from './parameters.ts';
import type { Services } from './services.ts';

const benefitParams = v.strictObject({ program: programIdSchema, member: shopIdSchema, benefit: slug });

/** What a member has beside points: the benefits of the tier, and more time for points that expire. */
export function benefitRoutes({ ledger }: Services): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/programs/{program}/members/{member}/benefits/{benefit}/uses',
      name: 'useBenefit',
      tag: 'Members',
      summary: "Count a use of one of the tier's benefits",
      description: "Against the benefit's limit, if it has one. Idempotent by the `id` of the use.",
      access: 'merchant',
      sharing: 'none',
      params: benefitParams,
      query: noQuery,
      body: benefitUseSchema,
      answers: {
        201: { description: 'Counted.', schema: benefitReceiptSchema },
        200: { description: 'A repeat: it was counted before.', schema: benefitReceiptSchema },
      },
      errors: [
        'program_not_found',
        'member_not_found',
        'benefit_not_found',
        'tier_too_low',
        'limit_reached',
        'idempotency_conflict',
      ],
      async handle({ params, body }) {
        const receipt = await ledger.useBenefit(params.program, params.member, params.benefit, body);
        return json(receipt.replayed ? 200 : 201, receipt);
      },
    }),

    route({
      method: 'GET',
      path: '/v1/me/benefits',
      name: 'listBenefits',
      tag: 'Account',
      summary: "The tier's benefits, with the uses that are left",
      access: 'reader',
      sharing: 'shops',
      query: noQuery,
      answers: { 200: { description: 'Of the tier that the member is in now.', schema: benefitListSchema } },
      errors: ['member_not_found'],
      async handle({ caller }) {
        return json(200, await ledger.readBenefits(caller.programId, caller.memberId), PRIVATE);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/me/extensions',
      name: 'postExtension',
      tag: 'Account',
      summary: 'Put off what expires',
      description:
        'As many days as the program grants, once for all that expires on a day; `extendUntil` of `balance.expiring` says until when.',
      access: 'member',
      sharing: 'shops',
      idempotencyKey: 'required',
      query: noQuery,
      body: extensionRequestSchema,
      answers: {
        201: { description: 'Written.', schema: extensionReceiptSchema },
        200: { description: 'A repeat: this is the first answer again.', schema: extensionReceiptSchema },
      },
      errors: ['member_not_found', 'extension_not_available', 'idempotency_conflict'],
      async handle({ caller, body, idempotencyKey }) {
        const receipt = await ledger.extendLots(caller.programId, caller.memberId, body, idempotencyKey as string);
        return json(receipt.replayed ? 200 : 201, receipt);
      },
    }),
  ];
}
