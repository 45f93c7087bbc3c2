import type { Instant } from '../../shared/domain/time.ts';

/** Counts of what a run did, by name. */
export type JobResult = Readonly<Record<string, number>>;

/** What a run is given beside its program. */
export interface Step {
  /** What the run before kept: how far it came when it was cut off, or where this one goes on. */
  readonly progress: string | null;
  /**
   * Keeps how far the run came and prolongs its lease: between two small batches, so that a run that is cut off here goes
   * on there.
   *
   * @throws {LeaseLost} when another server took over meanwhile; the run ends.
   */
  save(progress: string | null): Promise<void>;
  /** True when the run is to end at the next good place. */
  isStopped(): boolean;
}

/**
 * Work that time asks for. Nothing waits for it to be true: it turns into facts and messages what follows from the clock
 * anyway. A run does small batches, and each batch is safe to do late, again, or at the same time as another server.
 */
export interface Job {
  readonly name: string;
  /** What it does, for operators. */
  readonly summary: string;
  /** From the end of a run to the start of the next one. */
  readonly intervalMs: number;
  /** Programs for which it may run at once on one server; 1 where absent. */
  readonly concurrency?: number;
  /** A cheap look whether there is anything to do: where there is not, it is not run, and mostly nothing is written. */
  isNeeded?(programId: string, asOf: Instant): Promise<boolean>;
  /** Does what was due at `asOf`. */
  run(programId: string, asOf: Instant, step: Step): Promise<JobResult>;
}

/** Another server holds the lease now. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** Whether any of the counts is not 0. */
export const hasDone = (result: JobResult): boolean => Object.values(result).some((count) => count !== 0);
