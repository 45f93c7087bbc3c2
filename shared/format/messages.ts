import { pluralRules } from './intl.ts';
import { directionOf } from './locale.ts';

/**
 * A whole sentence with `{placeholders}`, or one for each plural category that its language has; `other` always. The
 * category is that of the value named `count`.
 */
export type Message = string | (Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string });

/** The texts of one surface in one language. */
export type Messages = Readonly<Record<string, Message>>;

export interface MessageValues {
  /** Chooses the plural form; not shown by itself. */
  readonly count?: number;
  readonly [placeholder: string]: string | number;
}

/** First strong isolate and its end (UAX #9): keep a Latin name from turning an Arabic sentence around. */
const isolate = (text: string): string => `\u2068${text}\u2069`;

/** Fills a message of `locale`. Values are shown as given: format numbers and dates first. */
export function say(message: Message, locale: string, values: MessageValues = {}): string {
  const pattern =
    typeof message === 'string' ? message : (message[pluralRules(locale).select(values.count ?? 0)] ?? message.other);
  const rtl = directionOf(locale) === 'rtl';
  return pattern.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? String(values[name]) : '';
    return rtl ? isolate(value) : value;
  });
}
