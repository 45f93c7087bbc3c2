import type { Instant } from '../../shared/domain/time.ts';
import { BoundedMap } from '../bounded-map.ts';

/** How much one client may have: `quota` at once if it likes, which comes back evenly over `windowS` seconds. */
export interface Policy {
  /** Names the policy to clients: letters, digits and hyphens. */
  readonly name: string;
  readonly quota: number;
  readonly windowS: number;
}

/** What one client has left. */
export interface Standing {
  readonly policy: Policy;
  readonly isAllowed: boolean;
  readonly remaining: number;
  /** Until the whole quota is there again. */
  readonly resetS: number;
  /** Until one more is allowed; 0 when it is. */
  readonly retryAfterS: number;
}

/**
 * A token bucket for each client, as the generic cell rate algorithm: one number a client, the instant at which its
 * bucket is full again. Bounded: whoever was not seen for longest is forgotten, and so has a full bucket.
 */
export class TokenBuckets {
  readonly policy: Policy;
  readonly #fullAt: BoundedMap<string, Instant>;
  readonly #clock: () => Instant;
  readonly #windowMs: number;
  readonly #perTokenMs: number;

  constructor(policy: Policy, clock: () => Instant, clientCountMax: number) {
    this.policy = policy;
    this.#clock = clock;
    this.#windowMs = policy.windowS * 1_000;
    this.#perTokenMs = this.#windowMs / policy.quota;
    this.#fullAt = new BoundedMap(clientCountMax);
  }

  /** Takes a token if there is one. A refusal costs nothing: whoever waits as told is served. */
  take(client: string): Standing {
    const now = this.#clock();
    const missing = this.#missing(client, now) + this.#perTokenMs;
    if (missing > this.#windowMs) return this.#standing(missing - this.#perTokenMs, false);
    this.#fullAt.set(client, now + missing);
    return this.#standing(missing, true);
  }

  /** What a client has, without taking any of it. */
  look(client: string): Standing {
    const missing = this.#missing(client, this.#clock());
    return this.#standing(missing, missing + this.#perTokenMs <= this.#windowMs);
  }

  /** How long the bucket takes to be full; never longer than from empty, so that a clock set back locks nobody out. */
  #missing(client: string, now: Instant): number {
    return Math.min(Math.max(0, (this.#fullAt.get(client) ?? 0) - now), this.#windowMs);
  }

  #standing(missing: number, isAllowed: boolean): Standing {
    return {
      policy: this.policy,
      isAllowed,
      // A thousandth for what floating-point numbers lose.
      remaining: isAllowed ? Math.floor((this.#windowMs - missing) / this.#perTokenMs + 0.001) : 0,
      resetS: Math.ceil(missing / 1_000),
      retryAfterS: isAllowed ? 0 : Math.max(1, Math.ceil((missing + this.#perTokenMs - this.#windowMs) / 1_000)),
    };
  }
}
