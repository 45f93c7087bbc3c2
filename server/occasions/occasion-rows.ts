import { lookup } from '../database/batch.ts';
import { statement } from '../database/statement.ts';

/** Members who stand for themselves, by id. */
export const membersAfter = statement<{ member_id: string }>((db, p) =>
  db
    .selectFrom('accounts')
    .select('member_id')
    .where('program_id', '=', p('programId'))
    .where('member_id', '>', p('after'))
    .where('merged_into', 'is', null)
    .orderBy('member_id')
    .limit(p('limit')),
);

/** When members set their birthdays. */
export const birthdaysSet = lookup<{ member_id: string; birthday_set_at: number | null }>((db, p, keys) =>
  db
    .selectFrom('member_profiles')
    .select(['member_id', 'birthday_set_at'])
    .where('program_id', '=', p('programId'))
    .where('member_id', 'in', keys),
);

/** Those of members who agree to a purpose. */
export const agreeingMembers = lookup<{ member_id: string }>((db, p, keys) =>
  db
    .selectFrom('consent_states')
    .select('member_id')
    .where('program_id', '=', p('programId'))
    .where('purpose', '=', p('purpose'))
    .where('is_effective', '=', p('yes'))
    .where('member_id', 'in', keys),
);

/** What a member had of occasions in the year that begins on a day. */
export const occasionsUsed = statement<{ subject: string; period: string; times: number }>((db, p) =>
  db
    .selectFrom('member_uses')
    .select(['subject', 'period', 'times'])
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('period', '>=', p('from')),
);
