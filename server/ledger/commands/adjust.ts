import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { allocateLots } from '../../../shared/domain/lots.ts';
import type { AdjustmentRequest } from '../../../shared/protocol/api.ts';
import { type Command, contentHashOf, MERCHANT, rememberKey, replayOf, withLots } from '../commands.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { Unit } from '../unit/unit.ts';
import { activity, lotFor, standingAt } from './accrue.ts';

/** Adds or takes points by hand. Adjusted points do not count toward a tier. */
export function postAdjustment(customerId: string, adjustment: AdjustmentRequest, idempotencyKey: string): Command {
  const contentHash = contentHashOf(['adjustment', customerId, adjustment]);
  const needs = { customerId, lots: adjustment.points < 0, key: { caller: MERCHANT, text: idempotencyKey } };
  return {
    needs,
    decide(unit) {
      const replay = replayOf(unit, needs, contentHash);
      if (replay) return replay;
      const member = unit.membersByCustomer.get(customerId);
      if (!member) throw new LoyaltyError('member_not_found', 'No member with this id is enrolled.');
      const seq = adjustment.points > 0 ? add(unit, member, adjustment) : take(unit, withLots(member), adjustment);
      const outcome = { memberId: member.memberId, customerId, seq, replayed: false };
      rememberKey(unit, needs, contentHash, outcome);
      return outcome;
    },
  };
}

function add(unit: Unit, member: MemberState, { points, reason }: AdjustmentRequest): number {
  return append(unit, member, points, reason, lotFor(member, unit.versionAt(unit.now), points, unit.now, unit.now));
}

function take(unit: Unit, member: MemberState, { points, reason }: AdjustmentRequest): number {
  return append(unit, member, points, reason, { uses: allocateLots(member.lots.values(), -points, unit.now) });
}

function append(
  unit: Unit,
  member: MemberState,
  points: number,
  reason: string,
  effect: Pick<Parameters<Unit['append']>[1], 'lot' | 'uses'>,
): number {
  const { version } = unit.versionAt(unit.now);
  return unit.append(
    member,
    {
      kind: 'adjustment',
      points,
      qualifying: 0,
      occurredAt: unit.now,
      recordedAt: unit.now,
      programVersion: version,
      reason,
      ...effect,
    },
    {
      standing: standingAt(unit, member, unit.now),
      // Points that come in by hand are something that happened to the member; a correction downward is not.
      ...(effect.lot && activity(unit.versionAt(unit.now), unit.now)),
    },
  );
}
