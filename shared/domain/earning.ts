import type { Campaign, Earning, LineMatch, OrderRule, Stacking, Terms } from './earning-rules.ts';
import { LoyaltyError } from './errors.ts';
import { allowedPoints, allowsUse, UNUSED, type Used, type UseLimit } from './limits.ts';
import { fromBigInt, type Points, points } from './points.ts';
import type { LocalDate } from './time.ts';
import { isWithin } from './windows.ts';

/** A line of an order or cart; money in minor units of the order's currency, for the whole line. */
export interface OrderLine {
  readonly sku: string;
  readonly category?: string | undefined;
  readonly quantity: number;
  /** After discounts, without tax. */
  readonly netMinor: number;
  readonly taxMinor?: number | undefined;
  /** What discounts took off; `netMinor` is without it already. */
  readonly discountMinor?: number | undefined;
}

/** What an order is to the rules. */
export interface OrderValue {
  /** ISO 4217. */
  readonly currency: string;
  readonly lines: readonly OrderLine[];
  readonly shippingMinor?: number | undefined;
}

/** Who earns, and when. */
export interface Earner {
  readonly tierId: string;
  readonly multiplierPercent: number;
  /** The order's day in the program's time zone. */
  readonly day: LocalDate;
  /** What the member used of a rule's or campaign's limit in the period that the day lies in. */
  used(subject: `rule:${string}` | `campaign:${string}`, limit: UseLimit): Used;
}

/** What one rule brought. */
export interface EarnedPart {
  readonly rule: string;
  readonly points: number;
}

/** Why a rule brought what it brought. */
export interface EarnedReason extends EarnedPart {
  /** Campaigns that multiplied any of it. */
  readonly campaigns: readonly string[];
}

export interface Earned {
  readonly points: Points;
  /** Points toward a tier: without the tier's own multiplier and without campaigns, which do not speed up the way to the next. */
  readonly qualifying: Points;
  /** By rule; their sum is `points`. Rules that brought nothing are left out. */
  readonly parts: readonly EarnedPart[];
  /** Campaigns that multiplied any of it, and so used up one of their limit's times. */
  readonly campaigns: readonly string[];
  /** The parts with the campaigns of each. */
  readonly reasons: readonly EarnedReason[];
}

/** An exact fraction; never rounded before the end. */
interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

const ZERO: Fraction = { over: 0n, under: 1n };

/**
 * Points that an order earns. Exact until the end: rounded down once, on the whole order and all rules together, since
 * rounding each part would cost the member up to a point a part.
 *
 * @throws {LoyaltyError} `currency_not_supported` when rules earn per amount, but none in this currency;
 *   `points_overflow`.
 */
export function earnForOrder(earning: Earning, order: OrderValue, earner: Earner): Earned {
  refuseCurrency(earning, order.currency);
  const lines = countedLines(earning, order);
  const campaigns = earning.campaigns.filter(
    (campaign) =>
      holds(campaign, earner) && allowsUse(campaign.limit, usedOf(earner, `campaign:${campaign.id}`, campaign)),
  );
  const sums: RuleSum[] = [];
  let qualifying = ZERO;
  for (const rule of earning.rules) {
    if (rule.kind === 'per_event' || !holds(rule, earner)) continue;
    if (rule.kind === 'per_amount' && rule.currency !== order.currency) continue;
    const counted = lines.filter((line) => matches(rule, line));
    if (counted.length === 0) continue;
    const used = usedOf(earner, `rule:${rule.id}`, rule);
    if (!allowsUse(rule.limit, used)) continue;
    const applied = new Set<string>();
    let sum = ZERO;
    let base = ZERO;
    for (const part of partsOf(rule, counted)) {
      const multiplying = campaigns.filter((campaign) => part.lines.some((line) => matches(campaign, line)));
      const { multiplierPercent } = earner;
      if (part.value.over > 0n) {
        for (const { id } of effective(earning.stacking, multiplierPercent, multiplying)) applied.add(id);
      }
      base = plus(base, part.value);
      sum = plus(sum, times(part.value, multiplierOf(earning.stacking, multiplierPercent, multiplying)));
    }
    sums.push({ rule: rule.id, sum: capped(rule, used, sum), applied });
    qualifying = plus(qualifying, capped(rule, used, base));
  }
  const { points: total, parts } = partsByCumulation(sums);
  const inOrder = (isNamed: (id: string) => boolean) => earning.campaigns.map(({ id }) => id).filter(isNamed);
  const reasons = parts.map((part) => {
    const applied = sums.find(({ rule }) => rule === part.rule)?.applied;
    return { ...part, campaigns: inOrder((id) => applied?.has(id) === true) };
  });
  return {
    points: total,
    parts,
    qualifying: floored(qualifying),
    campaigns: inOrder((id) => reasons.some((reason) => reason.campaigns.includes(id))),
    reasons,
  };
}

