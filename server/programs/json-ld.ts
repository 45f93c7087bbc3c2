import type { Localized, Program, Tier, TierPeriod } from '../../shared/domain/program.ts';

/**
 * The program as schema.org `MemberProgram`, in the program's default locale.
 *
 * Each `@id` is absolute, so that an offer on any page of the shop can point at a tier (`validForMemberTier`).
 */
export function jsonLdOf(program: Program, issuer: string): object {
  const base = `${issuer}/v1/programs/${program.id}`;
  const locale = program.defaultLocale;
  return {
    '@context': 'https://schema.org',
    '@type': 'MemberProgram',
    '@id': `${base}#program`,
    name: text(program.name, locale),
    description: text(program.description, locale),
    url: program.url,
    inLanguage: locale,
    hostingOrganization: {
      '@type': 'OnlineStore',
      '@id': `${program.origins[0]}/#store`,
      url: `${program.origins[0]}/`,
    },
    hasTiers: program.tiers.ladder.map((tier) => tierOf(program, tier, `${base}#${tier.id}`)),
  };
}

function tierOf(program: Program, tier: Tier, id: string): object {
  const locale = program.defaultLocale;
  const perUnit = pointsPerCurrencyUnit(program, tier);
  const unit = program.unit.name[locale];
  return {
    '@type': 'MemberProgramTier',
    '@id': id,
    name: text(tier.name, locale),
    ...(tier.benefits.length > 0 && {
      description: tier.benefits.map(({ description }) => text(description, locale)).join('\n'),
    }),
    ...(tier.threshold > 0 && { hasTierRequirement: requirement(program, tier.threshold) }),
    hasTierBenefit: ['https://schema.org/TierBenefitLoyaltyPoints'],
    ...(perUnit !== null && {
      membershipPointsEarned: {
        '@type': 'QuantitativeValue',
        value: perUnit,
        unitText: unit?.other ?? program.unit.code,
      },
    }),
  };
}

/** Money as schema.org's amount; else such as "500 beans / 12 months", in the locale's own words. */
function requirement(program: Program, threshold: number): string | object {
  const { metric, period } = program.tiers;
  const locale = program.defaultLocale;
  if (metric.kind === 'spend') {
    return {
      '@type': 'MonetaryAmount',
      value: threshold / minorPerUnit(metric.currency),
      currency: metric.currency,
    };
  }
  const forms = metric.kind === 'orders' ? ordersIn(locale) : program.unit.name[locale];
  const form = forms?.[new Intl.PluralRules(locale).select(threshold)] ?? forms?.other ?? program.unit.code;
  const span = spanOf(period, locale);
  return `${new Intl.NumberFormat(locale).format(threshold)} ${form}${span && ` / ${span}`}`;
}

/** How long it counts; nothing where it counts for good. */
function spanOf(period: TierPeriod, locale: string): string {
  if (period.kind === 'lifetime') return '';
  const [unit, count] = period.kind === 'rolling' ? (['month', period.months] as const) : (['year', 1] as const);
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}

/** The noun that a ladder of orders counts, in the languages of the catalogue; in English elsewhere. */
const ORDERS: Readonly<Record<string, Partial<Record<Intl.LDMLPluralRule, string>>>> = {
  en: { one: 'order', other: 'orders' },
  zh: { other: '笔订单' },
  ar: { one: 'طلب', two: 'طلبان', few: 'طلبات', many: 'طلبًا', other: 'طلب' },
};

const ordersIn = (locale: string) => ORDERS[new Intl.Locale(locale).language] ?? ORDERS['en'];

/** Points for one whole unit of the first rule's currency, as Google reads it; `null` when points come per order only. */
function pointsPerCurrencyUnit(program: Program, tier: Tier): number | null {
  const rule = program.earning.rules.find(({ kind }) => kind === 'per_amount');
  if (rule?.kind !== 'per_amount') return null;
  return Number(
    ((rule.points * minorPerUnit(rule.currency) * tier.multiplierPercent) / (rule.perMinor * 100)).toFixed(4),
  );
}

function minorPerUnit(currency: string): number {
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  return 10 ** maximumFractionDigits;
}

function text(texts: Localized, locale: string): string {
  return texts[locale] ?? Object.values(texts)[0] ?? '';
}
