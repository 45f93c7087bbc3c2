import { hash } from 'node:crypto';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { extendedLastDay } from '../../../shared/domain/expiry.ts';
import { type ProgramVersion, versionAt } from '../../../shared/domain/program.ts';
import { afterReviews, qualifyingOn, reviewDayOf, tierOf } from '../../../shared/domain/tiers.ts';
import { addDays, formatInstant, type Instant, localDateOf, NEVER, startOfDay } from '../../../shared/domain/time.ts';
import type { Account } from '../../../shared/protocol/api.ts';
import type { Reader } from '../../database/database.ts';
import { first } from '../../database/database.ts';
import { FOLLOWS } from '../../database/schema/ledger.ts';
import { type Params, statement } from '../../database/statement.ts';
import type { AccountReading } from '../ledger.ts';
import { type MemberRow, membersById } from '../rows.ts';
import { type MemberState, memberState } from '../unit/member-state.ts';

const DAY_MS = 86_400_000;

/** Dates of expiry that an account lists. */
const EXPIRING_COUNT_MAX = 6;

interface OpenSum {
  readonly points: number | null;
  readonly next_at: number | null;
}

/** Looks through the open lots, and only where one is pending: an index for it would cost every order a page. */
const pendingSum = statement<OpenSum>((db, p) =>
  db
    .selectFrom('lots')
    .select(({ fn }) => [fn.sum<number>('remaining').as('points'), fn.min('available_at').as('next_at')])
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('is_open', '=', p('isOpen'))
    .where('available_at', '>', p('now')),
);

/** Points past their expiry that no entry has written off yet: not spendable all the same. */
const lapsedSum = statement<{ points: number | null }>((db, p) =>
  db
    .selectFrom('lots')
    .select(({ fn }) => fn.sum<number>('remaining').as('points'))
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('is_open', '=', p('isOpen'))
    .where('expires_at', '<=', p('now')),
);

const expiringSums = statement<{ expires_at: number; points: number; extended: number }>((db, p) =>
  db
    .selectFrom('lots')
    .select(({ fn }) => [
      'expires_at',
      fn.sum<number>('remaining').as('points'),
      fn.min<number>('is_extended').as('extended'),
    ])
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('is_open', '=', p('isOpen'))
    .where('expires_at', '>', p('now'))
    .where('expires_at', '<', p('follows'))
    .groupBy('expires_at')
    .orderBy('expires_at')
    .limit(p('limit')),
);

/** Points whose expiry follows what the member does. */
const followingSum = statement<{ points: number | null; extended: number | null }>((db, p) =>
  db
    .selectFrom('lots')
    .select(({ fn }) => [fn.sum<number>('remaining').as('points'), fn.min<number>('is_extended').as('extended')])
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('is_open', '=', p('isOpen'))
    .where('expires_at', '=', p('follows')),
);

/** What codes hold of a member's points, soonest to be let go first. */
const openHolds = statement<{ redemption_id: string; reward_id: string; points: number; held_until: number }>((db, p) =>
  db
    .selectFrom('redemptions')
    .select(['redemption_id', 'reward_id', 'points', 'held_until'])
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('held_until', '>', p('now'))
    .where('held_until', '<', p('never'))
    .where('origin', '=', p('origin'))
    .orderBy('held_until')
    .orderBy('redemption_id'),
);

const lastAnswers = statement<{ survey_id: string; answered_at: number }>((db, p) =>
  db
    .selectFrom('survey_responses')
    .select(({ fn }) => ['survey_id', fn.max('answered_at').as('answered_at')])
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .groupBy('survey_id'),
);

/** The text of an account: all that lasts, and the instant at which it was read. */
export function accountJson(lastingJson: string, now: Instant): string {
  return `${lastingJson.slice(0, -1)},"asOf":"${formatInstant(now)}"}`;
}

/** A reading, and until when time alone leaves it as it is. */
export interface TimedReading extends AccountReading {
  /** The account without `asOf`, as JSON text. */
  readonly lastingJson: string;
  readonly member: MemberState;
  readonly validUntil: Instant;
}

/**
 * A member's account at an instant. Reads a bounded number of rows, however long the history is.
 *
 * @throws {LoyaltyError} `member_not_found`.
 */
