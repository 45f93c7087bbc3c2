import { type ChallengeState, NOT_BEGUN } from '../../shared/domain/challenges.ts';
import { type Transaction, WriteConflict } from '../database/database.ts';
import type { Value } from '../database/statement.ts';
import {
  type ChallengeRewardRow,
  type ChallengeStateRow,
  insertChallengeRewards,
  insertChallengeStates,
  sealReward,
  sealState,
  stateOf,
  updateChallengeReward,
  updateChallengeState,
} from './challenge-rows.ts';

/** Challenges of members as a group of commands sees and changes them. */
export class ChallengeSet {
  readonly #programId: string;
  readonly #states = new Map<string, ChallengeStateRow>();
  readonly #rewards = new Map<string, ChallengeRewardRow>();
  /** Digests of what was changed as it is stored; `null` for what is new. */
  readonly #changedStates = new Map<string, string | null>();
  readonly #changedRewards = new Map<string, string | null>();

  constructor(programId: string) {
    this.#programId = programId;
  }

  loadState(row: ChallengeStateRow): void {
    this.#states.set(keyOf(row.member_id, row.challenge_id), row);
  }

  loadReward(row: ChallengeRewardRow): void {
    const key = keyOf(row.member_id, row.challenge_id, row.run);
    if (!this.#rewards.has(key)) this.#rewards.set(key, row);
  }

  stateOf(memberId: string, challengeId: string): ChallengeState {
    const row = this.#states.get(keyOf(memberId, challengeId));
    return row ? stateOf(row) : NOT_BEGUN;
  }

  rewardOf(memberId: string, challengeId: string, run: number): ChallengeRewardRow | undefined {
    return this.#rewards.get(keyOf(memberId, challengeId, run));
  }

  setState(memberId: string, challengeId: string, state: ChallengeState): void {
    const key = keyOf(memberId, challengeId);
    if (!this.#changedStates.has(key)) this.#changedStates.set(key, this.#states.get(key)?.digest ?? null);
    const columns = { program_id: this.#programId, member_id: memberId, challenge_id: challengeId };
    this.#states.set(key, sealState({ ...columns, state: JSON.stringify(state) }));
  }

  setReward(row: Omit<ChallengeRewardRow, 'digest' | 'program_id'>): void {
    const key = keyOf(row.member_id, row.challenge_id, row.run);
    if (!this.#changedRewards.has(key)) this.#changedRewards.set(key, this.#rewards.get(key)?.digest ?? null);
    this.#rewards.set(key, sealReward({ ...row, program_id: this.#programId }));
  }

  async write(tx: Transaction): Promise<void> {
    const newStates: Value[][] = [];
    for (const [key, digestBefore] of this.#changedStates) {
      const row = this.#states.get(key) as ChallengeStateRow;
      if (digestBefore === null) newStates.push(Object.values(row));
      else if ((await tx.run(updateChallengeState, { ...row, digestBefore })) !== 1)
        throw new WriteConflict('challenge');
    }
    if (newStates.length > 0) await tx.insert(insertChallengeStates, newStates);
    const newRewards: Value[][] = [];
    for (const [key, digestBefore] of this.#changedRewards) {
      const row = this.#rewards.get(key) as ChallengeRewardRow;
      if (digestBefore === null) newRewards.push(Object.values(row));
      else if ((await tx.run(updateChallengeReward, { ...row, digestBefore })) !== 1)
        throw new WriteConflict('challenge');
    }
    if (newRewards.length > 0) await tx.insert(insertChallengeRewards, newRewards);
  }
}

const keyOf = (memberId: string, challengeId: string, run = 0) => `${memberId} ${challengeId} ${run}`;
