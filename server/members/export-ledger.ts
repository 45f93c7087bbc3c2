import { NEVER } from '../../shared/domain/time.ts';
import { paddedKeys, withKeys } from '../database/batch.ts';
import { first } from '../database/database.ts';
import { FOLLOWS } from '../database/schema/ledger.ts';
import { statement } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';
import { entryOf, parseEntry } from '../ledger/chain.ts';
import { type OrderRow, ordersById, type RefundRow, refundsByOrder } from '../ledger/rows.ts';
import { at, type ExportSection, scopeOf } from './export-section.ts';

/** Entries, lots and orders, as a member's export shows them. */

const entriesAfter = statement<{ seq: number; hash: string; bytes: string }>((db, p) =>
  db
    .selectFrom('entries')
    .select(['seq', 'hash', 'bytes'])
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('seq', '>', p('after'))
    .orderBy('seq')
    .limit(p('limit')),
);

const lotsAfter = statement<Tables['lots']>((db, p) =>
  db
    .selectFrom('lots')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('is_open', '=', p('isOpen'))
    .where('seq', '>', p('after'))
    .orderBy('seq')
    .limit(p('limit')),
);

const accountRow = statement<Tables['accounts']>((db, p) =>
  db.selectFrom('accounts').selectAll().where('program_id', '=', p('programId')).where('member_id', '=', p('memberId')),
);

const entries: ExportSection = {
  name: 'entries',
  tables: ['entries'],
  async read(source, after, limit) {
    const rows = await source.reader.all(entriesAfter, { ...scopeOf(source), after: Number(after), limit });
    return rows.map(({ seq, hash, bytes }) => ({
      position: String(seq),
      value: { entry: entryOf(bytes), hash, bytes },
    }));
  },
};

const lots: ExportSection = {
  name: 'lots',
  tables: ['lots'],
  async read(source, after, limit) {
    const account = await first(source.reader, accountRow, scopeOf(source));
    const rows: Tables['lots'][] = [];
    // The open ones lie together, and so do the others.
    const [phase = 'open', behind = '0'] = after === '' ? [] : after.split(' ');
    for (const isOpen of phase === 'open' ? [1, 0] : [0]) {
      const place = { after: isOpen === 1 || phase === 'closed' ? Number(behind) : 0, isOpen };
      if (rows.length < limit) {
        rows.push(
          ...(await source.reader.all(lotsAfter, { ...scopeOf(source), ...place, limit: limit - rows.length })),
        );
      }
    }
    return rows.map((row) => ({
      position: `${row.is_open === 1 ? 'open' : 'closed'} ${row.seq}`,
      value: {
        openedBy: row.seq,
        points: row.initial,
        remaining: row.remaining,
        expired: row.expired,
        takenBack: row.reversed,
        availableAt: at(row.available_at),
        expiresAt: at(row.expires_at === FOLLOWS ? (account?.inactive_at ?? NEVER) : row.expires_at),
      },
    }));
  },
};

/** Orders are found by the entries that they earned with: the ledger keeps no index for the sake of exports. */
const orders: ExportSection = {
  name: 'orders',
  tables: ['orders', 'refunds'],
  async read({ reader, member }, after, limit) {
    const { programId, memberId } = member;
    const page = await reader.all(entriesAfter, { programId, memberId, after: Number(after), limit });
    const bySeq = new Map<number, string>();
    for (const { seq, bytes } of page) {
      const { kind, order } = parseEntry(bytes);
      if (kind === 'accrual' && order !== undefined) bySeq.set(seq, order);
    }
    const stored = new Map<string, OrderRow>();
    const refunds: RefundRow[] = [];
    for (const run of paddedKeys([...bySeq.values()])) {
      const params = withKeys({ programId }, run);
      for (const row of await reader.all(ordersById.statement(run.length), params)) stored.set(row.order_id, row);
      refunds.push(...(await reader.all(refundsByOrder.statement(run.length), params)));
    }
    const items = page.map(({ seq }) => {
      const row = stored.get(bySeq.get(seq) ?? '');
      const own = row && row.seq === seq && row.member_id === memberId ? orderValue(row, refunds) : undefined;
      return { position: String(seq), value: own };
    });
    return items;
  },
};

function orderValue(row: OrderRow, refunds: readonly RefundRow[]): object {
  return {
    order: row.order_id,
    placedAt: at(row.placed_at),
    currency: row.currency,
    netMinor: row.net_minor,
    points: row.points,
    facts: JSON.parse(row.facts) as unknown,
    refunds: refunds
      .filter(({ order_id }) => order_id === row.order_id)
      .map(({ refund_id, refunded_at, amount_minor, seq }) => ({
        refund: refund_id,
        refundedAt: at(refunded_at),
        amountMinor: amount_minor,
        entry: seq,
      })),
  };
}

export const LEDGER_SECTIONS: readonly ExportSection[] = [entries, lots, orders];
