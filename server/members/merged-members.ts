import type { Reader } from '../database/database.ts';
import { statement } from '../database/statement.ts';

const selectMerged = statement<{ member_id: string }>((db, p) =>
  db
    .selectFrom('member_merges')
    .select('member_id')
    .where('program_id', '=', p('programId'))
    .where('into_id', '=', p('memberId'))
    .where('unmerged_seq', 'is', null),
);

/** Ids of the members who were merged into one and not taken out again; not of those merged into them before. */
export async function mergedInto(reader: Reader, programId: string, memberId: string): Promise<readonly string[]> {
  return (await reader.all(selectMerged, { programId, memberId })).map(({ member_id }) => member_id);
}
