import { type ProgramVersion, versionAt } from '../../shared/domain/program.ts';
import { afterReviews, tierOf } from '../../shared/domain/tiers.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { first, type Reader } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';
import { parseCounted, standingOf } from '../ledger/unit/member-state.ts';

/** Members read at once. */
const PAGE_SIZE = 500;

export interface TierSummary {
  readonly tierId: string;
  memberCount: number;
  /** Sum of the members' balances. */
  points: number;
}

export interface ProgramSummary {
  readonly memberCount: number;
  readonly orderCount: number;
  readonly pointsAccrued: number;
  readonly pointsExpired: number;
  /** In the ladder's order. */
  readonly tiers: readonly TierSummary[];
}

const orderCount = statement<{ count: number }>((db, p) =>
  db
    .selectFrom('orders')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('program_id', '=', p('programId')),
);

const pointsOfKind = statement<{ points: number | null }>((db, p) =>
  db
    .selectFrom('entries')
    .select(({ fn }) => fn.sum<number>('points').as('points'))
    .where('program_id', '=', p('programId'))
    .where('kind', '=', p('kind')),
);

const accountPage = statement<Tables['accounts'] & { enrolled_at: number }>((db, p) =>
  db
    .selectFrom('accounts')
    .innerJoin('members', (join) =>
      join
        .onRef('members.program_id', '=', 'accounts.program_id')
        .onRef('members.member_id', '=', 'accounts.member_id'),
    )
    .selectAll('accounts')
    .select('members.enrolled_at')
    .where('accounts.program_id', '=', p('programId'))
    .where('accounts.member_id', '>', p('after'))
    .orderBy('accounts.member_id')
    .limit(p('limit')),
);

/** A program's members, orders and points by tier, with every review that was due at `asOf` carried out. */
export async function summarize(
  reader: Reader,
  programId: string,
  versions: readonly ProgramVersion[],
  asOf: Instant,
): Promise<ProgramSummary> {
  const { program } = versionAt(versions, asOf);
  const tiers = new Map(
    program.tiers.ladder.map(({ id }): [string, TierSummary] => [id, { tierId: id, memberCount: 0, points: 0 }]),
  );
  let memberCount = 0;
  for (let after = ''; ; ) {
    const accounts = await reader.all(accountPage, { programId, after, limit: PAGE_SIZE });
    if (accounts.length === 0) break;
    for (const account of accounts) {
      const standing = afterReviews(
        standingOf(account),
        { versions, enrolledAt: account.enrolled_at },
        new Map(parseCounted(account.counted)),
        asOf,
      );
      const tier = tiers.get(tierOf(program.tiers.ladder, standing).id);
      if (!tier) throw new RangeError(`summarize: no tier ${standing.tierId}`);
      tier.memberCount++;
      tier.points += account.balance;
      memberCount++;
    }
    after = accounts.at(-1)?.member_id ?? '';
  }
  return {
    memberCount,
    orderCount: (await first(reader, orderCount, { programId }))?.count ?? 0,
    pointsAccrued: (await first(reader, pointsOfKind, { programId, kind: 'accrual' }))?.points ?? 0,
    pointsExpired: -((await first(reader, pointsOfKind, { programId, kind: 'expiry' }))?.points ?? 0) || 0,
    tiers: [...tiers.values()],
  };
}