export async function readAccountAt(
  reader: Reader,
  programId: string,
  versions: readonly ProgramVersion[],
  memberId: string,
  now: Instant,
): Promise<TimedReading> {
  const row: MemberRow | undefined = await first(reader, membersById.statement(1), { programId, key0: memberId });
  if (!row) throw new LoyaltyError('member_not_found', 'No member with this id is enrolled.');
  const member = memberState(row);
  const scope = { programId, memberId };
  const { program } = versionAt(versions, now);
  const open = { ...scope, isOpen: 1 };
  const pending = member.lastAvailableAt > now ? await first(reader, pendingSum, { ...open, now }) : undefined;
  const expiries = member.nextExpiryAt === NEVER ? [] : await readExpiries(reader, open, member, now);
  const lapsed = member.nextExpiryAt <= now ? await readLapsed(reader, open, member, now) : 0;

  const { timeZone, tiers } = program;
  const course = { versions, enrolledAt: member.enrolledAt };
  const today = localDateOf(now, timeZone);
  const standing = afterReviews(member.standing, course, member.days, now);
  const tier = tierOf(tiers.ladder, standing);
  const next = tiers.ladder[tiers.ladder.indexOf(tier) + 1];
  const qualifying = Math.max(0, qualifyingOn(member.days, tiers, today, course));

  const holds = versions.some((version) => version.program.rewards.length > 0)
    ? await reader.all(openHolds, { ...scope, now, never: NEVER, origin: 'reward' })
    : [];

  const answers = program.surveys.length > 0 ? await reader.all(lastAnswers, scope) : [];
  const dueAt = (surveyId: string, repeatAfterDays: number): Instant => {
    const answered = answers.find(({ survey_id }) => survey_id === surveyId);
    return answered ? answered.answered_at + repeatAfterDays * DAY_MS : 0;
  };
  const surveys = program.surveys.map(({ id, repeatAfterDays }) => ({ id, dueAt: dueAt(id, repeatAfterDays) }));

  const pendingPoints = pending?.points ?? 0;
  const account: Account = {
    program: programId,
    programName: program.name,
    displayId: `••••${memberId.slice(-4)}`,
    seq: member.seq,
    unit: program.unit as Account['unit'],
    timeZone,
    balance: {
      available: member.balance - pendingPoints - lapsed,
      pending: pendingPoints,
      expiring: expiries.map(({ expiresAt, points, isExtended }) => {
        const lastDay = localDateOf(expiresAt - 1, timeZone);
        const extendUntil = isExtended ? null : extendedLastDay(program.expiry, lastDay);
        return { points, expiresAt: formatInstant(expiresAt), lastDay, ...(extendUntil !== null && { extendUntil }) };
      }),
    },
    tier: {
      id: tier.id,
      name: tier.name,
      since: standing.since === null ? null : formatInstant(standing.since),
      reviewOn: reviewDayOf(standing, timeZone),
      qualifying,
      threshold: tier.threshold,
      metric: tiers.metric,
      multiplierPercent: tier.multiplierPercent,
      next: next
        ? { id: next.id, name: next.name, threshold: next.threshold, missing: Math.max(0, next.threshold - qualifying) }
        : null,
    },
    ...(holds.length > 0 && {
      holds: holds.map(({ redemption_id: id, reward_id: reward, points, held_until }) => ({
        id,
        reward,
        points,
        heldUntil: formatInstant(held_until),
      })),
    }),
    surveysDue: surveys.filter(({ dueAt: due }) => due <= now).map(({ id }) => id),
    asOf: formatInstant(now),
  };
  const { asOf: _asOf, ...lasting } = account;
  const lastingJson = JSON.stringify(lasting);
  const digest = hash('sha256', `${lastingJson}${member.head}`, 'base64url').slice(0, 10);
  const changes = [
    pending?.next_at ?? NEVER,
    member.nextExpiryAt > now ? member.nextExpiryAt : (expiries[0]?.expiresAt ?? NEVER),
    holds[0]?.held_until ?? NEVER,
    standing.reviewAt,
    standing.earned?.reviewAt ?? NEVER,
    startOfDay(addDays(today, 1), timeZone),
    ...surveys.map(({ dueAt: due }) => (due > now ? due : NEVER)),
    ...versions.map(({ effectiveAt }) => (effectiveAt > now ? effectiveAt : NEVER)),
  ];
  return {
    account,
    lastingJson,
    json: accountJson(lastingJson, now),
    etag: `${member.seq}-${digest}`,
    head: member.head,
    member,
    validUntil: Math.min(...changes),
  };
}

interface Expiring {
  readonly expiresAt: Instant;
  readonly points: number;
  /** All of them were put off before. */
  readonly isExtended: boolean;
}

/** What expires next, soonest first; lots that follow what the member does are one of them. */
async function readExpiries(reader: Reader, open: Params, member: MemberState, now: Instant): Promise<Expiring[]> {
  const dated = await reader.all(expiringSums, { ...open, now, follows: FOLLOWS, limit: EXPIRING_COUNT_MAX });
  const sums = dated.map(
    ({ expires_at, points, extended }): Expiring => ({ expiresAt: expires_at, points, isExtended: extended === 1 }),
  );
  const isFollowing = member.inactiveAt < NEVER && member.inactiveAt > now;
  const following = isFollowing ? await readFollowing(reader, open) : { points: 0, isExtended: true };
  if (following.points > 0) {
    const same = sums.findIndex(({ expiresAt }) => expiresAt === member.inactiveAt);
    const [merged] = same === -1 ? [] : sums.splice(same, 1);
    sums.push({
      expiresAt: member.inactiveAt,
      points: following.points + (merged?.points ?? 0),
      isExtended: following.isExtended && merged?.isExtended !== false,
    });
    sums.sort((a, b) => a.expiresAt - b.expiresAt);
  }
  return sums.slice(0, EXPIRING_COUNT_MAX);
}

async function readLapsed(reader: Reader, open: Params, member: MemberState, now: Instant): Promise<number> {
  const dated = (await first(reader, lapsedSum, { ...open, now }))?.points ?? 0;
  return dated + (member.inactiveAt <= now ? (await readFollowing(reader, open)).points : 0);
}

async function readFollowing(reader: Reader, open: Params): Promise<Omit<Expiring, 'expiresAt'>> {
  const sum = await first(reader, followingSum, { ...open, follows: FOLLOWS });
  return { points: sum?.points ?? 0, isExtended: sum?.extended === 1 };
}
