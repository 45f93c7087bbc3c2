import { type OccasionParts, occasionsJob } from '../occasions/occasions-job.ts';
import type { ReferralBook } from '../referrals/referral-book.ts';
import { referralsJob } from '../referrals/referrals-job.ts';
import type { Services } from '../routes/services.ts';
import { confirmationJob } from './confirmation.ts';
import { expiryJob } from './expiry.ts';
import { expiryNoticesJob } from './expiry-notices.ts';
import { holdsJob } from './holds.ts';
import type { Job } from './job.ts';
import { sweepJob } from './sweep.ts';
import { tierNoticesJob } from './tier-notices.ts';
import { tierReviewJob } from './tier-review.ts';
import { webhookDeliveryJob } from './webhook-delivery.ts';

export type JobServices = Pick<Services, 'database' | 'ledger' | 'programs' | 'outbox' | 'deliverer' | 'clock'> &
  Parameters<typeof holdsJob>[0] &
  Pick<OccasionParts, 'members'> & { readonly referrals: Pick<ReferralBook, 'settle'> };

/** Every job, in the order in which an operator's run does them: facts first, then what is told of them. */
export function allJobs(services: JobServices): readonly Job[] {
  return [
    // Before expiry: what comes back to a lot that has run out has its days of grace.
    holdsJob(services),
    expiryJob(services),
    referralsJob(services),
    occasionsJob(services),
    tierReviewJob(services),
    confirmationJob(services),
    expiryNoticesJob(services),
    tierNoticesJob(services),
    webhookDeliveryJob(services),
    sweepJob(services),
  ];
}
