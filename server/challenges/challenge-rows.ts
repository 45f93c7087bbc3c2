import type { ChallengeProgress, ChallengeState } from '../../shared/domain/challenges.ts';
import type { LocalDate } from '../../shared/domain/time.ts';
import { insertBatch, lookup } from '../database/batch.ts';
import { sealOf } from '../database/seal.ts';
import { statement } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';

export type ChallengeStateRow = Tables['challenge_states'];
export type ChallengeRewardRow = Tables['challenge_rewards'];

export const challengeStatesOf = lookup<ChallengeStateRow>((db, p, keys) =>
  db.selectFrom('challenge_states').selectAll().where('program_id', '=', p('programId')).where('member_id', 'in', keys),
);

/** A run of one challenge that was rewarded. */
export const challengeReward = statement<ChallengeRewardRow>((db, p) =>
  db
    .selectFrom('challenge_rewards')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('challenge_id', '=', p('challengeId'))
    .where('run', '=', p('run')),
);

/** A plain insert: of two servers that begin a challenge at once, one decides again. */
export const insertChallengeStates = insertBatch('challenge_states', [
  'program_id',
  'member_id',
  'challenge_id',
  'state',
  'digest',
]);

/** Only where nobody changed it meanwhile: an event that earns nothing has no entry that would guard it. */
export const updateChallengeState = statement<never>((db, p) =>
  db
    .updateTable('challenge_states')
    .set({ state: p('state'), digest: p('digest') })
    .where('program_id', '=', p('program_id'))
    .where('member_id', '=', p('member_id'))
    .where('challenge_id', '=', p('challenge_id'))
    .where('digest', '=', p('digestBefore')),
);

export const insertChallengeRewards = insertBatch('challenge_rewards', [
  'program_id',
  'member_id',
  'challenge_id',
  'run',
  'program_version',
  'seq',
  'reversed_seq',
  'progress',
  'moved_to',
  'digest',
]);

export const updateChallengeReward = statement<never>((db, p) =>
  db
    .updateTable('challenge_rewards')
    .set({ reversed_seq: p('reversed_seq'), progress: p('progress'), moved_to: p('moved_to'), digest: p('digest') })
    .where('program_id', '=', p('program_id'))
    .where('member_id', '=', p('member_id'))
    .where('challenge_id', '=', p('challenge_id'))
    .where('run', '=', p('run'))
    .where('digest', '=', p('digestBefore')),
);

export function sealState(row: Omit<ChallengeStateRow, 'digest'>): ChallengeStateRow {
  const { program_id, member_id, challenge_id, state } = row;
  return {
    program_id,
    member_id,
    challenge_id,
    state,
    digest: sealOf([program_id, member_id, challenge_id, state]),
  };
}

export function sealReward(row: Omit<ChallengeRewardRow, 'digest'>): ChallengeRewardRow {
  const { program_id, member_id, challenge_id, run, program_version, seq, reversed_seq, progress, moved_to } = row;
  const columns = { program_id, member_id, challenge_id, run, program_version, seq, reversed_seq, progress, moved_to };
  return { ...columns, digest: sealOf(Object.values(columns)) };
}

export const stateOf = ({ state }: ChallengeStateRow): ChallengeState => JSON.parse(state) as ChallengeState;

/** A run that was rewarded, and up to where the streaks before it reached. */
export interface RewardedRun {
  readonly progress: ChallengeProgress;
  readonly after: LocalDate | null;
}

export const runOf = ({ progress }: ChallengeRewardRow): RewardedRun => JSON.parse(progress) as RewardedRun;
export const runText = (run: RewardedRun): string => JSON.stringify(run);
