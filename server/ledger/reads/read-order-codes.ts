import type { OrderReceipt, OrderRequest } from '../../../shared/protocol/api.ts';
import { first, type Reader } from '../../database/database.ts';
import { namedCodes } from '../commands/use-codes.ts';
import { ordersById } from '../rows.ts';
import { orderRedemptionsOf } from '../unit/redemption-book.ts';

/** What became of the codes that an order named, in its own order: the same however often it is posted. */
export async function readOrderCodes(
  reader: Reader,
  programId: string,
  order: OrderRequest,
): Promise<NonNullable<OrderReceipt['codes']>> {
  const row = await first(reader, ordersById.statement(1), { programId, key0: order.id });
  const { codes = [] } = row ? orderRedemptionsOf(row.facts) : {};
  return namedCodes(order).flatMap(({ code }, index) => {
    const outcome = codes[index];
    if (!outcome) return [];
    return 'reason' in outcome
      ? { code, state: 'refused' as const, ...outcome }
      : { code, state: 'committed' as const, ...outcome };
  });
}
