import { statement } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';

export const insertCode = statement<never>((db, parameter) =>
  db.insertInto('wallet_codes').values({
    program_id: parameter('program_id'),
    code_hash: parameter('code_hash'),
    member_id: parameter('member_id'),
    client_id: parameter('client_id'),
    code_challenge: parameter('code_challenge'),
    expires_at: parameter('expires_at'),
    used_at: parameter('used_at'),
  }),
);

export const selectCode = statement<
  Pick<Tables['wallet_codes'], 'member_id' | 'client_id' | 'code_challenge' | 'expires_at'>
>((db, parameter) =>
  db
    .selectFrom('wallet_codes')
    .select(['member_id', 'client_id', 'code_challenge', 'expires_at'])
    .where('program_id', '=', parameter('program_id'))
    .where('code_hash', '=', parameter('code_hash')),
);

/** Writes no row when the code was used before. */
export const updateCodeUsed = statement<never>((db, parameter) =>
  db
    .updateTable('wallet_codes')
    .set({ used_at: parameter('used_at') })
    .where('program_id', '=', parameter('program_id'))
    .where('code_hash', '=', parameter('code_hash'))
    .where('used_at', 'is', null),
);

export const insertGrant = statement<never>((db, parameter) =>
  db.insertInto('wallet_grants').values({
    program_id: parameter('program_id'),
    grant_id: parameter('grant_id'),
    member_id: parameter('member_id'),
    client_id: parameter('client_id'),
    refresh_hash: parameter('refresh_hash'),
    previous_hash: parameter('previous_hash'),
    created_at: parameter('created_at'),
    expires_at: parameter('expires_at'),
    revoked_at: parameter('revoked_at'),
  }),
);

export const selectGrant = statement<
  Pick<
    Tables['wallet_grants'],
    'member_id' | 'client_id' | 'refresh_hash' | 'previous_hash' | 'expires_at' | 'revoked_at'
  >
>((db, parameter) =>
  db
    .selectFrom('wallet_grants')
    .select(['member_id', 'client_id', 'refresh_hash', 'previous_hash', 'expires_at', 'revoked_at'])
    .where('program_id', '=', parameter('program_id'))
    .where('grant_id', '=', parameter('grant_id')),
);

/** Writes no row unless the grant is still as it was read. */
export const updateGrantRefresh = statement<never>((db, parameter) =>
  db
    .updateTable('wallet_grants')
    .set({
      refresh_hash: parameter('next_hash'),
      previous_hash: parameter('presented_hash'),
      expires_at: parameter('expires_at'),
    })
    .where('program_id', '=', parameter('program_id'))
    .where('grant_id', '=', parameter('grant_id'))
    .where('refresh_hash', '=', parameter('refresh_hash'))
    .where('revoked_at', 'is', null),
);

export const updateGrantRevoked = statement<never>((db, parameter) =>
  db
    .updateTable('wallet_grants')
    .set({ revoked_at: parameter('revoked_at') })
    .where('program_id', '=', parameter('program_id'))
    .where('grant_id', '=', parameter('grant_id'))
    .where('revoked_at', 'is', null),
);
