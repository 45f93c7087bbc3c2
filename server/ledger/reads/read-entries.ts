import type { ExpressionBuilder } from 'kysely';
import { type Instant, NEVER } from '../../../shared/domain/time.ts';
import type { Entry, EntryPage } from '../../../shared/protocol/api.ts';
import { first, type Reader } from '../../database/database.ts';
import { statement } from '../../database/statement.ts';
import type { Tables } from '../../database/tables.ts';
import { entryOf } from '../chain.ts';

interface ChainRow {
  readonly seq: number;
  readonly hash: string;
  readonly bytes: string;
}

/** Which entries a page shows; what is absent does not narrow. */
export interface EntryFilter {
  /** Entries with a lower `seq`. */
  readonly before?: number | undefined;
  /** Entries with a higher `seq`. */
  readonly after?: number | undefined;
  readonly kind?: Entry['kind'] | undefined;
  /** What occurred at this instant or later. */
  readonly from?: Instant | undefined;
  /** What occurred before this instant. */
  readonly until?: Instant | undefined;
  /** The shop's id of an order: its accrual, its refunds, and whatever else names it. */
  readonly order?: string | undefined;
}

const page = (db: Parameters<Parameters<typeof statement>[0]>[0], p: Parameters<Parameters<typeof statement>[0]>[1]) =>
  db
    .selectFrom('entries')
    .select(['seq', 'hash', 'bytes'])
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('seq', '<', p('before'))
    .where('seq', '>', p('after'))
    .orderBy('seq', 'desc')
    .limit(p('limit'));

const entriesBetween = statement<ChainRow>(page);

const entriesOfTime = statement<ChainRow>((db, p) =>
  page(db, p).where('occurred_at', '>=', p('from')).where('occurred_at', '<', p('until')),
);

const entriesOfKind = statement<ChainRow>((db, p) =>
  page(db, p).where('occurred_at', '>=', p('from')).where('occurred_at', '<', p('until')).where('kind', '=', p('kind')),
);

/** Entries whose text names the order: what is left of it without those words is another text. */
const namesOrder = (eb: ExpressionBuilder<Tables, 'entries'>, needle: never, nothing: never) =>
  eb(eb.fn<string>('replace', ['bytes', needle, nothing]), '<>', eb.ref('bytes'));

const entriesOfOrder = statement<ChainRow>((db, p) =>
  page(db, p)
    .where('occurred_at', '>=', p('from'))
    .where('occurred_at', '<', p('until'))
    .where((eb) => namesOrder(eb, eb.val(p('needle')) as never, eb.val(p('nothing')) as never)),
);

const entriesOfOrderAndKind = statement<ChainRow>((db, p) =>
  page(db, p)
    .where('occurred_at', '>=', p('from'))
    .where('occurred_at', '<', p('until'))
    .where('kind', '=', p('kind'))
    .where((eb) => namesOrder(eb, eb.val(p('needle')) as never, eb.val(p('nothing')) as never)),
);

function statementFor({ kind, order, from, until }: EntryFilter) {
  if (order !== undefined) return kind === undefined ? entriesOfOrder : entriesOfOrderAndKind;
  if (kind !== undefined) return entriesOfKind;
  return from === undefined && until === undefined ? entriesBetween : entriesOfTime;
}

/** One page of a member's history, newest first. `nextCursor` is the `before` of the next page. */
export async function readEntryPage(
  reader: Reader,
  programId: string,
  memberId: string,
  { limit, ...filter }: EntryFilter & { readonly limit: number },
): Promise<EntryPage> {
  // One more than asked tells whether there is another page.
  const rows = await reader.all(statementFor(filter), {
    programId,
    memberId,
    before: filter.before ?? NEVER,
    after: filter.after ?? 0,
    from: filter.from ?? -NEVER,
    until: filter.until ?? NEVER,
    kind: filter.kind ?? '',
    // Within a text of JSON a quotation mark is escaped, so that nothing but the field itself reads like this.
    needle: `"order":${JSON.stringify(filter.order ?? '')}`,
    nothing: '',
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
