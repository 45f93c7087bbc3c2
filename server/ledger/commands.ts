import { hash } from 'node:crypto';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { sealOf } from '../database/seal.ts';
import type { KeyRow } from './rows.ts';
import type { MemberState } from './unit/member-state.ts';
import { callerKey, type Unit } from './unit/unit.ts';

/** What a command came to: the entry that it wrote now or the first time. */
export interface Outcome<Result = unknown> {
  readonly memberId: string;
  /** Empty where a repeat did not need to know. */
  readonly customerId: string;
  /** 0 where the command writes no entry. */
  readonly seq: number;
  readonly replayed: boolean;
  /** What the command made beside the entry, by its id. */
  readonly ref?: string;
  /** What else its caller is to know. */
  readonly result?: Result;
  /** The entry's text, where this very run wrote it. */
  readonly bytes?: string;
}

/** What of the store a command has to see before it can decide. */
export interface Needs {
  /** The shop's customer whom the command names. */
  readonly customerId?: string;
  readonly memberId?: string;
  /** Another customer whom the command names; his lots are read where it takes from lots. */
  readonly peerCustomerId?: string;
  readonly orderId?: string;
  readonly eventId?: string;
  readonly key?: { readonly caller: string; readonly text: string };
  /** The command takes from lots. */
  readonly lots?: boolean;
  readonly redemptions?: RedemptionNeeds;
  /** The friend whose referral it settles, with the member who referred him. */
  readonly referralOf?: string;
  /** When it happened in the shop: qualifying points of the period before are read. */
  readonly occurredAt?: number;
}

/** What a command has to see of redemptions; an order's own are seen by whatever takes it back. */
export interface RedemptionNeeds {
  readonly ids?: readonly string[];
  /** Codes as they were typed. */
  readonly codes?: readonly string[];
  /** Rewards whose stock it looks at. */
  readonly rewardIds?: readonly string[];
}

/** One write of points: pure over the {@link Unit}, so that many can share a transaction and any can be run again. */
export interface Command<Result = unknown> {
  readonly needs: Needs;
  decide(unit: Unit): Outcome<Result>;
}

/** Thrown by a command that depends on another of its own group: it is decided in the next one. */
export class Deferred extends Error {
  override readonly name = 'Deferred';
}

/** base64url SHA-256 of a command's content; two requests are the same when these are. */
export function contentHashOf(content: unknown): string {
  return hash('sha256', JSON.stringify(content), 'base64url');
}

/**
 * The first answer, when this caller's key was used before.
 *
 * @throws {LoyaltyError} `idempotency_conflict` when it came with other content.
 */
export function replayOf(unit: Unit, needs: Needs, contentHash: string): Outcome | null {
  const row = needs.key && unit.keys.get(callerKey(needs.key.caller, needs.key.text));
  if (!row) return null;
  if (row.content_hash !== contentHash) {
    throw new LoyaltyError('idempotency_conflict', 'This Idempotency-Key was used before with another request.');
  }
  const { memberId, seq, ref } = JSON.parse(row.result) as Pick<Outcome, 'memberId' | 'seq' | 'ref'>;
  const customerId = unit.membersById.get(memberId)?.customerId ?? '';
  return { memberId, customerId, seq, replayed: true, ...(ref !== undefined && { ref }) };
}

/** Keeps a command's outcome under its key. */
export function rememberKey(unit: Unit, needs: Needs, contentHash: string, outcome: Outcome): void {
  if (!needs.key) return;
  const { memberId, seq, ref } = outcome;
  // Without the shop's id of the member: one who is erased leaves none behind.
  const result = JSON.stringify({ memberId, seq, ref });
  const sealed = [unit.programId, needs.key.caller, needs.key.text, contentHash, result, unit.now] as const;
  const row: KeyRow = {
    program_id: unit.programId,
    caller: needs.key.caller,
    idempotency_key: needs.key.text,
    content_hash: contentHash,
    result,
    recorded_at: unit.now,
    digest: sealOf(sealed),
  };
  unit.keys.set(callerKey(needs.key.caller, needs.key.text), row);
  unit.newKeys.push(row);
}

/** A shop's clock may be ahead of ours by this much; a date beyond is a mistake that would move tiers and expiry. */
const AHEAD_MS_MAX = 86_400_000;

/** @throws {LoyaltyError} `invalid_request` for a date that has not come yet. */
export function refuseFuture(instant: Instant, now: Instant, pointer: string): void {
  if (instant <= now + AHEAD_MS_MAX) return;
  throw new LoyaltyError('invalid_request', 'The date is more than a day ahead.', [
    { pointer, detail: 'a date that is not more than a day ahead of now' },
  ]);
}

/** A member whose lots the command may take from. */
export function withLots(member: MemberState): MemberState {
  if (!member.lotsLoaded) throw new Deferred();
  return member;
}

/** The caller of every command that comes with the program's secret key. */
export const MERCHANT = 'merchant';
