import { LoyaltyError } from '../../../shared/domain/errors.ts';
import type { LotReturn } from '../../../shared/domain/lots.ts';
import { count } from '../../../shared/domain/qualifying.ts';
import { afterAccrual } from '../../../shared/domain/tiers.ts';
import { type Command, contentHashOf, MERCHANT, rememberKey, replayOf, withLots } from '../commands.ts';
import type { Merge } from '../merge-rows.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { Unit } from '../unit/unit.ts';
import { courseOf, standingAt } from './accrue.ts';
import { countedDays, negated } from './carry-over.ts';
import { expireDue } from './expire-lots.ts';

/**
 * Takes a merge back. Of each lot that went over, what is left goes back to the lot that it came from; what of it was
 * spent, expired or taken back since stays with the member who stays, who did it. Counts toward a tier go back whole.
 * What came after the merge, under either id, stays where it went, and so does a debt that was paid.
 *
 * Example: 100 and 50 points went over, 30 of the 100 were spent. 70 and 50 go back, into their own lots with their own
 * dates.
 */
export function unmergeMembers(memberId: string, reason: string, idempotencyKey?: string): Command {
  const contentHash = contentHashOf(['unmerge', memberId, reason]);
  const needs = {
    memberId,
    lots: true,
    ...(idempotencyKey !== undefined && { key: { caller: MERCHANT, text: idempotencyKey } }),
  };
  return {
    needs,
    decide(unit) {
      const replay = replayOf(unit, needs, contentHash);
      if (replay) return replay;
      const member = unit.membersById.get(memberId);
      const merge = unit.merges.get(memberId);
      if (!member || !merge || member.mergedInto === null) {
        throw new LoyaltyError('merge_not_found', 'The member is not merged into another one.');
      }
      const into = unit.membersById.get(merge.intoId);
      if (!into) throw new RangeError(`unmergeMembers: ${merge.intoId} was not loaded`);
      if (into.isErased) throw new LoyaltyError('member_not_found', 'No member with this id is enrolled.');
      if (into.mergedInto !== null) {
        throw new LoyaltyError('merge_refused', 'The other member was merged on since.', [
          { pointer: '', detail: 'take the later merge back first' },
        ]);
      }
      const seq = giveBack(unit, withLots(member), withLots(into), merge, reason);
      const outcome = { memberId, customerId: into.customerId, seq, replayed: false };
      rememberKey(unit, needs, contentHash, outcome);
      return outcome;
    },
  };
}

function giveBack(unit: Unit, member: MemberState, into: MemberState, merge: Merge, reason: string): number {
  expireDue(unit, into, unit.now);
  const shared = {
    kind: 'transfer',
    qualifying: 0,
    occurredAt: unit.now,
    recordedAt: unit.now,
    programVersion: unit.versionAt(unit.now).version,
    reason,
  } as const;
  const left = merge.lots.flatMap(([from, to]) => {
    const lot = into.lots.get(to);
    return lot && lot.remaining > 0 ? [{ from, lot }] : [];
  });
  const uses = left.map(({ lot }) => ({ lot: lot.seq, points: lot.remaining }));
  const points = uses.reduce((sum, use) => sum + use.points, 0);
  const moved = countedDays(merge.days);
  unit.append(
    into,
    { ...shared, peer: member.memberId, points: -points || 0, uses, moved: moved.map(negated) },
    { standing: standingAt(unit, into, unit.now) },
  );

  const returns = new Map<number, LotReturn>();
  for (const { from, lot } of left) {
    const own = member.lots.get(from);
    if (!own) throw new RangeError(`unmergeMembers: lot ${from} was not loaded`);
    // Put off meanwhile, or moved on by what the other did: the later date is the member's.
    const expiresAt = own.follows || own.expiresAt !== lot.expiresAt ? { expiresAt: lot.expiresAt } : {};
    const before = returns.get(from)?.points ?? 0;
    returns.set(from, { lot: from, points: before + lot.remaining, ...expiresAt });
  }
  const before = standingAt(unit, member, unit.now);
  const days = new Map(member.days);
  for (const { day, ...counted } of moved) count(days, day, counted);
  const standing = afterAccrual(before, courseOf(unit, member), days, unit.now);
  member.mergedInto = null;
  const seq = unit.append(
    member,
    {
      ...shared,
      peer: into.memberId,
      points,
      returns: [...returns.values()],
      moved,
      ...(standing !== before && { reached: standing }),
    },
    { standing },
  );
  merge.unmergedSeq = seq;
  unit.changedMerges.add(merge);
  unit.merges.delete(member.memberId);
  return seq;
}
