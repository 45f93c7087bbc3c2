import { earnForOrder } from '../../shared/domain/earning.ts';
import type { FieldFault } from '../../shared/domain/errors.ts';
import { UNUSED } from '../../shared/domain/limits.ts';
import type { Program, Tier } from '../../shared/domain/program.ts';
import { type Instant, type LocalDate, localDateOf } from '../../shared/domain/time.ts';
import type { DayWindow } from '../../shared/domain/windows.ts';
import { pluralWarnings } from './program-texts.ts';

/**
 * What a sound program may have been meant otherwise: nothing is refused for it. Each says what is so, as a sentence, with
 * the JSON Pointer of the place.
 */
export function programWarnings(program: Program, now: Instant): FieldFault[] {
  const today = localDateOf(now, program.timeZone);
  return [
    ...tierWarnings(program),
    ...rewardWarnings(program),
    ...referralWarnings(program, today),
    ...windowWarnings(program, today),
    ...pluralWarnings(program),
  ];
}

function tierWarnings({ tiers, earning }: Program): FieldFault[] {
  const warnings = tiers.ladder.flatMap((tier, index) => {
    const below = tiers.ladder[index - 1];
    if (!below || benefitsOf(tier) !== benefitsOf(below) || tier.multiplierPercent !== below.multiplierPercent)
      return [];
    return [
      {
        pointer: `/tiers/ladder/${index}`,
        detail: `${tier.id} gives what ${below.id} gives: nobody gains by reaching it`,
      },
    ];
  });
  const second = tiers.ladder[1];
  if (second && tiers.metric.kind === 'spend' && second.threshold < 1_000) {
    warnings.push({
      pointer: '/tiers/ladder/1/threshold',
      detail: `${second.threshold} is in minor units of ${tiers.metric.currency}: almost every order reaches ${second.id}`,
    });
  }
  const earnsTowardTiers = earning.rules.some((rule) => rule.kind !== 'per_event' || rule.qualifies === true);
  if (second && tiers.metric.kind === 'points' && !earnsTowardTiers) {
    warnings.push({
      pointer: '/earning/rules',
      detail: `no rule earns points toward a tier: nobody reaches ${second.id}`,
    });
  }
  return warnings;
}

const benefitsOf = ({ benefits }: Tier): string =>
  JSON.stringify(benefits.map(({ id, limit }) => JSON.stringify([id, limit])).sort());

/** A reward is reachable when a member who earns the top tier can pay for it within a year. */
function rewardWarnings(program: Program): FieldFault[] {
  const yearly = pointsAYear(program);
  return program.rewards.flatMap((reward, index) => {
    const warnings: FieldFault[] = [];
    const points = reward.cost.kind === 'fixed' ? reward.cost.points : reward.cost.pointsMin;
    if (yearly !== null && points > yearly) {
      warnings.push({
        pointer: `/rewards/${index}/cost`,
        detail: `${points} points take more than a year of what reaches the top tier (${yearly} points): hardly anybody can afford it`,
      });
    }
    if (reward.stock === 0) {
      warnings.push({
        pointer: `/rewards/${index}/stock`,
        detail: 'there is none of it: it is shown and cannot be had',
      });
    }
    return warnings;
  });
}

/** Points that somebody earns in a year who just reaches the top tier again and again; `null` where that is unknown. */
function pointsAYear({ tiers, earning }: Program): number | null {
  const top = tiers.ladder.at(-1) ?? tiers.ladder[0];
  if (tiers.period.kind === 'lifetime' || tiers.ladder.length === 1) return null;
  const periodsAYear = tiers.period.kind === 'rolling' ? 12 / tiers.period.months : 1;
  const { metric } = tiers;
  const threshold = top.threshold * periodsAYear;
  if (metric.kind === 'points') return Math.floor((threshold * top.multiplierPercent) / 100);
  if (metric.kind === 'orders') return null;
  const perMinor = earning.rules.reduce(
    (sum, rule) =>
      rule.kind === 'per_amount' && rule.currency === metric.currency && !rule.match && !rule.tiers
        ? sum + rule.points / rule.perMinor
        : sum,
    0,
  );
  return perMinor === 0 ? null : Math.floor((threshold * perMinor * top.multiplierPercent) / 100);
}

/** Where an invitation gives more than the order that it asks for earns, invented friends are a way to make points. */
function referralWarnings({ referral, earning, tiers }: Program, today: LocalDate): FieldFault[] {
  if (!referral) return [];
  const given = referral.referrerPoints + referral.friendPoints;
  const takesCurrency = earning.rules.every(
    (rule) => rule.kind !== 'per_amount' || rule.currency === referral.currency,
  );
  const hasRule = earning.rules.some((rule) => rule.kind === 'per_amount' && rule.currency === referral.currency);
  if (!hasRule && !takesCurrency) {
    return [
      { pointer: '/referral/currency', detail: `no rule earns in ${referral.currency}: no friend's order counts` },
    ];
  }
  const [first] = tiers.ladder;
  const earned = earnForOrder(
    earning,
    { currency: referral.currency, lines: [{ sku: '', quantity: 1, netMinor: referral.orderMinorMin }] },
    { tierId: first.id, multiplierPercent: first.multiplierPercent, day: today, used: () => UNUSED },
  ).points;
  if (given <= earned) return [];
  return [
    {
      pointer: '/referral/orderMinorMin',
      detail: `an invitation gives ${given} points for an order that earns ${earned}: inventing friends may pay`,
    },
  ];
}

function windowWarnings(program: Program, today: LocalDate): FieldFault[] {
  const windowed: readonly (readonly [
    string,
    readonly { readonly id: string; readonly window?: DayWindow | undefined }[],
  ])[] = [
    ['/earning/rules', program.earning.rules],
    ['/earning/campaigns', program.earning.campaigns],
    ['/rewards', program.rewards],
    ['/coupons', program.coupons],
    ['/challenges', program.challenges],
  ];
  const warnings = windowed.flatMap(([at, list]) =>
    list.flatMap(({ id, window }, index) =>
      window?.until !== undefined && window.until < today
        ? [
            {
              pointer: `${at}/${index}/window/until`,
              detail: `${id} ended on ${window.until}: it does nothing any more`,
            },
          ]
        : [],
    ),
  );
  program.earning.campaigns.forEach(({ id, multiplierPercent }, index) => {
    if (multiplierPercent === 100) {
      warnings.push({
        pointer: `/earning/campaigns/${index}/multiplierPercent`,
        detail: `${id} multiplies by one: it does nothing`,
      });
    }
  });
  return warnings;
}
