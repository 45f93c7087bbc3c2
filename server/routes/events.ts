import { eventReceiptSchema, eventSchema } from '../../shared/protocol/schemas.ts';
import { json, type Route, route } from '../http/route.ts';
import { noQuery, programParams } from './parameters.ts';
import type { Services } from './services.ts';

/** What a merchant's back end tells of anything but orders. */
export function eventRoutes({ ledger }: Services): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/programs/{program}/events',
      name: 'postEvent',
      tag: 'Events',
      summary: 'Tell a fact other than an order',
      description:
        "A review, a visit, a share, or anything of the shop's own. It accrues what the program's `per_event` rules for its type give, in one entry, or none. Idempotent by its `id`. A customer who is new is enrolled.",
      access: 'merchant',
      sharing: 'none',
      idempotencyKey: 'optional',
      params: programParams,
      query: noQuery,
      body: eventSchema,
      answers: {
        201: { description: 'Kept.', schema: eventReceiptSchema },
        200: { description: 'A repeat: this is the first answer again.', schema: eventReceiptSchema },
      },
      errors: ['program_not_found', 'idempotency_conflict', 'points_overflow'],
      async handle({ params, body, idempotencyKey }) {
        const receipt = await ledger.postEvent(params.program, body, idempotencyKey);
        return json(receipt.replayed ? 200 : 201, receipt);
      },
    }),
  ];
}
