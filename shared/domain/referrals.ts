import { CODE_ALPHABET, groupedCode } from './codes.ts';
import type { ReferralTerms } from './referral-terms.ts';
import type { Instant } from './time.ts';

const DAY_MS = 86_400_000;

/** An order may be this much older than the acceptance: clocks differ, and some remember their code after they paid. */
const SLACK_MS = 3_600_000;

/**
 * `joined`: the friend came and may order. `ordered`: the order that counts is there and may still be returned. `held`: a
 * person decides. `rewarded` and `refused` are ends, but for an appeal and for an order that is returned later. (A click is
 * none yet: it has no member.)
 */
export type ReferralState = 'joined' | 'ordered' | 'held' | 'rewarded' | 'refused';

/**
 * Why a referral was refused, or brought the member nothing. `too_late`: no order in time. `returned`: the order was
 * refunded whole. `same_person`: too much says that both are one. `decided`: a person decided so.
 */
export type ReferralReason = 'too_late' | 'returned' | 'same_person' | 'decided';

/** A referral as its rules see it. */
export interface Referral {
  readonly state: ReferralState;
  readonly reason: ReferralReason | null;
  /** The click, or without one the friend's acceptance. */
  readonly attributedAt: Instant;
  readonly order: { readonly id: string; readonly placedAt: Instant } | null;
  readonly score: number | null;
  readonly signals: readonly SignalKind[];
  /** A person let it pass: the score is not asked again. */
  readonly isApproved: boolean;
  readonly hasAppealed: boolean;
}

/** What the shop's signals, or their absence, say of two members. */
export type SignalKind =
  | 'account'
  | 'mail'
  | 'device'
  | 'payment'
  | 'address'
  | 'network'
  | 'velocity'
  | 'repeat_friend'
  | 'known_person';

/** Kinds that a shop sends, as keyed hashes. */
export const SENT_SIGNALS = ['account', 'mail', 'device', 'payment', 'address', 'network'] as const;
export type SentSignal = (typeof SENT_SIGNALS)[number];

/** Of these one is enough to take two accounts for one person's. */
export const IDENTIFYING: ReadonlySet<string> = new Set<SentSignal>(['account', 'mail', 'device', 'payment']);

/**
 * What each signal adds to the score, and what it says. All weak ones together stay below the usual hold score: people who
 * live together may refer each other.
 */
export const SIGNALS: Readonly<Record<SignalKind, { readonly weight: number; readonly says: string }>> = {
  account: { weight: 100, says: 'The shop knows both as one account.' },
  mail: { weight: 100, says: 'Both use the same mailbox.' },
  device: { weight: 80, says: 'Both use the same device.' },
  payment: { weight: 80, says: 'Both pay with the same card or account.' },
  repeat_friend: { weight: 80, says: 'The friend was referred before, under another account.' },
  known_person: { weight: 50, says: 'The friend had an account before this one.' },
  address: { weight: 20, says: 'Both have the same address.' },
  velocity: { weight: 10, says: 'Several friends came from the same network within a day.' },
  network: { weight: 5, says: 'Both come from the same network.' },
};

export const SCORE_MAX = 100;

export function scoreOf(signals: readonly SignalKind[]): number {
  const sum = signals.reduce((total, kind) => total + SIGNALS[kind].weight, 0);
  return Math.min(SCORE_MAX, sum);
}

/** Letters of a referral code: 40 bits, enough that none is like another, few enough to be said. */
const CODE_LENGTH = 8;
const CODE_BYTE_COUNT = 5;

/** Random bytes as a code that is said letter by letter: `XXXX-XXXX`. */
export function referralCodeOf(bytes: Uint8Array): string {
  if (bytes.length !== CODE_BYTE_COUNT)
    throw new RangeError(`referralCodeOf: ${bytes.length} bytes, not ${CODE_BYTE_COUNT}`);
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  const letters = Array.from(
    { length: CODE_LENGTH },
    (_, index) => CODE_ALPHABET[Number((bits >> BigInt(5 * index)) & 31n)],
  );
  return referralCode(letters.join('')) as string;
}

/** A referral code as it was made, from how it was typed; `null` for what can be none. */
export const referralCode = (typed: string): string | null => groupedCode(typed, CODE_LENGTH);

/** Mailbox providers for whom dots in the name mean nothing. */
const DOTLESS: Readonly<Record<string, string>> = { 'gmail.com': 'gmail.com', 'googlemail.com': 'gmail.com' };

/** The mailbox behind an address: case, `+tags` and the dots of Gmail lead to the same one. */
export function mailboxOf(mail: string): string {
  const text = mail.normalize('NFKC').trim().toLowerCase();
  const at = text.lastIndexOf('@');
  if (at < 1) return text;
  const domain = text.slice(at + 1);
  const name = text.slice(0, at).replace(/(?!^)\+.*$/, '');
  const dotless = DOTLESS[domain];
  return dotless === undefined ? `${name}@${domain}` : `${name.replaceAll('.', '')}@${dotless}`;
}

