import type { Instant } from '../shared/domain/time.ts';
import type { Database } from './database/database.ts';
import { statement } from './database/statement.ts';
import type { Log } from './log.ts';
import type { Services } from './routes/services.ts';

const deleteUsedTokens = statement<never>((db, parameter) =>
  db
    .deleteFrom('used_tokens')
    .where('program_id', '=', parameter('program_id'))
    .where('expires_at', '<', parameter('before')),
);

const deleteCodes = statement<never>((db, parameter) =>
  db
    .deleteFrom('wallet_codes')
    .where('program_id', '=', parameter('program_id'))
    .where('expires_at', '<', parameter('before')),
);

const PERIOD_MS = 60_000;

/** What has run out is kept this much longer, so that a server with a slow clock refuses it as well. */
const KEPT_MS = 86_400_000;

/** Work that time asks for. Nothing waits for it to be true: points past their expiry are not spendable before either. */
export interface Housekeeping {
  /** Resolves when a run under way has ended. */
  stop(): Promise<void>;
}

/** Runs at once and then every minute. A failure is logged and the next run tries again. */
export function startHousekeeping(services: Services, log: Log): Housekeeping {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  const run = () => {
    running = keepHouse(services, log, () => isStopped).finally(() => {
      // Unref: an idle process may end, and a stopped server has nothing to wait for.
      if (!isStopped) timer = setTimeout(run, PERIOD_MS).unref();
    });
  };
  timer = setTimeout(run, 0).unref();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/** One run over all programs. Never rejects. */
export async function keepHouse(
  { programs, ledger, database, clock }: Pick<Services, 'programs' | 'ledger' | 'database' | 'clock'>,
  log: Log,
  isStopped: () => boolean = () => false,
): Promise<void> {
  try {
    for (const { programId } of await programs.list()) {
      if (isStopped()) return;
      try {
        const now = clock();
        const { entryCount, points } = await ledger.expireLots(programId, now);
        if (entryCount > 0) log.info('points expired', { program: programId, entryCount, points });
        await sweep(database, programId, now);
      } catch (error) {
        log.error('housekeeping failed', error, { program: programId });
      }
    }
  } catch (error) {
    log.error('housekeeping failed', error);
  }
}

async function sweep(database: Database, programId: string, now: Instant): Promise<void> {
  const params = { program_id: programId, before: now - KEPT_MS };
  await database.transaction((transaction) => transaction.run(deleteUsedTokens, params));
  await database.transaction((transaction) => transaction.run(deleteCodes, params));
}
