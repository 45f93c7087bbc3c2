import type { JWTPayload } from 'jose';
import { decodeProtectedHeader } from 'jose/decode/protected_header';
import * as errors from 'jose/errors';
import { decodeJwt } from 'jose/jwt/decode';
import { jwtVerify } from 'jose/jwt/verify';
import * as v from 'valibot';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { programIdSchema, shopIdSchema } from '../../shared/protocol/schemas.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import type { ProgramKeys } from './program-keys.ts';

const selectUsed = statement<{ jti: string }>((db, parameter) =>
  db
    .selectFrom('used_tokens')
    .select('jti')
    .where('program_id', '=', parameter('program_id'))
    .where('jti', '=', parameter('jti')),
);

const insertUsed = statement<never>((db, parameter) =>
  db.insertInto('used_tokens').values({
    program_id: parameter('program_id'),
    jti: parameter('jti'),
    expires_at: parameter('expires_at'),
  }),
);

/** A JWT by which a shop said who its customer is, checked but not used yet. */
export interface ShopToken {
  readonly programId: string;
  readonly customerId: string;
  readonly jti: string;
  readonly expiresAt: Instant;
}

/** Reads the JWTs that shops mint for their signed-in customers (RFC 7523). */
export interface ShopTokens {
  /** @throws {LoyaltyError} `invalid_token`, saying which rule the token breaks. */
  verify(token: string): Promise<ShopToken>;
  /** Marks the token as used; durable, so that it is good once on all servers. @throws {LoyaltyError} `invalid_token`. */
  use(token: ShopToken): Promise<void>;
}

const ALG = 'HS256';
const LIFETIME_S_MAX = 300;
/** The shop's clock may be ahead of ours by this much. */
const CLOCK_SKEW_S_MAX = 60;
const TOKEN_LENGTH_MAX = 4_096;

export function createShopTokens({
  database,
  issuer,
  keys,
  clock,
}: {
  readonly database: Database;
  readonly issuer: string;
  readonly keys: ProgramKeys;
  readonly clock: () => Instant;
}): ShopTokens {
  return {
    async verify(token) {
      if (token.length > TOKEN_LENGTH_MAX) throw refused('is too long');
      const { programId, keyId } = readClaimedKey(token);
      const secret = await keys.memberKey(programId, keyId);
      if (secret === null) throw refused("names a key (kid) that is not one of the program's (iss) member keys");
      const payload = await verifySignature(token, secret, programId, clock());
      return readClaims(payload, programId, clock());
    },

    async use({ programId, jti, expiresAt }) {
      const params = { program_id: programId, jti };
      const isFirst = await database.transaction(async (transaction) => {
        if ((await transaction.all(selectUsed, params)).length > 0) return false;
        await transaction.run(insertUsed, { ...params, expires_at: expiresAt });
        return true;
      });
      if (!isFirst) throw refused('was used before: its jti must be new each time');
    },
  };

  async function verifySignature(token: string, secret: string, programId: string, now: Instant): Promise<JWTPayload> {
    try {
      // The algorithm is pinned by the key, whatever the header says (RFC 8725 3.1).
      const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
        algorithms: [ALG],
        issuer: programId,
        audience: issuer,
        currentDate: new Date(now),
        requiredClaims: ['sub', 'iat', 'exp', 'jti'],
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw refused('has expired (exp)');
      if (error instanceof errors.JWTClaimValidationFailed) {
        if (error.claim === 'aud') throw refused(`is for another audience: aud must be ${issuer}`);
        throw refused(`has a missing or wrong ${error.claim}`);
      }
      if (error instanceof errors.JWSSignatureVerificationFailed) throw refused('has a wrong signature');
      if (error instanceof errors.JOSEError) throw refused('cannot be read');
      throw error;
    }
  }
}

/** Whose key to take for the check: claimed by the token, proved only by the signature. */
function readClaimedKey(token: string): { programId: string; keyId: string } {
  try {
    const header = decodeProtectedHeader(token);
    if (header.alg !== ALG) throw refused(`is not signed with alg ${ALG}`);
    if (header.typ !== undefined && header.typ !== 'JWT') throw refused('has another typ than JWT');
    const programId = decodeJwt(token).iss;
    if (!v.is(programIdSchema, programId)) throw refused('does not name the program as iss');
    if (typeof header.kid !== 'string' || header.kid.length > 128) throw refused('does not name its member key as kid');
    return { programId, keyId: header.kid };
  } catch (error) {
    if (error instanceof LoyaltyError) throw error;
    throw refused('cannot be read: a JWS in compact serialization is expected');
  }
}

function readClaims(payload: JWTPayload, programId: string, now: Instant): ShopToken {
  const { sub, iat, exp, jti } = payload;
  const [issuedAtS, expiresAtS] = [iat as number, exp as number];
  if (!Number.isFinite(issuedAtS) || issuedAtS * 1000 > now + CLOCK_SKEW_S_MAX * 1000) {
    throw refused('was issued in the future (iat)');
  }
  if (expiresAtS - issuedAtS > LIFETIME_S_MAX)
    throw refused(`lives for more than ${LIFETIME_S_MAX} seconds (exp - iat)`);
  if (!v.is(shopIdSchema, sub)) throw refused('has no usable customer id (sub): 1 to 128 characters');
  if (!v.is(shopIdSchema, jti)) throw refused('has no usable id (jti): 1 to 128 characters');
  return { programId, customerId: sub, jti, expiresAt: Math.ceil(expiresAtS * 1000) };
}

function refused(why: string): LoyaltyError {
  return new LoyaltyError('invalid_token', `The shop's token ${why}.`, [{ pointer: '/assertion', detail: why }]);
}
