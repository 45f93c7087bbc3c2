/** The languages our own texts exist in; a merchant's texts may exist in more. The first is everyone's fallback. */
export const LOCALES = ['en', 'zh-Hans', 'ar'] as const;

export type TextLocale = (typeof LOCALES)[number];
