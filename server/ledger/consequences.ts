import type { Instant } from '../../shared/domain/time.ts';
import type { OrderRequest } from '../../shared/protocol/api.ts';
import { couponsForFact } from './coupons.ts';
import type { MemberState } from './member-state.ts';
import type { Unit } from './unit.ts';

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

const CONSEQUENCES: readonly Consequence[] = [couponsForFact];

/** What else a fact brings the member, in the same transaction. */
export function afterFact(unit: Unit, member: MemberState, fact: Fact): void {
  for (const consequence of CONSEQUENCES) consequence(unit, member, fact);
}
