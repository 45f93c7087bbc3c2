import type { ProgramVersion } from '../../shared/domain/program.ts';
import { type ChallengeRewardRow, type ChallengeStateRow, stateOf } from '../challenges/challenge-rows.ts';
import type { Transaction } from '../database/database.ts';
import { sealOf } from '../database/seal.ts';
import { statement, type Value } from '../database/statement.ts';
import { parseEntry } from '../ledger/chain.ts';
import { challengeRule } from '../ledger/commands/step-challenges.ts';
import type { EntryRow } from '../ledger/rows.ts';
import { Finding } from './finding.ts';

const PAGE_SIZE = 500;

const stateRows = statement<ChallengeStateRow>((db, p) =>
  db
    .selectFrom('challenge_states')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '>=', p('memberId'))
    .where((eb) => eb.or([eb('member_id', '>', p('memberId')), eb('challenge_id', '>', p('challengeId'))]))
    .orderBy('member_id')
    .orderBy('challenge_id')
    .limit(p('limit')),
);

const rewardRows = statement<ChallengeRewardRow>((db, p) =>
  db
    .selectFrom('challenge_rewards')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('challenge_id', '=', p('challengeId'))
    .orderBy('run'),
);

/**
 * Holds challenges against the entries that rewarded them and took rewards back: each completed run has one entry, and each
 * such entry its run; as many runs count as done as were rewarded and kept.
 */
export class ChallengeAudit {
  /** By `member seq`: points of a reward with its rule, or the `seq` that an entry takes back. */
  readonly #rewards = new Map<string, { readonly rule: string; readonly points: number }>();
  readonly #reversals = new Map<string, number>();

  /** Looks at an entry on its way through the chains. */
  see(row: EntryRow): void {
    if (row.kind !== 'accrual' && row.kind !== 'reversal') return;
    const key = `${row.member_id} ${row.seq}`;
    if (row.kind === 'accrual') {
      if (!row.bytes.includes('"challenge:')) return;
      const [part, ...more] = parseEntry(row.bytes).parts ?? [];
      if (!part?.rule.startsWith('challenge:')) return;
      if (more.length > 0) throw new Finding('entries', key, 'it rewards a challenge and more');
      this.#rewards.set(key, part);
      return;
    }
    const { reason, reverses, refund } = parseEntry(row.bytes);
    if (reason === 'challenge' && refund === undefined) this.#reversals.set(key, reverses ?? 0);
  }

  /** @throws {Finding} */
  async finish(tx: Transaction, programId: string, versions: readonly ProgramVersion[]): Promise<void> {
    for (let place = { memberId: '', challengeId: '' }; ; ) {
      const rows = await tx.all(stateRows, { programId, ...place, limit: PAGE_SIZE });
      for (const row of rows) {
        const { member_id: memberId, challenge_id: challengeId } = row;
        const rewards = await tx.all(rewardRows, { programId, memberId, challengeId });
        this.#match(row, rewards, versions);
      }
      const last = rows.at(-1);
      if (!last || rows.length < PAGE_SIZE) break;
      place = { memberId: last.member_id, challengeId: last.challenge_id };
    }
    const [unknown] = [...this.#rewards.keys(), ...this.#reversals.keys()];
    if (unknown !== undefined) throw new Finding('challenge_rewards', unknown, 'no run has this entry');
  }

  #match(row: ChallengeStateRow, rewards: readonly ChallengeRewardRow[], versions: readonly ProgramVersion[]): void {
    const name = `${row.member_id} ${row.challenge_id}`;
    checkSeal('challenge_states', name, row);
    const state = stateOf(row);
    const kept = rewards.filter(({ reversed_seq }) => reversed_seq === 0).length;
    if (state.done !== kept) {
      throw new Finding('challenge_states', name, `${state.done} runs are done, ${kept} were rewarded`);
    }
    for (const reward of rewards) {
      const fail = (what: string) => new Finding('challenge_rewards', `${name} run ${reward.run}`, what);
      checkSeal('challenge_rewards', `${name} run ${reward.run}`, reward);
      const { challenges } = versions[reward.program_version - 1]?.program ?? { challenges: [] };
      const points = challenges.find(({ id }) => id === reward.challenge_id)?.points;
      const key = `${reward.member_id} ${reward.seq}`;
      const entry = this.#rewards.get(key);
      if (entry?.rule !== challengeRule(reward.challenge_id) || entry.points !== points)
        throw fail(`${key} is not its reward`);
      this.#rewards.delete(key);
      if (reward.reversed_seq === 0) continue;
      const reversal = `${reward.member_id} ${reward.reversed_seq}`;
      if (this.#reversals.get(reversal) !== reward.seq) throw fail(`${reversal} does not take its reward back`);
      this.#reversals.delete(reversal);
    }
  }
}

function checkSeal(table: string, name: string, row: object): void {
  const { digest, ...columns } = row as { digest: string } & Record<string, Value>;
  if (sealOf(Object.values(columns)) !== digest) throw new Finding(table, name, 'it is not as it was sealed');
}
