import { randomBytes } from 'node:crypto';
import type { Lot } from '../../../shared/domain/lots.ts';
import type { Program } from '../../../shared/domain/program.ts';
import type { Qualified, QualifyingDays } from '../../../shared/domain/qualifying.ts';
import { type EarnedStanding, firstStanding, type TierStanding } from '../../../shared/domain/tiers.ts';
import { type Instant, type LocalDate, NEVER } from '../../../shared/domain/time.ts';
import { FOLLOWS } from '../../database/schema/ledger.ts';
import { isTombstone } from '../commands/tombstone.ts';
import type { LotRow, MemberRow } from '../rows.ts';

/** What the ledger knows of one member while a group of commands is decided. */
export interface MemberState {
  readonly memberId: string;
  readonly customerId: string;
  readonly enrolledAt: Instant;
  /** Not stored yet. */
  isNew: boolean;
  /** Names nobody any more. */
  isErased: boolean;
  /** The member to whom all that he had went over; `null` for one who stands for himself. */
  mergedInto: string | null;
  seq: number;
  head: string | null;
  balance: number;
  debt: number;
  standing: TierStanding;
  nextExpiryAt: Instant;
  /** `nextExpiryAt` as it is stored. */
  readonly storedExpiryAt: Instant | null;
  /** `standing.reviewAt` as it is stored. */
  readonly storedReviewAt: Instant | null;
  /** When the lots expire that follow what the member does; `NEVER` where he has none. */
  inactiveAt: Instant;
  lastAvailableAt: Instant;
  readonly days: Map<LocalDate, Qualified>;
  /** Open lots, and closed ones that a command needs; only loaded for commands that take from lots. */
  readonly lots: Map<number, Lot>;
  /** For each lot that is stored, whether it is stored as an open one. */
  readonly storedOpen: Map<number, boolean>;
  lotsLoaded: boolean;
}

/** A customer as he would be enrolled now. The program in force then gives the tier that he starts in. */
export function newMember(customerId: string, program: Program, now: Instant): MemberState {
  return {
    memberId: `mbr_${randomBytes(15).toString('base64url')}`,
    customerId,
    enrolledAt: now,
    isNew: true,
    isErased: false,
    mergedInto: null,
    seq: 0,
    head: null,
    balance: 0,
    debt: 0,
    standing: firstStanding(program.tiers.ladder),
    nextExpiryAt: NEVER,
    storedExpiryAt: null,
    storedReviewAt: null,
    inactiveAt: NEVER,
    lastAvailableAt: 0,
    days: new Map(),
    lots: new Map(),
    storedOpen: new Map(),
    lotsLoaded: true,
  };
}

/** A stored member, without his lots. */
export function memberState(row: MemberRow): MemberState {
  return {
    memberId: row.member_id,
    customerId: row.customer_id,
    enrolledAt: row.enrolled_at,
    isNew: false,
    isErased: isTombstone(row.customer_id),
    mergedInto: row.merged_into,
    seq: row.seq,
    head: row.head,
    balance: row.balance,
    debt: row.debt,
    standing: standingOf(row),
    nextExpiryAt: row.next_expiry_at,
    storedExpiryAt: row.next_expiry_at,
    storedReviewAt: row.tier_review_at,
    inactiveAt: row.inactive_at,
    lastAvailableAt: row.last_available_at,
    days: new Map(parseCounted(row.counted)),
    lots: new Map(),
    storedOpen: new Map(),
    lotsLoaded: false,
  };
}

/** A member as {@link memberState} would read him now that what was decided on is stored. */
export function storedState(member: MemberState): MemberState {
  return {
    ...member,
    isNew: false,
    storedExpiryAt: member.nextExpiryAt,
    storedReviewAt: member.standing.reviewAt,
    lots: new Map(),
    storedOpen: new Map(),
    lotsLoaded: false,
  };
}

/** A stored account's place on the ladder. */
export function standingOf(row: {
  readonly tier: string;
  readonly tier_since: number | null;
  readonly tier_review_at: number;
  readonly tier_earned: string | null;
}): TierStanding {
  return {
    tierId: row.tier,
    since: row.tier_since,
    reviewAt: row.tier_review_at,
    earned: row.tier_earned === null ? null : parseEarned(row.tier_earned),
  };
}

type EarnedParts = readonly [tierId: string, since: Instant | null, reviewAt: Instant];

/** Text of `accounts.tier_earned`: what the member has earned beside a tier set by hand. */
export function formatEarned({ earned }: TierStanding): string | null {
  return earned && JSON.stringify([earned.tierId, earned.since, earned.reviewAt] satisfies EarnedParts);
}

function parseEarned(text: string): EarnedStanding {
  const [tierId, since, reviewAt] = JSON.parse(text) as EarnedParts;
  return { tierId, since, reviewAt };
}

/** A stored lot; one that follows what the member does has the expiry of his account. */
export function lotOf(row: LotRow, inactiveAt: Instant): Lot {
  const follows = row.expires_at === FOLLOWS;
  return {
    seq: row.seq,
    initial: row.initial,
    remaining: row.remaining,
    expired: row.expired,
    reversed: row.reversed,
    availableAt: row.available_at,
    expiresAt: follows ? inactiveAt : row.expires_at,
    follows,
    isExtended: row.is_extended === 1,
  };
}

/** When the first of the open lots expires. */
export function nextExpiry(lots: Iterable<Lot>): Instant {
  let next: Instant = NEVER;
  for (const lot of lots) if (lot.remaining > 0 && lot.expiresAt < next) next = lot.expiresAt;
  return next;
}

type CountedDay = readonly [day: LocalDate, points: number, orders: number, spend: Readonly<Record<string, number>>];

/** Text of `accounts.counted`: days in their order, so that equal counts are equal texts. */
export function formatCounted(days: QualifyingDays): string {
  if (days.size === 0) return '[]';
  const sorted = [...days].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(sorted.map(([day, { points, orders, spend }]): CountedDay => [day, points, orders, spend]));
}

export function parseCounted(text: string): [LocalDate, Qualified][] {
  if (text === '[]') return [];
  return (JSON.parse(text) as CountedDay[]).map(([day, points, orders, spend]) => [day, { points, orders, spend }]);
}
