import type { Challenge } from '../../shared/domain/challenge-terms.ts';
import type { EarningRule, LineMatch } from '../../shared/domain/earning-rules.ts';
import type { FieldFault } from '../../shared/domain/errors.ts';
import { eachOf, type Partly, type PartlyProgram } from './known-parts.ts';

/** Most orders that somebody could place in a tier's period. */
const ORDER_THRESHOLD_MAX = 100_000;

/** Rules that can never apply, limits that mean nothing, and goals that nobody can reach. */
export function earningFaults(program: PartlyProgram): FieldFault[] {
  return [...ruleFaults(program), ...limitFaults(program), ...metricFaults(program), ...challengeFaults(program)];
}

function ruleFaults({ earning, tiers }: PartlyProgram): FieldFault[] {
  const faults: FieldFault[] = [];
  const rules = eachOf(earning?.rules, '/earning/rules');
  for (const { item, pointer } of [...rules, ...eachOf(earning?.campaigns, '/earning/campaigns')]) {
    if (excludesAll(item.match, item.except)) {
      faults.push({ pointer: `${pointer}/except`, detail: 'less than match: no line is left that counts' });
    }
  }
  for (const { item, pointer } of rules) {
    if (item.kind === 'per_event' && item.event === 'order') {
      faults.push({ pointer: `${pointer}/event`, detail: 'another event: orders earn by per_order' });
    }
    if (item.kind === 'per_event' && (item.match || item.except)) {
      faults.push({
        pointer: `${pointer}/${item.match ? 'match' : 'except'}`,
        detail: 'no field of this name: an event has no lines',
      });
    }
  }
  const canApply = ({ tiers: forTiers, match, except }: Partly<EarningRule>) =>
    !excludesAll(match, except) &&
    (tiers?.ladder ?? []).some(
      (tier) => tier?.multiplierPercent !== 0 && (!forTiers || tier?.id === undefined || forTiers.includes(tier.id)),
    );
  if (
    earning?.rules &&
    tiers?.ladder &&
    rules.length === earning.rules.length &&
    !rules.some(({ item }) => canApply(item))
  ) {
    faults.push({ pointer: '/earning/rules', detail: 'at least one rule by which a member of some tier earns points' });
  }
  return faults;
}

function excludesAll(match: Partly<LineMatch> | undefined, except: Partly<LineMatch> | undefined): boolean {
  if (!match || !except) return false;
  // A line of a category may have any sku, so categories are only covered by themselves.
  return (
    (match.categories ?? []).every((category) => except.categories?.includes(category)) &&
    (match.skus ?? []).every((sku) => except.skus?.includes(sku))
  );
}

/** Limits of points where what is limited has no points of its own. */
function limitFaults(program: PartlyProgram): FieldFault[] {
  const limited = [
    ...eachOf(program.earning?.campaigns, '/earning/campaigns').map((at) => ({
      ...at,
      why: 'a campaign multiplies orders',
    })),
    ...eachOf(program.coupons, '/coupons').map((at) => ({ ...at, why: 'a coupon costs no points' })),
    ...eachOf(program.tiers?.ladder, '/tiers/ladder').flatMap(({ item, pointer }) =>
      eachOf(item.benefits, `${pointer}/benefits`).map((at) => ({ ...at, why: 'a benefit costs no points' })),
    ),
  ];
  return limited.flatMap(({ item, pointer, why }) =>
    item.limit?.points === undefined
      ? []
      : [{ pointer: `${pointer}/limit/points`, detail: `no field of this name, but times: ${why}` }],
  );
}

/** Thresholds that the ladder's metric can reach. */
function metricFaults({ earning, tiers }: PartlyProgram): FieldFault[] {
  const metric = tiers?.metric;
  const faults: FieldFault[] = [];
  if (metric?.kind === 'orders') {
    for (const { item, pointer } of eachOf(tiers?.ladder, '/tiers/ladder')) {
      if ((item.threshold ?? 0) > ORDER_THRESHOLD_MAX) {
        faults.push({
          pointer: `${pointer}/threshold`,
          detail: `at most ${ORDER_THRESHOLD_MAX}: the ladder counts orders`,
        });
      }
    }
  }
  if (metric?.kind === 'spend' && metric.currency !== undefined) {
    const rules = eachOf(earning?.rules, '').map(({ item }) => item);
    const currencies = new Set(rules.flatMap((rule) => (rule.kind === 'per_amount' ? [rule.currency] : [])));
    // Where rules earn per amount, an order in another currency is refused, and so would never count.
    if (currencies.size > 0 && !currencies.has(metric.currency)) {
      faults.push({
        pointer: '/tiers/metric/currency',
        detail: `a currency in which an earning rule takes orders: ${[...currencies].join(', ')}`,
      });
    }
  }
  return faults;
}

/** Fewest days in which so many periods in a row can be touched. */
const STREAK_DAYS = {
  day: (target: number) => target,
  week: (target: number) => 7 * (target - 2) + 2,
  month: (target: number) => 28 * (target - 2) + 2,
} as const;

function challengeFaults({ challenges }: PartlyProgram): FieldFault[] {
  return eachOf(challenges, '/challenges').flatMap(({ item, pointer }) => {
    const { goal, match, withinDays } = item;
    const faults: FieldFault[] = [];
    if (match && countsEvents(goal)) {
      faults.push({ pointer: `${pointer}/match`, detail: 'no field of this name: events have no lines' });
    }
    if (goal?.kind === 'set' && new Set(goal.items).size < (goal.items?.length ?? 0)) {
      faults.push({ pointer: `${pointer}/goal/items`, detail: 'different items' });
    }
    if (goal?.kind === 'streak' && goal.per !== undefined && goal.target !== undefined && withinDays !== undefined) {
      const fewest = STREAK_DAYS[goal.per](goal.target);
      if (withinDays < fewest) {
        faults.push({
          pointer: `${pointer}/withinDays`,
          detail: `at least ${fewest}, in which the streak can be done`,
        });
      }
    }
    return faults;
  });
}

function countsEvents(goal: Partly<Challenge['goal']> | undefined): boolean {
  switch (goal?.kind) {
    case 'set':
      return goal.of === 'event';
    case 'count':
    case 'streak':
      return goal.of !== undefined && goal.of !== 'order';
    default:
      return false;
  }
}
