import { NEVER } from '../../shared/domain/time.ts';
import type { EntryPage } from '../../shared/protocol/api.ts';
import { first, type Reader } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { entryOf } from './chain.ts';

interface ChainRow {
  readonly seq: number;
  readonly hash: string;
  readonly bytes: string;
}

const entriesBetween = statement<ChainRow>((db, p) =>
  db
    .selectFrom('entries')
    .select(['seq', 'hash', 'bytes'])
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('seq', '<', p('before'))
    .where('seq', '>', p('after'))
    .orderBy('seq', 'desc')
    .limit(p('limit')),
);

/** One page of a member's history, newest first. `nextCursor` is the `before` of the next page. */
export async function readEntryPage(
  reader: Reader,
  programId: string,
  memberId: string,
  {
    before,
    after,
    limit,
  }: { readonly before?: number | undefined; readonly after?: number | undefined; readonly limit: number },
): Promise<EntryPage> {
  // One more than asked tells whether there is another page.
  const rows = await reader.all(entriesBetween, {
    programId,
    memberId,
    before: before ?? NEVER,
    after: after ?? 0,
    limit: limit + 1,
  });
  const shown = rows.slice(0, limit);
  return {
    entries: shown.map(({ hash, bytes }) => ({ entry: entryOf(bytes), hash, bytes })),
    nextCursor: rows.length > limit ? String(shown.at(-1)?.seq) : null,
  };
}

const oneEntry = statement<ChainRow>((db, p) =>
  db
    .selectFrom('entries')
    .select(['seq', 'hash', 'bytes'])
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('seq', '=', p('seq')),
);

/** An entry that is known to exist. */
export async function readEntry(reader: Reader, programId: string, memberId: string, seq: number) {
  const row = await first(reader, oneEntry, { programId, memberId, seq });
  if (!row) throw new RangeError(`readEntry: no entry ${seq}`);
  return entryOf(row.bytes);
}
