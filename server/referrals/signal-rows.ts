import { insertBatch, lookup } from '../database/batch.ts';
import { statement } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';

export type SignalRow = Tables['member_signals'];

export const signalsOf = lookup<SignalRow>((db, p, keys) =>
  db.selectFrom('member_signals').selectAll().where('program_id', '=', p('programId')).where('member_id', 'in', keys),
);

/** Members whom the shop knows by one of some digests; each row says by which. */
export const membersBySignal = statement<{ member_id: string }>((db, p) =>
  db
    .selectFrom('member_signals')
    .select('member_id')
    .where('program_id', '=', p('programId'))
    .where('kind', '=', p('kind'))
    .where('hash', '=', p('hash'))
    .orderBy('member_id')
    .limit(p('limit')),
);

export const writeSignals = insertBatch('member_signals', ['program_id', 'member_id', 'kind', 'hash', 'seen_at'], {
  key: ['program_id', 'member_id', 'kind', 'hash'],
  update: ['seen_at'],
});

/** When members were enrolled. */
export const enrolments = lookup<{ member_id: string; enrolled_at: number }>((db, p, keys) =>
  db
    .selectFrom('members')
    .select(['member_id', 'enrolled_at'])
    .where('program_id', '=', p('programId'))
    .where('member_id', 'in', keys),
);

export const oldSignals = statement<never>((db, p) =>
  db.deleteFrom('member_signals').where('program_id', '=', p('programId')).where('seen_at', '<', p('before')),
);

export const oldClicks = statement<never>((db, p) =>
  db.deleteFrom('referral_clicks').where('program_id', '=', p('programId')).where('clicked_at', '<', p('before')),
);

export const oldestSignals = statement<{ seen_at: number }>((db, p) =>
  db
    .selectFrom('member_signals')
    .select('seen_at')
    .where('program_id', '=', p('programId'))
    .where('seen_at', '<', p('before'))
    .orderBy('seen_at')
    .limit(p('limit')),
);
