import { hash } from 'node:crypto';
import type { LotUse } from '../../shared/domain/lots.ts';
import { formatInstant, type Instant, NEVER } from '../../shared/domain/time.ts';
import type { Entry } from '../../shared/protocol/api.ts';

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
  readonly reason?: string;
  readonly multiplierPercent?: number;
  /** `seq` of the accrual that is taken back. */
  readonly reverses?: number;
  readonly lot?: { readonly points: number; readonly availableAt: Instant; readonly expiresAt: Instant };
  /** Lots that this entry takes from; for an accrual, what of its own lot pays the member's debt. */
  readonly uses?: readonly LotUse[];
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
    reason: draft.reason,
    multiplierPercent: draft.multiplierPercent,
    reverses: draft.reverses,
    lot: lot && {
      points: lot.points,
      availableAt: formatInstant(lot.availableAt),
      expiresAt: lot.expiresAt === NEVER ? null : formatInstant(lot.expiresAt),
    },
    uses: draft.uses?.length ? draft.uses : undefined,
  });
}

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
