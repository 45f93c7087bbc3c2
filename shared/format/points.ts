import type { Localized } from '../domain/program.ts';
import { numberFormat, pluralRules } from './intl.ts';
import { negotiateLocale } from './locale.ts';

/** A whole number as people write it in `locale`. */
export const formatNumber = (value: number, locale: string): string => numberFormat(locale).format(value);

/** What the merchant calls `count` points, in the reader's language or else in the first that the program has. */
export function unitName(name: Localized<Partial<Record<string, string>>>, count: number, locale: string): string {
  const locales = Object.keys(name);
  const found = negotiateLocale(locale, locales) ?? locales[0];
  const forms = found && own(name, found);
  if (!forms) return '';
  return own(forms, pluralRules(found).select(count)) ?? own(forms, 'other') ?? '';
}

/** A text that exists in several languages, in the reader's or else in the first. */
export function localizedText(texts: Localized, locale: string): string {
  const locales = Object.keys(texts);
  const found = negotiateLocale(locale, locales) ?? locales[0];
  return (found && own(texts, found)) || '';
}

/** An own property only: pages add to `Object.prototype`. */
function own<T extends object, K extends keyof T>(from: T, key: K): T[K] | undefined {
  return Object.hasOwn(from, key) ? from[key] : undefined;
}
