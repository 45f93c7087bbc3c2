import { tierPinSchema, tierReceiptSchema } from '../../shared/protocol/schemas.ts';
import { json, type Route, route } from '../http/route.ts';
import { memberParams, noQuery } from './parameters.ts';
import type { Services } from './services.ts';

/** Tiers that a merchant gives by hand. */
export function tierRoutes({ ledger }: Services): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/programs/{program}/members/{member}/tier',
      name: 'setTier',
      tag: 'Members',
      summary: "Set a member's tier by hand",
      description:
        'Until the end of a day, with a reason, which the member can read; `tier: null` takes it back. What the member earns meanwhile counts, and the tier that he has earned is his again afterwards.',
      access: 'merchant',
      sharing: 'none',
      idempotencyKey: 'required',
      params: memberParams,
      query: noQuery,
      body: tierPinSchema,
      answers: {
        201: { description: 'Written.', schema: tierReceiptSchema },
        200: { description: 'A repeat: this is the first answer again.', schema: tierReceiptSchema },
      },
      errors: ['program_not_found', 'member_not_found', 'tier_not_found', 'tier_not_pinned', 'idempotency_conflict'],
      async handle({ params, body, idempotencyKey }) {
        const receipt = await ledger.pinTier(params.program, params.member, body, idempotencyKey as string);
        return json(receipt.replayed ? 200 : 201, receipt);
      },
    }),
  ];
}
