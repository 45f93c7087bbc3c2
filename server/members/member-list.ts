import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import type { AudiencePage, MemberPage } from '../../shared/protocol/api.ts';
import { lookup, paddedKeys, withKeys } from '../database/batch.ts';
import type { Reader } from '../database/database.ts';
import { type Statement, statement } from '../database/statement.ts';
import { type AudienceRow, selectAudience } from './consent-rows.ts';
import type { ProfileBook } from './profile-book.ts';
import type { ProfileRow } from './profile-rows.ts';

/** Where a page begins: behind the member with this id. */
export interface MemberPosition {
  readonly after: string;
  readonly limit: number;
}

/** What a merchant looks for; everything where nothing is given. */
export interface MemberFilter {
  readonly email?: string | undefined;
  readonly tier?: string | undefined;
}

interface MemberRow {
  readonly member_id: string;
  readonly customer_id: string;
  readonly enrolled_at: number;
  readonly balance: number;
  readonly tier: string;
}

const profilesOf = lookup<ProfileRow>((db, p, keys) =>
  db.selectFrom('member_profiles').selectAll().where('program_id', '=', p('programId')).where('member_id', 'in', keys),
);

/** Members who stand for a person: neither erased nor merged into another. */
function membersWhere(by: 'all' | 'tier' | 'email'): Statement<MemberRow> {
  return statement((db, p) => {
    const members = db
      .selectFrom('members')
      .innerJoin('accounts', (join) =>
        join
          .onRef('accounts.program_id', '=', 'members.program_id')
          .onRef('accounts.member_id', '=', 'members.member_id'),
      )
      .select(['members.member_id', 'members.customer_id', 'members.enrolled_at', 'accounts.balance', 'accounts.tier'])
      .where('members.program_id', '=', p('programId'))
      .where('members.member_id', '>', p('after'))
      .where('accounts.merged_into', 'is', null)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('member_erasures as erasure')
              .select('erasure.member_id')
              .whereRef('erasure.program_id', '=', 'members.program_id')
              .whereRef('erasure.member_id', '=', 'members.member_id'),
          ),
        ),
      )
      .orderBy('members.member_id')
      .limit(p('limit'));
    if (by === 'tier') return members.where('accounts.tier', '=', p('tier'));
    if (by === 'all') return members;
    return members.where('members.member_id', 'in', (eb) =>
      eb
        .selectFrom('member_profiles as profile')
        .select('profile.member_id')
        .where('profile.program_id', '=', p('programId'))
        .where('profile.email_hash', '=', p('emailHash')),
    );
  });
}

const allMembers = membersWhere('all');
const membersOfTier = membersWhere('tier');
const membersWithEmail = membersWhere('email');

/** A page of members by their id, and where the next one begins. */
export async function listMembers(
  reader: Reader,
  profiles: ProfileBook,
  programId: string,
  { email, tier }: MemberFilter,
  { after, limit }: MemberPosition,
): Promise<{ readonly members: MemberPage['members']; readonly next: string | null }> {
  const page = { programId, after, limit: limit + 1 };
  let rows: readonly MemberRow[];
  if (email !== undefined) {
    rows = await reader.all(membersWithEmail, { ...page, emailHash: profiles.emailHash(programId, email) });
    // An address names a person or a household: what is left to look through is short.
    if (tier !== undefined) rows = rows.filter((row) => row.tier === tier);
  } else if (tier !== undefined) rows = await reader.all(membersOfTier, { ...page, tier });
  else rows = await reader.all(allMembers, page);

  const shown = rows.slice(0, limit);
  const stored = await profilesIn(reader, programId, shown);
  const persons = await profiles.personsOf(reader, programId, [...stored.values()]);
  return {
    members: shown.map((row) => {
      const joinedAt = stored.get(row.member_id)?.joined_at ?? null;
      return {
        memberId: row.customer_id,
        displayName: persons.get(row.member_id)?.displayName ?? null,
        email: persons.get(row.member_id)?.email ?? null,
        tier: row.tier,
        balance: row.balance,
        source: stored.get(row.member_id)?.source ?? null,
        enrolledAt: formatInstant(row.enrolled_at),
        joinedAt: joinedAt === null ? null : formatInstant(joinedAt),
      };
    }),
    next: rows.length > limit ? (shown.at(-1)?.member_id ?? null) : null,
  };
}

/** A page of the members who may be addressed for a purpose. */
export async function listAudience(
  reader: Reader,
  profiles: ProfileBook,
  { programId, purpose, textVersion }: { programId: string; purpose: string; textVersion: number | null },
  { after, limit }: MemberPosition,
): Promise<{ readonly members: AudiencePage['members']; readonly next: string | null }> {
  const rows = await reader.all<AudienceRow>(selectAudience, {
    programId,
    purpose,
    isEffective: 1,
    after,
    limit: limit + 1,
  });
  const shown = rows.slice(0, limit);
  const persons = await profiles.personsOf(reader, programId, [
    ...(await profilesIn(reader, programId, shown)).values(),
  ]);
  return {
    members: shown.map((row) => ({
      memberId: row.customer_id,
      email: persons.get(row.member_id)?.email ?? null,
      locale: persons.get(row.member_id)?.locale ?? null,
      textVersion: row.text_version,
      isOutdated: row.text_version !== textVersion,
      since: formatInstant(row.recorded_at as Instant),
    })),
    next: rows.length > limit ? (shown.at(-1)?.member_id ?? null) : null,
  };
}

async function profilesIn(
  reader: Reader,
  programId: string,
  members: readonly { readonly member_id: string }[],
): Promise<ReadonlyMap<string, ProfileRow>> {
  const profiles = new Map<string, ProfileRow>();
  for (const run of paddedKeys(members.map(({ member_id }) => member_id))) {
    const rows = await reader.all(profilesOf.statement(run.length), withKeys({ programId }, run));
    for (const row of rows) profiles.set(row.member_id, row);
  }
  return profiles;
}
