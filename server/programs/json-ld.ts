import type { Localized, Program, Tier } from '../../shared/domain/program.ts';

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

/** Such as "500 beans / 12 months": numbers and units in the locale's own words, nothing to translate. */
function requirement(program: Program, threshold: number): string {
  const locale = program.defaultLocale;
  const forms = program.unit.name[locale];
  const form = forms?.[new Intl.PluralRules(locale).select(threshold)] ?? forms?.other ?? program.unit.code;
  const months = new Intl.NumberFormat(locale, { style: 'unit', unit: 'month', unitDisplay: 'long' });
  return `${new Intl.NumberFormat(locale).format(threshold)} ${form} / ${months.format(program.tiers.period.months)}`;
}

/** Points for one whole unit of the first rule's currency, as Google reads it; `null` when points come per order only. */
function pointsPerCurrencyUnit(program: Program, tier: Tier): number | null {
  const rule = program.earning.rules.find(({ kind }) => kind === 'per_amount');
  if (rule?.kind !== 'per_amount') return null;
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency: rule.currency }).resolvedOptions();
  const minorPerUnit = 10 ** (digits.maximumFractionDigits ?? 2);
  return Number(((rule.points * minorPerUnit * tier.multiplierPercent) / (rule.perMinor * 100)).toFixed(4));
}

function text(texts: Localized, locale: string): string {
  return texts[locale] ?? Object.values(texts)[0] ?? '';
}
