import { limitPeriodOf, UNUSED } from '../../shared/domain/limits.ts';
import type { Program } from '../../shared/domain/program.ts';
import { leastPrice, moneyOf, refusalOf } from '../../shared/domain/redeeming.ts';
import type { Reward } from '../../shared/domain/rewards.ts';
import { type LocalDate, localDateOf } from '../../shared/domain/time.ts';
import type { Account, RewardItem, RewardList } from '../../shared/protocol/api.ts';
import type { Reader } from '../database/database.ts';
import type { Tables } from '../database/tables.ts';
import { stockOf } from '../ledger/redemption-rows.ts';
import { usesOf } from '../ledger/rows.ts';
import { readIn } from './redemption-reads.ts';

interface Seen {
  readonly account: Account;
  readonly day: LocalDate;
  readonly used: readonly Tables['member_uses'][];
  readonly taken: ReadonlyMap<string, number>;
}

/** Every reward of the program, and for each whether the member can have it now, or why not. */
export async function readRewards(
  reader: Reader,
  program: Program,
  memberId: string,
  account: Account,
  now: number,
): Promise<RewardList> {
  const { rewards, id: programId } = program;
  const counted = rewards.filter(({ stock }) => stock !== undefined).map(({ id }) => id);
  const hasLimit = rewards.some(({ limit }) => limit !== undefined);
  const [used, stock] = await Promise.all([
    hasLimit ? readIn(reader, usesOf, { programId }, [memberId]) : [],
    readIn(reader, stockOf, { programId }, counted),
  ]);
  const seen: Seen = {
    account,
    day: localDateOf(now, program.timeZone),
    used,
    taken: new Map(stock.map(({ reward_id, taken }) => [reward_id, taken])),
  };
  return {
    rewards: rewards.map((reward) => itemOf(reward, program, seen)),
    available: account.balance.available,
  };
}

function itemOf(reward: Reward, program: Program, { account, day, used, taken }: Seen): RewardItem {
  const { id, name, description, image, worth, cost, tiers, orderMinorMin, window, limit, stock } = reward;
  const { points } = leastPrice(reward);
  const stockLeft = stock === undefined ? null : Math.max(0, stock - (taken.get(id) ?? 0));
  const period = limit && limitPeriodOf(limit.per, day);
  const refusal = refusalOf(reward, points, {
    tierId: account.tier.id,
    available: account.balance.available,
    day,
    used: used.find((use) => use.subject === `reward:${id}` && use.period === period) ?? UNUSED,
    stockLeft,
  });
  const missing = points - account.balance.available;
  return {
    id,
    name,
    ...(description && { description }),
    ...(image !== undefined && { image }),
    worth,
    cost,
    value: moneyOf(points, program.value),
    isAvailable: refusal === null,
    ...(refusal && { reason: refusal.reason }),
    ...(missing > 0 && { missing }),
    ...(refusal === null && cost.kind === 'variable' && { pointsMax: mostOf(cost, account.balance.available) }),
    ...(stockLeft !== null && { stockLeft }),
    ...(tiers && { tiers: [...tiers] }),
    ...(orderMinorMin !== undefined && { orderMinorMin }),
    ...(window?.until !== undefined && { until: window.until }),
  };
}

function mostOf(
  { pointsMin, pointsMax, pointsStep }: { pointsMin: number; pointsMax: number; pointsStep: number },
  available: number,
): number {
  return pointsMin + Math.floor((Math.min(pointsMax, available) - pointsMin) / pointsStep) * pointsStep;
}
