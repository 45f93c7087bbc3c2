import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { Route } from '../http/route.ts';
import { clientAddress } from './client-address.ts';
import { headersOf, RateLimited } from './rate-limited.ts';
import { type Policy, type Standing, TokenBuckets } from './token-buckets.ts';

/**
 * What is limited, and for whom: `public` and `token` (every `/oauth/` call) by the client's address, `webhook` by program and
 * address, `member` by the member, `merchant` by the program. `refusals` are calls with credentials that were no good, by
 * address: whoever has had too many of them gets nothing further that is not his by address.
 */
export const LIMIT_KINDS = ['public', 'token', 'webhook', 'member', 'merchant', 'refusals'] as const;
export type LimitKind = (typeof LIMIT_KINDS)[number];

/** Requests a window; `null` switches one off. */
export type LimitSettings = Readonly<Record<LimitKind, Pick<Policy, 'quota' | 'windowS'> | null>>;

/** Far above what people and shops do, also where a whole city shares its provider's address; below what harms the server. */
export const LIMITS_DEFAULT: LimitSettings = {
  public: { quota: 6_000, windowS: 60 },
  token: { quota: 3_000, windowS: 60 },
  webhook: { quota: 6_000, windowS: 60 },
  member: { quota: 600, windowS: 60 },
  merchant: { quota: 600_000, windowS: 60 },
  refusals: { quota: 300, windowS: 600 },
};

export const NO_LIMITS: LimitSettings = {
  public: null,
  token: null,
  webhook: null,
  member: null,
  merchant: null,
  refusals: null,
};

/** Who asks, before it is known who calls. */
export interface Asker {
  /** As {@link clientAddress} gives it; `null` is not limited by address. */
  readonly address: string | null;
}

/** Keeps one server's clients within their limits. */
export interface Limits {
  /** Whom a request comes from, by the connection's address and `X-Forwarded-For`. */
  addressOf(peer: string | undefined, forwardedFor: string | undefined): string | null;
  /** The limits of one route. */
  of(route: Pick<Route, 'access' | 'path'>): RouteLimits;
}

export interface RouteLimits {
  /** Before the caller's credentials are looked at. @throws {RateLimited} */
  arrive(asker: Asker, programId: string | undefined): Standing | null;
  /** Once it is known who calls. @throws {RateLimited} */
  admit(programId: string | undefined, caller: { readonly memberId: string } | null): Standing | null;
  /** The credentials were no good. */
  refuse(asker: Asker): void;
}

/** About 250 bytes each, in each of the limits. */
const CLIENT_COUNT_MAX = 10_000;
const KNOWN_ADDRESS_COUNT_MAX = 1_000;
/** Of an IPv6 address with brackets and port, and some more. */
const ADDRESS_LENGTH_MAX = 64;

/** Below this part of its quota a client is told how much it has left. */
const LOW = 0.5;

export interface LimitParts {
  readonly clock: () => Instant;
  /** {@link LIMITS_DEFAULT} where absent. */
  readonly settings?: LimitSettings;
  /** How many proxies of the operator's own stand before the server. */
  readonly proxyCount?: number;
}

export function createLimits({ clock, settings = LIMITS_DEFAULT, proxyCount = 0 }: LimitParts): Limits {
  const buckets = new Map<LimitKind, TokenBuckets>();
  for (const kind of LIMIT_KINDS) {
    const limit = settings[kind];
    if (limit) buckets.set(kind, new TokenBuckets({ name: kind, ...limit }, clock, CLIENT_COUNT_MAX));
  }
  const refusals = buckets.get('refusals');
  /** Told from their text already: a connection has many requests. */
  const addresses = new BoundedMap<string, string | null>(KNOWN_ADDRESS_COUNT_MAX);

  const take = (kind: LimitKind, client: string | null): Standing | null => {
    const standing = client === null ? null : (buckets.get(kind)?.take(client) ?? null);
    if (standing && !standing.isAllowed) throw new RateLimited(standing);
    return standing;
  };

  return {
    addressOf(peer, forwardedFor) {
      const said = proxyCount === 0 ? peer : forwardedFor;
      if (!said) return null;
      const known = addresses.get(said);
      if (known !== undefined) return known;
      const address = clientAddress(peer, forwardedFor ?? undefined, proxyCount);
      // Nobody's header grows what is remembered by more than an address is long.
      if (said.length <= ADDRESS_LENGTH_MAX) addresses.set(said, address);
      return address;
    },

    of(route) {
      const kind = kindOf(route);
      const isByAddress = kind === 'public' || kind === 'token' || kind === 'webhook';
      return {
        arrive({ address }, programId) {
          if (address === null) return null;
          const refused = refusals?.look(address);
          if (refused && !refused.isAllowed) throw new RateLimited(refused);
          if (!isByAddress) return null;
          return take(kind, kind === 'webhook' ? `${programId} ${address}` : address);
        },
        admit(programId, caller) {
          if (kind === 'member') return take(kind, caller?.memberId ?? null);
          return kind === 'merchant' ? take(kind, programId ?? null) : null;
        },
        refuse({ address }) {
          if (address !== null) refusals?.take(address);
        },
      };
    },
  };
}

function kindOf({ access, path }: Pick<Route, 'access' | 'path'>): LimitKind {
  if (path.startsWith('/oauth/')) return 'token';
  if (access === 'merchant') return 'merchant';
  if (access === 'member' || access === 'reader') return 'member';
  return path.includes('/webhooks/{platform}') ? 'webhook' : 'public';
}

/** Whether a refusal is of credentials that were no good, or that were missing. */
export function isBadCredential(error: unknown): boolean {
  return error instanceof LoyaltyError && (error.code === 'unauthorized' || error.code === 'invalid_token');
}

/** What an answer tells of a limit: nothing while much is left. */
export function limitHeaders(standing: Standing | null): Readonly<Record<string, string>> | null {
  return standing && standing.remaining < standing.policy.quota * LOW ? headersOf(standing) : null;
}

/**
 * Reads limits as an operator sets them: `off`, or changes to the defaults such as `public=600/60,refusals=off`, in
 * requests and seconds.
 *
 * @returns The limits, or a sentence that follows the setting's name.
 */
export function readLimits(text: string): LimitSettings | string {
  if (text === 'off') return NO_LIMITS;
  const limits: Record<LimitKind, LimitSettings[LimitKind]> = { ...LIMITS_DEFAULT };
  for (const part of text === 'on' ? [] : text.split(',')) {
    const [, kind = '', off, quota, windowS] =
      /^\s*([a-z]+)=(?:(off)|([1-9]\d{0,8})\/([1-9]\d{0,4}))\s*$/.exec(part) ?? [];
    if (!(LIMIT_KINDS as readonly string[]).includes(kind)) {
      return `is not understood at ${JSON.stringify(part)}: use off, or limits such as public=600/60 (requests/seconds) or public=off, of ${LIMIT_KINDS.join(', ')}`;
    }
    limits[kind as LimitKind] = off ? null : { quota: Number(quota), windowS: Number(windowS) };
  }
  return limits;
}
