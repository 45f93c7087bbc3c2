import { limitPeriodOf } from '../../../shared/domain/limits.ts';
import type { ReferralTerms } from '../../../shared/domain/referral-terms.ts';
import {
  clearsAt,
  type Referral,
  type ReferralEvent,
  type SignalKind,
  stepReferral,
} from '../../../shared/domain/referrals.ts';
import { type Instant, localDateOf, NEVER } from '../../../shared/domain/time.ts';
import type { Transaction } from '../../database/database.ts';
import { type ReferralRow, referralOf, referralsOfFriends, termsOf } from '../../referrals/referral-rows.ts';
import { type Command, withLots } from '../commands.ts';
import type { OrderRow } from '../rows.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { Unit } from '../unit/unit.ts';
import { accrue } from './accrue.ts';
import type { Fact } from './consequences.ts';
import { giveCoupon } from './coupons.ts';
import { takeBackLot } from './take-back-lot.ts';

/** What a member was rewarded for; the rule of the entry's only part. */
export const REFERRAL_RULES = { referrer: 'referral:referrer', friend: 'referral:friend' } as const;

/** Counts a member's rewards in a calendar month of the program. */
export const REFERRAL_REWARDS = 'referral:rewards';
const PER_MONTH = { per: 'month' } as const;

/**
 * Reads the referrals of friends whose orders a group looks at, and of those that it settles, with the members who referred
 * them where these may get or lose something. Programs without referrals read nothing.
 */
export async function loadReferrals(
  tx: Transaction,
  unit: Unit,
  commands: readonly Command[],
): Promise<readonly string[]> {
  if (!unit.versions.some(({ program }) => program.referral !== undefined)) return [];
  const friendIds = new Set<string>();
  for (const { needs } of commands) {
    if (needs.referralOf !== undefined) friendIds.add(needs.referralOf);
    if (needs.orderId === undefined) continue;
    const order = unit.orders.get(needs.orderId);
    const memberId = order?.member_id ?? unit.membersByCustomer.get(needs.customerId ?? '')?.memberId;
    if (memberId !== undefined) friendIds.add(memberId);
  }
  if (friendIds.size === 0) return [];
  const rows = await tx.allIn(referralsOfFriends, { programId: unit.programId }, [...friendIds]);
  const settled = new Set(commands.map(({ needs }) => needs.referralOf));
  const referrers: string[] = [];
  for (const row of rows) {
    unit.referrals.load(row);
    const isTaken =
      row.state === 'rewarded' && commands.some(({ needs }) => needs.lots && needs.orderId === row.order_id);
    if (isTaken || settled.has(row.friend_id)) referrers.push(row.referrer_id);
    if (isTaken && row.referrer_seq > 0) unit.ownLots.push({ memberId: row.referrer_id, seq: row.referrer_seq });
    if (isTaken && row.friend_seq > 0) unit.ownLots.push({ memberId: row.friend_id, seq: row.friend_seq });
  }
  return referrers;
}

/** A friend's order may be the one that his referral waits for. */
export function orderForReferral(unit: Unit, { memberId }: MemberState, { order, id, occurredAt }: Fact): void {
  const row = order && unit.referrals.ofFriend(memberId);
  if (!row) return;
  const { currency, netMinor } = order;
  step(unit, row, { kind: 'ordered', id, placedAt: occurredAt, currency, netMinor }, { due_at: unit.now });
}

/** Before a refund changes anything: what it takes from the one who referred has to be there. */
export function readyForReturn(unit: Unit, { member_id: friendId, order_id: orderId }: OrderRow): void {
  const row = unit.referrals.ofFriend(friendId);
  if (row?.order_id !== orderId || row.state !== 'rewarded') return;
  const referrer = unit.membersById.get(row.referrer_id);
  if (referrer) withLots(referrer);
}

