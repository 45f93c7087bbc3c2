import type { Qualified } from '../../shared/domain/qualifying.ts';
import type { Instant, LocalDate } from '../../shared/domain/time.ts';
import { insertBatch, lookup } from '../database/batch.ts';
import type { Transaction } from '../database/database.ts';
import { sealOf } from '../database/seal.ts';
import { statement, type Value } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';
import { formatCounted, parseCounted } from './unit/member-state.ts';

/** A member whose points went over to another, and what went. */
export interface Merge {
  readonly memberId: string;
  readonly intoId: string;
  /** The first entries of either chain; 0 until they are written. */
  seq: number;
  intoSeq: number;
  readonly mergedAt: Instant;
  /** Each lot that went over, with the lot that it became. */
  readonly lots: (readonly [from: number, to: number])[];
  /** What went over of what counts toward a tier. */
  readonly days: Map<LocalDate, Qualified>;
  /** The entry by which the points came back; `null` while the members are one. */
  unmergedSeq: number | null;
}

type MergeRow = Tables['member_merges'];

export const activeMerges = lookup<MergeRow>((db, p, keys) =>
  db
    .selectFrom('member_merges')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', 'in', keys)
    .where('unmerged_seq', 'is', null),
);

const writeRows = insertBatch(
  'member_merges',
  ['program_id', 'member_id', 'seq', 'into_id', 'into_seq', 'lots', 'counted', 'merged_at', 'unmerged_seq', 'digest'],
  { key: ['program_id', 'member_id', 'seq'], update: ['lots', 'counted', 'unmerged_seq', 'digest'] },
);

const writeTarget = statement<never>((db, p) =>
  db
    .updateTable('accounts')
    .set({ merged_into: p('into') })
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId')),
);

export function mergeOf(row: MergeRow): Merge {
  return {
    memberId: row.member_id,
    intoId: row.into_id,
    seq: row.seq,
    intoSeq: row.into_seq,
    mergedAt: row.merged_at,
    lots: JSON.parse(row.lots) as [number, number][],
    days: new Map(parseCounted(row.counted)),
    unmergedSeq: row.unmerged_seq,
  };
}

/** Writes merges that were made, carried on or ended, and where their members' accounts lead. */
export async function writeMerges(tx: Transaction, programId: string, merges: Iterable<Merge>): Promise<void> {
  const rows: Value[][] = [];
  for (const merge of merges) {
    const values: Value[] = [
      programId,
      merge.memberId,
      merge.seq,
      merge.intoId,
      merge.intoSeq,
      JSON.stringify(merge.lots),
      formatCounted(merge.days),
      merge.mergedAt,
      merge.unmergedSeq,
    ];
    rows.push([...values, sealOf(values)]);
    const into = merge.unmergedSeq === null ? merge.intoId : null;
    await tx.run(writeTarget, { programId, memberId: merge.memberId, into });
  }
  if (rows.length > 0) await tx.insert(writeRows, rows);
}
