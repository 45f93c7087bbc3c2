import { LoyaltyError } from '../../shared/domain/errors.ts';
import { SCOPE_MEMBER } from '../../shared/protocol/names.ts';
import type { AccessTokens, Caller } from '../identity/access-tokens.ts';
import type { ProgramKeys } from '../identity/program-keys.ts';
import type { WalletGrants } from '../identity/wallet-grants.ts';
import type { Access } from './route.ts';

export interface Authority {
  readonly keys: ProgramKeys;
  readonly accessTokens: AccessTokens;
  readonly grants: WalletGrants;
}

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/**
 * Checks that the caller may use a route, and gives the member on whose behalf it calls.
 *
 * @param programId Program in the route's path: a merchant's key is good for its own program only.
 * @throws {LoyaltyError} `unauthorized`, `invalid_token`, `forbidden`.
 */
export async function authorize(
  { keys, accessTokens, grants }: Authority,
  access: Access,
  authorization: string | undefined,
  programId: string | undefined,
): Promise<Caller | null> {
  if (access === 'public') return null;
  const credentials = BEARER.exec(authorization ?? '')?.[1];
  if (credentials === undefined) throw unauthorized('Send an Authorization header with a Bearer token.');
  if (access === 'merchant') {
    if (programId === undefined || !(await keys.isSecretKey(programId, credentials))) {
      throw unauthorized('This is not a secret key of the program.');
    }
    return null;
  }
  const caller = await accessTokens.verify(credentials);
  if (access === 'member' && caller.scope !== SCOPE_MEMBER) {
    throw new LoyaltyError('forbidden', 'This token may read, but not change anything.');
  }
  // The shopper may have unlinked the wallet a second ago.
  if (caller.grantId !== null && !(await grants.isLive(caller.programId, caller.grantId))) {
    throw new LoyaltyError('invalid_token', 'The wallet was unlinked.');
  }
  return caller;
}

function unauthorized(detail: string): LoyaltyError {
  return new LoyaltyError('unauthorized', detail);
}
