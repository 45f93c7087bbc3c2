import { type LotUse, reclaimLots } from '../../../shared/domain/lots.ts';
import type { Qualified } from '../../../shared/domain/qualifying.ts';
import { afterAccrual, type TierStanding, tierOf } from '../../../shared/domain/tiers.ts';
import type { LocalDate } from '../../../shared/domain/time.ts';
import type { CountedDay, EntryDraft } from '../chain.ts';
import type { Merge } from '../merge-rows.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { Unit } from '../unit/unit.ts';
import { courseOf, standingAt } from './accrue.ts';
import { expireDue } from './expire-lots.ts';

/**
 * Carries on, to the members whom they were merged into, whatever came to merged members in this group: points that a
 * cancelled redemption gave back, what a refund took or left owing, what it no longer counts toward a tier.
 */
export function carryMerged(unit: Unit): void {
  for (let isDone = unit.merges.size === 0; !isDone; ) {
    isDone = true;
    for (const member of unit.changedMembers) {
      const merge = unit.merges.get(member.memberId);
      if (member.mergedInto === null || !merge || !holdsAnything(member)) continue;
      carryOver(unit, member, merge, 'merged');
      isDone = false;
    }
  }
}

function holdsAnything(member: MemberState): boolean {
  return member.balance !== 0 || member.debt > 0 || countedOf(member).length > 0;
}

/**
 * Moves all that a merged member holds: every open lot as a lot of its own with the same dates, or his debt, and what
 * counts toward a tier. Writes an entry in both chains even when there is nothing to move, so that either chain tells of
 * the merge, and no other server can merge or erase one of them at the same time.
 */
export function carryOver(unit: Unit, member: MemberState, merge: Merge, reason: string): void {
  const into = unit.membersById.get(merge.intoId);
  if (!into) throw new RangeError(`carryOver: ${merge.intoId} was not loaded`);
  expireDue(unit, member, unit.now);
  const lots = [...member.lots.values()].filter(({ remaining }) => remaining > 0);
  const uses = lots.map(({ seq, remaining }) => ({ lot: seq, points: remaining }));
  const points = uses.reduce((sum, use) => sum + use.points, 0);
  // Nobody has a debt and open points at once, but for points that expired, and those are written off now.
  const { debt } = member;
  const moved = countedOf(member);
  const standing = standingAt(unit, member, unit.now);
  const shared = {
    kind: 'transfer',
    qualifying: 0,
    occurredAt: unit.now,
    recordedAt: unit.now,
    programVersion: unit.versionAt(unit.now).version,
    reason,
  } as const;

  const left = unit.append(
    member,
    {
      ...shared,
      peer: into.memberId,
      moved: moved.map(negated),
      ...(debt > 0 ? settled(debt, member.seq + 1, unit.now) : { points: -points || 0, uses }),
    },
    { standing },
  );

  const reached = standingOfBoth(unit, into, moved, standing);
  const first: Partial<EntryDraft> = { moved, ...(reached.isRaised && { reached: reached.standing }) };
  let came = 0;
  const receive = (draft: Pick<EntryDraft, 'points'> & Partial<EntryDraft>, activeUntil?: number) => {
    const seq = unit.append(
      into,
      { ...shared, peer: member.memberId, ...draft, ...(came === 0 && first) },
      { standing: reached.standing, ...(activeUntil !== undefined && { activeUntil }) },
    );
    came ||= seq;
    return seq;
  };
  if (debt > 0) {
    receive({ points: -debt, uses: paidFrom(unit, into, merge, debt) });
  }
  // Lots whose expiry moves with what a member does go by the later of both members' dates.
  const isByActivity = unit.versionAt(unit.now).program.expiry.kind === 'after_inactivity';
  for (const { seq, remaining, availableAt, expiresAt, follows } of debt > 0 ? [] : lots) {
    const paysDebt = Math.min(remaining, into.debt);
    const isFollowing = follows && isByActivity;
    const to = receive(
      {
        points: remaining,
        peerLot: seq,
        lot: { points: remaining, availableAt, expiresAt, ...(isFollowing && { follows: true }) },
        ...(paysDebt > 0 && { uses: [{ lot: into.seq + 1, points: paysDebt }] }),
      },
      isFollowing ? expiresAt : undefined,
    );
    merge.lots.push([seq, to]);
  }
  if (came === 0) receive({ points: 0 });

  for (const { day, ...counted } of moved) addTo(merge.days, day, counted);
  merge.seq ||= left;
  merge.intoSeq ||= came;
  unit.changedMerges.add(merge);
}

