/** Reads fields of a message that anybody may have made. What is not as it should be reads as absent. */

/** Longest text that any side accepts in one field. */
const TEXT_LENGTH_MAX = 512;

/** An own data property, so that a polluted prototype or a getter has no say. */
export function own(data: unknown, name: string): unknown {
  if (typeof data !== 'object' || data === null) return undefined;
  return Object.getOwnPropertyDescriptor(data, name)?.value;
}

/** An own text of 1 to 512 characters; else `null`. */
export function ownText(data: unknown, name: string): string | null {
  const value = own(data, name);
  return typeof value === 'string' && value.length > 0 && value.length <= TEXT_LENGTH_MAX ? value : null;
}

/** An own whole number from 0 up, such as an id or a `seq`; else `null`. */
export function ownWhole(data: unknown, name: string): number | null {
  const value = own(data, name);
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
}
