import type { Challenge } from '../../../shared/domain/challenge-terms.ts';
import {
  type Contribution,
  contributionOf,
  isReached,
  stepChallenge,
  takeBack,
} from '../../../shared/domain/challenges.ts';
import { floorRatio } from '../../../shared/domain/points.ts';
import { type Instant, localDateOf } from '../../../shared/domain/time.ts';
import {
  type ChallengeRewardRow,
  challengeReward,
  challengeStatesOf,
  runOf,
  runText,
} from '../../challenges/challenge-rows.ts';
import { first, type Transaction } from '../../database/database.ts';
import type { Command } from '../commands.ts';
import { sealOrder } from '../order-rows.ts';
import type { OrderRow } from '../rows.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { Unit } from '../unit/unit.ts';
import { accrue } from './accrue.ts';
import type { Fact } from './consequences.ts';
import { takeBackLot } from './take-back-lot.ts';

/** The rule of the only part of a challenge's accrual. */
export const challengeRule = (challengeId: string) => `challenge:${challengeId}`;

/** What an order brought challenges: kept with its facts, for its refunds. */
interface OrderStep extends Contribution {
  readonly challenge: string;
  readonly run: number;
}

/** Where the members of a group stand, and the rewards that a refund may take. Programs without challenges read nothing. */
export async function loadChallenges(tx: Transaction, unit: Unit, commands: readonly Command[]): Promise<void> {
  if (!unit.versions.some(({ program }) => program.challenges.length > 0)) return;
  const { programId } = unit;
  const memberIds = [...unit.membersById.keys()];
  for (const row of await tx.allIn(challengeStatesOf, { programId }, memberIds)) unit.challenges.loadState(row);
  for (const { needs } of commands) {
    const order = needs.lots && needs.orderId !== undefined ? unit.orders.get(needs.orderId) : undefined;
    for (const { challenge, run } of order ? stepsOf(order) : []) {
      const memberId = order?.member_id ?? '';
      if (unit.challenges.stateOf(memberId, challenge).run === run) continue;
      for (let next = run; next > 0; ) {
        const row = await first(tx, challengeReward, { programId, memberId, challengeId: challenge, run: next });
        if (row) unit.challenges.loadReward(row);
        if (row?.reversed_seq === 0) unit.ownLots.push({ memberId, seq: row.seq });
        next = row?.moved_to ?? 0;
      }
    }
  }
}

/** Takes a member further in each challenge that the fact counts for, and rewards what it completes. */
export function stepChallenges(unit: Unit, member: MemberState, fact: Fact): void {
  const version = unit.versionAt(fact.occurredAt);
  const { program } = version;
  // What happened before the program was there is history: it is imported, not played.
  if (program.challenges.length === 0 || fact.occurredAt < version.effectiveAt) return;
  const day = localDateOf(fact.occurredAt, program.timeZone);
  const steps: OrderStep[] = [];
  for (const challenge of program.challenges) {
    const contribution = contributionOf(challenge, {
      type: fact.type,
      day,
      tierId: fact.tierBefore,
      order: fact.order,
    });
    if (!contribution) continue;
    const before = unit.challenges.stateOf(member.memberId, challenge.id);
    const { state, counted, completed } = stepChallenge(challenge, before, contribution);
    if (!counted) continue;
    steps.push({ challenge: challenge.id, run: before.run, ...contribution });
    unit.challenges.setState(member.memberId, challenge.id, state);
    if (!completed) continue;
    const seq = accrue(unit, member, {
      points: challenge.points,
      qualifying: 0,
      occurredAt: fact.occurredAt,
      reason: 'challenge',
      parts: [{ rule: challengeRule(challenge.id), points: challenge.points }],
    });
    unit.challenges.setReward({
      member_id: member.memberId,
      challenge_id: challenge.id,
      run: before.run,
      program_version: version.version,
      seq,
      reversed_seq: 0,
      progress: runText({ progress: completed, after: before.after }),
      moved_to: 0,
    });
    const told = { challenge: challenge.id, run: before.run, points: challenge.points };
    unit.tell(member, 'challenge.completed', fact.occurredAt, told);
  }
  if (fact.order && steps.length > 0) keepSteps(unit, fact.id, steps);
}

