import type { Challenge } from '../../shared/domain/challenge-terms.ts';
import { type ChallengeState, lastDayOf, NOT_BEGUN, targetOf, valueOn } from '../../shared/domain/challenges.ts';
import { type ProgramVersion, versionAt } from '../../shared/domain/program.ts';
import { afterReviews } from '../../shared/domain/tiers.ts';
import { type Instant, type LocalDate, localDateOf } from '../../shared/domain/time.ts';
import type { ChallengeItem } from '../../shared/protocol/api.ts';
import { type Database, first } from '../database/database.ts';
import { membersById } from '../ledger/rows.ts';
import { memberState } from '../ledger/unit/member-state.ts';
import type { ProgramStore } from '../programs/program-store.ts';
import { challengeStatesOf, stateOf } from './challenge-rows.ts';

/** Where members stand in the program's challenges. */
export interface ChallengeBook {
  read(programId: string, memberId: string): Promise<readonly ChallengeItem[]>;
}

export function createChallengeBook({
  database,
  programs,
  clock,
}: {
  readonly database: Database;
  readonly programs: Pick<ProgramStore, 'versions'>;
  readonly clock: () => Instant;
}): ChallengeBook {
  return {
    async read(programId, memberId) {
      const now = clock();
      const versions = await programs.versions(database, programId);
      const { program } = versionAt(versions, now);
      if (program.challenges.length === 0) return [];
      const key = { programId, key0: memberId };
      const rows = await database.all(challengeStatesOf.statement(1), key);
      const states = new Map(rows.map((row) => [row.challenge_id, stateOf(row)]));
      const tierId = await tierOf(database, versions, key, now);
      const today = localDateOf(now, program.timeZone);
      return program.challenges.map((challenge) =>
        itemOf(challenge, states.get(challenge.id) ?? NOT_BEGUN, { today, tierId }),
      );
    },
  };
}

async function tierOf(
  database: Database,
  versions: readonly ProgramVersion[],
  key: { readonly programId: string; readonly key0: string },
  now: Instant,
): Promise<string | undefined> {
  const row = await first(database, membersById.statement(1), key);
  if (!row) return undefined;
  const { standing, days, enrolledAt } = memberState(row);
  return afterReviews(standing, { versions, enrolledAt }, days, now).tierId;
}

function itemOf(
  challenge: Challenge,
  state: ChallengeState,
  { today, tierId }: { readonly today: LocalDate; readonly tierId: string | undefined },
): ChallengeItem {
  const { goal } = challenge;
  const isDone = state.done >= challenge.times;
  const value = valueOn(challenge, state.progress, today);
  const target = targetOf(challenge);
  const items = new Set(value > 0 ? state.progress?.parts?.map(([item]) => item) : []);
  return {
    id: challenge.id,
    name: challenge.name,
    description: challenge.description ?? null,
    kind: goal.kind,
    points: challenge.points,
    value: isDone ? target : value,
    target,
    currency: goal.kind === 'sum' ? goal.currency : null,
    items:
      goal.kind === 'set'
        ? [...new Set(goal.items)].map((item) => ({ item, isDone: isDone || items.has(item) }))
        : null,
    until: lastDayOf(challenge, value > 0 ? state.progress : null),
    doneCount: state.done,
    times: challenge.times,
    state: stateNameOf(challenge, isDone, { today, tierId }),
  };
}

function stateNameOf(
  { window, tiers }: Challenge,
  isDone: boolean,
  { today, tierId }: { readonly today: LocalDate; readonly tierId: string | undefined },
): ChallengeItem['state'] {
  if (isDone) return 'done';
  if (window?.until !== undefined && today > window.until) return 'over';
  if (window?.from !== undefined && today < window.from) return 'ahead';
  return tiers && (tierId === undefined || !tiers.includes(tierId)) ? 'not_for_tier' : 'open';
}
