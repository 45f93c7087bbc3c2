import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { type Database, first, type Transaction, WriteConflict } from '../database/database.ts';
import { hashOf, isSame, randomText, type Vault } from './vault.ts';
import * as sql from './wallet-statements.ts';

/** Linking a wallet: one-time codes (RFC 7636), and grants whose refresh token changes with every use. */
export interface WalletGrants {
  /** A code for one PKCE challenge, good for {@link CODE_LIFETIME_S}. */
  issueCode(request: { programId: string; memberId: string; clientId: string; codeChallenge: string }): Promise<string>;
  /** @throws {LoyaltyError} `invalid_token`. */
  redeemCode(request: { code: string; codeVerifier: string; clientId: string }): Promise<Grant>;
  /**
   * Exchanges a refresh token for the next one. The exchange can be repeated until the next one is used, since its answer
   * may have been lost. Any older token ends the grant: a thief or the owner holds a copy, and nobody can tell which.
   *
   * @throws {LoyaltyError} `invalid_token`.
   */
  refresh(refreshToken: string, clientId: string): Promise<Grant>;
  /** Ends the grant of a refresh token; nothing happens when it is not one. */
  revoke(refreshToken: string): Promise<void>;
  isLive(programId: string, grantId: string): Promise<boolean>;
}

export interface Grant {
  readonly programId: string;
  readonly memberId: string;
  readonly grantId: string;
  readonly refreshToken: string;
}

export const CODE_LIFETIME_S = 60;
const GRANT_LIFETIME_MS = 400 * 86_400_000;

/** Both texts carry the program, which every key in the database begins with. */
const CODE = /^lrl_wc_([A-Za-z0-9_-]{1,180})\.[A-Za-z0-9_-]{43}$/;
const REFRESH = /^lrl_rt_([A-Za-z0-9_-]{1,180})\.(grt_[A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/;

export function createWalletGrants({
  database,
  vault,
  clock,
}: {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: () => Instant;
}): WalletGrants {
  /** Ours by its last part, so that a forged text can never end somebody's grant. */
  function newRefreshToken(programId: string, grantId: string): string {
    const body = `${encode(programId)}.${grantId}.${randomText()}`;
    return `lrl_rt_${body}.${vault.macOf('refresh-token', body)}`;
  }

  function readRefreshToken(token: string): { programId: string; grantId: string } | null {
    const [, program, grantId, random, mac] = REFRESH.exec(token) ?? [];
    if (program === undefined || grantId === undefined || mac === undefined) return null;
    if (!isSame(mac, vault.macOf('refresh-token', `${program}.${grantId}.${random}`))) return null;
    return { programId: decode(program), grantId };
  }

  function revokeGrant(transaction: Transaction, programId: string, grantId: string): Promise<number> {
    return transaction.run(sql.updateGrantRevoked, {
      program_id: programId,
      grant_id: grantId,
      revoked_at: clock(),
    });
  }

  return {
    async issueCode({ programId, memberId, clientId, codeChallenge }) {
      const code = `lrl_wc_${encode(programId)}.${randomText()}`;
      const params = {
        program_id: programId,
        code_hash: hashOf(code),
        member_id: memberId,
        client_id: clientId,
        code_challenge: codeChallenge,
        expires_at: clock() + CODE_LIFETIME_S * 1000,
        used_at: null,
      };
      await database.transaction((transaction) => transaction.run(sql.insertCode, params));
      return code;
    },

    async redeemCode({ code, codeVerifier, clientId }) {
      const program = CODE.exec(code)?.[1];
      if (program === undefined) throw refused('/code', 'The code is not one of this server.');
      const programId = decode(program);
      const key = { program_id: programId, code_hash: hashOf(code) };
      const grantId = `grt_${key.code_hash.slice(0, 22)}`;
      const refreshToken = newRefreshToken(programId, grantId);
      const outcome = await database.transaction(async (transaction) => {
        const now = clock();
        const row = await first(transaction, sql.selectCode, key);
        if (!row || row.client_id !== clientId || row.expires_at <= now) return 'unknown';
        if (!isSame(row.code_challenge, hashOf(codeVerifier))) return 'unproved';
        if ((await transaction.run(sql.updateCodeUsed, { ...key, used_at: now })) === 0) {
          // RFC 6749 4.1.2: somebody has a copy of the code, so what came of it ends.
          await revokeGrant(transaction, programId, grantId);
          return 'used';
        }
        await transaction.run(sql.insertGrant, {
          program_id: programId,
          grant_id: grantId,
          member_id: row.member_id,
          client_id: clientId,
          refresh_hash: hashOf(refreshToken),
          previous_hash: null,
          created_at: now,
          expires_at: now + GRANT_LIFETIME_MS,
          revoked_at: null,
        });
        return { programId, memberId: row.member_id, grantId, refreshToken };
      });
      if (typeof outcome === 'object') return outcome;
      if (outcome === 'unproved') throw refused('/code_verifier', 'The code verifier does not fit the challenge.');
      throw refused('/code', outcome === 'used' ? 'The code was used before.' : 'The code is unknown or has expired.');
    },

    async refresh(refreshToken, clientId) {
      const claimed = readRefreshToken(refreshToken);
      if (!claimed) throw refused('/refresh_token', 'The refresh token is not one of this server.');
      const { programId, grantId } = claimed;
      const key = { program_id: programId, grant_id: grantId };
      const next = newRefreshToken(programId, grantId);
      const outcome = await database.transaction(async (transaction) => {
        const now = clock();
        const row = await first(transaction, sql.selectGrant, key);
        if (!row || row.revoked_at !== null || row.expires_at <= now || row.client_id !== clientId) return 'ended';
        const presented = hashOf(refreshToken);
        // The one before is good for a repeat: a wallet may be stopped before it kept the answer.
        if (presented === row.refresh_hash || presented === row.previous_hash) {
          const rotated = await transaction.run(sql.updateGrantRefresh, {
            ...key,
            refresh_hash: row.refresh_hash,
            presented_hash: presented,
            next_hash: hashOf(next),
            expires_at: now + GRANT_LIFETIME_MS,
          });
          if (rotated === 0) throw new WriteConflict('refresh');
          return { programId, memberId: row.member_id, grantId, refreshToken: next };
        }
        await revokeGrant(transaction, programId, grantId);
        return 'reused';
      });
      if (typeof outcome === 'object') return outcome;
      throw refused(
        '/refresh_token',
        outcome === 'reused'
          ? 'The refresh token was used before; the link is ended for safety. Link the wallet again.'
          : 'The link has ended. Link the wallet again.',
      );
    },

    async revoke(refreshToken) {
      const claimed = readRefreshToken(refreshToken);
      if (!claimed) return;
      await database.transaction((transaction) => revokeGrant(transaction, claimed.programId, claimed.grantId));
    },

    async isLive(programId, grantId) {
      const row = await first(database, sql.selectGrant, { program_id: programId, grant_id: grantId });
      return row !== undefined && row.revoked_at === null && row.expires_at > clock();
    },
  };
}

const encode = (programId: string) => Buffer.from(programId).toString('base64url');
const decode = (text: string) => Buffer.from(text, 'base64url').toString();

function refused(pointer: string, detail: string): LoyaltyError {
  return new LoyaltyError('invalid_token', detail, [{ pointer, detail }]);
}
