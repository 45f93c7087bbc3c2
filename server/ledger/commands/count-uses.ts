import type { Earned } from '../../../shared/domain/earning.ts';
import type { Earning } from '../../../shared/domain/earning-rules.ts';
import { limitPeriodOf, type Used, type UseLimit } from '../../../shared/domain/limits.ts';
import type { LocalDate } from '../../../shared/domain/time.ts';
import type { OrderRow } from '../rows.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { Unit } from '../unit/unit.ts';
import type { UseSubject } from '../unit/uses.ts';

/** Uses of limits that an order or event came to. */
export interface LimitedUse extends Used {
  readonly subject: UseSubject;
  /** First day of the limit's period. */
  readonly period: LocalDate;
}

/** What an order's facts keep of them, to be able to give them back. */
export interface OrderUses {
  readonly limited?: readonly LimitedUse[];
}

/** What was earned on a day used of the limits of rules and campaigns. */
export function usesOfLimits(
  earning: Earning,
  { parts, campaigns, day }: Pick<Earned, 'parts' | 'campaigns'> & { readonly day: LocalDate },
): LimitedUse[] {
  const uses: LimitedUse[] = [];
  const add = (subject: UseSubject, limit: UseLimit | undefined, points: number) => {
    if (limit) uses.push({ subject, period: limitPeriodOf(limit.per, day), times: 1, points });
  };
  for (const { rule, points } of parts) add(`rule:${rule}`, earning.rules.find(({ id }) => id === rule)?.limit, points);
  for (const campaign of campaigns) {
    add(`campaign:${campaign}`, earning.campaigns.find(({ id }) => id === campaign)?.limit, 0);
  }
  return uses;
}

/** Counts them against the member's limits. */
export function countUses(unit: Unit, member: MemberState, uses: readonly LimitedUse[]): void {
  for (const { subject, period, ...use } of uses) {
    unit.uses.addIn(period, unit.programId, member.memberId, subject, use);
  }
}

/** An order that was returned whole used nothing of any limit. */
export function giveUsesBack(unit: Unit, member: MemberState, order: OrderRow): void {
  const { limited = [] } = JSON.parse(order.facts) as OrderUses;
  for (const { subject, period, times, points } of limited) {
    unit.uses.addIn(period, unit.programId, member.memberId, subject, { times: -times, points: -points || 0 });
  }
}
