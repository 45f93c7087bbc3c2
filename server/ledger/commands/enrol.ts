import type { Command } from '../commands.ts';

/** Enrols the shop's customer, unless he is already. */
export function enrol(customerId: string): Command<never> {
  return {
    needs: { customerId },
    decide(unit) {
      const member = unit.customer(customerId);
      unit.enrol(member);
      return { memberId: member.memberId, customerId, seq: 0, replayed: false };
    },
  };
}