/**
 * Points that a fact other than an order earns: those of each rule for it, as the rule says. A tier's multiplier and
 * campaigns are for orders.
 */
export function earnForEvent(earning: Earning, event: string, earner: Omit<Earner, 'multiplierPercent'>): Earned {
  const parts: EarnedPart[] = [];
  let qualifying = 0;
  for (const rule of earning.rules) {
    if (rule.kind !== 'per_event' || rule.event !== event || !holds(rule, earner)) continue;
    const brought = allowedPoints(rule.limit, usedOf(earner, `rule:${rule.id}`, rule), rule.points);
    if (brought === 0) continue;
    parts.push({ rule: rule.id, points: brought });
    if (rule.qualifies) qualifying += brought;
  }
  return {
    points: points(parts.reduce((sum, part) => sum + part.points, 0)),
    qualifying: points(qualifying),
    parts,
    campaigns: [],
    reasons: parts.map((part) => ({ ...part, campaigns: [] })),
  };
}

interface RuleSum {
  readonly rule: string;
  readonly sum: Fraction;
  /** Campaigns that multiplied any of it. */
  readonly applied: ReadonlySet<string>;
}

function usedOf(earner: Pick<Earner, 'used'>, subject: Parameters<Earner['used']>[0], { limit }: Terms): Used {
  return limit ? earner.used(subject, limit) : UNUSED;
}

/** Whether a rule or campaign holds for this member on this day. */
export function holds(
  terms: Pick<Terms, 'tiers' | 'window'>,
  { tierId, day }: Pick<Earner, 'tierId' | 'day'>,
): boolean {
  return (!terms.tiers || terms.tiers.includes(tierId)) && isWithin(terms.window, day);
}

/** Whether a line is one of those that count. What has no sku, such as shipping, counts where nothing is named. */
export function matches(
  { match, except }: Pick<Terms, 'match' | 'except'>,
  line: { readonly sku?: string; readonly category?: string | undefined },
): boolean {
  return (!match || isListed(match, line)) && !(except && isListed(except, line));
}

function isListed(
  match: LineMatch,
  { sku, category }: { readonly sku?: string; readonly category?: string | undefined },
): boolean {
  return (
    (sku !== undefined && match.skus?.includes(sku) === true) ||
    (category !== undefined && match.categories?.includes(category) === true)
  );
}

interface CountedLine {
  readonly sku?: string;
  readonly category?: string | undefined;
  readonly quantity: number;
  readonly minor: number;
}

/** The lines with the value that the program counts; shipping as a line of its own where it counts. */
function countedLines({ basis }: Earning, order: OrderValue): CountedLine[] {
  const lines: CountedLine[] = order.lines.map(({ sku, category, quantity, netMinor, taxMinor, discountMinor }) => ({
    sku,
    category,
    quantity,
    minor:
      netMinor +
      (basis.tax === 'included' ? (taxMinor ?? 0) : 0) +
      (basis.discounts === 'ignored' ? (discountMinor ?? 0) : 0),
  }));
  if (basis.shipping === 'included' && order.shippingMinor) lines.push({ quantity: 0, minor: order.shippingMinor });
  return lines;
}

interface RulePart {
  readonly value: Fraction;
  /** The lines that it comes from: they decide which campaigns multiply it. */
  readonly lines: readonly CountedLine[];
}

