import { randomBytes } from 'node:crypto';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { allowsUse, limitPeriodOf } from '../../../shared/domain/limits.ts';
import type { TierLadder } from '../../../shared/domain/program.ts';
import type { CouponCampaign } from '../../../shared/domain/rewards.ts';
import { addDays, formatInstant, type Instant, localDateOf, startOfDay } from '../../../shared/domain/time.ts';
import { isWithin } from '../../../shared/domain/windows.ts';
import { type Command, contentHashOf, MERCHANT, rememberKey, replayOf } from '../commands.ts';
import type { OrderRow } from '../rows.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { RedemptionTerms } from '../unit/redemption-book.ts';
import type { Unit } from '../unit/unit.ts';
import { standingAt } from './accrue.ts';
import type { Fact } from './consequences.ts';
import { couponIdOf, couponIdsOf, orderSource } from './coupon-ids.ts';

/** Gives the coupons that an order, an event or a tier that it reached brings. */
export function couponsForFact(unit: Unit, member: MemberState, fact: Fact): void {
  const { program } = unit.versionAt(fact.occurredAt);
  const { ladder } = program.tiers;
  for (const campaign of program.coupons) {
    if (!isTriggered(campaign, fact, ladder, member)) continue;
    const source = fact.order ? orderSource(fact.id) : `event ${fact.id}`;
    const id = couponIdOf(unit.programId, member.memberId, source, campaign.id);
    giveCoupon(unit, member, campaign, { id, at: fact.occurredAt });
  }
}

function isTriggered({ trigger }: CouponCampaign, fact: Fact, ladder: TierLadder, { standing }: MemberState): boolean {
  switch (trigger.kind) {
    case 'order': {
      if (!fact.order) return false;
      const { netMinorMin = 0, currency = fact.order.currency } = trigger;
      return fact.order.currency === currency && fact.order.netMinor >= netMinorMin;
    }
    case 'event':
      return !fact.order && fact.type === trigger.event;
    case 'tier': {
      const place = (tier: string) => ladder.findIndex(({ id }) => id === tier);
      // Who jumps over a tier has reached it as well.
      const reached = place(trigger.tier);
      return place(fact.tierBefore) < reached && reached <= place(standing.tierId);
    }
    case 'personal':
      return false;
  }
}

interface Given {
  readonly id: string;
  readonly at: Instant;
  readonly reason?: string;
}

/**
 * Gives a member a coupon that can be used to the end of its last day in the program's time zone; `false` where he may not
 * have it, or where that day is over (the fact came late, or is history).
 */
export function giveCoupon(unit: Unit, member: MemberState, campaign: CouponCampaign, given: Given): boolean {
  const { at, id } = given;
  const { program, version } = unit.versionAt(at);
  const day = localDateOf(at, program.timeZone);
  const validUntil = startOfDay(addDays(day, campaign.validDays + 1), program.timeZone);
  const { tierId } = standingAt(unit, member, Math.max(at, unit.now));
  const { limit } = campaign;
  const isAllowed =
    validUntil > unit.now &&
    unit.redemptions.byId(id) === undefined &&
    isWithin(campaign.window, day) &&
    (!campaign.tiers || campaign.tiers.includes(tierId)) &&
    (!limit || allowsUse(limit, unit.uses.used(member.memberId, `coupon:${campaign.id}`, limit, day)));
  if (!isAllowed) return false;
  const terms: RedemptionTerms = { worth: campaign.worth, orderMinorMin: campaign.orderMinorMin };
  unit.redemptions.add({
    redemption_id: id,
    member_id: member.memberId,
    origin: 'coupon',
    reward_id: campaign.id,
    program_version: version,
    seq: 0,
    points: 0,
    uses: '[]',
    terms: JSON.stringify(terms),
    state: 'held',
    redeemed_at: at,
    held_until: validUntil,
    valid_until: validUntil,
    order_id: null,
    used_minor: null,
    unused_points: 0,
    returned_points: 0,
    takes_stock: 0,
    reason: given.reason ?? null,
    history: JSON.stringify([{ state: 'held', at }]),
  });
  if (limit)
    unit.uses.add(unit.programId, member.memberId, `coupon:${campaign.id}`, { limit, day, times: 1, points: 0 });
  unit.tell(member, 'coupon.issued', unit.now, {
    coupon: id,
    campaign: campaign.id,
    worth: campaign.worth.kind,
    validUntil: formatInstant(validUntil),
    lastDay: localDateOf(validUntil - 1, program.timeZone),
  });
  return true;
}

