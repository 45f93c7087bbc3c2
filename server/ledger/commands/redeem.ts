import { randomBytes } from 'node:crypto';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { UNUSED } from '../../../shared/domain/limits.ts';
import { allocateLots, type LotUse, spendable } from '../../../shared/domain/lots.ts';
import type { RedemptionState } from '../../../shared/domain/redeeming.ts';
import { hasCode, type Price, priceOf, refusalError, refusalOf } from '../../../shared/domain/redeeming.ts';
import type { Reward } from '../../../shared/domain/rewards.ts';
import { tierOf } from '../../../shared/domain/tiers.ts';
import { formatInstant, localDateOf, NEVER } from '../../../shared/domain/time.ts';
import { type Command, contentHashOf, rememberKey, replayOf, withLots } from '../commands.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { RedemptionTerms } from '../unit/redemption-book.ts';
import type { Unit } from '../unit/unit.ts';
import { activity, standingAt } from './accrue.ts';

const MINUTE_MS = 60_000;

/** What a member asks for. */
export interface RedeemRequest {
  readonly reward: string;
  /** For a reward of a variable cost. */
  readonly points?: number | undefined;
}

/**
 * Takes a reward's points from the member and holds them for its code; a reward that the shop hands over itself is
 * requested at once. What it costs, whether it is left and who may have it is the program's and the ledger's word alone.
 */
export function redeem(memberId: string, { reward: rewardId, points }: RedeemRequest, idempotencyKey: string): Command {
  const contentHash = contentHashOf(['redemption', rewardId, points ?? null]);
  const needs = {
    memberId,
    lots: true,
    redemptions: { rewardIds: [rewardId] },
    key: { caller: memberId, text: idempotencyKey },
  };
  return {
    needs,
    decide(unit) {
      const replay = replayOf(unit, needs, contentHash);
      if (replay) return replay;
      const member = unit.membersById.get(memberId);
      if (!member || member.isErased) throw new LoyaltyError('member_not_found', 'No such member is enrolled.');
      const { program } = unit.versionAt(unit.now);
      const reward = program.rewards.find(({ id }) => id === rewardId);
      if (!reward) throw new LoyaltyError('reward_not_found', 'The program has no such reward.');
      const price = priceOf(reward, points);
      const uses = payFor(unit, withLots(member), reward, price.points);
      const redemptionId = `rdm_${randomBytes(15).toString('base64url')}`;
      const seq = take(unit, member, { reward, price, uses, redemptionId });
      const outcome = { memberId, customerId: member.customerId, seq, replayed: false, ref: redemptionId };
      rememberKey(unit, needs, contentHash, outcome);
      return outcome;
    },
  };
}

/** @throws {LoyaltyError} why the member cannot have it. */
function payFor(unit: Unit, member: MemberState, reward: Reward, points: number): LotUse[] {
  const { program } = unit.versionAt(unit.now);
  const lots = [...member.lots.values()];
  const day = localDateOf(unit.now, program.timeZone);
  const refusal = refusalOf(reward, points, {
    tierId: tierOf(program.tiers.ladder, standingAt(unit, member, unit.now)).id,
    available: lots.reduce((sum, lot) => sum + (spendable(lot, unit.now) ? lot.remaining : 0), 0) - member.debt,
    day,
    used: reward.limit ? unit.uses.used(member.memberId, `reward:${reward.id}`, reward.limit, day) : UNUSED,
    stockLeft: reward.stock === undefined ? null : reward.stock - unit.redemptions.takenOf(reward.id),
  });
  if (refusal) throw refusalError(refusal);
  return allocateLots(lots, points, unit.now);
}

interface Taken {
  readonly reward: Reward;
  readonly price: Price;
  readonly uses: readonly LotUse[];
  readonly redemptionId: string;
}

function take(unit: Unit, member: MemberState, { reward, price, uses, redemptionId }: Taken): number {
  const version = unit.versionAt(unit.now);
  const { points, worth } = price;
  const seq = unit.append(
    member,
    {
      kind: 'redemption',
      points: -points,
      qualifying: 0,
      occurredAt: unit.now,
      recordedAt: unit.now,
      programVersion: version.version,
      redemption: redemptionId,
      uses,
    },
    { standing: standingAt(unit, member, unit.now), ...activity(version, unit.now) },
  );
  const heldUntil = hasCode(worth) ? unit.now + reward.holdMinutes * MINUTE_MS : NEVER;
  const state: RedemptionState = hasCode(worth) ? 'held' : 'requested';
  const terms: RedemptionTerms = { worth, orderMinorMin: reward.orderMinorMin };
  unit.redemptions.add({
    redemption_id: redemptionId,
    member_id: member.memberId,
    origin: 'reward',
    reward_id: reward.id,
    program_version: version.version,
    seq,
    points,
    uses: JSON.stringify(uses.map((use) => [use.lot, use.points])),
    terms: JSON.stringify(terms),
    state,
    redeemed_at: unit.now,
    held_until: heldUntil,
    valid_until: heldUntil,
    order_id: null,
    used_minor: null,
    unused_points: 0,
    returned_points: 0,
    takes_stock: reward.stock === undefined ? 0 : 1,
    reason: null,
    history: JSON.stringify([{ state, at: unit.now }]),
  });
  if (reward.limit) {
    const use = { limit: reward.limit, day: localDateOf(unit.now, version.program.timeZone), times: 1, points };
    unit.uses.add(unit.programId, member.memberId, `reward:${reward.id}`, use);
  }
  unit.tell(member, 'reward.redeemed', unit.now, {
    redemption: redemptionId,
    reward: reward.id,
    points,
    worth: worth.kind,
    state,
    heldUntil: heldUntil === NEVER ? null : formatInstant(heldUntil),
  });
  return seq;
}
