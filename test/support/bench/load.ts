import { startChild } from './child.ts';

/** What a round of load sends. */
export interface LoadPlan {
  readonly port: number;
  readonly connectionCount: number;
  readonly durationMs: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Header lines, each with its line end; requests take them in turn. */
  readonly headers: readonly string[];
  /** Sends orders of members drawn evenly, each with an id of its own. */
  readonly orders?: { readonly name: string; readonly memberCount: number; readonly rest: string };
  /**
   * Redeems a reward instead of sending one call: a hold by the member whose turn it is, then an order of the same
   * customer with the code. One of them is as long as both calls. `path` and `headers` are the hold's.
   */
  readonly redemptions?: {
    readonly name: string;
    readonly reward: string;
    /** In the order of `headers`. */
    readonly customers: readonly string[];
    readonly orderPath: string;
    readonly orderHeader: string;
    readonly rest: string;
  };
  /** Every answer must have it. */
  readonly status: number;
}

export interface LoadResult {
  readonly perSecond: number;
  readonly count: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** A process that sends load, round after round. */
export interface Load {
  run(plan: LoadPlan): Promise<LoadResult>;
  stop(): Promise<void>;
}

export async function startLoad(): Promise<Load> {
  const child = await startChild('http-load.ts');
  return { run: (plan) => child.ask<LoadResult>(plan), stop: () => child.stop() };
}
