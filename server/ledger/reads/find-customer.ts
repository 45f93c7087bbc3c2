import { first, type Reader } from '../../database/database.ts';
import { type MemberRow, membersByCustomer, membersById } from '../rows.ts';

/** The member whom one of the shop's ids names: where he was merged into another, that one. */
export async function memberOfCustomer(
  reader: Reader,
  programId: string,
  customerId: string,
): Promise<MemberRow | undefined> {
  let row = await first(reader, membersByCustomer.statement(1), { programId, key0: customerId });
  while (row && row.merged_into !== null) {
    row = await first(reader, membersById.statement(1), { programId, key0: row.merged_into });
  }
  return row;
}
