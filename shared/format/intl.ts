/**
 * Formatters are costly to make and cheap to use: a page with a thousand badges shares one. Each kind keeps few, since
 * a page speaks few languages; the key is the locale and the options.
 */
const cache = new Map<string, unknown>();

function cached<T>(kind: string, locale: string, options: object, make: () => T): T {
  const key = kind + locale + JSON.stringify(options);
  let formatter = cache.get(key) as T | undefined;
  if (formatter === undefined) {
    formatter = make();
    cache.set(key, formatter);
  }
  return formatter;
}

/** A shared `Intl.NumberFormat`. */
export const numberFormat = (locale: string, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat =>
  cached('n', locale, options, () => new Intl.NumberFormat(locale, options));

/** A shared `Intl.DateTimeFormat`. */
export const dateTimeFormat = (locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  cached('d', locale, options, () => new Intl.DateTimeFormat(locale, options));

/** A shared `Intl.PluralRules`. */
export const pluralRules = (locale: string): Intl.PluralRules =>
  cached('p', locale, {}, () => new Intl.PluralRules(locale));
