import { parseArgs } from 'node:util';
import { formatInstant } from '../../shared/domain/time.ts';
import { allJobs } from '../jobs/all-jobs.ts';
import type { JobResult } from '../jobs/job.ts';
import { type JobRow, selectJobs } from '../jobs/job-rows.ts';
import type { Command } from './command.ts';
import { countsText } from './jobs-run.ts';
import { withJobServices } from './with-job-services.ts';

export const jobsListCommand: Command = {
  usage: 'jobs list',
  summary: 'show when each job ran, what it did and when it runs next',
  options: [['--program ID', 'of one program only']],
  async run(args, terminal) {
    const { values } = parseArgs({ args: [...args], options: { program: { type: 'string' } } });
    return withJobServices(terminal, async (services) => {
      const { programs, database, clock } = services;
      const ids =
        values.program === undefined ? (await programs.list()).map(({ programId }) => programId) : [values.program];
      for (const programId of ids) {
        await programs.newest(programId);
        const rows = new Map((await database.all(selectJobs, { programId })).map((row) => [row.name, row]));
        terminal.out(programId);
        for (const { name, summary } of allJobs(services)) {
          terminal.out(`  ${name.padEnd(16)}  ${stateText(rows.get(name), clock())}`);
          terminal.out(`  ${''.padEnd(16)}  ${summary}`);
        }
      }
      return 0;
    });
  },
};

function stateText(row: JobRow | undefined, now: number): string {
  if (!row || row.last_started_at === null) return 'has not run yet';
  const parts = [];
  if (row.lease_until > now)
    parts.push(`runs since ${formatInstant(row.last_started_at)}, lease until ${formatInstant(row.lease_until)}`);
  else if (row.holder !== null) parts.push(`was cut off after ${formatInstant(row.last_started_at)}, goes on at once`);
  if (row.last_ended_at !== null) {
    const did = row.last_result === null ? '' : countsText(JSON.parse(row.last_result) as JobResult);
    parts.push(
      `ran until ${formatInstant(row.last_ended_at)}: ${row.last_error ? `failed (${row.last_error})` : did || 'nothing to do'}`,
    );
  }
  if (row.holder === null) parts.push(`next from ${formatInstant(row.next_run_at)}`);
  return parts.join('; ');
}