/**
 * Gives a coupon by hand, with a reason that the member can read.
 *
 * @throws {LoyaltyError} `member_not_found`, `coupon_not_found`, `limit_reached`, `tier_too_low`, `not_now`.
 */
export function issueCoupon(
  customerId: string,
  { campaign: campaignId, reason }: { readonly campaign: string; readonly reason: string },
  idempotencyKey: string,
): Command {
  const contentHash = contentHashOf(['coupon', campaignId, customerId, reason]);
  const needs = { customerId, redemptions: {}, key: { caller: MERCHANT, text: idempotencyKey } };
  return {
    needs,
    decide(unit) {
      const replay = replayOf(unit, needs, contentHash);
      if (replay) return replay;
      const member = unit.membersByCustomer.get(customerId);
      if (!member || member.isErased) throw new LoyaltyError('member_not_found', 'No member with this id is enrolled.');
      const { program } = unit.versionAt(unit.now);
      const campaign = program.coupons.find(({ id }) => id === campaignId);
      if (!campaign) throw new LoyaltyError('coupon_not_found', 'The program has no such coupon.');
      refuseCoupon(unit, member, campaign);
      const id = issuedId(unit, member, campaign);
      giveCoupon(unit, member, campaign, { id, at: unit.now, reason });
      const outcome = { memberId: member.memberId, customerId, seq: 0, replayed: false, ref: id };
      rememberKey(unit, needs, contentHash, outcome);
      return outcome;
    },
  };
}

function refuseCoupon(unit: Unit, member: MemberState, campaign: CouponCampaign): void {
  const { program } = unit.versionAt(unit.now);
  const day = localDateOf(unit.now, program.timeZone);
  if (!isWithin(campaign.window, day)) throw new LoyaltyError('not_now', 'The coupon is not given today.');
  if (campaign.tiers && !campaign.tiers.includes(standingAt(unit, member, unit.now).tierId)) {
    throw new LoyaltyError('tier_too_low', `The coupon is for these tiers: ${campaign.tiers.join(', ')}.`);
  }
  const { limit } = campaign;
  if (limit && !allowsUse(limit, unit.uses.used(member.memberId, `coupon:${campaign.id}`, limit, day))) {
    throw new LoyaltyError('limit_reached', 'The member had as many of the coupon as he may.');
  }
}

/**
 * No entry guards a coupon given by hand. Where it is limited, its place within the limit is its id: of two servers that
 * give the last one at once, the second finds it taken and decides again.
 */
function issuedId(unit: Unit, { memberId }: MemberState, { id, limit }: CouponCampaign): string {
  if (!limit) return `cpn_${randomBytes(15).toString('base64url')}`;
  const day = localDateOf(unit.now, unit.versionAt(unit.now).program.timeZone);
  const place = unit.uses.used(memberId, `coupon:${id}`, limit, day).times + 1;
  return couponIdOf(unit.programId, memberId, `place ${limitPeriodOf(limit.per, day)} ${place}`, id);
}

/** Takes back the coupons of an order that, after a refund, would not have brought them; what was used stays used. */
export function withdrawCoupons(unit: Unit, order: OrderRow, at: Instant): void {
  const kept = order.net_minor - order.refunded_minor;
  const { coupons } = unit.versionAt(order.placed_at).program;
  for (const id of couponIdsOf(unit, order)) {
    const row = unit.redemptions.byId(id);
    const campaign = coupons.find((coupon) => coupon.id === row?.reward_id);
    if (row?.state !== 'held' || campaign?.trigger.kind !== 'order') continue;
    const isWhole = order.refunded_minor === order.net_minor;
    if (isWhole || kept < (campaign.trigger.netMinorMin ?? 0)) unit.redemptions.step(row, { state: 'withdrawn', at });
  }
}
