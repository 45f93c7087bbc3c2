import type { Instant } from '../../shared/domain/time.ts';
import { type Database, first } from '../database/database.ts';
import { randomId } from '../identity/vault.ts';
import { type Job, type JobResult, LeaseLost, type Step } from './job.ts';
import { endRun, insertJob, keepLease, saveProgress, selectJob, takeLease } from './job-rows.ts';

/** A server that stopped without a word is succeeded after this long. */
export const LEASE_MS = 60_000;
const KEEP_MS = LEASE_MS / 4;

/** A run's outcome. `held`: another server runs it; `early`: it ran a moment ago; `lost`: another one took over. */
export type RunOutcome =
  | { readonly kind: 'done'; readonly result: JobResult }
  | { readonly kind: 'held'; readonly until: Instant }
  | { readonly kind: 'early'; readonly until: Instant }
  | { readonly kind: 'lost' }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface RunParts {
  readonly database: Database;
  readonly clock: () => Instant;
  readonly isStopped?: () => boolean;
}

/** When a run is due: at an instant of its own (`asOf`), or when the row says so. */
export interface RunTime {
  readonly asOf: Instant;
  /** Also when it ran a moment ago: an operator asked for it. */
  readonly isForced?: boolean;
}

/** Runs a job for one program, if no other server does. Rejects only when the database fails around the run. */
export async function runJob(
  job: Job,
  programId: string,
  { database, clock, isStopped = () => false }: RunParts,
  { asOf, isForced = false }: RunTime,
): Promise<RunOutcome> {
  const key = { programId, name: job.name };
  const now = clock();
  const known = await first(database, selectJob, key);
  // Read before anything is written: mostly another server is at it, or was.
  if (known && known.lease_until > now) return { kind: 'held', until: known.lease_until };
  if (known && !isForced && known.next_run_at > now) return { kind: 'early', until: known.next_run_at };
  const holder = randomId();
  const lease = { ...key, holder, now, until: now + LEASE_MS, due: isForced ? Number.MAX_SAFE_INTEGER : now };
  const row = await database.transaction(async (tx) => {
    if (!known) await tx.insert(insertJob, [[programId, job.name, 0, null, 0, null, null, null, null, null]]);
    return (await tx.run(takeLease, lease)) === 0 ? undefined : first(tx, selectJob, key);
  });
  if (!row) return { kind: 'held', until: now + LEASE_MS };

  let isLost = false;
  const prolong = async (statement: typeof keepLease, params: { readonly progress?: string | null }) => {
    const until = clock() + LEASE_MS;
    const kept = await database.transaction((tx) => tx.run(statement, { ...key, holder, until, ...params }));
    if (kept === 0) isLost = true;
  };
  const step: Step = {
    progress: row.progress,
    async save(progress) {
      await prolong(saveProgress, { progress });
      if (isLost) throw new LeaseLost(`${job.name} of ${programId} is run by another server now`);
    },
    isStopped: () => isLost || isStopped(),
  };
  const timer = setInterval(() => {
    // A beat that fails is made up for by the next one, or the lease runs out and another server goes on.
    prolong(keepLease, {}).catch(() => {});
  }, KEEP_MS);
  timer.unref();
  let outcome: RunOutcome;
  try {
    const isNeeded = (await job.isNeeded?.(programId, asOf)) ?? true;
    outcome = { kind: 'done', result: isNeeded ? await job.run(programId, asOf, step) : {} };
  } catch (error) {
    outcome = error instanceof LeaseLost ? { kind: 'lost' } : { kind: 'failed', error };
  } finally {
    clearInterval(timer);
  }
  if (outcome.kind === 'lost') return outcome;
  const ended = clock();
  await database.transaction((tx) =>
    tx.run(endRun, {
      ...key,
      holder,
      now: ended,
      free: 0,
      nobody: null,
      nextRunAt: ended + job.intervalMs,
      result: outcome.kind === 'done' ? JSON.stringify(outcome.result) : row.last_result,
      error: outcome.kind === 'failed' ? nameOf(outcome.error) : null,
    }),
  );
  return outcome;
}

/** What went wrong, in a word or two: the log has the rest, and messages can hold values. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? `${error.name} ${code}` : error.name;
}
