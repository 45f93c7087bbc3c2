import type { ReferralTerms } from '../../shared/domain/referral-terms.ts';
import { clearsAt, mayAppeal, orderBy, referralAt, SIGNALS } from '../../shared/domain/referrals.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import type { MerchantReferral, ReferralItem } from '../../shared/protocol/api.ts';
import { isTombstone } from '../ledger/commands/tombstone.ts';
import { type ReferralRow, referralOf } from './referral-rows.ts';

const at = (instant: Instant | null) => (instant === null ? null : formatInstant(instant));

/** A referral as one of its two members sees it. */
export function itemOf(
  row: ReferralRow,
  terms: ReferralTerms,
  side: 'referrer' | 'friend',
  now: Instant,
): ReferralItem {
  const referral = referralOf(row);
  const { state, reason } = referralAt(referral, terms, now);
  const isRewarded = state === 'rewarded' && (side === 'referrer' ? row.referrer_seq : row.friend_seq) > 0;
  const points = side === 'referrer' ? terms.referrerPoints : terms.friendPoints;
  return {
    id: row.referral_id,
    state,
    reason,
    joinedAt: formatInstant(row.joined_at),
    orderBy: formatInstant(orderBy(terms, row.attributed_at)),
    orderedAt: at(row.ordered_at),
    clearsAt: at(row.ordered_at === null ? null : clearsAt(terms, row.ordered_at)),
    settledAt: at(row.settled_at),
    points: isRewarded ? points : 0,
    canAppeal: mayAppeal(referral),
  };
}

/** A referral as the merchant sees it. */
export function merchantItemOf(
  row: ReferralRow,
  terms: ReferralTerms,
  customers: ReadonlyMap<string, string>,
  now: Instant,
): MerchantReferral {
  const referral = referralOf(row);
  const customerOf = (memberId: string) => {
    const customerId = customers.get(memberId);
    return customerId === undefined || isTombstone(customerId) ? null : customerId;
  };
  return {
    id: row.referral_id,
    ...referralAt(referral, terms, now),
    referrer: customerOf(row.referrer_id),
    friend: customerOf(row.friend_id),
    source: row.source as MerchantReferral['source'],
    joinedAt: formatInstant(row.joined_at),
    order: row.order_id,
    orderedAt: at(row.ordered_at),
    clearsAt: at(row.ordered_at === null ? null : clearsAt(terms, row.ordered_at)),
    settledAt: at(row.settled_at),
    score: row.score,
    signals: referral.signals.map((kind) => ({ kind, ...SIGNALS[kind] })),
    appeal: row.appeal,
    decision: row.decision,
  };
}