function keepSteps(unit: Unit, orderId: string, steps: readonly OrderStep[]): void {
  const row = unit.orders.get(orderId);
  if (!row) throw new RangeError(`stepChallenges: no order ${orderId}`);
  const facts = { ...(JSON.parse(row.facts) as object), challenges: steps };
  const changed = sealOrder({ ...row, facts: JSON.stringify(facts) });
  unit.newOrders.delete(row);
  unit.newOrders.add(changed);
  unit.orders.set(orderId, changed);
}

/** What an order brought challenges. */
function stepsOf({ facts }: OrderRow): readonly OrderStep[] {
  return (JSON.parse(facts) as { readonly challenges?: readonly OrderStep[] }).challenges ?? [];
}

/**
 * A refund takes an order out of the runs that it counted for: of a sum its part, of others all of it once it is refunded
 * whole. A run that was rewarded and is no longer reached loses its reward; what is left of it goes on as the run under way
 * where that has not begun.
 */
export function returnForChallenges(
  unit: Unit,
  member: MemberState,
  {
    before,
    after,
    isWhole,
    at,
  }: { readonly before: OrderRow; readonly after: OrderRow; readonly isWhole: boolean; readonly at: Instant },
): void {
  for (const step of stepsOf(after)) {
    const challenge = challengeOf(unit, after.placed_at, step.challenge);
    if (!challenge) continue;
    const isSum = challenge.goal.kind === 'sum';
    const amount = isSum ? keptOf(step.amount, before) - keptOf(step.amount, after) : step.amount;
    if ((!isSum && !isWhole) || amount === 0) continue;
    takeStep(unit, member, challenge, { ...step, amount }, { isWhole, at });
  }
}

function takeStep(
  unit: Unit,
  member: MemberState,
  challenge: Challenge,
  step: OrderStep,
  { isWhole, at }: { readonly isWhole: boolean; readonly at: Instant },
): void {
  const { challenges } = unit;
  const { memberId } = member;
  const state = challenges.stateOf(memberId, challenge.id);
  let { run } = step;
  for (let row = challenges.rewardOf(memberId, challenge.id, run); row; ) {
    if (row.reversed_seq === 0) {
      takeFromReward(unit, member, challenge, row, step, { isWhole, at });
      return;
    }
    if (row.moved_to === 0) return;
    run = row.moved_to;
    row = challenges.rewardOf(memberId, challenge.id, run);
  }
  if (run !== state.run || state.progress === null) return;
  const progress = takeBack(challenge, state.progress, step, isWhole);
  challenges.setState(memberId, challenge.id, { ...state, progress });
}

function takeFromReward(
  unit: Unit,
  member: MemberState,
  challenge: Challenge,
  row: ChallengeRewardRow,
  step: OrderStep,
  { isWhole, at }: { readonly isWhole: boolean; readonly at: Instant },
): void {
  const { memberId } = member;
  const { digest: _digest, program_id: _program, ...columns } = row;
  const { progress, after } = runOf(row);
  const left = takeBack(challenge, progress, step, isWhole);
  if (left && isReached(challenge, left)) {
    unit.challenges.setReward({ ...columns, progress: runText({ progress: left, after }) });
    return;
  }
  const lot = member.lots.get(row.seq);
  if (!lot) throw new RangeError(`returnForChallenges: lot ${row.seq} was not loaded`);
  const reversedSeq = takeBackLot(unit, member, lot, { at, reason: 'challenge' });
  const state = unit.challenges.stateOf(memberId, challenge.id);
  const goesOn = left !== null && state.progress === null;
  unit.challenges.setState(memberId, challenge.id, {
    ...state,
    done: state.done - 1,
    ...(goesOn && { progress: left }),
    // The periods of the last streak may make another one.
    ...(goesOn && row.run === state.run - 1 && { after }),
  });
  unit.challenges.setReward({
    ...columns,
    progress: runText({ progress: left ?? progress, after }),
    reversed_seq: reversedSeq,
    moved_to: goesOn ? state.run : 0,
  });
}

function challengeOf(unit: Unit, instant: Instant, id: string): Challenge | undefined {
  return unit.versionAt(instant).program.challenges.find((challenge) => challenge.id === id);
}

/** What of an amount is left when so much of the whole order was refunded, rounded down as points are. */
function keptOf(amount: number, { net_minor, refunded_minor }: OrderRow): number {
  return net_minor === 0 ? 0 : floorRatio(amount, net_minor - refunded_minor, net_minor);
}
