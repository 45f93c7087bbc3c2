import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { AMOUNT_MAX } from '../../../shared/protocol/schemas.ts';

/**
 * Decimals of the currencies whose minor unit is not a hundredth (ISO 4217). ICU is not asked: it follows what people
 * write on price tags, which differs from the standard for some.
 */
const DECIMALS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0]),
  ),
  ...Object.fromEntries('BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3])),
  CLF: 4,
  UYW: 4,
};

/** How many decimals a currency's amounts have at most. */
export function decimalsOf(currency: string): number {
  return DECIMALS[currency] ?? 2;
}

/** An amount of money as shop platforms write it. Digits are bounded, so that nobody sends a number of a megabyte. */
export const AMOUNT_PATTERN = /^-?\d{1,15}(?:\.\d{1,15})?$/;

/**
 * An amount in minor units, exactly: no floating-point number is ever made of it.
 *
 * @param text As {@link AMOUNT_PATTERN}.
 * @param pointer Where the amount stands in the event.
 * @throws {LoyaltyError} `event_invalid` for more decimals than the currency has, and for more than we can count.
 */
export function minorOf(text: string, currency: string, pointer: string): number {
  const decimals = decimalsOf(currency);
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  if (/[1-9]/.test(fraction.slice(decimals))) {
    throw eventInvalid(
      pointer,
      decimals === 0 ? `${currency} without decimals` : `${currency} with ${decimals} decimals`,
    );
  }
  const minor = BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, '0'));
  return bounded(text.startsWith('-') ? -minor : minor, pointer);
}

/** `amount` times `count`, exactly. @throws {LoyaltyError} `event_invalid` for more than we can count. */
export function times(amount: number, count: number, pointer: string): number {
  return bounded(BigInt(amount) * BigInt(count), pointer);
}

/** `amount` · `part` / `whole` without its fraction, exactly; 0 of nothing. */
export function share(amount: number, part: number, whole: number): number {
  return whole === 0 ? 0 : Number((BigInt(amount) * BigInt(part)) / BigInt(whole));
}

function bounded(minor: bigint, pointer: string): number {
  if (minor > AMOUNT_MAX || minor < -AMOUNT_MAX) throw eventInvalid(pointer, `at most ${AMOUNT_MAX} minor units`);
  // `-0n` is `0n`, and so is its number.
  return Number(minor);
}

/** An event that is signed well and cannot be understood. */
export function eventInvalid(pointer: string, detail: string): LoyaltyError {
  return new LoyaltyError('event_invalid', `The event has a fault at ${pointer || 'its root'}.`, [{ pointer, detail }]);
}