/** The friend's order was refunded whole: nothing is owed for it, and what was given is taken back. */
export function returnForReferral(unit: Unit, friend: MemberState, order: OrderRow, at: Instant): void {
  const row = unit.referrals.ofFriend(friend.memberId);
  if (row?.order_id !== order.order_id) return;
  if (row.state === 'rewarded') {
    const referrer = unit.membersById.get(row.referrer_id);
    if (referrer) {
      takeReward(unit, referrer, row.referrer_seq, at);
      if (row.referrer_seq > 0) countReward(unit, referrer, row.settled_at ?? at, -1, termsOf(unit.versions, row));
    }
    takeReward(unit, friend, row.friend_seq, at);
  }
  step(unit, row, { kind: 'returned', at }, { due_at: NEVER, settled_at: at });
}

function takeReward(unit: Unit, member: MemberState, seq: number, at: Instant): void {
  const lot = member.lots.get(seq);
  if (seq === 0 || !lot) return;
  takeBackLot(unit, member, lot, { at, reason: 'referral' });
}

/**
 * Looks at a referral that is due: refuses it or leaves it to a person by what the signals say, and once the order has
 * cleared rewards both sides. Safe late, twice and on several servers: it does what the referral's own state still asks for.
 */
export function settleReferral(
  { friend_id: friendId, order_id: orderId }: Pick<ReferralRow, 'friend_id' | 'order_id'>,
  signals: readonly SignalKind[],
  asOf: Instant,
): Command<{ readonly state: string | null }> {
  return {
    needs: { memberId: friendId, referralOf: friendId },
    decide(unit) {
      const row = unit.referrals.ofFriend(friendId);
      const friend = unit.membersById.get(friendId);
      if (!row || !friend) throw new RangeError(`settleReferral: no referral of ${friendId}`);
      const outcome = { memberId: friendId, customerId: friend.customerId, seq: 0, replayed: false };
      if (row.due_at > asOf || row.state !== 'ordered' || row.order_id !== orderId) {
        return { ...outcome, result: { state: null } };
      }
      const terms = termsOf(unit.versions, row);
      const after = stepReferral(referralOf(row), { kind: 'looked', signals, at: asOf }, terms);
      const clears = clearsAt(terms, row.ordered_at ?? 0);
      if (after.state === 'rewarded') {
        reward(unit, row, after, { friend, terms, at: Math.max(clears, row.due_at) });
      } else {
        unit.referrals.change(row, after, {
          due_at: after.state === 'ordered' ? clears : NEVER,
          settled_at: after.state === 'refused' ? asOf : null,
        });
      }
      return { ...outcome, result: { state: after.state } };
    },
  };
}

interface Rewarding {
  readonly friend: MemberState;
  readonly terms: ReferralTerms;
  readonly at: Instant;
}

function reward(unit: Unit, row: ReferralRow, after: Referral, { friend, terms, at }: Rewarding): void {
  const referrer = unit.membersById.get(row.referrer_id);
  const { program } = unit.versionAt(at);
  const day = localDateOf(at, program.timeZone);
  const give = (member: MemberState, rule: string, points: number) =>
    points === 0
      ? 0
      : accrue(
          unit,
          member,
          { points, qualifying: 0, occurredAt: at, reason: 'referral', parts: [{ rule, points }] },
          at,
        );
  let referrerSeq = 0;
  if (referrer && !referrer.isErased) {
    const used = unit.uses.used(referrer.memberId, REFERRAL_REWARDS, PER_MONTH, day);
    if (used.times < terms.rewardsPerMonthMax) {
      referrerSeq = give(referrer, REFERRAL_RULES.referrer, terms.referrerPoints);
      if (referrerSeq > 0) countReward(unit, referrer, at, 1, terms);
    }
  }
  const friendSeq = friend.isErased ? 0 : give(friend, REFERRAL_RULES.friend, terms.friendPoints);
  unit.referrals.change(row, after, {
    due_at: NEVER,
    settled_at: at,
    referrer_seq: referrerSeq,
    friend_seq: friendSeq,
  });
  const told = { referral: row.referral_id };
  if (referrerSeq > 0 && referrer) {
    unit.tell(referrer, 'referral.rewarded', at, { ...told, side: 'referrer', points: terms.referrerPoints });
  }
  if (friendSeq > 0)
    unit.tell(friend, 'referral.rewarded', at, { ...told, side: 'friend', points: terms.friendPoints });
}

