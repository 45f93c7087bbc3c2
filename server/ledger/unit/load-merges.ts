import type { Transaction } from '../../database/database.ts';
import type { Command } from '../commands.ts';
import { activeMerges, mergeOf } from '../merge-rows.ts';
import { lotsBySeq } from '../redemption-rows.ts';
import { type LotRow, membersById } from '../rows.ts';
import type { MemberState } from './member-state.ts';
import type { Unit } from './unit.ts';

/**
 * Reads the members whom merged ones lead to, and has the shop's ids of those name these. Nothing is read where nobody
 * is merged.
 */
export async function loadMerges(tx: Transaction, unit: Unit): Promise<void> {
  const scope = { programId: unit.programId };
  for (;;) {
    const missing = [...unit.membersById.values()].flatMap(({ mergedInto }) =>
      mergedInto !== null && !unit.membersById.has(mergedInto) ? [mergedInto] : [],
    );
    if (missing.length === 0) break;
    for (const row of await tx.allIn(membersById, scope, [...new Set(missing)])) unit.load(row);
  }
  const merged = [...unit.membersById.values()].filter(({ mergedInto }) => mergedInto !== null);
  if (merged.length === 0) return;
  const ids = merged.map(({ memberId }) => memberId);
  for (const row of await tx.allIn(activeMerges, scope, ids)) unit.merges.set(row.member_id, mergeOf(row));
  for (const member of merged) unit.membersByCustomer.set(member.customerId, standsFor(unit, member));
}

/** The member whom a merged one leads to in the end. */
function standsFor(unit: Unit, member: MemberState): MemberState {
  let last = member;
  while (last.mergedInto !== null) {
    const next = unit.membersById.get(last.mergedInto);
    if (!next) throw new RangeError(`loadMerges: ${last.mergedInto} was not loaded`);
    last = next;
  }
  return last;
}

/** Members whose lots a group needs since merged members are in it: whatever comes to these goes on to the others. */
export function membersOfMerges(unit: Unit): MemberState[] {
  const members: MemberState[] = [];
  for (const { memberId, intoId } of unit.merges.values()) {
    for (const id of [memberId, intoId]) {
      const member = unit.membersById.get(id);
      if (member) members.push(member);
    }
  }
  return members;
}

/** Lots that went over, also closed ones: where a merge is taken back, or an order refunded that was of a merged member. */
export async function loadMergedLots(
  tx: Transaction,
  unit: Unit,
  commands: readonly Command[],
  keep: (row: LotRow) => void,
): Promise<void> {
  const seqs = new Map<string, Set<number>>();
  const want = (memberId: string, seq: number) => {
    if (unit.membersById.get(memberId)?.lots.has(seq)) return;
    seqs.set(memberId, (seqs.get(memberId) ?? new Set<number>()).add(seq));
  };
  for (const { needs } of commands) {
    const merge = needs.lots && needs.memberId !== undefined ? unit.merges.get(needs.memberId) : undefined;
    for (const [from] of merge?.lots ?? []) want(needs.memberId as string, from);
    const order = needs.orderId === undefined ? undefined : unit.orders.get(needs.orderId);
    for (const { memberId, seq } of order ? unit.carriedLots(order.member_id, order.seq) : []) want(memberId, seq);
  }
  for (const [memberId, wanted] of seqs) {
    const key = { programId: unit.programId, memberId, open: 1, closed: 0 };
    for (const row of await tx.allIn(lotsBySeq, key, [...wanted])) keep(row);
  }
}
