import { LoyaltyError } from '../../shared/domain/errors.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import type { JoinRequest, Profile } from '../../shared/protocol/api.ts';
import { type Database, first, type Reader, type Transaction, WriteConflict } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import type { Vault } from '../identity/vault.ts';
import type { DataKey, DataKeys } from './data-keys.ts';
import { type FoundMember, memberOfId } from './find-member.ts';
import {
  birthdayLockedUntil,
  changePerson,
  NOBODY,
  normalizedEmail,
  type Person,
  type PersonChange,
} from './person.ts';
import { insertProfile, type ProfileRow, sealProfile, selectProfile, updateProfile } from './profile-rows.ts';

/** Where in the database a sealed profile is; it opens nowhere else. */
const PLACE = 'member_profiles';

/** What members say of themselves. */
export interface ProfileBook {
  /** @throws {LoyaltyError} `member_not_found`. */
  read(programId: string, memberId: string): Promise<Profile>;

  /** @throws {LoyaltyError} `member_not_found`, `birthday_locked`, `invalid_request`. */
  change(programId: string, memberId: string, change: PersonChange, by: 'member' | 'merchant'): Promise<Profile>;

  /**
   * Writes a joining member's profile, once: gives false when the member had joined with the same content before.
   *
   * @throws {LoyaltyError} `idempotency_conflict` when he had joined with other content.
   */
  join(tx: Transaction, member: FoundMember, request: JoinRequest, now: Instant): Promise<boolean>;

  /** Persons by member, for a page of a listing. */
  personsOf(reader: Reader, programId: string, rows: readonly ProfileRow[]): Promise<ReadonlyMap<string, Person>>;

  /** Keyed digest by which members with an e-mail address are found. */
  emailHash(programId: string, email: string): string;
  /** Keyed digest by which members with a birthday (`MM-DD`) are found. */
  birthdayHash(programId: string, birthday: string): string;
  /** Members whose birthday is on a day (`MM-DD`), by id, after a given one. Merged and erased members are not among them. */
  membersWithBirthday(programId: string, birthday: string, after: string, limit: number): Promise<readonly string[]>;
}

const birthdayMembers = statement<{ member_id: string }>((db, p) =>
  db
    .selectFrom('member_profiles as profile')
    .innerJoin('accounts as account', (join) =>
      join.onRef('account.program_id', '=', 'profile.program_id').onRef('account.member_id', '=', 'profile.member_id'),
    )
    .select('profile.member_id')
    .where('profile.program_id', '=', p('programId'))
    .where('profile.birthday_hash', '=', p('birthdayHash'))
    .where('profile.member_id', '>', p('after'))
    .where('account.merged_into', 'is', null)
    .orderBy('profile.member_id')
    .limit(p('limit')),
);

