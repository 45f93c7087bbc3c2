import { LoyaltyError } from '../../../shared/domain/errors.ts';
import type { RedemptionState } from '../../../shared/domain/redeeming.ts';
import { type Command, contentHashOf } from '../commands.ts';
import type { RedemptionRow } from '../redemption-rows.ts';
import { historyOf } from '../unit/redemption-book.ts';
import { giveBack, redeemerOf } from './give-back.ts';
import { outcomeOf, redemptionNotFound } from './release.ts';

/** How far the shop is with a redemption. */
export interface FulfilmentChange {
  readonly state: 'committed' | 'packed' | 'shipped' | 'delivered' | 'cancelled';
  readonly carrier?: string | undefined;
  readonly tracking?: string | undefined;
  /** Why it is called off; the member can read it. */
  readonly reason?: string | undefined;
}

/** What may follow on what. A step may be left out, none taken back. */
const NEXT: Partial<Record<RedemptionState, readonly FulfilmentChange['state'][]>> = {
  held: ['committed', 'cancelled'],
  committed: ['cancelled'],
  requested: ['packed', 'shipped', 'delivered', 'cancelled'],
  packed: ['shipped', 'delivered', 'cancelled'],
  shipped: ['delivered', 'cancelled'],
};

/**
 * The shop took a code at the counter, is on its way with what it sends, or calls a redemption off, which gives all points
 * back. The same change again changes nothing.
 */
export function changeFulfilment(redemptionId: string, change: FulfilmentChange): Command {
  return {
    needs: { lots: true, redemptions: { ids: [redemptionId] } },
    decide(unit) {
      const row = unit.redemptions.byId(redemptionId);
      if (!row) throw redemptionNotFound();
      const member = redeemerOf(unit, row);
      if (isSame(row, change)) return outcomeOf(unit, row, true);
      refuseWrongStep(row, change, unit.now);
      const { state, carrier, tracking, reason } = change;
      if (state === 'cancelled') {
        giveBack(unit, row, state, { at: unit.now, isShops: true, ...(reason !== undefined && { reason }) });
      } else {
        unit.redemptions.step(row, { state, at: unit.now, carrier, tracking });
      }
      const { origin, reward_id: reward, points } = row;
      if (state === 'committed') {
        unit.tell(member, 'reward.used', unit.now, { redemption: redemptionId, origin, reward, points });
      } else {
        const told = { redemption: redemptionId, reward, from: row.state, to: state, carrier, tracking };
        unit.tell(member, 'reward.fulfilment_changed', unit.now, told);
      }
      return outcomeOf(unit, row, false);
    },
  };
}

function isSame(row: RedemptionRow, { state, carrier, tracking }: FulfilmentChange): boolean {
  // What an order used was not taken at the counter as well.
  if (row.state !== state || row.order_id !== null) return false;
  const last = historyOf(row).at(-1);
  return contentHashOf([last?.carrier, last?.tracking]) === contentHashOf([carrier, tracking]) || state !== 'shipped';
}

/** @throws {LoyaltyError} `redemption_closed`. */
function refuseWrongStep(row: RedemptionRow, { state }: FulfilmentChange, now: number): void {
  const closed = (why: string) => new LoyaltyError('redemption_closed', why);
  if (row.order_id !== null) throw closed('An order used its code: refund the order instead.');
  // Another tracking number for the same parcel.
  if (row.state === state) return;
  const next = NEXT[row.state as RedemptionState] ?? [];
  if (!next.includes(state)) {
    const after = next.length === 0 ? 'nothing' : next.join(', ');
    throw closed(`The redemption is ${row.state}; what can follow is: ${after}.`);
  }
  if (row.state === 'held' && state === 'committed' && now >= row.held_until)
    throw closed('The time of its code has run out.');
}
