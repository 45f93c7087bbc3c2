import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { type Command, contentHashOf, Deferred, MERCHANT, rememberKey, replayOf, withLots } from '../commands.ts';
import type { Merge } from '../merge-rows.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { Unit } from '../unit/unit.ts';
import { carryOver } from './carry-over.ts';

/**
 * Makes two members one. The points of the first go over with their dates, lot by lot, and with them what counts toward
 * a tier; from then on the shop's id of the first names the second. The first chain ends in a transfer out, the second
 * goes on with transfers in: nothing that was written changes.
 *
 * @param memberId Laurel's id of the member who goes over.
 * @param intoCustomerId The shop's id of the member who stays.
 */
export function mergeMembers(
  memberId: string,
  intoCustomerId: string,
  reason: string,
  idempotencyKey?: string,
): Command {
  const contentHash = contentHashOf(['merge', memberId, intoCustomerId, reason]);
  const needs = {
    memberId,
    peerCustomerId: intoCustomerId,
    lots: true,
    ...(idempotencyKey !== undefined && { key: { caller: MERCHANT, text: idempotencyKey } }),
  };
  return {
    needs,
    decide(unit) {
      const replay = replayOf(unit, needs, contentHash);
      if (replay) return replay;
      const member = unit.membersById.get(memberId);
      const into = unit.membersByCustomer.get(intoCustomerId);
      if (!member || !into || member.isErased || into.isErased) {
        throw new LoyaltyError('member_not_found', 'No member with this id is enrolled.');
      }
      // Enrolled by a command of this very group: both have to be stored before one can lead to the other.
      if (member.isNew || into.isNew) throw new Deferred();
      const known = unit.merges.get(memberId);
      if (known?.intoId === into.memberId) {
        return { memberId, customerId: into.customerId, seq: known.seq, replayed: true };
      }
      refuse(member, into);
      const merge: Merge = {
        memberId,
        intoId: into.memberId,
        seq: 0,
        intoSeq: 0,
        mergedAt: unit.now,
        lots: [],
        days: new Map(),
        unmergedSeq: null,
      };
      withLots(into);
      unit.merges.set(memberId, merge);
      carryOver(unit, withLots(member), merge, reason);
      member.mergedInto = into.memberId;
      rename(unit, member, into);
      const outcome = { memberId, customerId: into.customerId, seq: merge.seq, replayed: false };
      rememberKey(unit, needs, contentHash, outcome);
      return outcome;
    },
  };
}

/** @throws {LoyaltyError} `merge_refused`. */
function refuse(member: MemberState, into: MemberState): void {
  if (member.mergedInto !== null) {
    throw new LoyaltyError('merge_refused', 'The member was merged into another one before.', [
      { pointer: '', detail: 'a member who stands for himself; unmerge him first' },
    ]);
  }
  // Also where the other was merged into this one before: its id leads here.
  if (member === into) {
    throw new LoyaltyError('merge_refused', 'Both ids are of the same member.', [
      { pointer: '/into', detail: 'the id of another member' },
    ]);
  }
}

/** All the shop's ids of a member lead to another from now on. */
function rename(unit: Unit, member: MemberState, into: MemberState): void {
  for (const [customerId, named] of unit.membersByCustomer) {
    if (named === member) unit.membersByCustomer.set(customerId, into);
  }
}
