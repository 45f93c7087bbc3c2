import { randomBytes } from 'node:crypto';
import type { Instant } from '../../shared/domain/time.ts';
import { insertBatch, lookup, paddedKeys, withKeys } from '../database/batch.ts';
import { first, type Reader, type Transaction, WriteConflict } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { openWith, sealWith, type Vault } from '../identity/vault.ts';
import { memberNotFound } from './find-member.ts';

const selectKey = statement<{ sealed_key: string }>((db, p) =>
  db
    .selectFrom('member_keys')
    .select('sealed_key')
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId')),
);

const selectKeys = lookup<{ member_id: string; sealed_key: string }>((db, p, keys) =>
  db
    .selectFrom('member_keys')
    .select(['member_id', 'sealed_key'])
    .where('program_id', '=', p('programId'))
    .where('member_id', 'in', keys),
);

const insertKey = statement<never>((db, p) =>
  db.insertInto('member_keys').values({
    program_id: p('programId'),
    member_id: p('memberId'),
    sealed_key: p('sealedKey'),
    created_at: p('now'),
  }),
);

/** Writes no row where the key was taken away in the meantime. */
const touchKey = statement<never>((db, p) =>
  db
    .updateTable('member_keys')
    .set({ sealed_key: p('sealedKey') })
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('sealed_key', '=', p('sealedKey')),
);

const overwriteKey = insertBatch('member_keys', ['program_id', 'member_id', 'sealed_key', 'created_at'], {
  key: ['program_id', 'member_id'],
  update: ['sealed_key'],
});

/** Stands where a key was, so that none is made anew. */
const SHREDDED = '';

/** What is kept of one member and names a person, opened and closed by a key that belongs to that member alone. */
export interface DataKey {
  seal(text: string, place: string): string;
  /** @throws {Error} when the text was sealed for another member or place, or altered. */
  open(sealed: string, place: string): string;
}

export interface MemberScope {
  readonly programId: string;
  readonly memberId: string;
}

/**
 * A key a member. It is kept sealed by the server's secret, in a row of its own: with that row everything of the member
 * that was sealed is gone for good, also from copies of the database that are made after.
 */
export interface DataKeys {
  /** `null` for a member of whom nothing is sealed. */
  find(reader: Reader, member: MemberScope): Promise<DataKey | null>;
  /** By member, for a page of a listing. */
  findAll(reader: Reader, programId: string, memberIds: readonly string[]): Promise<ReadonlyMap<string, DataKey>>;
  /** The member's key to write with, made where there is none. @throws {LoyaltyError} `member_not_found` once it is shredded. */
  ensure(tx: Transaction, member: MemberScope, now: Instant): Promise<DataKey>;
  /**
   * Takes the key away for good. Comes first in its transaction: whoever writes with the key at the same time is either
   * done before, and seen by what comes after, or is run again and finds that the member is gone.
   */
  shred(tx: Transaction, member: MemberScope, now: Instant): Promise<void>;
}

export function createDataKeys(vault: Vault): DataKeys {
  const contextOf = ({ programId, memberId }: MemberScope) => `member_keys:${programId}:${memberId}`;

  async function find(reader: Reader, member: MemberScope): Promise<DataKey | null> {
    const row = await first(reader, selectKey, { ...member });
    return row && row.sealed_key !== SHREDDED ? opened(member, row.sealed_key) : null;
  }

  function opened(member: MemberScope, sealedKey: string): DataKey {
    return dataKey(member, Buffer.from(vault.open(sealedKey, contextOf(member)), 'base64url'));
  }

  return {
    find,

    async findAll(reader, programId, memberIds) {
      const keys = new Map<string, DataKey>();
      for (const run of paddedKeys(memberIds)) {
        for (const row of await reader.all(selectKeys.statement(run.length), withKeys({ programId }, run))) {
          if (row.sealed_key === SHREDDED) continue;
          keys.set(row.member_id, opened({ programId, memberId: row.member_id }, row.sealed_key));
        }
      }
      return keys;
    },

    async ensure(tx, member, now) {
      const known = await first(tx, selectKey, { ...member });
      if (known?.sealed_key === SHREDDED) throw memberNotFound();
      if (known) {
        if ((await tx.run(touchKey, { ...member, sealedKey: known.sealed_key })) === 0) throw new WriteConflict('key');
        return opened(member, known.sealed_key);
      }
      const key = randomBytes(32);
      // Of two that make the first key at once the database keeps one; the other's transaction is run again.
      const sealedKey = vault.seal(key.toString('base64url'), contextOf(member));
      await tx.run(insertKey, { ...member, sealedKey, now });
      return dataKey(member, key);
    },

    async shred(tx, { programId, memberId }, now) {
      await tx.insert(overwriteKey, [[programId, memberId, SHREDDED, now]]);
    },
  };
}

function dataKey({ programId, memberId }: MemberScope, key: Uint8Array): DataKey {
  const contextOf = (place: string) => `${place}:${programId}:${memberId}`;
  return {
    seal: (text, place) => sealWith(key, text, contextOf(place)),
    open: (sealed, place) => openWith(key, sealed, contextOf(place)),
  };
}
