import { LoyaltyError } from '../../shared/domain/errors.ts';
import { allocateLots, expiryOf } from '../../shared/domain/lots.ts';
import { afterReviews } from '../../shared/domain/tiers.ts';
import type { AdjustmentRequest } from '../../shared/protocol/api.ts';
import { type Command, contentHashOf, MERCHANT, rememberKey, replayOf, withLots } from './commands.ts';
import type { MemberState, Unit } from './unit.ts';

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
  const { program } = unit.versionAt(unit.now);
  const paysDebt = Math.min(points, member.debt);
  return append(unit, member, points, reason, {
    lot: { points, availableAt: unit.now, expiresAt: expiryOf(program.expiry, unit.now, program.timeZone) },
    ...(paysDebt > 0 && { uses: [{ lot: member.seq + 1, points: paysDebt }] }),
  });
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
  const { version, program } = unit.versionAt(unit.now);
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
    { standing: afterReviews(member.standing, program.tiers, member.days, unit.now, program.timeZone) },
  );
}
