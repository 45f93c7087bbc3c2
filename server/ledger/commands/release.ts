import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { type Instant, NEVER } from '../../../shared/domain/time.ts';
import type { Command, Outcome } from '../commands.ts';
import type { RedemptionRow } from '../redemption-rows.ts';
import type { Unit } from '../unit/unit.ts';
import { giveBack, redeemerOf } from './give-back.ts';

/** The member puts back what he has not used; what is put back already stays so. */
export function releaseRedemption(memberId: string, redemptionId: string): Command {
  return {
    needs: { memberId, lots: true, redemptions: { ids: [redemptionId] } },
    decide(unit) {
      const row = unit.redemptions.byId(redemptionId);
      const member = unit.membersById.get(memberId);
      if (!row || !member || !unit.belongsTo(row.member_id, member) || row.origin !== 'reward')
        throw redemptionNotFound();
      if (row.state === 'released') return outcomeOf(unit, row, true);
      if (row.state !== 'held') {
        throw new LoyaltyError(
          'redemption_closed',
          `The redemption is ${row.state}: only one that is held can be put back.`,
        );
      }
      giveBack(unit, row, 'released', { at: unit.now, isShops: false });
      return outcomeOf(unit, row, false);
    },
  };
}

/** What ended, and the points that came back. */
export interface Released {
  readonly count: number;
  readonly points: number;
}

/** Ends a hold or a coupon whose time has run out by `asOf`. Safe to run late, twice and at once. */
export function releaseLapsed(redemptionId: string, asOf: Instant): Command<Released> {
  return {
    needs: { lots: true, redemptions: { ids: [redemptionId] } },
    decide(unit) {
      const row = unit.redemptions.byId(redemptionId);
      if (!row) throw redemptionNotFound();
      if (row.state !== 'held' || row.held_until > asOf || row.held_until === NEVER) {
        return { ...outcomeOf(unit, row, true), result: { count: 0, points: 0 } };
      }
      const state = row.origin === 'coupon' ? 'lapsed' : 'released';
      giveBack(unit, row, state, { at: row.held_until, isShops: false });
      return { ...outcomeOf(unit, row, false), result: { count: 1, points: row.points } };
    },
  };
}

export function outcomeOf(unit: Unit, row: RedemptionRow, replayed: boolean): Outcome<never> {
  const { memberId, customerId, seq } = redeemerOf(unit, row);
  return { memberId, customerId, seq: row.points > 0 ? seq : 0, replayed, ref: row.redemption_id };
}

export function redemptionNotFound(): LoyaltyError {
  return new LoyaltyError('redemption_not_found', 'There is no such redemption.');
}
