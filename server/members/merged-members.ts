import { first, type Reader } from '../database/database.ts';
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

const selectTarget = statement<{ merged_into: string | null }>((db, p) =>
  db
    .selectFrom('accounts')
    .select('merged_into')
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId')),
);

/** The member whom one leads to in the end; himself where he was not merged. */
export async function standsFor(reader: Reader, programId: string, memberId: string): Promise<string> {
  for (let id = memberId; ; ) {
    const row = await first(reader, selectTarget, { programId, memberId: id });
    if (!row || row.merged_into === null) return id;
    id = row.merged_into;
  }
}

const selectOwn = statement<{ member_id: string }>((db, p) =>
  db
    .selectFrom('members')
    .select('member_id')
    .where('program_id', '=', p('programId'))
    .where('customer_id', '=', p('customerId')),
);

/** The member who was enrolled with one of the shop's ids, also where it names another by now. */
export async function enrolledAs(reader: Reader, programId: string, customerId: string): Promise<string | undefined> {
  return (await first(reader, selectOwn, { programId, customerId }))?.member_id;
}
