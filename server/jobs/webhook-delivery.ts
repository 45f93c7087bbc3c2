import type { Instant } from '../../shared/domain/time.ts';
import type { Deliverer } from '../webhooks/outgoing/deliver.ts';
import type { Job } from './job.ts';

/** Programs whose messages one server sends at once; most of the time they wait for somebody's network. */
const CONCURRENCY = 64;

export function webhookDeliveryJob({
  deliverer,
  clock,
}: {
  readonly deliverer: Deliverer;
  readonly clock: () => Instant;
}): Job {
  return {
    name: 'webhook-delivery',
    summary: 'send messages to webhook endpoints, and again those that failed',
    intervalMs: 1_000,
    concurrency: CONCURRENCY,
    isNeeded: (programId, asOf) => deliverer.hasWork(programId, asOf),
    run: async (programId, asOf, step) => ({
      ...(await deliverer.run(programId, () => Math.max(asOf, clock()), step.isStopped)),
    }),
  };
}
