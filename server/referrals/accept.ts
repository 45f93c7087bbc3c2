import { randomBytes } from 'node:crypto';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { ProgramVersion } from '../../shared/domain/program.ts';
import type { ReferralTerms } from '../../shared/domain/referral-terms.ts';
import { joinReferral, orderBy, referralCode, referralCodeOf } from '../../shared/domain/referrals.ts';
import { type Instant, NEVER } from '../../shared/domain/time.ts';
import { first, type Reader, type Transaction, WriteConflict } from '../database/database.ts';
import type { Value } from '../database/statement.ts';
import { hashOf } from '../ledger/chain.ts';
import { membersById } from '../ledger/rows.ts';
import { parseCounted } from '../ledger/unit/member-state.ts';
import { memberOfId } from '../members/find-member.ts';
import { standsFor } from '../members/merged-members.ts';
import { evidenceOf } from './evidence.ts';
import {
  clickOfToken,
  codesOfMembers,
  columnsOf,
  insertCode,
  insertReferral,
  markFriend,
  markReferrer,
  memberOfCode,
  type ReferralCodeRow,
  type ReferralRow,
  referralIdOf,
  referralsOfFriends,
  sealReferral,
} from './referral-rows.ts';

const DAY_MS = 86_400_000;

/** By whom somebody came, and when. */
export interface Origin {
  readonly referrerId: string;
  readonly attributedAt: Instant;
  readonly source: 'link' | 'code';
}

/** Who accepts, and by what. */
export interface Acceptance {
  readonly programId: string;
  readonly friendId: string;
  readonly origin: Origin;
  readonly version: ProgramVersion;
  readonly terms: ReferralTerms;
  readonly now: Instant;
}

/** A member's code, made when it is first asked for; nobody chooses one, and none is ever made anew. */
export async function ensureCode(
  tx: Transaction,
  programId: string,
  memberId: string,
  now: Instant,
): Promise<ReferralCodeRow> {
  const [known] = await tx.allIn(codesOfMembers, { programId }, [memberId]);
  if (known) return known;
  // A code that is taken already undoes the transaction, which then comes here again.
  const code = referralCodeOf(randomBytes(5));
  const row = { program_id: programId, member_id: memberId, code, made_at: now, is_friend: 0, has_referred: 0 };
  await tx.insert(insertCode, [Object.values(row)]);
  return row;
}

/** By what a click is found: its token is not kept. */
export const clickHashOf = (token: string): string => hashOf(`referral-click ${token}`);

/**
 * Makes a member the friend of the one whose code or link he came by.
 *
 * @returns The referral, and whether it was there before.
 * @throws {LoyaltyError} `referral_code_not_found`, `referral_self`, `referral_not_new`, `referral_taken`, `member_not_found`.
 */
export async function acceptReferral(
  tx: Transaction,
  acceptance: Acceptance,
): Promise<{ readonly row: ReferralRow; readonly isNew: boolean }> {
  const { programId, friendId, origin, terms, version, now } = acceptance;
  const { referrerId, attributedAt, source } = origin;
  const [known] = await tx.allIn(referralsOfFriends, { programId }, [friendId]);
  if (known) {
    if (known.referrer_id === referrerId) return { row: known, isNew: false };
    throw new LoyaltyError('referral_taken', 'The member came by another referral.');
  }
  if (referrerId === friendId) throw new LoyaltyError('referral_self', 'Nobody refers himself.');
  const friend = await memberOfId(tx, programId, friendId);
  if (friend.enrolledAt < now - terms.attributionDays * DAY_MS) throw notNew();
  const account = await first(tx, membersById.statement(1), { programId, key0: friendId });
  const orders = parseCounted(account?.counted ?? '[]').reduce((sum, [, counted]) => sum + counted.orders, 0);
  if (orders > 0) throw notNew();

  const scope = { programId, yes: 1, no: 0 };
  const own = await ensureCode(tx, programId, friendId, now);
  // Whoever referred somebody is no friend of anybody: so no referral ever leads back to where it began.
  if ((await tx.run(markFriend, { ...scope, memberId: friendId })) === 0) {
    throw own.has_referred === 1 ? notNew() : new WriteConflict('referral');
  }
  await tx.run(markReferrer, { ...scope, memberId: referrerId });
  const signals = await evidenceOf(tx, programId, { friend_id: friendId, referrer_id: referrerId, joined_at: now });
  const referral = joinReferral(attributedAt, signals, terms);
  const row = sealReferral({
    program_id: programId,
    friend_id: friendId,
    referral_id: referralIdOf(programId, friendId),
    referrer_id: referrerId,
    program_version: version.version,
    source,
    ...columnsOf(referral),
    attributed_at: attributedAt,
    joined_at: now,
    due_at: NEVER,
    appeal: null,
    decision: null,
    settled_at: referral.state === 'refused' ? now : null,
    referrer_seq: 0,
    friend_seq: 0,
  });
  await tx.insert(insertReferral, [Object.values(row) as Value[]]);
  return { row, isNew: true };
}

/**
 * Whose code or click it is.
 *
 * @param by.at When the order was placed that brought the code.
 * @throws {LoyaltyError} `referral_code_not_found`, also for a click whose time is over.
 */
export async function originOf(
  reader: Reader,
  programId: string,
  by: {
    readonly code?: string | undefined;
    readonly attribution?: string | undefined;
    readonly at?: Instant | undefined;
  },
  terms: ReferralTerms,
  now: Instant,
): Promise<Origin> {
  if (by.attribution !== undefined) {
    const click = await first(reader, clickOfToken, { programId, tokenHash: clickHashOf(by.attribution) });
    if (!click || now >= orderBy(terms, click.clicked_at)) throw codeNotFound();
    const referrerId = await standsFor(reader, programId, click.referrer_id);
    return { referrerId, attributedAt: click.clicked_at, source: 'link' };
  }
  const found = await memberIdOfCode(reader, programId, by.code ?? '');
  const referrerId = await standsFor(reader, programId, found);
  return { referrerId, attributedAt: Math.min(now, by.at ?? now), source: 'code' };
}

/** @throws {LoyaltyError} `referral_code_not_found`. */
export async function memberIdOfCode(reader: Reader, programId: string, typed: string): Promise<string> {
  const code = referralCode(typed);
  const row = code === null ? undefined : await first(reader, memberOfCode, { programId, code });
  if (!row) throw codeNotFound();
  return row.member_id;
}

const codeNotFound = () => new LoyaltyError('referral_code_not_found', 'No member has this code, or its time is over.');
const notNew = () =>
  new LoyaltyError('referral_not_new', 'The member is not new: he joined long ago, ordered, or referred.');
