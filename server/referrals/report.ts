import { LoyaltyError } from '../../shared/domain/errors.ts';
import { versionAt } from '../../shared/domain/program.ts';
import { orderBy } from '../../shared/domain/referrals.ts';
import { addDays, type Instant, type LocalDate, startOfDay } from '../../shared/domain/time.ts';
import type { ReferralReport } from '../../shared/protocol/api.ts';
import { type Database, first } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import type { ProgramStore } from '../programs/program-store.ts';
import { termsOf } from './referral-rows.ts';

/** Orders read at once: the report needs no more memory for a million of them. */
const PAGE_SIZE = 500;

const clickCount = statement<{ count: number }>((db, p) =>
  db
    .selectFrom('referral_clicks')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('program_id', '=', p('programId'))
    .where('clicked_at', '>=', p('from'))
    .where('clicked_at', '<', p('until')),
);

interface Counted {
  readonly state: string;
  readonly program_version: number;
  readonly count: number;
  readonly orders: number;
}

const stateCounts = statement<Counted>((db, p) =>
  db
    .selectFrom('referrals')
    .select(({ fn }) => [
      'state',
      'program_version',
      fn.countAll<number>().as('count'),
      fn.count<number>('order_id').as('orders'),
    ])
    .where('program_id', '=', p('programId'))
    .where('joined_at', '>=', p('from'))
    .where('joined_at', '<', p('until'))
    .groupBy(['state', 'program_version']),
);

/** Referrals that nobody ordered for in time. */
const lateCount = statement<{ count: number }>((db, p) =>
  db
    .selectFrom('referrals')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('program_id', '=', p('programId'))
    .where('joined_at', '>=', p('from'))
    .where('joined_at', '<', p('until'))
    .where('state', '=', p('state'))
    .where('program_version', '=', p('version'))
    .where('attributed_at', '<=', p('attributedUntil')),
);

const memberCounts = statement<{ all: number; friends: number }>((db, p) =>
  db
    .selectFrom('members')
    .leftJoin('referrals', (join) =>
      join
        .onRef('referrals.program_id', '=', 'members.program_id')
        .onRef('referrals.friend_id', '=', 'members.member_id'),
    )
    .select(({ fn }) => [fn.countAll<number>().as('all'), fn.count<number>('referrals.friend_id').as('friends')])
    .where('members.program_id', '=', p('programId'))
    .where('members.enrolled_at', '<', p('until')),
);

interface OrderPart {
  readonly order_id: string;
  readonly placed_at: number;
  readonly currency: string;
  readonly net_minor: number;
  readonly refunded_minor: number;
  readonly friend_id: string | null;
}

const ordersAfter = statement<OrderPart>((db, p) =>
  db
    .selectFrom('orders')
    .leftJoin('referrals', (join) =>
      join
        .onRef('referrals.program_id', '=', 'orders.program_id')
        .onRef('referrals.friend_id', '=', 'orders.member_id'),
    )
    .select([
      'orders.order_id',
      'orders.placed_at',
      'orders.currency',
      'orders.net_minor',
      'orders.refunded_minor',
      'referrals.friend_id',
    ])
    .where('orders.program_id', '=', p('programId'))
    .where('orders.order_id', '>', p('after'))
    .orderBy('orders.order_id')
    .limit(p('limit')),
);

/** A part of a whole, to four places; `null` where there is no whole. */
const ratio = (part: number, whole: number) => (whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000);

/**
 * What referrals brought in a span of days of the program, both included: how far they came, and what the members who came
 * by them ordered, beside all others.
 *
 * @throws {LoyaltyError} `referral_not_offered`.
 */
export async function referralReport(
  {
    database,
    programs,
    clock,
  }: { readonly database: Database; readonly programs: Pick<ProgramStore, 'versions'>; readonly clock: () => Instant },
  programId: string,
  { from, until }: { readonly from: LocalDate; readonly until: LocalDate },
): Promise<ReferralReport> {
  const now = clock();
  const versions = await programs.versions(database, programId);
  const { program } = versionAt(versions, now);
  if (!program.referral) throw new LoyaltyError('referral_not_offered', 'The program has no referrals.');
  const { currency } = program.referral;
  const span = {
    programId,
    from: startOfDay(from, program.timeZone),
    until: startOfDay(addDays(until, 1), program.timeZone),
  };
  const states = { joined: 0, ordered: 0, held: 0, rewarded: 0, refused: 0 };
  let ordered = 0;
  for (const row of await database.all(stateCounts, span)) {
    states[row.state as keyof typeof states] += row.count;
    ordered += row.orders;
    if (row.state !== 'joined') continue;
    const daysMs = orderBy(termsOf(versions, row), 0);
    const { state, program_version: version } = row;
    const late = { ...span, state, version, attributedUntil: now - daysMs };
    const count = (await first(database, lateCount, late))?.count ?? 0;
    states.joined -= count;
    states.refused += count;
  }
  const joined = Object.values(states).reduce((sum, count) => sum + count, 0);
  const clicked = (await first(database, clickCount, span))?.count ?? 0;
  const members = (await first(database, memberCounts, { programId, until: span.until })) ?? { all: 0, friends: 0 };

  const referred = { orderCount: 0, netMinor: 0 };
  const others = { orderCount: 0, netMinor: 0 };
  for (let after = ''; ; ) {
    const page = await database.all(ordersAfter, { programId, after, limit: PAGE_SIZE });
    for (const { placed_at, currency: paidIn, net_minor, refunded_minor, friend_id } of page) {
      if (placed_at < span.from || placed_at >= span.until || paidIn !== currency) continue;
      const group = friend_id === null ? others : referred;
      group.orderCount++;
      group.netMinor += net_minor - refunded_minor;
    }
    if (page.length < PAGE_SIZE) break;
    after = page.at(-1)?.order_id ?? '';
  }
  const groupOf = (memberCount: number, group: typeof others) => ({
    memberCount,
    ...group,
    perMemberMinor: memberCount === 0 ? null : Math.floor(group.netMinor / memberCount),
  });
  return {
    from,
    until,
    clicked,
    joined,
    ordered,
    states,
    conversion: {
      joined: ratio(joined, clicked),
      ordered: ratio(ordered, joined),
      rewarded: ratio(states.rewarded, ordered),
    },
    kFactor: ratio(ordered, members.all),
    currency,
    referred: groupOf(members.friends, referred),
    others: groupOf(members.all - members.friends, others),
  };
}
