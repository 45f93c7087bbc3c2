import { IDENTIFYING, SENT_SIGNALS, type SignalKind } from '../../shared/domain/referrals.ts';
import type { Transaction } from '../database/database.ts';
import { type ReferralRow, referralsOfFriends, referralsOfReferrer } from './referral-rows.ts';
import { enrolments, membersBySignal, type SignalRow, signalsOf } from './signal-rows.ts';

/** Accounts that are followed from one to the next by what identifies a person; a person has not more. */
const ACCOUNTS_MAX = 64;
/** Members of one digest that are looked at. */
const SHARING_MAX = 64;

const DAY_MS = 86_400_000;
/** Friends of one member who come from one network within a day, from whom on it is no household any more. */
const VELOCITY_MIN = 4;
const FRIENDS_MAX = 200;

/** A referral as far as signals ask: whose, of whom, and since when. */
export type Suspect = Pick<ReferralRow, 'friend_id' | 'referrer_id' | 'joined_at'>;

/**
 * What the shop's signals say against a referral. Accounts that share what identifies a person are taken for that person's,
 * also over others in between: whoever refers himself in a ring is found wherever the ring is closed.
 */
export async function evidenceOf(tx: Transaction, programId: string, suspect: Suspect): Promise<readonly SignalKind[]> {
  const { friend_id: friendId, referrer_id: referrerId } = suspect;
  const rows = await tx.allIn(signalsOf, { programId }, [friendId, referrerId]);
  const friend = rows.filter(({ member_id }) => member_id === friendId);
  const referrer = new Set(rows.filter(({ member_id }) => member_id === referrerId).map(keyOf));
  const shared = friend.filter((row) => referrer.has(keyOf(row)));
  const found = new Set<SignalKind>();
  for (const kind of SENT_SIGNALS) if (shared.some((row) => row.kind === kind)) found.add(kind);

  const linked = await linkedTo(tx, programId, friend);
  linked.delete(friendId);
  // Linked over other accounts: as good as the same account.
  if (linked.delete(referrerId) && ![...found].some((kind) => IDENTIFYING.has(kind))) found.add('account');
  if (linked.size > 0) for (const kind of await pastOf(tx, programId, suspect, [...linked])) found.add(kind);
  if (shared.some(({ kind }) => kind === 'network') && (await isFast(tx, programId, suspect, shared)))
    found.add('velocity');
  return [...found];
}

/** All accounts that what identifies a person leads to, from some signals on. */
async function linkedTo(tx: Transaction, programId: string, from: readonly SignalRow[]): Promise<Set<string>> {
  const members = new Set<string>();
  const seen = new Set<string>();
  let signals = from;
  while (signals.length > 0 && members.size < ACCOUNTS_MAX) {
    const fresh = new Set<string>();
    for (const row of signals) {
      if (!IDENTIFYING.has(row.kind) || seen.has(keyOf(row))) continue;
      seen.add(keyOf(row));
      const { kind, hash } = row;
      for (const { member_id } of await tx.all(membersBySignal, { programId, kind, hash, limit: SHARING_MAX })) {
        if (!members.has(member_id)) fresh.add(member_id);
      }
    }
    for (const id of fresh) members.add(id);
    signals = await tx.allIn(signalsOf, { programId }, [...fresh]);
  }
  return members;
}

/** What the friend's other accounts were before: of one referral of theirs at least the first may count. */
async function pastOf(
  tx: Transaction,
  programId: string,
  { friend_id: friendId, joined_at }: Suspect,
  linked: readonly string[],
): Promise<readonly SignalKind[]> {
  const referrals = await tx.allIn(referralsOfFriends, { programId }, linked);
  const isEarlier = (row: ReferralRow) =>
    row.joined_at < joined_at || (row.joined_at === joined_at && row.friend_id < friendId);
  if (referrals.some((row) => row.state !== 'refused' && isEarlier(row))) return ['repeat_friend'];
  const members = await tx.allIn(enrolments, { programId }, [...linked, friendId]);
  const own = members.find(({ member_id }) => member_id === friendId)?.enrolled_at ?? joined_at;
  return members.some(({ member_id, enrolled_at }) => member_id !== friendId && enrolled_at <= own)
    ? ['known_person']
    : [];
}

async function isFast(
  tx: Transaction,
  programId: string,
  { referrer_id: referrerId, joined_at }: Suspect,
  shared: readonly SignalRow[],
): Promise<boolean> {
  const span = { from: joined_at - DAY_MS, until: joined_at + DAY_MS, limit: FRIENDS_MAX };
  const friends = await tx.all(referralsOfReferrer, { programId, referrerId, ...span });
  const ids = friends.map(({ friend_id }) => friend_id);
  const networks = new Set(shared.filter(({ kind }) => kind === 'network').map(({ hash }) => hash));
  const signals = await tx.allIn(signalsOf, { programId }, ids);
  const near = new Set(
    signals.filter(({ kind, hash }) => kind === 'network' && networks.has(hash)).map(({ member_id }) => member_id),
  );
  return near.size >= VELOCITY_MIN;
}

const keyOf = ({ kind, hash }: Pick<SignalRow, 'kind' | 'hash'>) => `${kind} ${hash}`;
