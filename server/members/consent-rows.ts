import { insertBatch } from '../database/batch.ts';
import { statement } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';
import type { ConsentRow } from './consent-chain.ts';

export const selectConsents = statement<ConsentRow>((db, p) =>
  db
    .selectFrom('consents')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .orderBy('seq'),
);

export const selectConsentsAfter = statement<ConsentRow>((db, p) =>
  db
    .selectFrom('consents')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('seq', '>', p('after'))
    .orderBy('seq')
    .limit(p('limit')),
);

/** A plain insert: of two consents at once the second is decided again on the first. */
export const insertConsents = insertBatch('consents', [
  'program_id',
  'member_id',
  'seq',
  'purpose',
  'action',
  'text_version',
  'locale',
  'text_hash',
  'recorded_at',
  'confirm_by',
  'proof_hash',
  'prev',
  'digest',
  'proof',
]);

export const writeStates = insertBatch(
  'consent_states',
  ['program_id', 'member_id', 'purpose', 'seq', 'is_effective'],
  { key: ['program_id', 'member_id', 'purpose'], update: ['seq', 'is_effective'] },
);

export const insertCode = statement<never>((db, p) =>
  db.insertInto('consent_codes').values({
    program_id: p('programId'),
    code_hash: p('codeHash'),
    member_id: p('memberId'),
    consent_seq: p('seq'),
    expires_at: p('expiresAt'),
  }),
);

export const selectCode = statement<Tables['consent_codes']>((db, p) =>
  db
    .selectFrom('consent_codes')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('code_hash', '=', p('codeHash')),
);

export const deleteCodesBefore = statement<never>((db, p) =>
  db.deleteFrom('consent_codes').where('program_id', '=', p('programId')).where('expires_at', '<', p('before')),
);

/** The `seq` of a member's newest entry: the place of his events in their order. */
export const selectAccountSeq = statement<{ seq: number }>((db, p) =>
  db
    .selectFrom('accounts')
    .select('seq')
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId')),
);

export interface AudienceRow {
  readonly member_id: string;
  readonly customer_id: string;
  readonly text_version: number;
  readonly recorded_at: number;
}

/** Members whose latest word on a purpose is yes. */
export const selectAudience = statement<AudienceRow>((db, p) =>
  db
    .selectFrom('consent_states as state')
    .innerJoin('consents as consent', (join) =>
      join
        .onRef('consent.program_id', '=', 'state.program_id')
        .onRef('consent.member_id', '=', 'state.member_id')
        .onRef('consent.seq', '=', 'state.seq'),
    )
    .innerJoin('members as member', (join) =>
      join.onRef('member.program_id', '=', 'state.program_id').onRef('member.member_id', '=', 'state.member_id'),
    )
    .innerJoin('accounts as account', (join) =>
      join.onRef('account.program_id', '=', 'state.program_id').onRef('account.member_id', '=', 'state.member_id'),
    )
    .where('account.merged_into', 'is', null)
    .select(['state.member_id', 'member.customer_id', 'consent.text_version', 'consent.recorded_at'])
    .where('state.program_id', '=', p('programId'))
    .where('state.purpose', '=', p('purpose'))
    .where('state.is_effective', '=', p('isEffective'))
    .where('state.member_id', '>', p('after'))
    .orderBy('state.member_id')
    .limit(p('limit')),
);