function partsOf(rule: OrderRule, lines: readonly CountedLine[]): RulePart[] {
  switch (rule.kind) {
    case 'per_amount':
      return lines.map((line) => ({
        value: { over: BigInt(line.minor) * BigInt(rule.points), under: BigInt(rule.perMinor) },
        lines: [line],
      }));
    case 'per_product':
      return lines.map((line) => ({
        value: { over: BigInt(line.quantity) * BigInt(rule.points), under: 1n },
        lines: [line],
      }));
    case 'per_order':
      return [{ value: { over: BigInt(rule.points), under: 1n }, lines }];
  }
}

/** The campaigns that change the multiplier: where the largest alone counts, one at most. */
function effective(stacking: Stacking, tierPercent: number, campaigns: readonly Campaign[]): readonly Campaign[] {
  if (stacking !== 'max') return campaigns.filter(({ multiplierPercent }) => multiplierPercent !== 100);
  let largest: Campaign | undefined;
  for (const campaign of campaigns) {
    if (campaign.multiplierPercent > (largest?.multiplierPercent ?? tierPercent)) largest = campaign;
  }
  return largest ? [largest] : [];
}

function multiplierOf(stacking: Stacking, tierPercent: number, campaigns: readonly Campaign[]): Fraction {
  const percents = [tierPercent, ...campaigns.map(({ multiplierPercent }) => multiplierPercent)];
  switch (stacking) {
    case 'max':
      return { over: BigInt(Math.max(...percents)), under: 100n };
    case 'sum': {
      const sum = percents.reduce((total, percent) => total + percent - 100, 100);
      return { over: BigInt(Math.max(0, sum)), under: 100n };
    }
    case 'product':
      return percents.reduce<Fraction>((product, percent) => times(product, { over: BigInt(percent), under: 100n }), {
        over: 1n,
        under: 1n,
      });
  }
}

/** What reaches the limit loses its fraction as well: with those of other rules it would make a point above the limit. */
function capped({ limit }: Terms, used: Used, value: Fraction): Fraction {
  if (limit?.points === undefined) return value;
  const whole = floored(value);
  const allowed = allowedPoints(limit, used, whole + 1);
  return allowed <= whole ? { over: BigInt(allowed), under: 1n } : value;
}

/** Each part is what the sum so far grew by, rounded down: so the parts make the whole, whatever their fractions. */
function partsByCumulation(sums: readonly RuleSum[]): {
  points: Points;
  parts: EarnedPart[];
} {
  const parts: EarnedPart[] = [];
  let total = ZERO;
  let told = 0;
  for (const { rule, sum } of sums) {
    total = plus(total, sum);
    const soFar = floored(total);
    if (soFar > told) parts.push({ rule, points: soFar - told });
    told = soFar;
  }
  return { points: points(told), parts };
}

function refuseCurrency({ rules }: Earning, currency: string): void {
  const perAmount = rules.filter((rule) => rule.kind === 'per_amount');
  if (perAmount.length === 0 || perAmount.some((rule) => rule.currency === currency)) return;
  throw new LoyaltyError('currency_not_supported', `The program has no earning rule for ${currency}.`, [
    { pointer: '/currency', detail: 'a currency of one of the earning rules' },
  ]);
}

/** Over the smaller common denominator where one divides the other, so that sums of many lines keep to small numbers. */
function plus(a: Fraction, b: Fraction): Fraction {
  if (a.under === b.under) return { over: a.over + b.over, under: a.under };
  if (a.under % b.under === 0n) return { over: a.over + b.over * (a.under / b.under), under: a.under };
  if (b.under % a.under === 0n) return { over: a.over * (b.under / a.under) + b.over, under: b.under };
  return { over: a.over * b.under + b.over * a.under, under: a.under * b.under };
}

const times = (a: Fraction, b: Fraction): Fraction => ({ over: a.over * b.over, under: a.under * b.under });

/** @throws {LoyaltyError} `points_overflow`. */
const floored = ({ over, under }: Fraction): Points => points(fromBigInt(over / under));