export function createProfileBook({
  database,
  vault,
  dataKeys,
  clock,
}: {
  readonly database: Database;
  readonly vault: Vault;
  readonly dataKeys: DataKeys;
  readonly clock: () => Instant;
}): ProfileBook {
  const emailHash = (programId: string, email: string) =>
    vault.macOf('member-email', JSON.stringify([programId, normalizedEmail(email)]));
  const birthdayHash = (programId: string, birthday: string) =>
    vault.macOf('member-birthday', JSON.stringify([programId, birthday]));

  function personOf(row: ProfileRow | undefined, key: DataKey | null): Person {
    return row && key ? { ...NOBODY, ...(JSON.parse(key.open(row.sealed, PLACE)) as Partial<Person>) } : NOBODY;
  }

  /** Writes a profile over the one that was read, or as the first. */
  async function write(
    tx: Transaction,
    member: FoundMember,
    before: ProfileRow | undefined,
    next: { person: Person; birthdaySetAt: Instant | null },
    joined: Pick<ProfileRow, 'source' | 'joined_at' | 'join_hash'>,
    now: Instant,
  ): Promise<ProfileRow> {
    const { programId, memberId } = member;
    const key = await dataKeys.ensure(tx, { programId, memberId }, now);
    const { person, birthdaySetAt } = next;
    const row = sealProfile({
      program_id: programId,
      member_id: memberId,
      sealed: key.seal(JSON.stringify(person), PLACE),
      email_hash: person.email === null ? null : emailHash(programId, person.email),
      birthday_hash: person.birthday === null ? null : birthdayHash(programId, person.birthday),
      birthday_set_at: birthdaySetAt,
      ...joined,
      updated_at: now,
      revision: (before?.revision ?? 0) + 1,
    });
    if (!before) await tx.run(insertProfile, row);
    else if ((await tx.run(updateProfile, { ...row, revision_before: before.revision })) === 0) {
      throw new WriteConflict('profile');
    }
    return row;
  }

  return {
    emailHash,
    birthdayHash,

    async read(programId, memberId) {
      const member = await memberOfId(database, programId, memberId);
      const row = await first(database, selectProfile, { programId, memberId });
      return profileOf(member, row, personOf(row, await dataKeys.find(database, member)), clock());
    },

    change(programId, memberId, change, by) {
      return database.transaction(async (tx) => {
        const now = clock();
        const member = await memberOfId(tx, programId, memberId);
        const row = await first(tx, selectProfile, { programId, memberId });
        const person = personOf(row, await dataKeys.find(tx, member));
        const birthdaySetAt = row?.birthday_set_at ?? null;
        const next = changePerson({ person, birthdaySetAt }, change, by, now);
        if (JSON.stringify(next.person) === JSON.stringify(person)) return profileOf(member, row, person, now);
        const { source = null, joined_at = null, join_hash = null } = row ?? {};
        const written = await write(tx, member, row, next, { source, joined_at, join_hash }, now);
        return profileOf(member, written, next.person, now);
      });
    },

    async join(tx, member, request, now) {
      const { programId, memberId } = member;
      const row = await first(tx, selectProfile, { programId, memberId });
      const joinHash = vault.macOf('member-join', JSON.stringify([programId, member.customerId, request]));
      if (row && row.joined_at !== null) {
        if (row.join_hash === joinHash) return false;
        throw new LoyaltyError('idempotency_conflict', 'This member joined before with other content.', [
          { pointer: '', detail: 'the same content as before; a profile is changed with PATCH' },
        ]);
      }
      const before = {
        person: personOf(row, await dataKeys.find(tx, member)),
        birthdaySetAt: row?.birthday_set_at ?? null,
      };
      const { displayName, email, locale, birthday, source } = request;
      const next = changePerson(before, { displayName, email, locale, birthday }, 'member', now);
      await write(tx, member, row, next, { source, joined_at: now, join_hash: joinHash }, now);
      return true;
    },

    async personsOf(reader, programId, rows) {
      const ids = rows.map(({ member_id }) => member_id);
      const keys = await dataKeys.findAll(reader, programId, ids);
      return new Map(rows.map((row) => [row.member_id, personOf(row, keys.get(row.member_id) ?? null)]));
    },

    async membersWithBirthday(programId, birthday, after, limit) {
      const hash = birthdayHash(programId, birthday);
      const rows = await database.all(birthdayMembers, { programId, birthdayHash: hash, after, limit });
      return rows.map(({ member_id }) => member_id);
    },
  };
}

function profileOf(member: FoundMember, row: ProfileRow | undefined, person: Person, now: Instant): Profile {
  const lockedUntil = birthdayLockedUntil(row?.birthday_set_at ?? null, now);
  const at = (instant: Instant | null | undefined) =>
    instant === null || instant === undefined ? null : formatInstant(instant);
  return {
    memberId: member.customerId,
    ...person,
    birthdayLockedUntil: at(lockedUntil),
    source: row?.source ?? null,
    joinedAt: at(row?.joined_at),
    enrolledAt: formatInstant(member.enrolledAt),
    updatedAt: at(row?.updated_at),
  };
}
