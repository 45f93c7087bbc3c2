import type { Instant } from '../../shared/domain/time.ts';
import type { Database } from '../database/database.ts';
import type { Log } from '../log.ts';
import type { ProgramStore } from '../programs/program-store.ts';
import { hasDone, type Job } from './job.ts';
import { runJob } from './run-job.ts';

/** How often the runner looks for what is due. */
const TICK_MS = 1_000;

/** A job that has nothing to do is noted as run all the same this often, so that operators see that it would be. */
const RECORD_MS = 3_600_000;

/** Runs every job for every program on time, together with the other servers of the database. */
export interface JobRunner {
  /** Starts what is due and does not wait for it. Never rejects. */
  look(): Promise<void>;
  /** Runs all that is due, to its end. Never rejects. */
  tick(): Promise<void>;
  /** Takes no more work up, and resolves when what is under way has ended. */
  stop(): Promise<void>;
}

export interface RunnerParts {
  readonly database: Database;
  readonly programs: Pick<ProgramStore, 'list'>;
  readonly clock: () => Instant;
  readonly log: Log;
  /** How often a job is run that has nothing to do. */
  readonly recordMs?: number;
}

/** Work of one job for one program. */
interface Turn {
  nextAt: Instant;
  recordedAt: Instant;
  isRunning: boolean;
}

/** A runner that does nothing of itself: see {@link startJobs}. */
export function createJobRunner(
  jobs: readonly Job[],
  { database, programs, clock, log, recordMs = RECORD_MS }: RunnerParts,
): JobRunner {
  const turns = new Map<string, Turn>();
  const runningCount = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  let isStopped = false;

  async function take(job: Job, programId: string, turn: Turn): Promise<void> {
    const now = clock();
    try {
      const isNeeded = (await job.isNeeded?.(programId, now)) ?? true;
      if (!isNeeded && now - turn.recordedAt < recordMs) {
        turn.nextAt = now + job.intervalMs;
        return;
      }
      const outcome = await runJob(job, programId, { database, clock, isStopped: () => isStopped }, { asOf: now });
      const ended = clock();
      turn.nextAt = 'until' in outcome ? Math.min(outcome.until, ended + job.intervalMs) : ended + job.intervalMs;
      if (outcome.kind === 'done') {
        turn.recordedAt = ended;
        if (hasDone(outcome.result)) log.info('job', { job: job.name, program: programId, ...outcome.result });
      } else if (outcome.kind === 'failed') {
        log.error('job failed', outcome.error, { job: job.name, program: programId });
      }
    } catch (error) {
      turn.nextAt = clock() + job.intervalMs;
      log.error('job failed', error, { job: job.name, program: programId });
    }
  }

  /** Gives whether it could be started. */
  function start(job: Job, programId: string): boolean {
    const key = `${job.name} ${programId}`;
    let turn = turns.get(key);
    if (!turn) turns.set(key, (turn = { nextAt: 0, recordedAt: 0, isRunning: false }));
    const count = runningCount.get(job.name) ?? 0;
    if (turn.isRunning || turn.nextAt > clock() || count >= (job.concurrency ?? 1)) return false;
    turn.isRunning = true;
    runningCount.set(job.name, count + 1);
    const work = take(job, programId, turn).finally(() => {
      turn.isRunning = false;
      runningCount.set(job.name, (runningCount.get(job.name) ?? 1) - 1);
      underWay.delete(work);
    });
    underWay.add(work);
    return true;
  }

  /** Starts what is due and can be started, and gives how much that was. */
  async function startDue(): Promise<number> {
    try {
      const listed = fairly(await programs.list());
      if (isStopped) return 0;
      return jobs.flatMap((job) => listed.filter(({ programId }) => start(job, programId))).length;
    } catch (error) {
      log.error('jobs failed', error);
      return 0;
    }
  }

  /** From another program on at each look, so that with more work than turns none is always the last. */
  let shift = 0;
  function fairly<T>(items: readonly T[]): readonly T[] {
    if (items.length === 0) return items;
    shift = (shift + 1) % items.length;
    return [...items.slice(shift), ...items.slice(0, shift)];
  }

  return {
    async look() {
      await startDue();
    },
    async tick() {
      // Programs of one job take turns, so one look may not have started all.
      while ((await startDue()) > 0) await Promise.all(underWay);
      await Promise.all(underWay);
    },
    async stop() {
      isStopped = true;
      await Promise.all(underWay);
    },
  };
}

/** Looks for what is due at once and then every second, until stopped. A failure is logged and tried again. */
export function startJobs(jobs: readonly Job[], parts: RunnerParts): Pick<JobRunner, 'stop'> {
  const runner = createJobRunner(jobs, parts);
  let looking = Promise.resolve();
  let isLooking = false;
  const look = () => {
    if (isLooking) return;
    isLooking = true;
    looking = runner.look().finally(() => {
      isLooking = false;
    });
  };
  const now = setTimeout(look, 0);
  const timer = setInterval(look, TICK_MS);
  // An idle process may end, and a stopped server has nothing to wait for.
  now.unref();
  timer.unref();
  return {
    async stop() {
      clearTimeout(now);
      clearInterval(timer);
      await looking;
      await runner.stop();
    },
  };
}
