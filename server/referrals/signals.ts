import { mailboxOf, SENT_SIGNALS, type SentSignal } from '../../shared/domain/referrals.ts';
import type { Instant } from '../../shared/domain/time.ts';
import type { ReferralSignals } from '../../shared/protocol/api.ts';
import type { Transaction } from '../database/database.ts';
import type { Vault } from '../identity/vault.ts';
import { writeSignals } from './signal-rows.ts';

/** What the shop knows a member by. Kept as digests under the server's own key, over the shop's: nobody else can compare them. */
export interface SignalBook {
  write(tx: Transaction, member: SignalOwner, signals: ReferralSignals, now: Instant): Promise<void>;
  /** The mailbox of a member's profile, where he gave one. */
  writeMail(tx: Transaction, member: SignalOwner, email: string | null, now: Instant): Promise<void>;
}

export interface SignalOwner {
  readonly programId: string;
  readonly memberId: string;
}

export function createSignalBook(vault: Pick<Vault, 'macOf'>): SignalBook {
  const write = (tx: Transaction, { programId, memberId }: SignalOwner, kind: SentSignal, text: string, now: Instant) =>
    tx.insert(writeSignals, [
      [programId, memberId, kind, vault.macOf('referral-signal', JSON.stringify([programId, kind, text])), now],
    ]);
  return {
    async write(tx, member, signals, now) {
      for (const kind of SENT_SIGNALS) {
        const sent = signals[kind];
        if (sent !== undefined) await write(tx, member, kind, `sent ${sent}`, now);
      }
    },
    async writeMail(tx, member, email, now) {
      if (email !== null) await write(tx, member, 'mail', `mailbox ${mailboxOf(email)}`, now);
    },
  };
}
