import { type Database, first } from '../database/database.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { membersToExpire } from '../ledger/rows.ts';
import type { Job } from './job.ts';

/** Writes the entries that make expiry a fact. The points were not spendable before either. */
export function expiryJob({ database, ledger }: { readonly database: Database; readonly ledger: Ledger }): Job {
  return {
    name: 'expiry',
    summary: 'write off points whose last day has passed',
    intervalMs: 60_000,
    isNeeded: async (programId, asOf) =>
      (await first(database, membersToExpire, { programId, asOf, limit: 1 })) !== undefined,
    run: async (programId, asOf) => ({ ...(await ledger.expireLots(programId, asOf)) }),
  };
}
