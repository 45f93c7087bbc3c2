import type { Transaction } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { isFactSealed, type StoredFact } from '../webhooks/incoming/order-facts.ts';
import { Finding } from './finding.ts';

const PAGE_SIZE = 500;

const factRows = statement<StoredFact>((db, p) =>
  db
    .selectFrom('order_facts')
    .select(['order_id', 'name', 'rank', 'body', 'received_at', 'digest'])
    .where('program_id', '=', p('programId'))
    .where((of) =>
      of.or([
        of('order_id', '>', p('afterOrder')),
        of.and([of('order_id', '=', p('afterOrder')), of('name', '>', p('afterName'))]),
      ]),
    )
    .orderBy('order_id')
    .orderBy('name')
    .limit(p('limit')),
);

/** Checks the seals of what platforms told of orders. @throws {Finding} */
export async function verifyOrderFacts(tx: Transaction, programId: string): Promise<void> {
  for (let [afterOrder, afterName] = ['', '']; ; ) {
    const rows = await tx.all(factRows, { programId, afterOrder, afterName, limit: PAGE_SIZE });
    const changed = rows.find((row) => !isFactSealed(programId, row));
    if (changed) throw new Finding('order_facts', `${changed.order_id} ${changed.name}`, 'it is not as it was sealed');
    const last = rows.at(-1);
    if (!last || rows.length < PAGE_SIZE) return;
    afterOrder = last.order_id;
    afterName = last.name;
  }
}
