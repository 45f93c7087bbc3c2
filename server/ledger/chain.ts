import { hash } from 'node:crypto';
import type { EarnedPart } from '../../shared/domain/earning.ts';
import type { LotReturn, LotUse } from '../../shared/domain/lots.ts';
import type { Qualified } from '../../shared/domain/qualifying.ts';
import type { EarnedStanding } from '../../shared/domain/tiers.ts';
import { formatInstant, type Instant, type LocalDate, NEVER } from '../../shared/domain/time.ts';
import type { Entry } from '../../shared/protocol/api.ts';

/** What counted toward a tier on one day. */
export interface CountedDay extends Qualified {
  readonly day: LocalDate;
}

/** What a new entry says, before it has its place in the chain. */
export interface EntryDraft {
  readonly kind: Entry['kind'];
  /** Change of the balance. */
  readonly points: number;
  /** Change of the points that count toward a tier. */
  readonly qualifying: number;
  readonly occurredAt: Instant;
  readonly recordedAt: Instant;
  readonly programVersion: number;
  readonly order?: string;
  readonly refund?: string;
  readonly event?: string;
  /** The redemption that takes points, or gives them back. */
  readonly redemption?: string;
  /** The member whom points were moved to or from. */
  readonly peer?: string;
  /** The lot of that member that the points were in. */
  readonly peerLot?: number;
  /** What counts toward a tier for the other member from now on; less than nothing for what went to him. */
  readonly moved?: readonly CountedDay[];
  /** The standing that two members reach together. */
  readonly reached?: EarnedStanding;
  readonly reason?: string;
  /** The tier's multiplier. */
  readonly multiplierPercent?: number;
  /** What each rule brought. */
  readonly parts?: readonly EarnedPart[];
  /** Campaigns that multiplied it. */
  readonly campaigns?: readonly string[];
  /** What else counts toward a tier; less than nothing for what no longer counts. */
  readonly counted?: { readonly orders: number; readonly currency: string; readonly netMinor: number };
  /** `seq` of the entry that is taken back. */
  readonly reverses?: number;
  /** A tier set by hand, until the end of a day; `null` takes it back. */
  readonly pinned?: { readonly tier: string; readonly until: LocalDate } | null;
  /** A use of one of the tier's benefits; `use` is the shop's own id of it. */
  readonly benefit?: { readonly id: string; readonly use: string };
  /** `follows` where the expiry moves with what the member does. */
  readonly lot?: {
    readonly points: number;
    readonly availableAt: Instant;
    readonly expiresAt: Instant;
    readonly follows?: boolean;
  };
  /** Lots that points go back to; with another expiry where it says so. */
  readonly returns?: readonly LotReturn[];
  /** Lots whose expiry the member put off. */
  readonly extends?: readonly { readonly lot: number; readonly expiresAt: Instant }[];
  /** Lots that this entry takes from; where it adds points, what of them pays the member's debt. */
  readonly uses?: readonly LotUse[];
  /** When the points expire that follow what the member does. */
  readonly activeUntil?: Instant;
}

/** Where an entry stands. */
export interface EntryPlace {
  readonly programId: string;
  readonly memberId: string;
  readonly seq: number;
  /** Hash of the entry before; `null` for the first. */
  readonly prev: string | null;
  /** Balance after it. */
  readonly balance: number;
  /** Tier after it. */
  readonly tier: string;
}

/** The version of the format below. */
const FORMAT = 1;

/**
 * The exact text of an entry: what is stored, hashed, and shown to whoever checks the chain. The order of the fields is
 * part of the format.
 */
export function entryBytes(draft: EntryDraft, place: EntryPlace): string {
  const { lot } = draft;
  return JSON.stringify({
    v: FORMAT,
    program: place.programId,
    member: place.memberId,
    seq: place.seq,
    prev: place.prev,
    kind: draft.kind,
    points: draft.points,
    qualifying: draft.qualifying,
    balance: place.balance,
    occurredAt: formatInstant(draft.occurredAt),
    recordedAt: formatInstant(draft.recordedAt),
    programVersion: draft.programVersion,
    tier: place.tier,
    order: draft.order,
    refund: draft.refund,
    event: draft.event,
    redemption: draft.redemption,
    peer: draft.peer,
    peerLot: draft.peerLot,
    moved: filled(draft.moved),
    reached: draft.reached && {
      tier: draft.reached.tierId,
      since: draft.reached.since === null ? null : formatInstant(draft.reached.since),
      reviewAt: expiryText(draft.reached.reviewAt),
    },
    reason: draft.reason,
    multiplierPercent: draft.multiplierPercent,
    parts: filled(draft.parts),
    campaigns: filled(draft.campaigns),
    counted: draft.counted,
    reverses: draft.reverses,
    pinned: draft.pinned,
    benefit: draft.benefit,
    lot: lot && {
      points: lot.points,
      availableAt: formatInstant(lot.availableAt),
      expiresAt: expiryText(lot.expiresAt),
      follows: lot.follows === true ? true : undefined,
    },
    returns: filled(draft.returns)?.map(({ lot: seq, points, expiresAt }) => ({
      lot: seq,
      points,
      expiresAt: expiresAt === undefined ? undefined : expiryText(expiresAt),
    })),
    extends: filled(draft.extends)?.map(({ lot: seq, expiresAt }) => ({ lot: seq, expiresAt: expiryText(expiresAt) })),
    uses: filled(draft.uses),
    activeUntil: draft.activeUntil === undefined ? undefined : expiryText(draft.activeUntil),
  });
}

const filled = <T>(items: readonly T[] | undefined) => (items?.length ? items : undefined);

const expiryText = (instant: Instant) => (instant === NEVER ? null : formatInstant(instant));

/** base64url SHA-256 of an entry's text. */
export function hashOf(bytes: string): string {
  return hash('sha256', bytes, 'base64url');
}

/** An entry's text as its parts; the chain's own fields apart from what the API shows. */
export type StoredEntry = Entry & {
  readonly v: number;
  readonly program: string;
  readonly member: string;
  readonly prev: string | null;
};

/** Reads text that this module wrote. */
export function parseEntry(bytes: string): StoredEntry {
  return JSON.parse(bytes) as StoredEntry;
}

/** The part of an entry that the API shows. */
export function entryOf(bytes: string): Entry {
  const { v: _v, program: _program, member: _member, prev: _prev, ...entry } = parseEntry(bytes);
  return entry;
}
