import { quoteRequestSchema, quoteSchema } from '../../shared/protocol/schemas.ts';
import { json, PRIVATE, type Route, route } from '../http/route.ts';
import { memberParams, noQuery, programParams } from './parameters.ts';
import type { Services } from './services.ts';

const answers = { 200: { description: 'What it earns if it is ordered now.', schema: quoteSchema } };
const description =
  'By the very rules that a posted order goes by, with the reason for each part. Reads only. Until `validUntil` the answer for the same cart stays the same, unless something happens to the member.';

/** What a cart or a product would earn. */
export function quoteRoutes({ ledger }: Services): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/programs/{program}/quote',
      name: 'quoteForGuest',
      tag: 'Quotes',
      summary: 'What a cart earns for somebody who joins now',
      description,
      access: 'public',
      sharing: 'shops',
      params: programParams,
      query: noQuery,
      body: quoteRequestSchema,
      answers,
      errors: ['program_not_found', 'currency_not_supported', 'points_overflow'],
      async handle({ params, body }) {
        return json(200, await ledger.quote(params.program, null, body));
      },
    }),

    route({
      method: 'POST',
      path: '/v1/programs/{program}/members/{member}/quote',
      name: 'quoteForMember',
      tag: 'Quotes',
      summary: 'What a cart earns for a member',
      description: `${description} A customer who is not enrolled is one who joins now.`,
      access: 'merchant',
      sharing: 'none',
      params: memberParams,
      query: noQuery,
      body: quoteRequestSchema,
      answers,
      errors: ['program_not_found', 'currency_not_supported', 'points_overflow'],
      async handle({ params, body }) {
        return json(200, await ledger.quote(params.program, { customerId: params.member }, body), PRIVATE);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/me/quote',
      name: 'quote',
      tag: 'Quotes',
      summary: 'What a cart earns for the member who asks',
      description,
      access: 'reader',
      sharing: 'shops',
      query: noQuery,
      body: quoteRequestSchema,
      answers,
      errors: ['member_not_found', 'currency_not_supported', 'points_overflow'],
      async handle({ caller, body }) {
        return json(200, await ledger.quote(caller.programId, { memberId: caller.memberId }, body), PRIVATE);
      },
    }),
  ];
}
