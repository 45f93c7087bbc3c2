import { type Lot, reclaimLots } from '../../../shared/domain/lots.ts';
import type { Instant } from '../../../shared/domain/time.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { Unit } from '../unit/unit.ts';
import { standingAt } from './accrue.ts';

/**
 * Takes back a reward that stands beside an order, once the order is gone: all that it brought but what expired; what was
 * spent of it becomes debt.
 *
 * @returns The entry's `seq`.
 */
export function takeBackLot(
  unit: Unit,
  member: MemberState,
  lot: Lot,
  { at, reason }: { readonly at: Instant; readonly reason: string },
): number {
  const expired = lot.expired + (lot.expiresAt <= unit.now ? lot.remaining : 0);
  const points = lot.initial - expired;
  const { uses } = reclaimLots(member.lots.values(), lot.seq, points, unit.now);
  return unit.append(
    member,
    {
      kind: 'reversal',
      points: -points || 0,
      qualifying: 0,
      occurredAt: at,
      recordedAt: unit.now,
      programVersion: unit.versionAt(at).version,
      reason,
      reverses: lot.seq,
      uses,
    },
    { standing: standingAt(unit, member, at), useKind: 'reversed' },
  );
}
