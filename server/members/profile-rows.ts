import { sealOf } from '../database/seal.ts';
import { statement, type Value } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';

export type ProfileRow = Tables['member_profiles'];

export const selectProfile = statement<ProfileRow>((db, p) =>
  db
    .selectFrom('member_profiles')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId')),
);

export const insertProfile = statement<never>((db, p) =>
  db.insertInto('member_profiles').values({
    program_id: p('program_id'),
    member_id: p('member_id'),
    sealed: p('sealed'),
    email_hash: p('email_hash'),
    birthday_hash: p('birthday_hash'),
    birthday_set_at: p('birthday_set_at'),
    source: p('source'),
    joined_at: p('joined_at'),
    join_hash: p('join_hash'),
    updated_at: p('updated_at'),
    revision: p('revision'),
    digest: p('digest'),
  }),
);

/** Writes no row where another change came first. */
export const updateProfile = statement<never>((db, p) =>
  db
    .updateTable('member_profiles')
    .set({
      sealed: p('sealed'),
      email_hash: p('email_hash'),
      birthday_hash: p('birthday_hash'),
      birthday_set_at: p('birthday_set_at'),
      source: p('source'),
      joined_at: p('joined_at'),
      join_hash: p('join_hash'),
      updated_at: p('updated_at'),
      revision: p('revision'),
      digest: p('digest'),
    })
    .where('program_id', '=', p('program_id'))
    .where('member_id', '=', p('member_id'))
    .where('revision', '=', p('revision_before')),
);

/** The row with its digest made anew. */
export function sealProfile(row: Omit<ProfileRow, 'digest'>): ProfileRow {
  const values: readonly Value[] = [
    row.program_id,
    row.member_id,
    row.sealed,
    row.email_hash,
    row.birthday_hash,
    row.birthday_set_at,
    row.source,
    row.joined_at,
    row.join_hash,
    row.updated_at,
    row.revision,
  ];
  return { ...row, digest: sealOf(values) };
}
