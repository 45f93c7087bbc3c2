import { earnForOrder } from '../../../shared/domain/earning.ts';
import type { Terms } from '../../../shared/domain/earning-rules.ts';
import { expiryOf } from '../../../shared/domain/expiry.ts';
import { limitPeriodOf, UNUSED, type UseLimit } from '../../../shared/domain/limits.ts';
import { floorRatio } from '../../../shared/domain/points.ts';
import { type Program, type ProgramVersion, type Tier, versionAt } from '../../../shared/domain/program.ts';
import { count, type Qualified } from '../../../shared/domain/qualifying.ts';
import { afterAccrual, firstStanding, type TierStanding, tierOf } from '../../../shared/domain/tiers.ts';
import {
  addDays,
  formatInstant,
  type Instant,
  type LocalDate,
  localDateOf,
  NEVER,
  startOfDay,
} from '../../../shared/domain/time.ts';
import type { Quote, QuoteRequest } from '../../../shared/protocol/api.ts';
import { netOf } from '../order-rows.ts';
import type { ReadEarner } from './read-earner.ts';

const DAY_MS = 86_400_000;

/**
 * What a cart would earn if it were ordered now, and why; for a guest, as somebody who has just joined. The very rules
 * that a posted order goes by, so the two agree.
 *
 * @throws {LoyaltyError} `currency_not_supported`, `points_overflow`.
 */
export function quoteOrder(
  versions: readonly ProgramVersion[],
  cart: QuoteRequest,
  earner: ReadEarner | null,
  now: Instant,
): Quote {
  const { program } = versionAt(versions, now);
  const { earning, timeZone, tiers } = program;
  const standing = earner?.standing ?? firstStanding(tiers.ladder);
  const tier = tierOf(tiers.ladder, standing);
  const day = localDateOf(now, timeZone);
  const earned = earnForOrder(earning, cart, {
    tierId: tier.id,
    multiplierPercent: tier.multiplierPercent,
    day,
    used: (subject: string, { per }: UseLimit) => earner?.uses.get(`${subject} ${limitPeriodOf(per, day)}`) ?? UNUSED,
  });
  const { points, qualifying } = earned;
  const counted = { points: qualifying, orders: 1, spend: { [cart.currency]: netOf(cart.lines) } };
  const after = tierOf(tiers.ladder, standingAfter(versions, standing, earner, { now, day, counted }));
  const nameOf = ({ name }: Pick<Terms, 'name'>) => name ?? null;
  const expiresAt = expiryOf(program.expiry, now, timeZone);
  const endsAt = [
    startOfDay(addDays(day, 1), timeZone),
    standing.reviewAt,
    standing.earned?.reviewAt ?? NEVER,
    ...versions.map(({ effectiveAt }) => (effectiveAt > now ? effectiveAt : NEVER)),
  ];
  return {
    points,
    qualifying,
    parts: earned.reasons.map(({ rule: id, points: brought, campaigns }) => {
      const rule = earning.rules.find((known) => known.id === id);
      return {
        rule: id,
        kind: rule?.kind ?? '',
        name: rule ? nameOf(rule) : null,
        points: brought,
        campaigns: earning.campaigns
          .filter((campaign) => campaigns.includes(campaign.id))
          .map((campaign) => ({
            id: campaign.id,
            name: nameOf(campaign),
            multiplierPercent: campaign.multiplierPercent,
          })),
      };
    }),
    tier: { ...shownOf(tier), multiplierPercent: tier.multiplierPercent },
    tierAfter: shownOf(after),
    value: valueOf(program, points, cart.currency),
    availableAt: formatInstant(now + earning.confirmationDelayDays * DAY_MS),
    expiresAt: expiresAt === NEVER ? null : formatInstant(expiresAt),
    asOf: formatInstant(now),
    validUntil: formatInstant(Math.min(...endsAt)),
  };
}

const shownOf = ({ id, name }: Tier) => ({ id, name });

function standingAfter(
  versions: readonly ProgramVersion[],
  standing: TierStanding,
  earner: ReadEarner | null,
  { now, day, counted }: { readonly now: Instant; readonly day: LocalDate; readonly counted: Qualified },
): TierStanding {
  const days = new Map(earner?.member.days);
  count(days, day, counted);
  return afterAccrual(standing, { versions, enrolledAt: earner?.member.enrolledAt ?? now }, days, now);
}

/** What points are worth in a currency; `null` where the program does not say. */
export function valueOf(
  { value }: Pick<Program, 'value'>,
  points: number,
  currency: string,
): { readonly amountMinor: number; readonly currency: string } | null {
  const worth = value.find((one) => one.currency === currency);
  return worth ? { amountMinor: floorRatio(points, worth.amountMinor, worth.points), currency } : null;
}
