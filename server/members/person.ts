import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Instant } from '../../shared/domain/time.ts';

/** What a profile says of a person; sealed as a whole. */
export interface Person {
  readonly displayName: string | null;
  readonly email: string | null;
  readonly locale: string | null;
  /** `MM-DD`: no year, since nobody needs a member's age to wish a happy birthday. */
  readonly birthday: string | null;
  /** Why the merchant changed a birthday that was set. */
  readonly birthdayReason: string | null;
}

export const NOBODY: Person = {
  displayName: null,
  email: null,
  locale: null,
  birthday: null,
  birthdayReason: null,
};

/** A change: what is absent stays, `null` takes out. */
export interface PersonChange {
  readonly displayName?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly locale?: string | null | undefined;
  readonly birthday?: string | null | undefined;
  readonly birthdayReason?: string | undefined;
}

/** A member may change a birthday again after this long: one gift a year, whatever he says. */
const BIRTHDAY_LOCK_MS = 365 * 86_400_000;

/** When a member may set the birthday (again); `null` when at any time. */
export function birthdayLockedUntil(setAt: Instant | null, now: Instant): Instant | null {
  return setAt !== null && now < setAt + BIRTHDAY_LOCK_MS ? setAt + BIRTHDAY_LOCK_MS : null;
}

/**
 * The person after a change, and when the birthday was last set.
 *
 * A birthday is worth a gift, so it is locked: the member sets it once, and again after a year; the merchant changes it
 * with a reason. Taking it out is always allowed and does not open the lock.
 *
 * @throws {LoyaltyError} `birthday_locked`; `invalid_request` when the merchant gives no reason.
 */
export function changePerson(
  before: { readonly person: Person; readonly birthdaySetAt: Instant | null },
  change: PersonChange,
  by: 'member' | 'merchant',
  now: Instant,
): { readonly person: Person; readonly birthdaySetAt: Instant | null } {
  const { birthday = before.person.birthday, birthdayReason } = change;
  const isSet = birthday !== null && birthday !== before.person.birthday;
  if (isSet) refuseLocked(before.birthdaySetAt, birthdayReason, by, now);
  const pick = (field: 'displayName' | 'email' | 'locale') =>
    change[field] === undefined ? before.person[field] : change[field];
  return {
    person: {
      displayName: pick('displayName'),
      email: pick('email'),
      locale: pick('locale'),
      birthday,
      birthdayReason: isSet ? (birthdayReason ?? null) : before.person.birthdayReason,
    },
    birthdaySetAt: isSet ? now : before.birthdaySetAt,
  };
}

function refuseLocked(
  setAt: Instant | null,
  reason: string | undefined,
  by: 'member' | 'merchant',
  now: Instant,
): void {
  if (setAt === null) return;
  if (by === 'merchant') {
    if (reason !== undefined) return;
    throw new LoyaltyError('invalid_request', 'The birthday was set before.', [
      { pointer: '/birthdayReason', detail: 'why it is changed' },
    ]);
  }
  const until = birthdayLockedUntil(setAt, now);
  if (until === null) return;
  const day = new Date(until).toISOString().slice(0, 10);
  throw new LoyaltyError('birthday_locked', 'The birthday was set less than a year ago.', [
    { pointer: '/birthday', detail: `a change from ${day} on, or one that the shop makes` },
  ]);
}

/** As it is compared: mailboxes differ by case on hardly any server, and shoppers do not think that they do. */
export function normalizedEmail(email: string): string {
  return email.normalize('NFC').toLowerCase();
}
