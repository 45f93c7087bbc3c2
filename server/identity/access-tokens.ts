import * as errors from 'jose/errors';
import { SignJWT } from 'jose/jwt/sign';
import { jwtVerify } from 'jose/jwt/verify';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { SCOPE_MEMBER, SCOPE_READ } from '../../shared/protocol/names.ts';
import { BoundedMap } from '../bounded-map.ts';
import { randomId, type Vault } from './vault.ts';

export type Scope = typeof SCOPE_MEMBER | typeof SCOPE_READ;

/** Who makes a member's call. */
export interface Caller {
  readonly programId: string;
  readonly memberId: string;
  readonly scope: Scope;
  /** The wallet's grant, which the shopper can take back at any time; `null` on the shop's page. */
  readonly grantId: string | null;
  /** When the token was issued. */
  readonly issuedAt?: Instant;
  /** When it ends. */
  readonly expiresAt?: Instant;
}

export interface AccessTokens {
  issue(caller: Omit<Caller, 'issuedAt'>): Promise<{ readonly token: string; readonly lifetimeS: number }>;
  /** At once for a token that was seen before. @throws {LoyaltyError} `invalid_token`. */
  verify(token: string): Promise<Caller> | Caller;
  /** Every token of a member that was issued by now is refused from now on: at once here, elsewhere when it expires. */
  endAll(programId: string, memberId: string): void;
}

const LIFETIME_S = 600;

/** Type of RFC 9068, so that no other JWT of ours is ever taken for an access token (RFC 8725 3.11). */
const TYP = 'at+jwt';
const ALG = 'HS256';

/** Verified tokens in memory: checking one again costs a look-up instead of 30 µs. */
const CACHED_TOKEN_COUNT_MAX = 50_000;
const TOKEN_LENGTH_MAX = 2_048;

/** Members whose tokens were ended: many more than are erased within a token's life. */
const ENDED_MEMBER_COUNT_MAX = 50_000;

interface Verified {
  readonly caller: Caller;
  readonly expiresAt: Instant;
}

export function createAccessTokens({
  issuer,
  vault,
  clock,
}: {
  readonly issuer: string;
  readonly vault: Vault;
  readonly clock: () => Instant;
}): AccessTokens {
  const key = vault.keyOf('access-token');
  const verified = new BoundedMap<string, Verified>(CACHED_TOKEN_COUNT_MAX);
  const ended = new BoundedMap<string, true>(ENDED_MEMBER_COUNT_MAX);

  return {
    async issue({ programId, memberId, scope, grantId }) {
      const now = Math.floor(clock() / 1000);
      const token = await new SignJWT({ program: programId, scope, grant: grantId })
        .setProtectedHeader({ alg: ALG, typ: TYP })
        .setIssuer(issuer)
        .setAudience(issuer)
        .setSubject(memberId)
        .setIssuedAt(now)
        .setExpirationTime(now + LIFETIME_S)
        .setJti(randomId())
        .sign(key);
      return { token, lifetimeS: LIFETIME_S };
    },

    verify(token) {
      const known = verified.get(token);
      return known ? liveCaller(token, known) : verifyNew(token);
    },

    endAll(programId, memberId) {
      ended.set(memberKey({ programId, memberId }), true);
    },
  };

  function liveCaller(token: string, { caller, expiresAt }: Verified): Caller {
    if (expiresAt <= clock()) {
      verified.delete(token);
      throw invalidToken('has expired');
    }
    if (ended.size > 0 && ended.get(memberKey(caller))) throw invalidToken('is of a member who was erased');
    return caller;
  }

  async function verifyNew(token: string): Promise<Caller> {
    if (token.length > TOKEN_LENGTH_MAX) throw invalidToken('is too long');
    const known = await verifyToken(token, clock());
    verified.set(token, known);
    return liveCaller(token, known);
  }

  async function verifyToken(token: string, now: Instant): Promise<Verified> {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [ALG],
        typ: TYP,
        issuer,
        audience: issuer,
        currentDate: new Date(now),
        requiredClaims: ['sub', 'exp'],
      });
      const { sub, exp, iat, program, scope, grant } = payload;
      // We signed it, so these hold; a token of an older program version could still lack one.
      if (typeof program !== 'string' || (scope !== SCOPE_MEMBER && scope !== SCOPE_READ))
        throw invalidToken('is not ours');
      const grantId = typeof grant === 'string' ? grant : null;
      const [issuedAt, expiresAt] = [(iat ?? 0) * 1000, (exp as number) * 1000];
      const caller: Caller = { programId: program, memberId: sub as string, scope, grantId, issuedAt, expiresAt };
      return { caller, expiresAt };
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw invalidToken('has expired');
      if (error instanceof errors.JOSEError) throw invalidToken('is not one of this server');
      throw error;
    }
  }
}

const memberKey = ({ programId, memberId }: Pick<Caller, 'programId' | 'memberId'>) => `${programId} ${memberId}`;

function invalidToken(why: string): LoyaltyError {
  return new LoyaltyError('invalid_token', `The access token ${why}.`);
}
