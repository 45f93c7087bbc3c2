import type { Instant } from '../../../shared/domain/time.ts';
import type { OrderRequest } from '../../../shared/protocol/api.ts';
import type { OrderRow } from '../rows.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { Unit } from '../unit/unit.ts';
import { couponsForFact, withdrawCoupons } from './coupons.ts';
import { orderForReferral, readyForReturn, returnForReferral } from './reward-referral.ts';
import { returnForChallenges, stepChallenges } from './step-challenges.ts';

/** Something that happened in the shop and was just written: an order, or an event. */
export interface Fact {
  /** `order`, or the event's own. */
  readonly type: string;
  /** The shop's id of it. */
  readonly id: string;
  readonly occurredAt: Instant;
  /** `seq` of the entry that it brought; 0 where it brought none. */
  readonly seq: number;
  /** The member's tier before it. */
  readonly tierBefore: string;
  /** What an event says beside. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Of an order alone. */
  readonly order?: OrderRequest & { readonly netMinor: number };
}

/** What makes one kind of consequence. Nothing in it may refuse: the fact stands. */
export type Consequence = (unit: Unit, member: MemberState, fact: Fact) => void;

const CONSEQUENCES: readonly Consequence[] = [couponsForFact, stepChallenges, orderForReferral];

/** What else a fact brings the member, in the same transaction. */
export function afterFact(unit: Unit, member: MemberState, fact: Fact): void {
  for (const consequence of CONSEQUENCES) consequence(unit, member, fact);
}

/** A refund that was just written. */
export interface Returned {
  readonly before: OrderRow;
  readonly after: OrderRow;
  /** It is the refund after which nothing of the order is left. */
  readonly isWhole: boolean;
  readonly at: Instant;
}

/** Before a refund changes anything. @throws {Deferred} where what its consequences take from was not read. */
export const beforeReturn = readyForReturn;

/** What else a refund takes from the member, in the same transaction. */
export function afterReturn(unit: Unit, member: MemberState, returned: Returned): void {
  withdrawCoupons(unit, returned.after, returned.at);
  returnForChallenges(unit, member, returned);
  if (returned.isWhole) returnForReferral(unit, member, returned.after, returned.at);
}
