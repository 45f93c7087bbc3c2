import type { Instant } from '../../shared/domain/time.ts';
import { first, type Transaction } from '../database/database.ts';
import { sealOf } from '../database/seal.ts';
import { statement } from '../database/statement.ts';
import type { Vault } from '../identity/vault.ts';
import type { EraseRecords } from '../ledger/commands/erase-member.ts';
import { tombstoneOf } from '../ledger/commands/tombstone.ts';
import { createDataKeys, type DataKeys, type MemberScope } from './data-keys.ts';
import { ERASURES } from './erasures.ts';
import { mergedInto } from './merged-members.ts';

const selectEnrolment = statement<{ enrolled_at: number }>((db, p) =>
  db
    .selectFrom('members')
    .select('enrolled_at')
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId')),
);

const updateName = statement<never>((db, p) =>
  db
    .updateTable('members')
    .set({ customer_id: p('customerId'), digest: p('digest') })
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId')),
);

const insertErasure = statement<never>((db, p) =>
  db.insertInto('member_erasures').values({
    program_id: p('programId'),
    member_id: p('memberId'),
    erased_at: p('erasedAt'),
    reason: p('reason'),
    points: p('points'),
    digest: p('digest'),
  }),
);

/**
 * Takes out everything that names a member, and those who were merged into him: they are the same person. What stays
 * are entries, orders and scores under an id that leads to nobody.
 */
export async function eraseRecords(
  tx: Transaction,
  dataKeys: DataKeys,
  member: MemberScope,
  { at, reason, points }: { readonly at: Instant; readonly reason: string; readonly points: number },
): Promise<void> {
  const { programId, memberId } = member;
  await dataKeys.shred(tx, member, at);
  for (const { erase } of ERASURES) await erase(tx, member);
  const row = await first(tx, selectEnrolment, { programId, memberId });
  const customerId = tombstoneOf(memberId);
  const digest = sealOf([programId, memberId, customerId, row?.enrolled_at ?? 0]);
  await tx.run(updateName, { programId, memberId, customerId, digest });
  const sealed = sealOf([programId, memberId, at, reason, points]);
  await tx.run(insertErasure, { programId, memberId, erasedAt: at, reason, points, digest: sealed });
  for (const merged of await mergedInto(tx, programId, memberId)) {
    await eraseRecords(tx, dataKeys, { programId, memberId: merged }, { at, reason, points: 0 });
  }
}

/** What the ledger does with a member's records when his account ends. */
export function createEraser(vault: Vault): EraseRecords {
  const dataKeys = createDataKeys(vault);
  return (tx, { programId, memberId, ...erasure }) => eraseRecords(tx, dataKeys, { programId, memberId }, erasure);
}
