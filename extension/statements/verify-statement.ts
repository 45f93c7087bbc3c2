import { compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import {
  parseStatementClaims,
  STATEMENT_ALG,
  STATEMENT_LIFETIME_S_MAX,
  STATEMENT_TYP,
  type StatementClaims,
} from '../../shared/protocol/statement.ts';

/** Why a statement is not believed. Stored with the evidence: the codes never change meaning. */
export type StatementFault =
  | 'malformed'
  | 'wrong_algorithm'
  | 'wrong_type'
  | 'unknown_key'
  | 'bad_signature'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'wrong_program'
  | 'wrong_member'
  | 'not_yet_valid'
  | 'expired'
  | 'lifetime_too_long'
  | 'older_than_seen'
  | 'sequence_fell'
  | 'head_changed';

/** What a statement of this shop must say. */
export interface Expected {
  readonly issuer: string;
  readonly audience: string;
  readonly program: string;
  /** The statement believed last; `null` before the first. */
  readonly last: Pick<StatementClaims, 'sub' | 'iat' | 'chain'> | null;
}

export type StatementVerdict =
  | { readonly ok: true; readonly claims: StatementClaims }
  | { readonly ok: false; readonly fault: StatementFault };

/** How far two clocks may be apart: the shop's servers from each other, and from this device. */
const CLOCK_SKEW_S = 60;

/** Longest statement that is read at all. */
const LENGTH_MAX = 64 * 1024;

/** Asks for the issuer's key with this id; `null` when the issuer does not list it. */
export type KeyLookup = (kid: string) => Promise<JWK | null>;

/**
 * Decides whether a signed statement is believed. Pins `alg` and `typ` before it looks at the signature, and believes
 * nothing from the payload before that is verified.
 */
export async function verifyStatement(
  jws: string,
  expected: Expected,
  keyOf: KeyLookup,
  nowS: number,
): Promise<StatementVerdict> {
  const signed = await verifySignature(jws, keyOf);
  if ('fault' in signed) return { ok: false, fault: signed.fault };
  const claims = parseStatementClaims(signed.payload);
  if (!claims) return { ok: false, fault: 'malformed' };
  const fault = faultOf(claims, expected, nowS);
  return fault ? { ok: false, fault } : { ok: true, claims };
}

async function verifySignature(
  jws: string,
  keyOf: KeyLookup,
): Promise<{ readonly payload: unknown } | { readonly fault: StatementFault }> {
  if (jws.length > LENGTH_MAX || jws.split('.').length !== 3) return { fault: 'malformed' };
  let header: ReturnType<typeof decodeProtectedHeader>;
  try {
    header = decodeProtectedHeader(jws);
  } catch {
    return { fault: 'malformed' };
  }
  if (header.alg !== STATEMENT_ALG) return { fault: 'wrong_algorithm' };
  if (header.typ !== STATEMENT_TYP || header.crit !== undefined) return { fault: 'wrong_type' };
  if (typeof header.kid !== 'string' || header.kid.length === 0) return { fault: 'unknown_key' };
  const jwk = await keyOf(header.kid);
  if (!jwk || jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519') return { fault: 'unknown_key' };
  try {
    // Only the public parts that matter: a key list cannot say more about the key than these.
    const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: jwk.x as string }, STATEMENT_ALG);
    const { payload } = await compactVerify(jws, key, { algorithms: [STATEMENT_ALG] });
    return { payload: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) };
  } catch (error) {
    return { fault: error instanceof SyntaxError || error instanceof TypeError ? 'malformed' : 'bad_signature' };
  }
}

/** The first rule that verified claims break, in the order in which a reader would ask. */
function faultOf(claims: StatementClaims, expected: Expected, nowS: number): StatementFault | null {
  const { last } = expected;
  if (claims.iss !== expected.issuer) return 'wrong_issuer';
  if (claims.aud !== expected.audience) return 'wrong_audience';
  if (!Object.hasOwn(claims.loyalty, expected.program)) return 'wrong_program';
  if (claims.exp - claims.iat > STATEMENT_LIFETIME_S_MAX || claims.exp <= claims.iat) return 'lifetime_too_long';
  if (claims.iat > nowS + CLOCK_SKEW_S) return 'not_yet_valid';
  if (claims.exp <= nowS) return 'expired';
  if ((claims.chain.seq === 0) !== (claims.chain.head === null)) return 'malformed';
  if (!last) return null;
  if (claims.sub !== last.sub) return 'wrong_member';
  if (claims.chain.seq < last.chain.seq) return 'sequence_fell';
  if (claims.chain.seq === last.chain.seq && claims.chain.head !== last.chain.head) return 'head_changed';
  if (claims.iat < last.iat - CLOCK_SKEW_S) return 'older_than_seen';
  return null;
}
