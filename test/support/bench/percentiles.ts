import type { LoadResult } from './load.ts';

/** What came of a round: one latency, in milliseconds, for each thing that was done. */
export function latencyResult(latencies: readonly number[], seconds: number): LoadResult {
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { perSecond: sorted.length / seconds, count: sorted.length, p50: at(0.5), p99: at(0.99) };
}
