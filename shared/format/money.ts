import { numberFormat } from './intl.ts';

/** Money from minor units: 1250 EUR is “€12.50”, 1250 JPY is “¥1,250”. */
export function formatMoney(minor: number, currency: string, locale: string): string {
  const format = numberFormat(locale, { style: 'currency', currency });
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** decimals);
}
