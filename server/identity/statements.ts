import { SignJWT } from 'jose/jwt/sign';
import type { Instant } from '../../shared/domain/time.ts';
import { WALLET_CLIENT_ID } from '../../shared/protocol/names.ts';
import {
  STATEMENT_ALG,
  STATEMENT_LIFETIME_S_MAX,
  STATEMENT_TYP,
  type StatementClaims,
  type StatementMembership,
} from '../../shared/protocol/statement.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { AccountReading } from '../ledger/ledger.ts';
import type { Caller } from './access-tokens.ts';
import type { SigningKeys } from './signing-keys.ts';
import { randomId, type Vault } from './vault.ts';

/** What a member's wallet keeps: the account, signed. */
export interface Statements {
  /** `etag` is weak: two servers sign the same facts with another `jti`. */
  sign(
    caller: Caller,
    reading: AccountReading,
    defaultLocale: string,
  ): Promise<{ readonly statement: string; readonly etag: string }>;
  etagOf(reading: AccountReading): string;
}

/** A statement is signed anew this often though nothing changed, so that the wallet never holds one about to expire. */
const RENEWAL_MS = 6 * 3_600_000;
const CACHED_STATEMENT_COUNT_MAX = 1_000;

export function createStatements({
  issuer,
  vault,
  signingKeys,
  clock,
}: {
  readonly issuer: string;
  readonly vault: Vault;
  readonly signingKeys: SigningKeys;
  readonly clock: () => Instant;
}): Statements {
  const signed = new BoundedMap<string, string>(CACHED_STATEMENT_COUNT_MAX);
  const etagOf = ({ etag }: AccountReading) => `W/"${etag}.${Math.floor(clock() / RENEWAL_MS)}"`;

  return {
    etagOf,

    async sign(caller, reading, defaultLocale) {
      const etag = etagOf(reading);
      const cacheKey = `${caller.programId} ${caller.memberId} ${etag}`;
      let statement = signed.get(cacheKey);
      if (statement === undefined) {
        const now = Math.floor(clock() / 1000);
        const claims: StatementClaims = {
          iss: issuer,
          sub: pairwiseId(vault, caller),
          aud: WALLET_CLIENT_ID,
          iat: now,
          exp: now + STATEMENT_LIFETIME_S_MAX,
          jti: randomId(),
          loyalty: { [caller.programId]: membershipOf(pairwiseId(vault, caller), reading, defaultLocale) },
          chain: { seq: reading.account.seq, head: reading.head },
        };
        statement = await new SignJWT({ ...claims })
          .setProtectedHeader({ alg: STATEMENT_ALG, kid: signingKeys.kid, typ: STATEMENT_TYP })
          .sign(signingKeys.privateKey);
        signed.set(cacheKey, statement);
      }
      return { statement, etag };
    },
  };
}

/** An id that only wallets see: it cannot be joined with the shop's or another program's (OpenID Connect Core 8.1). */
function pairwiseId(vault: Vault, { programId, memberId }: Caller): string {
  return `sub_${vault.macOf('pairwise-id', JSON.stringify([WALLET_CLIENT_ID, programId, memberId])).slice(0, 22)}`;
}

function membershipOf(id: string, { account }: AccountReading, defaultLocale: string): StatementMembership {
  const { balance, tier, unit } = account;
  return {
    id,
    name: textOf(account.programName, defaultLocale),
    provisional: false,
    display_id: account.displayId,
    tiers: [{ id: tier.id, name: textOf(tier.name, defaultLocale) }],
    rewards: [
      {
        currency: { name: unit.name[defaultLocale]?.['other'] ?? unit.code, code: unit.code },
        balance: {
          available: balance.available,
          pending: balance.pending,
          expiring: balance.expiring.map(({ points, lastDay }) => ({ amount: points, at: lastDay })),
        },
      },
    ],
  };
}

function textOf(texts: Readonly<Record<string, string>>, locale: string): string {
  return texts[locale] ?? Object.values(texts)[0] ?? '';
}
