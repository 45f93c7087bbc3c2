import { LoyaltyError } from '../../shared/domain/errors.ts';
import { first, type Reader } from '../database/database.ts';
import { statement } from '../database/statement.ts';

/** A member as the shop and as the ledger name him. */
export interface FoundMember {
  readonly programId: string;
  readonly memberId: string;
  readonly customerId: string;
  readonly enrolledAt: number;
}

interface MemberRow {
  readonly member_id: string;
  readonly customer_id: string;
  readonly enrolled_at: number;
}

const byId = statement<MemberRow & { readonly erased_at: number | null }>((db, p) =>
  db
    .selectFrom('members')
    .leftJoin('member_erasures as erasure', (join) =>
      join.onRef('erasure.program_id', '=', 'members.program_id').onRef('erasure.member_id', '=', 'members.member_id'),
    )
    .select(['members.member_id', 'members.customer_id', 'members.enrolled_at', 'erasure.erased_at'])
    .where('members.program_id', '=', p('programId'))
    .where('members.member_id', '=', p('memberId')),
);

/** By Laurel's id, as a token carries it. @throws {LoyaltyError} `member_not_found`, also for one who was erased. */
export async function memberOfId(reader: Reader, programId: string, memberId: string): Promise<FoundMember> {
  const row = await first(reader, byId, { programId, memberId });
  if (!row || row.erased_at !== null) throw memberNotFound();
  return found(programId, row);
}

function found(programId: string, row: MemberRow): FoundMember {
  return { programId, memberId: row.member_id, customerId: row.customer_id, enrolledAt: row.enrolled_at };
}

export function memberNotFound(): LoyaltyError {
  return new LoyaltyError('member_not_found', 'No member with this id is enrolled.');
}
