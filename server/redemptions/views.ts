import type { ProgramVersion } from '../../shared/domain/program.ts';
import { formatInstant, type Instant, localDateOf, NEVER } from '../../shared/domain/time.ts';
import type { Coupon, MemberRedemption, Redemption } from '../../shared/protocol/api.ts';
import type { RedemptionRow } from '../ledger/redemption-rows.ts';
import { historyOf, isUsable, termsOf } from '../ledger/unit/redemption-book.ts';

type Versions = readonly ProgramVersion[];

/** What a redemption is, without who has it and without its code. */
function partsOf(row: RedemptionRow, versions: Versions, now: Instant): Omit<Redemption, 'code'> {
  const { worth, orderMinorMin } = termsOf(row);
  // Time alone ends a code; the entry that gives the points back follows.
  const isOver = row.state === 'held' && row.held_until <= now;
  return {
    id: row.redemption_id,
    origin: row.origin as Redemption['origin'],
    reward: row.reward_id,
    name: namesOf(row, versions).name,
    worth,
    ...(orderMinorMin !== undefined && { orderMinorMin }),
    points: row.points,
    returnedPoints: row.returned_points,
    state: isOver ? 'lapsed' : (row.state as Redemption['state']),
    redeemedAt: formatInstant(row.redeemed_at),
    heldUntil: row.held_until === NEVER ? null : formatInstant(row.held_until),
    order: row.order_id,
    usedMinor: row.used_minor,
    ...(row.reason !== null && { reason: row.reason }),
    history: historyOf(row).map(({ at, ...step }) => ({ ...step, at: formatInstant(at) })),
  };
}

export function redemptionView(row: RedemptionRow, versions: Versions, now: Instant, codeOf: CodeOf): Redemption {
  return { ...partsOf(row, versions, now), ...(isUsable(row, now) && { code: codeOf(row) }) };
}

export type CodeOf = (row: RedemptionRow) => string;

export function memberRedemptionView(
  row: RedemptionRow & { readonly customer_id: string },
  versions: Versions,
  now: Instant,
): MemberRedemption {
  return { ...partsOf(row, versions, now), memberId: row.customer_id };
}

export function couponView(row: RedemptionRow, versions: Versions, now: Instant, codeOf: CodeOf): Coupon {
  const { worth, orderMinorMin } = termsOf(row);
  const { name, description, timeZone } = namesOf(row, versions);
  return {
    id: row.redemption_id,
    campaign: row.reward_id,
    name,
    ...(description && { description }),
    worth,
    ...(orderMinorMin !== undefined && { orderMinorMin }),
    state: couponState(row, now),
    ...(isUsable(row, now) && { code: codeOf(row) }),
    givenAt: formatInstant(row.redeemed_at),
    validUntil: formatInstant(row.valid_until),
    lastDay: localDateOf(row.valid_until - 1, timeZone),
    ...(row.reason !== null && { reason: row.reason }),
    order: row.order_id,
  };
}

function couponState({ state, held_until }: RedemptionRow, now: Instant): Coupon['state'] {
  if (state === 'held') return now < held_until ? 'usable' : 'lapsed';
  if (state === 'lapsed' || state === 'withdrawn' || state === 'cancelled') return state;
  return 'used';
}

/** As the program named it when it was redeemed. */
export function namesOf({ origin, reward_id, program_version }: RedemptionRow, versions: Versions) {
  const { program } = versions.find(({ version }) => version === program_version) ?? (versions[0] as ProgramVersion);
  const named = (origin === 'coupon' ? program.coupons : program.rewards).find(({ id }) => id === reward_id);
  return { name: named?.name ?? {}, description: named?.description, timeZone: program.timeZone };
}
