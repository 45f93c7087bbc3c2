import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Policy, Standing } from './token-buckets.ts';

/** A refusal that says when to come back. */
export class RateLimited extends LoyaltyError {
  readonly headers: Readonly<Record<string, string>>;

  constructor(standing: Standing) {
    const { retryAfterS } = standing;
    super(
      'rate_limited',
      `Too many requests. Try again in ${retryAfterS} ${retryAfterS === 1 ? 'second' : 'seconds'}.`,
    );
    this.headers = { 'retry-after': String(retryAfterS), ...headersOf(standing) };
  }
}

/** What a client reads of its limit: `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10. */
export function headersOf({ policy, remaining, resetS }: Standing): Readonly<Record<string, string>> {
  return {
    'ratelimit-policy': policyText(policy),
    ratelimit: `"${policy.name}";r=${remaining};t=${resetS}`,
  };
}

const policyText = ({ name, quota, windowS }: Policy) => `"${name}";q=${quota};w=${windowS}`;
