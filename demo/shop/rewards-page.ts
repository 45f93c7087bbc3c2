import { type Html, html } from './html.ts';
import { tierProgress } from './pages.ts';
import { fill, formatMoney, type ShopProfile } from './profile.ts';

/** The parts of the shop's program document that its rewards page tells of; the document is the shop's own file. */
export interface ProgramDocument {
  readonly id: string;
  readonly earning: {
    readonly rules: readonly (
      | { readonly kind: 'per_amount'; readonly points: number; readonly perMinor: number; readonly currency: string }
      | { readonly kind: 'per_order'; readonly points: number }
      | { readonly kind: 'per_event' }
    )[];
    readonly campaigns: readonly { readonly name: Readonly<Record<string, string>> }[];
    readonly confirmationDelayDays: number;
  };
  readonly expiry: { readonly kind: 'never' } | { readonly kind: 'after_months'; readonly months: number };
  readonly tiers: {
    readonly ladder: readonly {
      readonly id: string;
      readonly name: Readonly<Record<string, string>>;
      readonly threshold: number;
      readonly benefits: readonly { readonly id: string; readonly description: Readonly<Record<string, string>> }[];
    }[];
  };
}

/** The program in the shop's own words, from the same document that Laurel keeps. */
export function rewardsPage(profile: ShopProfile, program: ProgramDocument, isMember: boolean): Html {
  const { texts, locale } = profile;
  const { rules, campaigns, confirmationDelayDays } = program.earning;
  const { expiry } = program;
  const number = new Intl.NumberFormat(locale);
  const ruleText = (rule: ProgramDocument['earning']['rules'][number]) => {
    // The shop has no reviews and no counter yet: it tells of nothing that nobody could do.
    if (rule.kind === 'per_event') return [];
    if (rule.kind === 'per_order') return fill(texts.earnOrderRule, { points: rule.points });
    return fill(texts.earnRule, { points: rule.points, amount: formatMoney(profile, rule.perMinor) });
  };
  const lines = [
    ...rules.flatMap(ruleText),
    ...campaigns.map(({ name }) => name[locale]),
    confirmationDelayDays === 0 ? texts.postedAtOnce : fill(texts.postedAfter, { days: confirmationDelayDays }),
    expiry.kind === 'never' ? texts.expiresNever : fill(texts.expiresAfter, { months: expiry.months }),
  ];
  return html`<section class="rewards-head"><h1>${texts.rewardsTitle}</h1><p class="lead">${texts.rewardsIntro}</p></section>
<div class="split">
  <section><h2>${texts.tiersTitle}</h2>
    <ol class="tiers">${program.tiers.ladder.map(
      (tier) => html`<li class="tier"><h3>${tier.name[locale]}</h3>
      <p class="tier-from">${tier.threshold === 0 ? texts.anyPoints : fill(texts.fromPoints, { points: number.format(tier.threshold) })}</p>
      <ul>${tier.benefits.map(({ description }) => html`<li>${description[locale]}</li>`)}</ul></li>`,
    )}</ol>
    <p class="muted">${texts.perYear}</p>
  </section>
  <aside class="panel">${tierProgress(profile, isMember)}<h2>${texts.howTitle}</h2><ul class="rules">${lines.map((line) => html`<li>${line}</li>`)}</ul></aside>
</div>`;
}
