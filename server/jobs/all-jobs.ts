import type { Services } from '../routes/services.ts';
import { confirmationJob } from './confirmation.ts';
import { expiryJob } from './expiry.ts';
import { expiryNoticesJob } from './expiry-notices.ts';
import { holdTimeoutsJob } from './hold-timeouts.ts';
import { holdsJob } from './holds.ts';
import type { Job } from './job.ts';
import { sweepJob } from './sweep.ts';
import { tierNoticesJob } from './tier-notices.ts';
import { tierReviewJob } from './tier-review.ts';
import { webhookDeliveryJob } from './webhook-delivery.ts';

export type JobServices = Pick<
  Services,
  'database' | 'ledger' | 'redemptions' | 'programs' | 'outbox' | 'deliverer' | 'clock'
> & {
  readonly redemptions: Pick<Services['redemptions'], 'hasExpiredHolds' | 'releaseExpiredHolds'>;
};

/** Every job, in the order in which an operator's run does them: facts first, then what is told of them. */
export function allJobs(services: JobServices): readonly Job[] {
  return [
    // Before expiry: what comes back to a lot that has run out has its days of grace.
    holdsJob(services),
    holdTimeoutsJob(services),
    expiryJob(services),
    tierReviewJob(services),
    confirmationJob(services),
    expiryNoticesJob(services),
    tierNoticesJob(services),
    webhookDeliveryJob(services),
    sweepJob(services),
  ];
}
