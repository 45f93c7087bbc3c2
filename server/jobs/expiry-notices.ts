import type { Lot } from '../../shared/domain/lots.ts';
import { versionAt } from '../../shared/domain/program.ts';
import { addDays, formatInstant, type Instant, localDateOf, startOfDay } from '../../shared/domain/time.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { openLots } from '../ledger/rows.ts';
import { lotOf } from '../ledger/unit/member-state.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { ProgramStore } from '../programs/program-store.ts';
import type { Job } from './job.ts';
import { type Notice, placeFrom, tellOnce, type WalkPlace } from './notices.ts';

const PAGE_SIZE = 200;

interface ExpiringAccount {
  readonly member_id: string;
  readonly seq: number;
  readonly inactive_at: number;
  readonly next_expiry_at: number;
}

export const accountsExpiring = statement<ExpiringAccount>((db, p) =>
  db
    .selectFrom('accounts')
    .select(['member_id', 'seq', 'inactive_at', 'next_expiry_at'])
    .where('program_id', '=', p('programId'))
    .where('next_expiry_at', '>=', p('at'))
    .where('next_expiry_at', '<=', p('until'))
    .where((eb) => eb.or([eb('next_expiry_at', '>', p('at')), eb('member_id', '>', p('memberId'))]))
    .orderBy('next_expiry_at')
    .orderBy('member_id')
    .limit(p('limit')),
);

export interface NoticeParts {
  readonly database: Database;
  readonly programs: ProgramStore;
  readonly outbox: Outbox;
  readonly clock: () => Instant;
}

/** Tells members of points that are about to expire: once for each day of expiry and each of the program's notices. */
export function expiryNoticesJob({ database, programs, outbox, clock }: NoticeParts): Job {
  const rulesAt = async (programId: string, asOf: Instant) => {
    const { program } = versionAt(await programs.versions(database, programId), asOf);
    return { timeZone: program.timeZone, noticeDays: [...program.expiry.noticeDays].sort((a, b) => a - b) };
  };

  return {
    name: 'expiry-notices',
    summary: 'tell of points that are about to expire',
    intervalMs: 3_600_000,
    async isNeeded(programId, asOf) {
      const interest = await outbox.interestOf(database, programId, asOf);
      return interest.includes('points.expiring') && (await rulesAt(programId, asOf)).noticeDays.length > 0;
    },
    async run(programId, asOf, step) {
      const { timeZone, noticeDays } = await rulesAt(programId, asOf);
      const today = localDateOf(asOf, timeZone);
      const until = startOfDay(addDays(today, (noticeDays.at(-1) ?? 0) + 1), timeZone);
      let place = placeFrom(step.progress, today);
      let told = 0;
      while (!place.isDone && !step.isStopped()) {
        const page = await database.transaction((tx) => tellPage(tx, place));
        told += page.told;
        place = page.next;
        await step.save(JSON.stringify(place));
      }
      return { told };

      async function tellPage(
        tx: Parameters<Parameters<Database['transaction']>[0]>[0],
        { at, memberId }: WalkPlace,
      ): Promise<{ readonly told: number; readonly next: WalkPlace }> {
        const accounts = await tx.all(accountsExpiring, { programId, at, memberId, until, limit: PAGE_SIZE });
        const byId = new Map(accounts.map((account) => [account.member_id, account]));
        const rows = await tx.allIn(openLots, { programId, isOpen: 1 }, [...byId.keys()]);
        const notices = [...Map.groupBy(rows, ({ member_id }) => member_id)].flatMap(([id, lotRows]) => {
          const { seq, inactive_at } = byId.get(id) as ExpiringAccount;
          const lots = lotRows.map((row) => lotOf(row, inactive_at));
          return noticesOf(lots, { asOf, now: clock(), today, timeZone, noticeDays }).map((notice) => ({
            ...notice,
            memberId: id,
            memberSeq: seq,
          }));
        });
        const last = accounts.at(-1);
        return {
          told: await tellOnce(tx, outbox, programId, notices, clock()),
          next: {
            day: today,
            at: last?.next_expiry_at ?? at,
            memberId: last?.member_id ?? memberId,
            isDone: accounts.length < PAGE_SIZE,
          },
        };
      }
    },
  };
}

/** What a member is told of his lots today. Where several notices are due at once, the nearest speaks for all. */
function noticesOf(
  lots: readonly Lot[],
  {
    asOf,
    now,
    today,
    timeZone,
    noticeDays,
  }: {
    readonly asOf: Instant;
    readonly now: Instant;
    readonly today: string;
    readonly timeZone: string;
    readonly noticeDays: readonly number[];
  },
): Omit<Notice, 'memberId' | 'memberSeq'>[] {
  const expiring = lots.filter(({ remaining, expiresAt }) => remaining > 0 && expiresAt > asOf);
  const notices: Omit<Notice, 'memberId' | 'memberSeq'>[] = [];
  for (const [expiresAt, together] of Map.groupBy(expiring, (lot) => lot.expiresAt)) {
    const lastDay = localDateOf(expiresAt - 1, timeZone);
    const days = noticeDays.find((count) => lastDay <= addDays(today, count));
    if (days === undefined) continue;
    const points = together.reduce((sum, { remaining }) => sum + remaining, 0);
    notices.push({
      type: 'points.expiring',
      subject: `${lastDay}/${days}`,
      occurredAt: now,
      data: { points, expiresAt: formatInstant(expiresAt), lastDay, noticeDays: days },
    });
  }
  return notices;
}
