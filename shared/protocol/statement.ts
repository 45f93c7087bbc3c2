/**
 * The points statement: what the server signs about one member, and what the wallet believes.
 *
 * JWS compact (RFC 7515) with a pinned `alg` and `typ` (RFC 8725 3.1, 3.11); claims in the shape of the Universal
 * Commerce Protocol's loyalty extension, plus `balance` and `chain`, which it leaves open.
 */
export const STATEMENT_ALG = 'Ed25519';
export const STATEMENT_TYP = 'points-statement+jwt';

/** Longest time between `iat` and `exp` that a wallet accepts. */
export const STATEMENT_LIFETIME_S_MAX = 86_400;

export interface StatementMembership {
  readonly id: string;
  readonly name: string;
  readonly provisional: false;
  /** Masked member number. */
  readonly display_id: string;
  /** The member's current tier. */
  readonly tiers: readonly { readonly id: string; readonly name: string }[];
  readonly rewards: readonly {
    readonly currency: { readonly name: string; readonly code: string };
    readonly balance: {
      readonly available: number;
      readonly pending: number;
      /** Soonest first; `at` is the last day of use in the program's time zone. */
      readonly expiring: readonly { readonly amount: number; readonly at: string }[];
    };
  }[];
}

export interface StatementClaims {
  /** Origin of the server. */
  readonly iss: string;
  /** Opaque id of the member for wallets. */
  readonly sub: string;
  readonly aud: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  /** One member: the program's id is the only key. */
  readonly loyalty: Readonly<Record<string, StatementMembership>>;
  /** Where the member's chain of entries stands: `head` is the hash of entry `seq`, `null` before the first. */
  readonly chain: { readonly seq: number; readonly head: string | null };
}

/** Reads claims from a payload that may say anything; `null` when a field is missing or of the wrong kind. */
export function parseStatementClaims(payload: unknown): StatementClaims | null {
  const claims = payload as StatementClaims;
  if (!isRecord(payload) || !isText(claims.iss) || !isText(claims.sub) || !isText(claims.aud)) return null;
  if (!isWhole(claims.iat) || !isWhole(claims.exp) || !isText(claims.jti)) return null;
  if (!isRecord(claims.chain) || !isWhole(claims.chain.seq) || claims.chain.seq < 0) return null;
  if (claims.chain.head !== null && !isText(claims.chain.head)) return null;
  if (!isRecord(claims.loyalty) || Object.keys(claims.loyalty).length !== 1) return null;
  return Object.values(claims.loyalty).every(isMembership) ? claims : null;
}

function isMembership(value: unknown): value is StatementMembership {
  const membership = value as StatementMembership;
  return (
    isRecord(value) &&
    isText(membership.id) &&
    isText(membership.name) &&
    membership.provisional === false &&
    isText(membership.display_id) &&
    isListOf(membership.tiers, (tier) => isText(tier.id) && isText(tier.name)) &&
    isListOf(
      membership.rewards,
      ({ currency, balance }) =>
        isRecord(currency) &&
        isText(currency.name) &&
        isText(currency.code) &&
        isRecord(balance) &&
        isWhole(balance.available) &&
        isWhole(balance.pending) &&
        isListOf(balance.expiring, (item) => isWhole(item.amount) && isText(item.at)),
    )
  );
}

function isListOf<T>(list: readonly T[], isItem: (item: T) => boolean): boolean {
  return Array.isArray(list) && list.every((item) => isRecord(item) && isItem(item as T));
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0;
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
