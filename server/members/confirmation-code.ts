import { randomBytes } from 'node:crypto';
import { hashOf } from '../identity/vault.ts';

/** Crockford's base32: no letter that is taken for another when read aloud or typed. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 16;

/** 80 random bits in four groups of four, such as `7Q2K-V0ZA-93MB-H5XT`. */
export function newConfirmationCode(): string {
  const letters = Array.from(randomBytes(LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return (letters.match(/.{4}/g) ?? []).join('-');
}

/** By what a code is found; never the code itself. `null` for a text that is no code. */
export function confirmationHash(programId: string, code: string): string | null {
  const letters = code.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  if (!/^[0-9A-HJKMNP-TV-Z]{16}$/.test(letters)) return null;
  return hashOf(JSON.stringify(['consent', programId, letters]));
}
