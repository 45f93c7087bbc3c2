import { hash } from 'node:crypto';
import { codeOf, normalizedCode } from '../../shared/domain/codes.ts';
import type { Vault } from '../identity/vault.ts';

/** Bytes of a code: 80 bits. */
const CODE_BYTE_COUNT = 10;

/** Codes of redemptions: made again from their ids whenever they are shown, and found by a hash. None is stored. */
export interface RedemptionCodes {
  codeFor(programId: string, redemptionId: string): string;
  /** By what a typed code is found; also for a text that no code can be, which is then not found. */
  hashOf(programId: string, typed: string): string;
}

export function createRedemptionCodes(vault: Pick<Vault, 'macOf'>): RedemptionCodes {
  return {
    codeFor(programId, redemptionId) {
      const mac = Buffer.from(vault.macOf('redemption-code', `${programId} ${redemptionId}`), 'base64url');
      return codeOf(mac.subarray(0, CODE_BYTE_COUNT));
    },
    hashOf: (programId, typed) => vault.macOf('redemption-code-hash', `${programId} ${normalizedCode(typed) ?? typed}`),
  };
}

/** For a ledger that makes no codes, such as an import: it knows none either. */
export const NO_CODES: RedemptionCodes = {
  codeFor() {
    throw new RangeError('NO_CODES: this ledger makes no codes');
  },
  hashOf: (programId, typed) => hash('sha256', `${programId} ${typed}`, 'base64url'),
};
