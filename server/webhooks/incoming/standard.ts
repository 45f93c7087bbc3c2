import * as v from 'valibot';
import { instantSchema, netMinorSchema, orderSchema, shopIdSchema } from '../../../shared/protocol/schemas.ts';
import { eventInvalid } from './amounts.ts';
import { type Reading, readShape } from './reading.ts';

const envelopeSchema = v.object({ type: v.string(), data: v.unknown() });

const paidSchema = v.object({ data: orderSchema });
const refundedSchema = v.object({
  data: v.strictObject({ id: shopIdSchema, refundedMinor: netMinorSchema, refundedAt: instantSchema }),
});
const cancelledSchema = v.object({ data: v.strictObject({ id: shopIdSchema, cancelledAt: instantSchema }) });

/**
 * Reads an event of a shop that sends Standard Webhooks, in our own words and with the shop's own order ids.
 *
 * @throws {LoyaltyError} `event_invalid`.
 */
export function readStandard(event: unknown): Reading {
  const { type } = readShape(envelopeSchema, event);
  switch (type) {
    case 'order.paid': {
      const { data: order } = readShape(paidSchema, event);
      return { orderId: order.id, facts: [{ name: 'paid', rank: 0, order }] };
    }
    case 'order.refunded': {
      const { id, refundedMinor, refundedAt: at } = readShape(refundedSchema, event).data;
      return { orderId: id, facts: [{ name: 'refunded', rank: refundedMinor, at }] };
    }
    case 'order.cancelled': {
      const { id, cancelledAt: at } = readShape(cancelledSchema, event).data;
      return { orderId: id, facts: [{ name: 'state', rank: Date.parse(at), at, isCancelled: true }] };
    }
    default:
      throw eventInvalid('/type', 'order.paid, order.refunded or order.cancelled');
  }
}
