import { BoundedMap } from '../../bounded-map.ts';
import { type MemberState, storedState } from './member-state.ts';
import type { Unit } from './unit.ts';

/** Members kept; the one written longest ago makes room. */
const COUNT_MAX = 50_000;

/**
 * Members as the last group that wrote them left them, for a ledger beside which nobody else writes members and accounts.
 * A group takes them out and puts back what it has committed, so one that fails leaves nothing behind.
 */
export class KeptMembers {
  readonly #countMax: number;
  /** By program and the shop's id. */
  #members: BoundedMap<string, MemberState>;

  constructor(countMax = COUNT_MAX) {
    this.#countMax = countMax;
    this.#members = new BoundedMap(countMax);
  }

  /** Moves the members with these ids of the shop into the unit, and gives the ids of the others. */
  take(unit: Unit, customerIds: readonly string[]): string[] {
    return customerIds.filter((customerId) => {
      const key = keyOf(unit.programId, customerId);
      const member = this.#members.get(key);
      if (!member) return true;
      this.#members.delete(key);
      unit.add(member);
      return false;
    });
  }

  /** Keeps what a group wrote, once it is committed. */
  put(unit: Unit): void {
    // Merges and erasures change rows of members who are not in the unit: rare enough to read everybody anew.
    if (unit.alongside.length > 0 || unit.changedMerges.size > 0) {
      this.clear();
      return;
    }
    for (const member of unit.changedMembers) {
      const key = keyOf(unit.programId, member.customerId);
      if (member.isErased || member.mergedInto !== null) this.#members.delete(key);
      else this.#members.set(key, storedState(member));
    }
  }

  /** A group failed: whatever the reason is, the next one reads what is stored. */
  clear(): void {
    this.#members = new BoundedMap(this.#countMax);
  }
}

const keyOf = (programId: string, customerId: string) => `${programId} ${customerId}`;