/** One reward more in the month in which it was given, or one less. */
function countReward(unit: Unit, member: MemberState, at: Instant, times: 1 | -1, terms: ReferralTerms): void {
  const period = limitPeriodOf('month', localDateOf(at, unit.versionAt(at).program.timeZone));
  const use = { times, points: times * terms.referrerPoints };
  unit.uses.addIn(period, unit.programId, member.memberId, REFERRAL_REWARDS, use);
}

/** Carries out what a person decided, or the member's appeal. */
export function changeReferral(
  { friend_id: friendId, referral_id: referralId }: ReferralRow,
  event: Extract<ReferralEvent, { kind: 'decided' | 'appealed' }>,
  text: string,
): Command<{ readonly isChanged: boolean }> {
  return {
    needs: { memberId: friendId, referralOf: friendId, redemptions: { ids: [couponIdOf(referralId)] } },
    decide(unit) {
      const row = unit.referrals.ofFriend(friendId);
      if (!row) throw new RangeError(`changeReferral: no referral of ${friendId}`);
      const isChanged = step(unit, row, event, {
        ...(event.kind === 'appealed' ? { appeal: text } : { decision: text }),
        due_at: event.kind === 'decided' && event.decision === 'reward' ? unit.now : NEVER,
        settled_at: event.kind === 'decided' && event.decision === 'refuse' ? unit.now : null,
      });
      const friend = unit.membersById.get(friendId);
      if (isChanged && friend && event.kind === 'decided' && event.decision === 'reward') {
        giveFriendCoupon(unit, friend, row);
      }
      return { memberId: friendId, customerId: '', seq: 0, replayed: !isChanged, result: { isChanged } };
    },
  };
}

/** Gives whether the event changed anything. */
function step(
  unit: Unit,
  row: ReferralRow,
  event: ReferralEvent,
  beside: NonNullable<Parameters<Unit['referrals']['change']>[2]>,
): boolean {
  const before = referralOf(row);
  const after = stepReferral(before, event, termsOf(unit.versions, row));
  if (after === before) return false;
  // Where a returned order leaves the friend free to order again, the one that waits is that new order.
  unit.referrals.change(row, after, after.state === 'joined' ? { ...beside, due_at: NEVER, settled_at: null } : beside);
  return true;
}

/** Gives a friend who joined the coupon that is for him, once. */
export function welcomeFriend({ friend_id: friendId, referral_id: referralId }: ReferralRow): Command<never> {
  return {
    needs: { memberId: friendId, referralOf: friendId, redemptions: { ids: [couponIdOf(referralId)] } },
    decide(unit) {
      const row = unit.referrals.ofFriend(friendId);
      const friend = unit.membersById.get(friendId);
      if (row && friend && row.state !== 'refused') giveFriendCoupon(unit, friend, row);
      return { memberId: friendId, customerId: '', seq: 0, replayed: false };
    },
  };
}

function giveFriendCoupon(unit: Unit, friend: MemberState, row: ReferralRow): void {
  const { friendCoupon } = termsOf(unit.versions, row);
  const campaign = unit.versionAt(unit.now).program.coupons.find(({ id }) => id === friendCoupon);
  if (campaign && !friend.isErased)
    giveCoupon(unit, friend, campaign, { id: couponIdOf(row.referral_id), at: unit.now });
}

const couponIdOf = (referralId: string) => `cpn_${referralId.slice('rfl_'.length)}`;
