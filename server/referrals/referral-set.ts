import type { Referral } from '../../shared/domain/referrals.ts';
import { type Transaction, WriteConflict } from '../database/database.ts';
import { columnsOf, type ReferralRow, sealReferral, updateReferral } from './referral-rows.ts';

/** What beside the rules' own a change of a referral can set. */
type Beside = Partial<
  Pick<ReferralRow, 'due_at' | 'appeal' | 'decision' | 'settled_at' | 'referrer_seq' | 'friend_seq'>
>;

/** Referrals as a group of commands sees and changes them. */
export class ReferralSet {
  readonly #byFriend = new Map<string, ReferralRow>();
  /** Digests of the changed ones as they are stored. */
  readonly #changed = new Map<string, string>();

  load(row: ReferralRow): void {
    this.#byFriend.set(row.friend_id, row);
  }

  ofFriend(friendId: string): ReferralRow | undefined {
    return this.#byFriend.get(friendId);
  }

  get rows(): Iterable<ReferralRow> {
    return this.#byFriend.values();
  }

  change(row: ReferralRow, referral: Referral, beside: Beside = {}): void {
    if (!this.#changed.has(row.friend_id)) this.#changed.set(row.friend_id, row.digest);
    this.#byFriend.set(row.friend_id, sealReferral({ ...row, ...columnsOf(referral), ...beside }));
  }

  async write(tx: Transaction): Promise<void> {
    for (const [friendId, digestBefore] of this.#changed) {
      const row = this.#byFriend.get(friendId) as ReferralRow;
      if ((await tx.run(updateReferral, { ...row, digestBefore })) !== 1) throw new WriteConflict('referral');
    }
  }
}
