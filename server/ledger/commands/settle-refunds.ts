import { LoyaltyError } from '../../../shared/domain/errors.ts';
import type { Command, Outcome } from '../commands.ts';
import { refundKey } from '../unit/unit.ts';
import { postRefund } from './post-refund.ts';

/**
 * Brings an order's refunds up to a sum, for platforms that tell how much is refunded in all: posts what is missing, if
 * anything is. Repeats, and sums that come late or together, add up to the highest.
 *
 * @param totalMinor Net value that is refunded by now; what exceeds the order's is the whole order.
 */
export function settleRefunds(orderId: string, totalMinor: number, refundedAt: string): Command {
  const refundTo = (total: number, amountMinor: number) =>
    postRefund(orderId, { id: refundIdOf(total), refundedAt, amountMinor });
  return {
    needs: refundTo(0, 0).needs,
    decide(unit): Outcome {
      const order = unit.orders.get(orderId);
      if (!order) throw new LoyaltyError('order_not_found', 'No order with this id was posted to this program.');
      const total = Math.min(totalMinor, order.net_minor);
      const amountMinor = total - order.refunded_minor;
      // An order without value is refunded whole or not at all: once, by a refund of nothing.
      const isWholeOfNothing = order.net_minor === 0 && !unit.refunds.has(refundKey(orderId, refundIdOf(0)));
      if (amountMinor <= 0 && !isWholeOfNothing) {
        const customerId = unit.membersById.get(order.member_id)?.customerId ?? '';
        return { memberId: order.member_id, customerId, seq: 0, replayed: true };
      }
      return refundTo(total, amountMinor).decide(unit);
    },
  };
}

/** No two refunds of an order bring it to the same sum. */
const refundIdOf = (total: number) => `refunded-${total}`;
