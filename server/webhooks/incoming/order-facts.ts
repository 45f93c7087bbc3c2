import type { Instant } from '../../../shared/domain/time.ts';
import { insertBatch } from '../../database/batch.ts';
import type { Database, Transaction } from '../../database/database.ts';
import { sealOf } from '../../database/seal.ts';
import { statement } from '../../database/statement.ts';
import type { OrderFact } from './facts.ts';

/** What is known of orders, kept. */
export interface OrderFacts {
  /** Adds facts of one order; those that are known stay as they are. Gives all that is known of it then. */
  add(programId: string, orderId: string, facts: readonly OrderFact[]): Promise<readonly OrderFact[]>;
  /** The order's payment came: its facts are kept for as long as the order is. */
  keep(programId: string, orderId: string): Promise<void>;
  /** The order was refused: its payment may come again with other content. */
  withdraw(programId: string, orderId: string): Promise<void>;
}

/** A fact as it is stored, within its program. */
export interface StoredFact {
  readonly order_id: string;
  readonly name: string;
  readonly rank: number;
  readonly body: string;
  readonly received_at: number;
  readonly digest: string;
}

/** Platforms try again for some days at most; a refund whose order has not come by then is of an order that was skipped. */
const WAITING_MS = 14 * 86_400_000;
const FOR_GOOD = Number.MAX_SAFE_INTEGER;

const COLUMNS = ['program_id', 'order_id', 'name', 'rank', 'body', 'received_at', 'kept_until', 'digest'] as const;
const insertFacts = insertBatch('order_facts', COLUMNS, { key: ['program_id', 'order_id', 'name'], update: [] });

/** The rank guards it: of two servers at once the higher one stays, whichever is last. */
const raiseFact = statement<never>((db, p) =>
  db
    .updateTable('order_facts')
    .set({ rank: p('rank'), body: p('body'), received_at: p('received_at'), digest: p('digest') })
    .where('program_id', '=', p('program_id'))
    .where('order_id', '=', p('order_id'))
    .where('name', '=', p('name'))
    .where('rank', '<', p('rank')),
);

const selectFacts = statement<StoredFact>((db, p) =>
  db
    .selectFrom('order_facts')
    .select(['order_id', 'name', 'rank', 'body', 'received_at', 'digest'])
    .where('program_id', '=', p('program_id'))
    .where('order_id', '=', p('order_id'))
    .orderBy('name'),
);

const keepFacts = statement<never>((db, p) =>
  db
    .updateTable('order_facts')
    .set({ kept_until: p('kept_until') })
    .where('program_id', '=', p('program_id'))
    .where('order_id', '=', p('order_id'))
    .where('kept_until', '<', p('kept_until')),
);

const deletePaid = statement<never>((db, p) =>
  db
    .deleteFrom('order_facts')
    .where('program_id', '=', p('program_id'))
    .where('order_id', '=', p('order_id'))
    .where('name', '=', p('name')),
);

const deleteEnded = statement<never>((db, p) =>
  db.deleteFrom('order_facts').where('program_id', '=', p('program_id')).where('kept_until', '<', p('now')),
);

export function createOrderFacts({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: () => Instant;
}): OrderFacts {
  return {
    async add(programId, orderId, facts) {
      const scope = { program_id: programId, order_id: orderId };
      const known = await database.all(selectFacts, scope);
      const isNew = (fact: OrderFact) => !known.some(({ name, rank }) => name === fact.name && rank >= fact.rank);
      const added = facts.filter(isNew);
      if (added.length === 0) return known.map((row) => factOf(programId, row));
      const now = clock();
      const rows = added.map((fact) => rowOf(programId, orderId, fact, now));
      await database.transaction(async (transaction) => {
        await transaction.insert(
          insertFacts,
          rows.map((row) => COLUMNS.map((column) => row[column])),
        );
        for (const row of rows) if (row.rank > 0) await transaction.run(raiseFact, row);
      });
      // After the commit: of two servers that learn of two facts at once, the later one sees both.
      return (await database.all(selectFacts, scope)).map((row) => factOf(programId, row));
    },

    async keep(programId, orderId) {
      const params = { program_id: programId, order_id: orderId, kept_until: FOR_GOOD };
      await database.transaction((transaction) => transaction.run(keepFacts, params));
    },

    async withdraw(programId, orderId) {
      const params = { program_id: programId, order_id: orderId, name: 'paid' };
      await database.transaction((transaction) => transaction.run(deletePaid, params));
    },
  };
}

/** Forgets facts whose order never came. Gives how many. */
export function forgetWaitingFacts(database: Database, programId: string, now: Instant): Promise<number> {
  return database.transaction((transaction) => transaction.run(deleteEnded, { program_id: programId, now }));
}

const deleteOfMember = statement<never>((db, p) =>
  db
    .deleteFrom('order_facts')
    .where('program_id', '=', p('programId'))
    .where('order_id', 'in', (of) =>
      of
        .selectFrom('orders')
        .select('order_id')
        .where('program_id', '=', p('programId'))
        .where('member_id', '=', p('memberId')),
    ),
);

/** Facts name the shop's customer: with a member they go. */
export async function eraseOrderFacts(
  transaction: Transaction,
  member: { readonly programId: string; readonly memberId: string },
): Promise<void> {
  await transaction.run(deleteOfMember, { ...member });
}

function rowOf(programId: string, orderId: string, { name, rank, ...content }: OrderFact, now: Instant) {
  const body = JSON.stringify(content);
  return {
    program_id: programId,
    order_id: orderId,
    name,
    rank,
    body,
    received_at: now,
    kept_until: name === 'paid' ? FOR_GOOD : now + WAITING_MS,
    digest: sealOf([programId, orderId, name, rank, body, now]),
  };
}

/** Whether a fact is as the server wrote it. */
export function isFactSealed(programId: string, row: StoredFact): boolean {
  return row.digest === sealOf([programId, row.order_id, row.name, row.rank, row.body, row.received_at]);
}

/** @throws {Error} when the row is not as the server wrote it. */
function factOf(programId: string, row: StoredFact): OrderFact {
  if (!isFactSealed(programId, row)) throw new Error('order facts: one was changed in the database; see laurel verify');
  return { name: row.name, rank: row.rank, ...(JSON.parse(row.body) as object) } as OrderFact;
}
