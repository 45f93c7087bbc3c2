import type { ProgramVersion } from '../../shared/domain/program.ts';
import type { Transaction } from '../database/database.ts';
import { sealOf } from '../database/seal.ts';
import { statement, type Value } from '../database/statement.ts';
import { parseEntry } from '../ledger/chain.ts';
import { REFERRAL_RULES } from '../ledger/commands/reward-referral.ts';
import type { EntryRow } from '../ledger/rows.ts';
import { type ReferralRow, termsOf } from '../referrals/referral-rows.ts';
import { Finding } from './finding.ts';

const PAGE_SIZE = 500;

const referralRows = statement<ReferralRow>((db, p) =>
  db
    .selectFrom('referrals')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('friend_id', '>', p('after'))
    .orderBy('friend_id')
    .limit(p('limit')),
);

/** Holds referrals against the entries that rewarded them: each reward has one entry, and each such entry its referral. */
export class ReferralAudit {
  /** Points of each reward and its rule, by `member seq`. */
  readonly #rewards = new Map<string, { readonly rule: string; readonly points: number }>();

  /** Looks at an entry on its way through the chains. */
  see(row: EntryRow): void {
    if (row.kind !== 'accrual' || !row.bytes.includes('"referral:')) return;
    const [part, ...more] = parseEntry(row.bytes).parts ?? [];
    if (part?.rule !== REFERRAL_RULES.referrer && part?.rule !== REFERRAL_RULES.friend) return;
    const key = `${row.member_id} ${row.seq}`;
    if (more.length > 0) throw new Finding('entries', key, 'it rewards a referral and more');
    this.#rewards.set(key, part);
  }

  /** @throws {Finding} */
  async finish(tx: Transaction, programId: string, versions: readonly ProgramVersion[]): Promise<void> {
    for (let after = ''; ; ) {
      const rows = await tx.all(referralRows, { programId, after, limit: PAGE_SIZE });
      if (rows.length === 0) break;
      for (const row of rows) this.#match(row, versions);
      after = rows.at(-1)?.friend_id ?? '';
    }
    const [unknown] = this.#rewards.keys();
    if (unknown !== undefined) throw new Finding('referrals', unknown, 'no referral has this reward');
  }

  #match(row: ReferralRow, versions: readonly ProgramVersion[]): void {
    const fail = (what: string) => new Finding('referrals', row.referral_id, what);
    const { digest, ...columns } = row;
    if (sealOf(Object.values(columns) as Value[]) !== digest) throw fail('it is not as it was sealed');
    const terms = termsOf(versions, row);
    for (const [memberId, seq, rule, points] of [
      [row.referrer_id, row.referrer_seq, REFERRAL_RULES.referrer, terms.referrerPoints],
      [row.friend_id, row.friend_seq, REFERRAL_RULES.friend, terms.friendPoints],
    ] as const) {
      if (seq === 0) continue;
      const key = `${memberId} ${seq}`;
      const reward = this.#rewards.get(key);
      if (reward?.rule !== rule || reward.points !== points) throw fail(`${key} is not its reward`);
      this.#rewards.delete(key);
      if (row.state !== 'rewarded' && row.reason !== 'returned') throw fail(`it is ${row.state}, and was rewarded`);
    }
  }
}
