import type { QualifyingDays } from '../../../shared/domain/qualifying.ts';
import type { TierStanding } from '../../../shared/domain/tiers.ts';
import type { Instant } from '../../../shared/domain/time.ts';
import { paddedKeys, withKeys } from '../../database/batch.ts';
import type { Reader } from '../../database/database.ts';
import { statement } from '../../database/statement.ts';
import { parseEntry, type StoredEntry } from '../../ledger/chain.ts';
import { type OrderRow, ordersById } from '../../ledger/rows.ts';
import { parseCounted, standingOf } from '../../ledger/unit/member-state.ts';

/** Members read at once: what a dry run holds in memory, however many there are. */
const PAGE_SIZE = 100;
/** Accruals read at once. */
const ENTRY_PAGE_SIZE = 1_000;

interface MemberRow {
  readonly member_id: string;
  readonly customer_id: string;
  readonly enrolled_at: number;
  readonly tier: string;
  readonly tier_since: number | null;
  readonly tier_review_at: number;
  readonly tier_earned: string | null;
  readonly counted: string;
  readonly merged_into: string | null;
}

const memberRows = statement<MemberRow>((db, p) =>
  db
    .selectFrom('accounts')
    .innerJoin('members', (join) =>
      join
        .onRef('members.program_id', '=', 'accounts.program_id')
        .onRef('members.member_id', '=', 'accounts.member_id'),
    )
    .select([
      'accounts.member_id',
      'members.customer_id',
      'members.enrolled_at',
      'accounts.tier',
      'accounts.tier_since',
      'accounts.tier_review_at',
      'accounts.tier_earned',
      'accounts.counted',
      'accounts.merged_into',
    ])
    .where('accounts.program_id', '=', p('programId'))
    .where('accounts.member_id', '>', p('after'))
    .orderBy('accounts.member_id')
    .limit(p('limit')),
);

/** Accruals of the members up to one, behind an entry of one of them, in the order of their keys. */
const accrualRows = statement<{ member_id: string; seq: number; bytes: string }>((db, p) =>
  db
    .selectFrom('entries')
    .select(['member_id', 'seq', 'bytes'])
    .where('program_id', '=', p('programId'))
    .where(({ eb, refTuple, tuple }) =>
      eb(refTuple('member_id', 'seq'), '>', tuple(p('afterMember') as string, p('afterSeq') as number)),
    )
    .where('member_id', '<=', p('lastMember'))
    .where('kind', '=', p('kind'))
    .where('occurred_at', '>=', p('from'))
    .orderBy('member_id')
    .orderBy('seq')
    .limit(p('limit')),
);

const memberCount = statement<{ count: number }>((db, p) =>
  db
    .selectFrom('accounts')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('program_id', '=', p('programId')),
);

/** A member as a dry run sees him. */
export interface DryMember {
  readonly memberId: string;
  readonly customerId: string;
  readonly enrolledAt: Instant;
  readonly standing: TierStanding;
  readonly days: QualifyingDays;
  /** Merged into another, who has the points now. */
  readonly isMerged: boolean;
}

/** An order with the entry of what it earned. */
export interface PastOrder {
  readonly memberId: string;
  readonly row: OrderRow;
  readonly entry: StoredEntry;
  readonly occurredAt: Instant;
}

export async function countMembers(reader: Reader, programId: string): Promise<number> {
  return (await reader.all(memberCount, { programId }))[0]?.count ?? 0;
}

/**
 * Members a page at a time, in the order of their ids. The ids are random: the members up to any of them are a random
 * sample of all.
 */
export async function* memberPages(
  reader: Reader,
  programId: string,
  after = '',
): AsyncGenerator<readonly DryMember[]> {
  for (let last = after; ; ) {
    const rows = await reader.all(memberRows, { programId, after: last, limit: PAGE_SIZE });
    if (rows.length === 0) return;
    yield rows.map((row) => ({
      memberId: row.member_id,
      customerId: row.customer_id,
      enrolledAt: row.enrolled_at,
      standing: standingOf(row),
      days: new Map(parseCounted(row.counted)),
      isMerged: row.merged_into !== null,
    }));
    last = rows.at(-1)?.member_id ?? '';
    // The embedded store reads without waiting: a turn lets requests in.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The orders of a page of members since an instant: member by member, in the order of their entries. */
export async function* orderPages(
  reader: Reader,
  programId: string,
  members: readonly DryMember[],
  from: Instant,
): AsyncGenerator<readonly PastOrder[]> {
  const [first, last] = [members[0], members.at(-1)];
  if (!first || !last) return;
  for (let [afterMember, afterSeq] = [first.memberId, 0]; ; ) {
    const params = { programId, afterMember, afterSeq, lastMember: last.memberId, kind: 'accrual', from };
    const rows = await reader.all(accrualRows, { ...params, limit: ENTRY_PAGE_SIZE });
    const accruals = rows.flatMap(({ member_id: memberId, bytes }) => {
      const entry = parseEntry(bytes);
      return entry.order === undefined ? [] : [{ memberId, entry, orderId: entry.order }];
    });
    const orders = await ordersOf(
      reader,
      programId,
      accruals.map(({ orderId }) => orderId),
    );
    yield accruals.flatMap(({ memberId, entry, orderId }) => {
      const row = orders.get(orderId);
      // An order of a member who was merged away is his entry's, and counts once.
      if (row?.member_id !== memberId || row.seq !== entry.seq) return [];
      return [{ memberId, row, entry, occurredAt: Date.parse(entry.occurredAt) }];
    });
    const end = rows.at(-1);
    if (!end || rows.length < ENTRY_PAGE_SIZE) return;
    [afterMember, afterSeq] = [end.member_id, end.seq];
  }
}

async function ordersOf(reader: Reader, programId: string, ids: readonly string[]): Promise<Map<string, OrderRow>> {
  const found = new Map<string, OrderRow>();
  for (const keys of paddedKeys(ids)) {
    for (const row of await reader.all(ordersById.statement(keys.length), withKeys({ programId }, keys))) {
      found.set(row.order_id, row);
    }
  }
  return found;
}
