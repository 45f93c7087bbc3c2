import type { Instant } from '../../shared/domain/time.ts';
import { BoundedMap } from '../bounded-map.ts';
import { networkOf } from './client-address.ts';
import { RateLimited } from './rate-limited.ts';
import type { Policy } from './token-buckets.ts';

/**
 * Stops the guessing of codes. A code that is wrong, used or another shop's is a miss alike; after so many of them in an
 * hour an account or an address may try no more until the first of them is an hour old, with right codes neither.
 */
export interface MissGuard {
  /**
   * Begins a try, and counts it as a miss until {@link Attempt.hit} says otherwise: of tries that run at once none gets
   * past the limit.
   *
   * @param account Whose account the try is for; `null` where none is known.
   * @param address IP address, or as `clientAddress` gives it; `null` where it is not known.
   * @throws {RateLimited} when the account or the address has had its misses.
   */
  attempt(account: string | null, address: string | null): Attempt;
  /** Whether a try would be allowed, without counting it. @throws {RateLimited} */
  check(account: string | null, address: string | null): void;
  /** Counts a miss that no {@link attempt} stands for. */
  miss(account: string | null, address: string | null): void;
}

/** A try under way. */
export interface Attempt {
  /** The code was right: the try is no miss. */
  hit(): void;
}

export const ACCOUNT_MISSES: Policy = { name: 'misses-account', quota: 10, windowS: 3_600 };
export const ADDRESS_MISSES: Policy = { name: 'misses-address', quota: 50, windowS: 3_600 };

/** At the most misses each, 2 + 5 MB. */
const ACCOUNT_COUNT_MAX = 10_000;
const ADDRESS_COUNT_MAX = 10_000;

export function createMissGuard(clock: () => Instant): MissGuard {
  const accounts = new MissLog(ACCOUNT_MISSES, clock, ACCOUNT_COUNT_MAX);
  const addresses = new MissLog(ADDRESS_MISSES, clock, ADDRESS_COUNT_MAX);

  function check(account: string | null, address: string | null): void {
    if (account !== null) accounts.check(account);
    if (address !== null) addresses.check(clientOf(address));
  }

  function miss(account: string | null, address: string | null): Instant {
    const now = clock();
    if (account !== null) accounts.add(account, now);
    if (address !== null) addresses.add(clientOf(address), now);
    return now;
  }

  return {
    check,
    miss,
    attempt(account, address) {
      check(account, address);
      const begunAt = miss(account, address);
      let isOpen = true;
      return {
        hit() {
          if (!isOpen) return;
          isOpen = false;
          if (account !== null) accounts.remove(account, begunAt);
          if (address !== null) addresses.remove(clientOf(address), begunAt);
        },
      };
    },
  };
}

/** A shopper has a whole network of IPv6 addresses to try from. */
const clientOf = (address: string) => networkOf(address) ?? address;

/** When each client missed, the latest of them up to the quota: exact, where a bucket would let one more through each while. */
class MissLog {
  readonly #policy: Policy;
  readonly #clock: () => Instant;
  readonly #misses: BoundedMap<string, readonly Instant[]>;

  constructor(policy: Policy, clock: () => Instant, clientCountMax: number) {
    this.#policy = policy;
    this.#clock = clock;
    this.#misses = new BoundedMap(clientCountMax);
  }

  check(client: string): void {
    const now = this.#clock();
    const misses = this.#within(client, now);
    if (misses.length < this.#policy.quota) return;
    const retryAfterS = Math.max(1, Math.ceil(((misses[0] as Instant) + this.#policy.windowS * 1_000 - now) / 1_000));
    throw new RateLimited({
      policy: this.#policy,
      isAllowed: false,
      remaining: 0,
      resetS: retryAfterS,
      retryAfterS,
    });
  }

  add(client: string, at: Instant): void {
    this.#misses.set(client, [...this.#within(client, at), at].slice(-this.#policy.quota));
  }

  remove(client: string, at: Instant): void {
    const misses = this.#misses.get(client) ?? [];
    const index = misses.indexOf(at);
    if (index === -1) return;
    const left = misses.toSpliced(index, 1);
    if (left.length === 0) this.#misses.delete(client);
    else this.#misses.set(client, left);
  }

  /** A miss of the future is of a clock that was set back since, and counts no longer. */
  #within(client: string, now: Instant): readonly Instant[] {
    const since = now - this.#policy.windowS * 1_000;
    return (this.#misses.get(client) ?? []).filter((at) => at > since && at <= now);
  }
}
