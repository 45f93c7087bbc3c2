import { insertBatch } from '../database/batch.ts';
import { statement } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';

export type JobRow = Tables['jobs'];

export const selectJob = statement<JobRow>((db, p) =>
  db.selectFrom('jobs').selectAll().where('program_id', '=', p('programId')).where('name', '=', p('name')),
);

export const selectJobs = statement<JobRow>((db, p) =>
  db.selectFrom('jobs').selectAll().where('program_id', '=', p('programId')).orderBy('name'),
);

export const insertJob = insertBatch(
  'jobs',
  [
    'program_id',
    'name',
    'lease_until',
    'holder',
    'next_run_at',
    'progress',
    'last_started_at',
    'last_ended_at',
    'last_result',
    'last_error',
  ],
  { key: ['program_id', 'name'], update: [] },
);

/** Of several servers at once, one changes the row; the others change none. */
export const takeLease = statement<never>((db, p) =>
  db
    .updateTable('jobs')
    .set({ lease_until: p('until'), holder: p('holder'), last_started_at: p('now') })
    .where('program_id', '=', p('programId'))
    .where('name', '=', p('name'))
    .where('lease_until', '<=', p('now'))
    .where('next_run_at', '<=', p('due')),
);

export const keepLease = statement<never>((db, p) =>
  db
    .updateTable('jobs')
    .set({ lease_until: p('until') })
    .where('program_id', '=', p('programId'))
    .where('name', '=', p('name'))
    .where('holder', '=', p('holder')),
);

export const saveProgress = statement<never>((db, p) =>
  db
    .updateTable('jobs')
    .set({ lease_until: p('until'), progress: p('progress') })
    .where('program_id', '=', p('programId'))
    .where('name', '=', p('name'))
    .where('holder', '=', p('holder')),
);

export const endRun = statement<never>((db, p) =>
  db
    .updateTable('jobs')
    .set({
      lease_until: p('free'),
      holder: p('nobody'),
      next_run_at: p('nextRunAt'),
      last_ended_at: p('now'),
      last_result: p('result'),
      last_error: p('error'),
    })
    .where('program_id', '=', p('programId'))
    .where('name', '=', p('name'))
    .where('holder', '=', p('holder')),
);
