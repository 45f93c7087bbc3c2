/** Crockford's base32: no letter that is taken for another one or for a digit, and no U. */
export const CODE_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const CODE_BYTE_COUNT = 10;
const GROUP_LENGTH = 4;
const CODE_LENGTH = 16;

/** 80 bits as a code that a shopper can read out and type: `XXXX-XXXX-XXXX-XXXX`. */
export function codeOf(bytes: Uint8Array): string {
  if (bytes.length !== CODE_BYTE_COUNT) throw new RangeError(`codeOf: ${bytes.length} bytes, not ${CODE_BYTE_COUNT}`);
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let index = CODE_LENGTH - 1; index >= 0; index--) {
    text += CODE_ALPHABET[Number((bits >> BigInt(5 * index)) & 31n)];
    if (index % GROUP_LENGTH === 0 && index > 0) text += '-';
  }
  return text;
}

/** A code as it was made, from how it was typed: any case, with or without hyphens, O for 0, I or L for 1. */
export function normalizedCode(typed: string): string | null {
  return groupedCode(typed, CODE_LENGTH);
}

/** The letters of a typed code in groups of four; `null` where there are not as many as there ought to be. */
export function groupedCode(typed: string, length: number): string | null {
  const letters = typed
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[\s\p{Dash}]/gu, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
  if (letters.length !== length || ![...letters].every((letter) => CODE_ALPHABET.includes(letter))) return null;
  return letters.replaceAll(/(.{4})(?=.)/g, '$1-');
}
