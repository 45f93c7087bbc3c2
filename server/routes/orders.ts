import {
  adjustmentReceiptSchema,
  adjustmentSchema,
  memberSchema,
  orderReceiptSchema,
  orderSchema,
  refundReceiptSchema,
  refundSchema,
} from '../../shared/protocol/schemas.ts';
import { type AnswerShape, json, PRIVATE, type Route, route } from '../http/route.ts';
import { memberParams, noQuery, orderParams, programParams } from './parameters.ts';
import type { Services } from './services.ts';

/** A command's two good ends: it took effect now, or it had before. */
const receipts = (schema: NonNullable<AnswerShape['schema']>) => ({
  201: { description: 'Written.', schema },
  200: { description: 'A repeat: this is the first answer again.', schema },
});

/** What a merchant's back end tells of its customers' orders. */
export function orderRoutes({ ledger, referrals }: Services): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/programs/{program}/orders',
      name: 'postOrder',
      tag: 'Orders',
      summary: 'Accrue points for a paid order',
      description:
        "Idempotent by the order's `id`: the same order again gives the first answer, with other content it is refused. A customer who is new is enrolled.",
      access: 'merchant',
      sharing: 'none',
      idempotencyKey: 'optional',
      params: programParams,
      query: noQuery,
      body: orderSchema,
      answers: receipts(orderReceiptSchema),
      errors: ['program_not_found', 'idempotency_conflict', 'currency_not_supported', 'points_overflow'],
      async handle({ params, body: { referralCode, signals, ...order }, idempotencyKey }) {
        const said = { code: referralCode, signals };
        await referrals.noteArrival(params.program, order.memberId, said, Date.parse(order.placedAt));
        const receipt = await ledger.postOrder(params.program, order, idempotencyKey);
        return json(receipt.replayed ? 200 : 201, receipt);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/programs/{program}/orders/{order}/refunds',
      name: 'postRefund',
      tag: 'Orders',
      summary: 'Take back what a refunded order earned',
      description:
        "In proportion to the refunded part, cumulative over all of the order's refunds, by the rule under which the order earned. Idempotent by the refund's `id`.",
      access: 'merchant',
      sharing: 'none',
      idempotencyKey: 'optional',
      params: orderParams,
      query: noQuery,
      body: refundSchema,
      answers: receipts(refundReceiptSchema),
      errors: [
        'program_not_found',
        'order_not_found',
        'idempotency_conflict',
        'refund_exceeds_order',
        'points_overflow',
      ],
      async handle({ params, body, idempotencyKey }) {
        const receipt = await ledger.postRefund(params.program, params.order, body, idempotencyKey);
        return json(receipt.replayed ? 200 : 201, receipt);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/programs/{program}/members/{member}/adjustments',
      name: 'postAdjustment',
      tag: 'Members',
      summary: 'Add or take points by hand',
      description: 'With a reason, which the member can read.',
      access: 'merchant',
      sharing: 'none',
      idempotencyKey: 'required',
      params: memberParams,
      query: noQuery,
      body: adjustmentSchema,
      answers: receipts(adjustmentReceiptSchema),
      errors: [
        'program_not_found',
        'member_not_found',
        'idempotency_conflict',
        'insufficient_points',
        'points_overflow',
      ],
      async handle({ params, body, idempotencyKey }) {
        const receipt = await ledger.postAdjustment(params.program, params.member, body, idempotencyKey as string);
        return json(receipt.replayed ? 200 : 201, receipt);
      },
    }),

    route({
      method: 'GET',
      path: '/v1/programs/{program}/members/{member}',
      name: 'getMember',
      tag: 'Members',
      summary: 'One member, whole',
      access: 'merchant',
      sharing: 'none',
      params: memberParams,
      query: noQuery,
      answers: {
        200: { description: 'The account and where its chain of entries stands.', schema: memberSchema },
      },
      errors: ['program_not_found', 'member_not_found'],
      async handle({ params }) {
        return json(200, await ledger.readMember(params.program, params.member), PRIVATE);
      },
    }),
  ];
}
