/** One thing an element takes: as a property always, as an attribute where it has one. */
export interface Input<T = unknown> {
  readonly attribute: string | null;
  /** Turns whatever is given into what the element works with; `null` or `undefined` means nothing is given. */
  read(given: unknown): T;
}

/** `given` if it is a whole number or the text of one, else `null`. Never rounds, never guesses, never 0 for nothing. */
export function wholeOf(given: unknown): number | null {
  const number = typeof given === 'string' && /^-?\d{1,16}$/.test(given) ? Number(given) : given;
  return Number.isSafeInteger(number) ? (number as number) + 0 : null;
}

/** A whole number. */
export const whole = (attribute: string): Input<number | null> => ({ attribute, read: wholeOf });

/** A text; an empty one is none. */
export const text = (attribute: string): Input<string | null> => ({
  attribute,
  read: (given) => (typeof given === 'string' && given) || null,
});

/** There or not. */
export const flag = (attribute: string): Input<boolean> => ({
  attribute,
  read: (given) => given !== null && given !== undefined && given !== false,
});

/** Data that only a property can hold. */
export const fact = <T>(): Input<T | null> => ({ attribute: null, read: (given) => (given ?? null) as T | null });
