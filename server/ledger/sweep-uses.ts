import { LIFETIME } from '../../shared/domain/limits.ts';
import { versionAt } from '../../shared/domain/program.ts';
import { addDays, type Instant, type LocalDate, localDateOf } from '../../shared/domain/time.ts';
import { insertBatch } from '../database/batch.ts';
import { type Database, first } from '../database/database.ts';
import { sealOf } from '../database/seal.ts';
import { statement } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';
import type { ProgramReader } from './command-queue.ts';

/** Longer than the longest period, a year: none that is under way is swept, and orders told late find their own. */
const KEPT_DAYS = 400;

const deleteUses = statement<never>((db, p) =>
  db
    .deleteFrom('member_uses')
    .where('program_id', '=', p('programId'))
    .where('period', '<', p('before'))
    .where('period', '>', p('lifetime')),
);

const sweepOf = statement<Tables['use_sweeps']>((db, p) =>
  db.selectFrom('use_sweeps').selectAll().where('program_id', '=', p('programId')),
);

const writeSweep = insertBatch('use_sweeps', ['program_id', 'swept_before', 'digest'], {
  key: ['program_id'],
  update: ['swept_before', 'digest'],
});

/**
 * Forgets uses of limits in periods that began more than 400 days before `asOf`, and keeps the day, so that what is gone
 * can be told from what was taken away. Gives how many rows that were.
 */
export async function sweepUses(
  database: Database,
  programs: ProgramReader,
  programId: string,
  asOf: Instant,
): Promise<number> {
  return database.transaction(async (tx) => {
    const { program } = versionAt(await programs.versions(tx, programId), asOf);
    const before: LocalDate = addDays(localDateOf(asOf, program.timeZone), -KEPT_DAYS);
    const known = await first(tx, sweepOf, { programId });
    if (known && known.swept_before >= before) return 0;
    const count = await tx.run(deleteUses, { programId, before, lifetime: LIFETIME });
    await tx.insert(writeSweep, [[programId, before, sealOf([programId, before])]]);
    return count;
  });
}