/** By when the friend has to have ordered. */
export const orderBy = ({ attributionDays }: ReferralTerms, attributedAt: Instant): Instant =>
  attributedAt + attributionDays * DAY_MS;

/** When the order counts as kept. */
export const clearsAt = ({ clearAfterDays }: ReferralTerms, placedAt: Instant): Instant =>
  placedAt + clearAfterDays * DAY_MS;

/** As a member sees it at an instant: one that nobody ordered for in time is over without anybody's doing. */
export function referralAt(referral: Referral, terms: ReferralTerms, now: Instant): Pick<Referral, 'state' | 'reason'> {
  const { state, reason, attributedAt } = referral;
  return state === 'joined' && now >= orderBy(terms, attributedAt)
    ? { state: 'refused', reason: 'too_late' }
    : { state, reason };
}

/** A referral as it begins; refused at once where the signals say already that it is nobody else. */
export function joinReferral(attributedAt: Instant, signals: readonly SignalKind[], terms: ReferralTerms): Referral {
  const score = scoreOf(signals);
  const isRefused = score >= terms.refuseScore;
  return {
    state: isRefused ? 'refused' : 'joined',
    reason: isRefused ? 'same_person' : null,
    attributedAt,
    order: null,
    score,
    signals,
    isApproved: false,
    hasAppealed: false,
  };
}

/** What can happen to a referral. */
export type ReferralEvent =
  | {
      readonly kind: 'ordered';
      readonly id: string;
      readonly placedAt: Instant;
      readonly currency: string;
      readonly netMinor: number;
    }
  /** The order that counts was refunded whole. */
  | { readonly kind: 'returned'; readonly at: Instant }
  /** The signals were looked at, at an instant. */
  | { readonly kind: 'looked'; readonly signals: readonly SignalKind[]; readonly at: Instant }
  | { readonly kind: 'decided'; readonly decision: 'reward' | 'refuse' }
  | { readonly kind: 'appealed' };

/** The referral after an event; itself where the event does not concern it. The only way from one state to another. */
export function stepReferral(referral: Referral, event: ReferralEvent, terms: ReferralTerms): Referral {
  const { state } = referral;
  switch (event.kind) {
    case 'ordered':
      return state === 'joined' && counts(referral, event, terms)
        ? { ...referral, state: 'ordered', order: { id: event.id, placedAt: event.placedAt } }
        : referral;
    case 'returned':
      return afterReturn(referral, event.at, terms);
    case 'looked':
      return state === 'ordered' ? afterLook(referral, event, terms) : referral;
    case 'decided':
      if (state !== 'held') return referral;
      return event.decision === 'reward'
        ? { ...referral, state: referral.order ? 'ordered' : 'joined', reason: null, isApproved: true }
        : { ...referral, state: 'refused', reason: 'decided' };
    case 'appealed':
      return mayAppeal(referral) ? { ...referral, state: 'held', reason: null, hasAppealed: true } : referral;
  }
}

/** Once, and only against what the signals said: an order that is missing or was returned is no matter of opinion. */
export function mayAppeal({ state, reason, hasAppealed }: Referral): boolean {
  return state === 'refused' && reason === 'same_person' && !hasAppealed;
}

function counts(
  { attributedAt }: Referral,
  { placedAt, currency, netMinor }: Extract<ReferralEvent, { kind: 'ordered' }>,
  terms: ReferralTerms,
): boolean {
  const isInTime = attributedAt - SLACK_MS <= placedAt && placedAt < orderBy(terms, attributedAt);
  return isInTime && currency === terms.currency && netMinor >= terms.orderMinorMin;
}

/** Within the return window the friend may try again, unless his signals were against him; after it, that was it. */
function afterReturn(referral: Referral, at: Instant, terms: ReferralTerms): Referral {
  const { state, order, attributedAt } = referral;
  if (order === null) return referral;
  if (state === 'refused') return { ...referral, hasAppealed: true };
  const isOpen = state === 'ordered' && at < clearsAt(terms, order.placedAt) && at < orderBy(terms, attributedAt);
  return isOpen
    ? { ...referral, state: 'joined', order: null, score: null, signals: [] }
    : { ...referral, state: 'refused', reason: 'returned' };
}

function afterLook(
  referral: Referral,
  { signals, at }: Extract<ReferralEvent, { kind: 'looked' }>,
  terms: ReferralTerms,
): Referral {
  const score = scoreOf(signals);
  const looked = { ...referral, score, signals };
  if (!referral.isApproved) {
    if (score >= terms.refuseScore) return { ...looked, state: 'refused', reason: 'same_person' };
    if (score >= terms.holdScore) return { ...looked, state: 'held' };
  }
  const { order } = referral;
  return order && at >= clearsAt(terms, order.placedAt) ? { ...looked, state: 'rewarded' } : looked;
}
