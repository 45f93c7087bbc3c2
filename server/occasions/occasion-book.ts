import { limitPeriodOf } from '../../shared/domain/limits.ts';
import { nextKeptOn } from '../../shared/domain/occasions.ts';
import { versionAt } from '../../shared/domain/program.ts';
import { type Instant, localDateOf } from '../../shared/domain/time.ts';
import type { OccasionItem } from '../../shared/protocol/api.ts';
import type { Database } from '../database/database.ts';
import { occasionRule } from '../ledger/commands/reward-occasion.ts';
import type { ProfileBook } from '../members/profile-book.ts';
import type { ProgramStore } from '../programs/program-store.ts';
import { occasionsUsed } from './occasion-rows.ts';

/** What days of the year bring members. */
export interface OccasionBook {
  /** A program's occasions for one member, the next first. @throws {LoyaltyError} `member_not_found`. */
  read(programId: string, memberId: string): Promise<readonly OccasionItem[]>;
}

export function createOccasionBook({
  database,
  programs,
  profiles,
  clock,
}: {
  readonly database: Database;
  readonly programs: Pick<ProgramStore, 'versions'>;
  readonly profiles: Pick<ProfileBook, 'read'>;
  readonly clock: () => Instant;
}): OccasionBook {
  return {
    async read(programId, memberId) {
      const now = clock();
      const { program } = versionAt(await programs.versions(database, programId), now);
      const { birthday } = await profiles.read(programId, memberId);
      const today = localDateOf(now, program.timeZone);
      const used = await database.all(occasionsUsed, { programId, memberId, from: limitPeriodOf('year', today) });
      const items = program.occasions.map((occasion): OccasionItem => {
        const on = nextKeptOn(occasion, today, birthday);
        const year = on === null ? null : limitPeriodOf('year', on);
        return {
          id: occasion.id,
          kind: occasion.on.kind,
          name: occasion.name,
          on,
          isToday: on === today,
          points: occasion.points,
          coupon: occasion.coupon ?? null,
          isReceived: used.some(
            (use) => use.subject === occasionRule(occasion.id) && use.period === year && use.times > 0,
          ),
        };
      });
      return items.sort((a, b) => ((a.on ?? '9999') < (b.on ?? '9999') ? -1 : 1));
    },
  };
}
