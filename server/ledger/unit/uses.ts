import { limitPeriodOf, UNUSED, type Used, type UseLimit } from '../../../shared/domain/limits.ts';
import type { LocalDate } from '../../../shared/domain/time.ts';
import type { Tables } from '../../database/tables.ts';

/** Something with a limit, such as `rule:per-review`. */
export type UseSubject = `${'rule' | 'campaign' | 'reward' | 'coupon' | 'benefit' | 'referral' | 'occasion'}:${string}`;

/** What the members of a group used of limits so far. */
export class UseCounters {
  readonly #used = new Map<string, Tables['member_uses']>();
  readonly #changed = new Set<string>();

  load(row: Tables['member_uses']): void {
    this.#used.set(keyOf(row.member_id, row.subject, row.period), row);
  }

  /** What a member used in the period that `day` lies in. */
  used(memberId: string, subject: UseSubject, limit: UseLimit, day: LocalDate): Used {
    return this.#used.get(keyOf(memberId, subject, limitPeriodOf(limit.per, day))) ?? UNUSED;
  }

  /** Counts one use, or takes it back with negative numbers. */
  add(
    programId: string,
    memberId: string,
    subject: UseSubject,
    use: { readonly limit: UseLimit; readonly day: LocalDate; readonly times: number; readonly points: number },
  ): void {
    this.addIn(limitPeriodOf(use.limit.per, use.day), programId, memberId, subject, use);
  }

  /** As {@link add}, in a period that is known by its first day. */
  addIn(period: LocalDate, programId: string, memberId: string, subject: UseSubject, use: Used): void {
    const key = keyOf(memberId, subject, period);
    const before = this.#used.get(key) ?? UNUSED;
    this.#used.set(key, {
      program_id: programId,
      member_id: memberId,
      subject,
      period,
      times: Math.max(0, before.times + use.times),
      points: Math.max(0, before.points + use.points),
    });
    this.#changed.add(key);
  }

  get changedRows(): Tables['member_uses'][] {
    return [...this.#changed].map((key) => this.#used.get(key) as Tables['member_uses']);
  }
}

const keyOf = (memberId: string, subject: string, period: LocalDate) => `${memberId} ${subject} ${period}`;
