import type { Lot } from '../../../shared/domain/lots.ts';
import type { Transaction } from '../../database/database.ts';
import { FOLLOWS } from '../../database/schema/ledger.ts';
import { sealOf } from '../../database/seal.ts';
import type { Value } from '../../database/statement.ts';
import { carryMerged } from '../commands/carry-over.ts';
import { writeMerges } from '../merge-rows.ts';
import {
  deleteLot,
  insertEntries,
  insertEvents,
  insertKeys,
  insertMembers,
  insertOrders,
  insertRefunds,
  updateOrders,
  writeAccountStates,
  writeAccounts,
  writeLots,
  writeUses,
} from '../rows.ts';
import { formatCounted, formatEarned, type MemberState } from './member-state.ts';
import type { Unit } from './unit.ts';

/**
 * Writes what a group of commands came to. New members, entries, orders, refunds and keys are plain inserts: where
 * another server was first, the transaction fails and the group is decided again on what that server wrote.
 */
export async function writeUnit(tx: Transaction, unit: Unit): Promise<void> {
  const { programId } = unit;
  carryMerged(unit);
  const members = [...unit.changedMembers];
  for (const write of unit.alongside) await write(tx);
  await insertAll(
    insertMembers,
    members.filter(({ isNew }) => isNew).map((member) => memberValues(programId, member)),
  );
  await insertAll(insertEntries, unit.entries.map(Object.values) as Value[][]);
  const keepsDates = ({ nextExpiryAt, storedExpiryAt, standing, storedReviewAt }: MemberState) =>
    nextExpiryAt === storedExpiryAt && standing.reviewAt === storedReviewAt;
  for (const [batch, written] of [
    [writeAccountStates, members.filter(keepsDates)],
    [writeAccounts, members.filter((member) => !keepsDates(member))],
  ] as const) {
    await insertAll(
      batch,
      written.map((member) => accountValues(programId, member)),
    );
  }
  await insertAll(insertOrders, [...unit.newOrders].map(Object.values) as Value[][]);
  await insertAll(updateOrders, [...unit.changedOrders].map(Object.values) as Value[][]);
  await insertAll(insertRefunds, unit.newRefunds.map(Object.values) as Value[][]);
  await insertAll(insertEvents, unit.newEvents.map(Object.values) as Value[][]);
  await insertAll(insertKeys, unit.newKeys.map(Object.values) as Value[][]);
  await writeChangedLots(tx, unit);
  await writeMerges(tx, programId, unit.changedMerges);
  await unit.redemptions.write(tx);
  await unit.challenges.write(tx);
  await unit.referrals.write(tx);
  await insertAll(writeUses, unit.uses.changedRows.map(Object.values) as Value[][]);

  async function insertAll(batch: Parameters<Transaction['insert']>[0], rows: readonly (readonly Value[])[]) {
    if (rows.length > 0) await tx.insert(batch, rows);
  }
}

/** A lot that is opened or closed lies elsewhere from then on. */
async function writeChangedLots(tx: Transaction, { programId, changedLots }: Unit): Promise<void> {
  const rows: Value[][] = [];
  const moved: Promise<number>[] = [];
  for (const [member, seqs] of changedLots) {
    for (const seq of seqs) {
      const lot = member.lots.get(seq);
      if (!lot) throw new RangeError(`ledger: lot ${seq} was not loaded`);
      const isOpen = lot.remaining > 0;
      const wasOpen = member.storedOpen.get(seq);
      if (wasOpen !== undefined && wasOpen !== isOpen) {
        moved.push(tx.run(deleteLot, { programId, memberId: member.memberId, isOpen: wasOpen ? 1 : 0, seq }));
      }
      rows.push(lotValues(programId, member.memberId, lot, isOpen));
    }
  }
  await Promise.all(moved);
  if (rows.length > 0) await tx.insert(writeLots, rows);
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
    formatEarned(member.standing),
    formatCounted(member.days),
    member.inactiveAt,
    member.lastAvailableAt,
    member.nextExpiryAt,
  ];
}

function lotValues(programId: string, memberId: string, lot: Lot, isOpen: boolean): Value[] {
  return [
    programId,
    memberId,
    lot.seq,
    lot.initial,
    lot.remaining,
    lot.expired,
    lot.reversed,
    lot.availableAt,
    lot.follows ? FOLLOWS : lot.expiresAt,
    isOpen ? 1 : 0,
    lot.isExtended ? 1 : 0,
  ];
}
