import { negotiateLocale } from '../../shared/format/locale.ts';
import { wallet as ar } from '../../shared/format/messages/ar/wallet.ts';
import { wallet as en } from '../../shared/format/messages/en/wallet.ts';
import { LOCALES, type TextLocale } from '../../shared/format/messages/locales.ts';
import { wallet as zhHans } from '../../shared/format/messages/zh-Hans/wallet.ts';
import { type Messages, type MessageValues, say } from '../../shared/format/messages.ts';
import type { ProgramAddress } from '../program-link.ts';
import type { PendingLink, Shop } from '../storage/records.ts';

const TEXTS: Record<TextLocale, Messages> = { en, 'zh-Hans': zhHans, ar };

/** The page that the popup was opened on, as one look at it gave. */
export interface PageSeen extends ProgramAddress {
  readonly tabId: number;
  readonly origin: string;
}

/** The reader's language, and our texts in it. */
export interface Language {
  /** The reader's own tag, for numbers and dates. */
  readonly locale: string;
  /** The language that our texts are in. */
  readonly textLocale: TextLocale;
  say(key: keyof typeof en, values?: MessageValues): string;
}

/** Chooses the language by the browser's; numbers and dates keep the reader's region where the language is the same. */
export function languageOf(wanted: string): Language {
  const textLocale = (negotiateLocale(wanted, LOCALES) ?? 'en') as TextLocale;
  const isSame = new Intl.Locale(wanted).language === new Intl.Locale(textLocale).language;
  return {
    locale: isSame ? wanted : textLocale,
    textLocale,
    say: (key, values) => say(TEXTS[textLocale][key] ?? en[key], textLocale, values),
  };
}

/** What the popup's templates can set in motion. */
export interface Intents {
  link(page: PageSeen): void;
  confirm(pending: PendingLink): void;
  cancel(pending: PendingLink): void;
  /** The shopper opened or closed a shop's card. */
  toggle(shop: Shop, isOpen: boolean): void;
  askUnlink(shop: Shop | null): void;
  unlink(shop: Shop): void;
  saveEvidence(shop: Shop): void;
}
