import type { FieldFault } from '../../shared/domain/errors.ts';
import { escapeSegment } from '../http/faults.ts';
import { eachOf, type PartlyProgram } from './known-parts.ts';

/** Texts by locale, as far as they are known. */
type Texts = Readonly<Record<string, unknown>>;

/** Every text of a program, with its pointer. */
function textsOf(program: PartlyProgram): readonly (readonly [pointer: string, texts: Texts])[] {
  const texts: (readonly [string, Texts | undefined])[] = [
    ['/name', program.name],
    ['/description', program.description],
    ['/unit/name', program.unit?.name],
  ];
  const named = (
    list: readonly ({ readonly name?: Texts | undefined } | undefined)[] | undefined,
    at: string,
    further: readonly string[] = [],
  ) => {
    for (const { item, pointer } of eachOf(list, at)) {
      for (const field of ['name', ...further]) {
        texts.push([`${pointer}/${field}`, (item as Record<string, Texts | undefined>)[field]]);
      }
    }
  };
  named(program.earning?.rules, '/earning/rules');
  named(program.earning?.campaigns, '/earning/campaigns');
  named(program.tiers?.ladder, '/tiers/ladder');
  for (const tier of eachOf(program.tiers?.ladder, '/tiers/ladder')) {
    for (const { item, pointer } of eachOf(tier.item.benefits, `${tier.pointer}/benefits`)) {
      texts.push([`${pointer}/description`, item.description]);
    }
  }
  for (const kind of ['rewards', 'coupons'] as const) {
    named(program[kind], `/${kind}`, ['description']);
    for (const { item, pointer } of eachOf(program[kind], `/${kind}`)) {
      if (item.worth?.kind === 'donation') texts.push([`${pointer}/worth/charity`, item.worth.charity]);
    }
  }
  named(program.challenges, '/challenges', ['description']);
  named(program.occasions, '/occasions');
  named(program.consents, '/consents', ['text']);
  for (const { item, pointer } of eachOf(program.surveys, '/surveys'))
    texts.push([`${pointer}/question`, item.question]);
  return texts.flatMap(([pointer, found]) => (found ? [[pointer, found] as const] : []));
}

/** Every text is there in the default locale, which a member sees whose own is missing; every locale is one. */
export function textFaults(program: PartlyProgram): FieldFault[] {
  const { defaultLocale } = program;
  if (defaultLocale !== undefined && !isLocale(defaultLocale)) {
    return [{ pointer: '/defaultLocale', detail: A_LOCALE }];
  }
  return textsOf(program).flatMap(([pointer, texts]) => {
    const locales = Object.keys(texts);
    const faults = locales
      .filter((locale) => texts[locale] !== undefined && !isLocale(locale))
      .map((locale) => ({ pointer: `${pointer}/${escapeSegment(locale)}`, detail: A_LOCALE }));
    if (defaultLocale !== undefined && !locales.includes(defaultLocale)) {
      faults.push({ pointer: `${pointer}/${escapeSegment(defaultLocale)}`, detail: 'a text in the default locale' });
    }
    return faults;
  });
}

const A_LOCALE = 'a BCP 47 locale such as zh-Hans';

/** Whether `Intl` takes it: one that it refuses would fail wherever a number is written in it. */
function isLocale(locale: string): boolean {
  try {
    return Intl.getCanonicalLocales(locale).length === 1;
  } catch {
    return false;
  }
}

/** Plural forms of the unit that a locale asks for and the document lacks: `other` stands in for them. */
export function pluralWarnings(program: PartlyProgram): FieldFault[] {
  return Object.entries(program.unit?.name ?? {}).flatMap(([locale, forms]) => {
    if (!forms || !isLocale(locale)) return [];
    const missing = new Intl.PluralRules(locale)
      .resolvedOptions()
      // Of some languages, "many" is for numbers of millions in compact notation only.
      .pluralCategories.filter((form) => !Object.hasOwn(forms, form) && (form !== 'many' || isSlavicOrArabic(locale)));
    if (missing.length === 0) return [];
    return [
      {
        pointer: `/unit/name/${escapeSegment(locale)}`,
        detail: `the plural ${missing.length === 1 ? 'form' : 'forms'} ${missing.join(', ')} of ${locale} ${missing.length === 1 ? 'is' : 'are'} missing; "other" is shown instead`,
      },
    ];
  });
}

const isSlavicOrArabic = (locale: string) => new Intl.PluralRules(locale).select(11) === 'many';
