import { mailboxOf, SENT_SIGNALS, type SentSignal } from '../../shared/domain/referrals.ts';
import type { Instant } from '../../shared/domain/time.ts';
import type { ReferralSignals } from '../../shared/protocol/api.ts';
import type { Transaction } from '../database/database.ts';
import type { Vault } from '../identity/vault.ts';
import { writeSignals } from './signal-rows.ts';

const DAY_MS = 86_400_000;

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
  const rowOf = ({ programId, memberId }: SignalOwner, kind: SentSignal, text: string, now: Instant) => {
    const hash = vault.macOf('referral-signal', JSON.stringify([programId, kind, text]));
    // To the day: one that comes with every order changes nothing most of the time.
    return [programId, memberId, kind, hash, now - (now % DAY_MS)];
  };
  return {
    async write(tx, member, signals, now) {
      const rows = SENT_SIGNALS.flatMap((kind) => {
        const sent = signals[kind];
        return sent === undefined ? [] : [rowOf(member, kind, `sent ${sent}`, now)];
      });
      if (rows.length > 0) await tx.insert(writeSignals, rows);
    },
    async writeMail(tx, member, email, now) {
      if (email !== null) await tx.insert(writeSignals, [rowOf(member, 'mail', `mailbox ${mailboxOf(email)}`, now)]);
    },
  };
}