/** A debt is paid from what came from the same member, as far as that goes: so he gets back what is really left of it. */
function paidFrom(unit: Unit, into: MemberState, merge: Merge, debt: number): LotUse[] {
  const came = new Set(merge.lots.map(([, to]) => to));
  const [theirs, others] = [true, false].map((isTheirs) =>
    [...into.lots.values()].filter(({ seq }) => came.has(seq) === isTheirs),
  );
  const first = reclaimLots(theirs ?? [], null, debt, unit.now);
  return [...first.uses, ...reclaimLots(others ?? [], null, first.missing, unit.now).uses];
}

/** Points that come in only to pay what the member owes. */
function settled(debt: number, seq: number, now: number): Pick<EntryDraft, 'points' | 'lot' | 'uses'> {
  return {
    points: debt,
    lot: { points: debt, availableAt: now, expiresAt: now },
    uses: [{ lot: seq, points: debt }],
  };
}

/** Where a member stands with what counts for both; never lower than either stood. */
function standingOfBoth(
  unit: Unit,
  into: MemberState,
  moved: readonly CountedDay[],
  other: TierStanding,
): { readonly standing: TierStanding; readonly isRaised: boolean } {
  const before = standingAt(unit, into, unit.now);
  // A tier that was set by hand stays as it was set.
  if (before.earned !== null) return { standing: before, isRaised: false };
  const days = new Map(into.days);
  for (const { day, ...counted } of moved) addTo(days, day, counted);
  const counted = afterAccrual(before, courseOf(unit, into), days, unit.now);
  const { ladder } = unit.versionAt(unit.now).program.tiers;
  const theirs: TierStanding = { ...(other.earned ?? other), earned: null };
  const isHigher = tierOf(ladder, theirs).threshold > tierOf(ladder, counted).threshold;
  const standing = isHigher ? theirs : counted;
  return { standing, isRaised: standing !== before };
}

/** What counts toward a member's tier, day by day. */
function countedOf({ days }: MemberState): CountedDay[] {
  return countedDays(days).filter(
    ({ points, orders, spend }) => points !== 0 || orders !== 0 || Object.values(spend).some((minor) => minor !== 0),
  );
}

/** In the order of the days, so that what follows from them comes out the same each time. */
export function countedDays(days: ReadonlyMap<LocalDate, Qualified>): CountedDay[] {
  return [...days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([day, counted]) => ({ day, ...counted }));
}

/** What no longer counts. */
export function negated({ day, points, orders, spend }: CountedDay): CountedDay {
  const none = (value: number) => -value || 0;
  const spent = Object.fromEntries(Object.entries(spend).map(([currency, minor]) => [currency, none(minor)]));
  return { day, points: none(points), orders: none(orders), spend: spent };
}

/** Sums without folding days that lie far back: they are given back day by day. */
function addTo(days: Map<LocalDate, Qualified>, day: LocalDate, counted: Qualified): void {
  const known = days.get(day) ?? { points: 0, orders: 0, spend: {} };
  const spend: Record<string, number> = { ...known.spend };
  for (const [currency, minor] of Object.entries(counted.spend)) spend[currency] = (spend[currency] ?? 0) + minor;
  days.set(day, { points: known.points + counted.points, orders: known.orders + counted.orders, spend });
}
