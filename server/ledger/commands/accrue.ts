import { expiryOf } from '../../../shared/domain/expiry.ts';
import type { ProgramVersion } from '../../../shared/domain/program.ts';
import type { TierCourse, TierStanding } from '../../../shared/domain/tiers.ts';
import { afterAccrual, afterReviews } from '../../../shared/domain/tiers.ts';
import { type Instant, localDateOf } from '../../../shared/domain/time.ts';
import type { EntryDraft } from '../chain.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { Unit } from '../unit/unit.ts';

const DAY_MS = 86_400_000;

/** Points that a member earned, and what they were earned for. */
export type Accrual = Pick<
  EntryDraft,
  | 'points'
  | 'qualifying'
  | 'occurredAt'
  | 'order'
  | 'event'
  | 'reason'
  | 'multiplierPercent'
  | 'parts'
  | 'campaigns'
  | 'counted'
>;

/** Where a member stands at an instant, before what happens then. */
export function standingAt(unit: Unit, member: MemberState, instant: Instant): TierStanding {
  return afterReviews(member.standing, courseOf(unit, member), member.days, instant);
}

/** What a member's tier depends on besides what counted. */
export function courseOf({ versions }: Pick<Unit, 'versions'>, { enrolledAt }: MemberState): TierCourse {
  return { versions, enrolledAt };
}

/**
 * Appends an accrual: opens its lot, pays the member's debt from it, counts it toward his tier, and moves him up where
 * that reaches one.
 *
 * @param availableAt When the points can be spent; after the program's delay where absent.
 * @returns The entry's `seq`.
 */
export function accrue(unit: Unit, member: MemberState, accrual: Accrual, availableAt?: Instant): number {
  const { occurredAt } = accrual;
  const version = unit.versionAt(occurredAt);
  const { program } = version;
  const day = localDateOf(occurredAt, program.timeZone);
  const before = standingAt(unit, member, occurredAt);
  const confirmedAt = occurredAt + program.earning.confirmationDelayDays * DAY_MS;
  const draft: EntryDraft = {
    ...accrual,
    kind: 'accrual',
    recordedAt: unit.now,
    programVersion: version.version,
    ...lotFor(member, version, accrual.points, occurredAt, availableAt ?? confirmedAt),
  };
  return unit.append(member, draft, {
    standing: (days) => afterAccrual(before, courseOf(unit, member), days, occurredAt),
    qualifyingDay: day,
    ...activity(version, occurredAt),
  });
}

/** The lot of points that come in, and what of it pays the member's debt at once. */
export function lotFor(
  member: MemberState,
  { program }: ProgramVersion,
  points: number,
  accruedAt: Instant,
  availableAt: Instant,
): Pick<EntryDraft, 'lot' | 'uses'> {
  if (points <= 0) return {};
  const paysDebt = Math.min(points, member.debt);
  const { expiry, timeZone } = program;
  return {
    lot: {
      points,
      availableAt,
      expiresAt: expiryOf(expiry, accruedAt, timeZone),
      ...(expiry.kind === 'after_inactivity' && { follows: true }),
    },
    ...(paysDebt > 0 && { uses: [{ lot: member.seq + 1, points: paysDebt }] }),
  };
}

/** What earning or spending does for points that expire with inactivity. */
export function activity({ program }: ProgramVersion, occurredAt: Instant): { activeUntil?: Instant } {
  const { expiry, timeZone } = program;
  return expiry.kind === 'after_inactivity' ? { activeUntil: expiryOf(expiry, occurredAt, timeZone) } : {};
}
