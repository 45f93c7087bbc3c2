import type { Instant } from '../../../shared/domain/time.ts';
import type { Command } from '../commands.ts';
import { withLots } from '../commands.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { Unit } from '../unit/unit.ts';
import { standingAt } from './accrue.ts';

/** Points that one member lost to expiry. */
export interface Expired {
  readonly entryCount: number;
  readonly points: number;
}

/**
 * Writes off what of a member's lots could not be spent at `asOf` any more, one entry a lot, oldest first. Safe to run
 * late, twice and at once: a lot that is closed already is not there to expire.
 */
export function expireLots(memberId: string, asOf: Instant): Command<Expired> {
  return {
    needs: { memberId, lots: true, occurredAt: asOf },
    decide(unit) {
      const member = unit.membersById.get(memberId);
      if (!member) throw new RangeError(`expireLots: no member ${memberId}`);
      const result = expireDue(unit, withLots(member), asOf);
      return { memberId, customerId: member.customerId, seq: member.seq, replayed: false, result };
    },
  };
}

/** Writes off what of a member's loaded lots could not be spent at `asOf` any more. */
export function expireDue(unit: Unit, member: MemberState, asOf: Instant): Expired {
  const expired = { entryCount: 0, points: 0 };
  const due = [...member.lots.values()].filter(({ remaining, expiresAt }) => remaining > 0 && expiresAt <= asOf);
  due.sort((a, b) => a.expiresAt - b.expiresAt || a.seq - b.seq);
  for (const { seq, remaining, expiresAt } of due) {
    const { version } = unit.versionAt(expiresAt);
    unit.append(
      member,
      {
        kind: 'expiry',
        points: -remaining,
        qualifying: 0,
        occurredAt: expiresAt,
        recordedAt: unit.now,
        programVersion: version,
        uses: [{ lot: seq, points: remaining }],
      },
      { standing: standingAt(unit, member, expiresAt), useKind: 'expired' },
    );
    expired.entryCount++;
    expired.points += remaining;
  }
  return expired;
}
