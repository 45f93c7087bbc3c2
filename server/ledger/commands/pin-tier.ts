import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { pinnedStanding, type TierStanding, unpinnedStanding } from '../../../shared/domain/tiers.ts';
import { localDateOf } from '../../../shared/domain/time.ts';
import type { TierPin } from '../../../shared/protocol/api.ts';
import type { EntryDraft } from '../chain.ts';
import { type Command, contentHashOf, MERCHANT, rememberKey, replayOf } from '../commands.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { Unit } from '../unit/unit.ts';
import { standingAt } from './accrue.ts';

/** Sets a member's tier by hand until the end of a day, or takes that back: an entry without points. */
export function pinTier(customerId: string, pin: TierPin, idempotencyKey: string): Command {
  const contentHash = contentHashOf(['tier', customerId, pin.tier, pin.until, pin.reason]);
  const needs = { customerId, key: { caller: MERCHANT, text: idempotencyKey } };
  return {
    needs,
    decide(unit) {
      const replay = replayOf(unit, needs, contentHash);
      if (replay) return replay;
      const member = unit.membersByCustomer.get(customerId);
      if (!member) throw new LoyaltyError('member_not_found', 'No member with this id is enrolled.');
      const { version } = unit.versionAt(unit.now);
      const { standing, pinned } = pinnedBy(unit, member, pin);
      const seq = unit.append(
        member,
        {
          kind: 'adjustment',
          points: 0,
          qualifying: 0,
          occurredAt: unit.now,
          recordedAt: unit.now,
          programVersion: version,
          reason: pin.reason,
          pinned,
        },
        { standing },
      );
      const outcome = { memberId: member.memberId, customerId, seq, replayed: false };
      rememberKey(unit, needs, contentHash, outcome);
      return outcome;
    },
  };
}

/** @throws {LoyaltyError} `tier_not_found`, `tier_not_pinned`, `invalid_request`. */
function pinnedBy(
  unit: Unit,
  member: MemberState,
  { tier, until }: TierPin,
): { readonly standing: TierStanding; readonly pinned: NonNullable<EntryDraft['pinned']> | null } {
  const { tiers, timeZone } = unit.versionAt(unit.now).program;
  const before = standingAt(unit, member, unit.now);
  if (tier === null || until === undefined) {
    if (!before.earned) throw new LoyaltyError('tier_not_pinned', 'The tier of this member is not set by hand.');
    return { standing: unpinnedStanding(before), pinned: null };
  }
  if (!tiers.ladder.some(({ id }) => id === tier)) {
    throw new LoyaltyError('tier_not_found', 'The program has no tier of this id.', [
      { pointer: '/tier', detail: `one of ${tiers.ladder.map(({ id }) => id).join(', ')}` },
    ]);
  }
  const today = localDateOf(unit.now, timeZone);
  if (until < today) {
    throw new LoyaltyError('invalid_request', 'The last day is over already.', [
      { pointer: '/until', detail: `${today} or a later day` },
    ]);
  }
  const pinned = { tier, until };
  return { standing: pinnedStanding(before, pinned, unit.now, timeZone), pinned };
}
