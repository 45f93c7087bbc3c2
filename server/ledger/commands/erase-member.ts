import { LoyaltyError } from '../../../shared/domain/errors.ts';
import type { Instant } from '../../../shared/domain/time.ts';
import type { Transaction } from '../../database/database.ts';
import { type Command, withLots } from '../commands.ts';
import { standingAt } from './accrue.ts';

/** Why an erased member's points are gone; a code rather than a sentence, since nobody is left to read it. */
export const ERASED = 'erased';

/** What else an erasure does, in the same transaction. */
export type EraseRecords = (
  tx: Transaction,
  erased: Erased & { readonly programId: string; readonly memberId: string; readonly reason: string },
) => Promise<void>;

/** Points that were forfeited, and when. */
export interface Erased {
  readonly points: number;
  readonly at: Instant;
}

/**
 * Ends a member's account: an entry forfeits every open point, pending ones with the others, since nobody can ever spend
 * them. It is written without points as well: it keeps every other writer of this account from going on as if nothing
 * had happened. The chain itself names nobody and stays.
 */
export function eraseMember(memberId: string, reason: string, eraseRecords: EraseRecords): Command<Erased> {
  return {
    needs: { memberId, lots: true },
    decide(unit) {
      const known = unit.membersById.get(memberId);
      if (!known || known.isErased) throw new LoyaltyError('member_not_found', 'No member with this id is enrolled.');
      const member = withLots(known);
      const uses = [...member.lots.values()]
        .filter(({ remaining }) => remaining > 0)
        .map(({ seq, remaining }) => ({ lot: seq, points: remaining }));
      const points = uses.reduce((sum, use) => sum + use.points, 0);
      const { version } = unit.versionAt(unit.now);
      const seq = unit.append(
        member,
        {
          kind: 'adjustment',
          points: -points || 0,
          qualifying: 0,
          occurredAt: unit.now,
          recordedAt: unit.now,
          programVersion: version,
          reason: ERASED,
          uses,
        },
        { standing: standingAt(unit, member, unit.now) },
      );
      unit.tell(member, 'member.erased', unit.now, { erased: memberId, pointsForfeited: points });
      unit.unname(member);
      member.isErased = true;
      const { programId, now: at } = unit;
      unit.alongside.push((tx) => eraseRecords(tx, { programId, memberId, reason, points, at }));
      return { memberId, customerId: '', seq, replayed: false, result: { points, at } };
    },
  };
}
