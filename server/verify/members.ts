import { first, type Reader } from '../database/database.ts';
import { sealOf } from '../database/seal.ts';
import { type Statement, statement, type Value } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';
import { tombstoneOf } from '../ledger/commands/tombstone.ts';
import { sealProfile } from '../members/profile-rows.ts';
import { verifyConsents } from './consents.ts';
import { Finding } from './finding.ts';

const PAGE_SIZE = 500;

/** Rows of a table whose key is the member, behind one. */
function pageOf<T extends 'member_profiles' | 'member_erasures'>(table: T): Statement<Tables[T]> {
  return statement((db, p) =>
    db
      .selectFrom(table as 'member_profiles')
      .selectAll()
      .where('program_id', '=', p('programId'))
      .where('member_id', '>', p('after'))
      .orderBy('member_id')
      .limit(p('limit')),
  ) as Statement<Tables[T]>;
}

const profiles = pageOf('member_profiles');
const erasures = pageOf('member_erasures');

const merges = statement<Tables['member_merges']>((db, p) =>
  db
    .selectFrom('member_merges')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .orderBy('member_id')
    .orderBy('seq'),
);

const mergedAccounts = statement<{ member_id: string; merged_into: string; balance: number; debt: number }>((db, p) =>
  db
    .selectFrom('accounts')
    .select(['member_id', 'merged_into', 'balance', 'debt'])
    .$narrowType<{ merged_into: string }>()
    .where('program_id', '=', p('programId'))
    .where('merged_into', 'is not', null),
);

const transferSum = statement<{ points: number | null }>((db, p) =>
  db
    .selectFrom('entries')
    .select(({ fn }) => fn.sum<number>('points').as('points'))
    .where('program_id', '=', p('programId'))
    .where('kind', '=', p('kind')),
);

const nameOf = statement<{ customer_id: string }>((db, p) =>
  db
    .selectFrom('members')
    .select('customer_id')
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId')),
);

/**
 * Checks what is kept of members beside their points: the seals of profiles, consents, merges and erasures; that a
 * member who was erased has no name left; that merged members lead to one who stands for himself and hold nothing, and
 * that what left one chain came into another.
 *
 * @throws {Finding}
 */
export async function verifyMembers(reader: Reader, programId: string): Promise<void> {
  for await (const row of every(reader, profiles, programId)) {
    const { digest, ...columns } = row;
    if (sealProfile(columns).digest !== digest) {
      throw new Finding('member_profiles', row.member_id, 'it is not as it was sealed');
    }
  }
  for await (const row of every(reader, erasures, programId)) await verifyErasure(reader, row);
  await verifyMerges(reader, programId);
  await verifyConsents(reader, programId);
}

async function* every<Row extends { readonly member_id: string }>(
  reader: Reader,
  page: Statement<Row>,
  programId: string,
): AsyncGenerator<Row> {
  for (let after = ''; ; ) {
    const rows = await reader.all(page, { programId, after, limit: PAGE_SIZE });
    yield* rows;
    if (rows.length < PAGE_SIZE) return;
    after = rows.at(-1)?.member_id ?? '';
  }
}

async function verifyErasure(reader: Reader, row: Tables['member_erasures']): Promise<void> {
  const { digest, ...columns } = row;
  const { program_id: programId, member_id: memberId } = row;
  const fail = (what: string) => new Finding('member_erasures', memberId, what);
  const values: Value[] = [programId, memberId, columns.erased_at, columns.reason, columns.points];
  if (sealOf(values) !== digest) throw fail('it is not as it was sealed');
  const member = await first(reader, nameOf, { programId, memberId });
  if (member?.customer_id !== tombstoneOf(memberId)) throw fail('the member has a name');
}

async function verifyMerges(reader: Reader, programId: string): Promise<void> {
  const active = new Map<string, string>();
  for (const row of await reader.all(merges, { programId })) {
    const fail = (what: string) => new Finding('member_merges', `${row.member_id} seq ${row.seq}`, what);
    const values: Value[] = [
      row.program_id,
      row.member_id,
      row.seq,
      row.into_id,
      row.into_seq,
      row.lots,
      row.counted,
      row.merged_at,
      row.unmerged_seq,
    ];
    if (sealOf(values) !== row.digest) throw fail('it is not as it was sealed');
    if (row.unmerged_seq !== null) continue;
    if (active.has(row.member_id)) throw fail('the member is merged into two');
    active.set(row.member_id, row.into_id);
  }
  const accounts = await reader.all(mergedAccounts, { programId });
  for (const { member_id, merged_into, balance, debt } of accounts) {
    const fail = (what: string) => new Finding('accounts', member_id, what);
    if (active.get(member_id) !== merged_into) throw fail(`it leads to ${merged_into}, which no merge says`);
    if (balance !== 0 || debt !== 0) throw fail('it was merged and holds points all the same');
    const seen = new Set([member_id]);
    for (let at: string | undefined = merged_into; at !== undefined; at = active.get(at)) {
      if (seen.has(at)) throw fail('it leads back to itself');
      seen.add(at);
    }
  }
  if (accounts.length !== active.size) {
    throw new Finding('member_merges', programId, `${active.size} merges hold, ${accounts.length} accounts lead on`);
  }
  const moved = (await first(reader, transferSum, { programId, kind: 'transfer' }))?.points ?? 0;
  if (moved !== 0) throw new Finding('entries', programId, `transfers sum to ${moved} points, not to 0`);
}
