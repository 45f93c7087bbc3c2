import type { Transaction } from '../database/database.ts';
import { sealOf } from '../database/seal.ts';
import type { Value } from '../database/statement.ts';
import {
  insertEntries,
  insertKeys,
  insertLotUses,
  insertMembers,
  insertOrders,
  insertRefunds,
  updateOrders,
  writeAccountStates,
  writeAccounts,
  writeLots,
  writeQualifyingDays,
} from './rows.ts';
import type { MemberState, Unit } from './unit.ts';

/**
 * Writes what a group of commands came to. New members, entries, orders, refunds and keys are plain inserts: where
 * another server was first, the transaction fails and the group is decided again on what that server wrote.
 */
export async function writeUnit(tx: Transaction, unit: Unit): Promise<void> {
  const { programId } = unit;
  const members = [...unit.changedMembers];
  await insertAll(
    insertMembers,
    members.filter(({ isNew }) => isNew).map((member) => memberValues(programId, member)),
  );
  await insertAll(insertEntries, unit.entries.map(Object.values) as Value[][]);
  const keepsExpiry = (member: MemberState) => member.nextExpiryAt === member.storedExpiryAt;
  for (const [batch, written] of [
    [writeAccountStates, members.filter(keepsExpiry)],
    [writeAccounts, members.filter((member) => !keepsExpiry(member))],
  ] as const) {
    await insertAll(
      batch,
      written.map((member) => accountValues(programId, member)),
    );
  }
  await insertAll(insertOrders, [...unit.newOrders].map(Object.values) as Value[][]);
  await insertAll(updateOrders, [...unit.changedOrders].map(Object.values) as Value[][]);
  await insertAll(insertRefunds, unit.newRefunds.map(Object.values) as Value[][]);
  await insertAll(insertKeys, unit.newKeys.map(Object.values) as Value[][]);
  await insertAll(
    writeLots,
    [...unit.changedLots].flatMap(([member, seqs]) => [...seqs].map((seq) => lotValues(programId, member, seq))),
  );
  await insertAll(
    insertLotUses,
    unit.lotUses.map(({ memberId, seq, use }) => [programId, memberId, seq, use.lot, use.points]),
  );
  await insertAll(
    writeQualifyingDays,
    [...unit.changedDays].flatMap(([member, days]) =>
      [...days].map((day) => [programId, member.memberId, day, member.days.get(day) ?? 0]),
    ),
  );

  async function insertAll(batch: Parameters<Transaction['insert']>[0], rows: readonly (readonly Value[])[]) {
    if (rows.length > 0) await tx.insert(batch, rows);
  }
}

function memberValues(programId: string, { memberId, customerId, enrolledAt }: MemberState): Value[] {
  const columns = [programId, memberId, customerId, enrolledAt];
  return [...columns, sealOf(columns)];
}

function accountValues(programId: string, member: MemberState): Value[] {
  return [
    programId,
    member.memberId,
    member.seq,
    member.head,
    member.balance,
    member.debt,
    member.standing.tierId,
    member.standing.since,
    member.standing.reviewAt,
    member.lastAvailableAt,
    member.nextExpiryAt,
  ];
}

function lotValues(programId: string, member: MemberState, seq: number): Value[] {
  const lot = member.lots.get(seq);
  if (!lot) throw new RangeError(`ledger: lot ${seq} was not loaded`);
  return [
    programId,
    member.memberId,
    seq,
    lot.initial,
    lot.remaining,
    lot.expired,
    lot.reversed,
    lot.availableAt,
    lot.expiresAt,
    lot.remaining > 0 ? 1 : 0,
  ];
}
