import { parseArgs } from 'node:util';
import { versionAt } from '../../shared/domain/program.ts';
import { formatInstant, type Instant, startOfDay } from '../../shared/domain/time.ts';
import { allJobs } from '../jobs/all-jobs.ts';
import { hasDone, type Job, type JobResult } from '../jobs/job.ts';
import { type RunOutcome, runJob } from '../jobs/run-job.ts';
import type { Services } from '../routes/services.ts';
import { type Command, type Terminal, UsageError } from './command.ts';
import { withJobServices } from './with-job-services.ts';

export const jobsRunCommand: Command = {
  usage: 'jobs run',
  summary: 'do what time asks for, now or as of a date',
  options: [
    [
      '--as-of DATE',
      'what is due at the beginning of a day in the program’s time zone, or at an RFC 3339 instant; now when absent',
    ],
    ['--program ID', 'for one program only'],
    ['--only NAME', 'one job only; may be given again'],
    ['--allow-future', 'also a date to come: what expires by then is written off for good'],
  ],
  async run(args, terminal) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        'as-of': { type: 'string' },
        program: { type: 'string' },
        only: { type: 'string', multiple: true },
        'allow-future': { type: 'boolean' },
      },
    });
    const instantIn = readDate(values['as-of']);
    return withJobServices(terminal, async (services) => {
      const jobs = chosen(allJobs(services), values.only);
      let exitCode = 0;
      for (const programId of await programsOf(services, values.program)) {
        const now = services.clock();
        const versions = await services.programs.versions(services.database, programId);
        const asOf = instantIn(versionAt(versions, now).program.timeZone) ?? now;
        if (asOf > now && !values['allow-future']) {
          terminal.err(
            `${programId}: ${formatInstant(asOf)} has not come yet. What expires until then would be written off for good; with --allow-future it is.`,
          );
          return 1;
        }
        for (const job of jobs) {
          const outcome = await runJob(job, programId, services, { asOf, isForced: true });
          if (!say(terminal, programId, job, outcome)) exitCode = 1;
        }
      }
      return exitCode;
    });
  },
};

/** Gives what `--as-of` means in a time zone. @throws {UsageError} */
function readDate(text: string | undefined): (timeZone: string) => Instant | null {
  if (text === undefined) return () => null;
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const instant = Date.parse(isDay ? `${text}T00:00:00Z` : text);
  const isReal = !Number.isNaN(instant) && (!isDay || new Date(instant).toISOString().startsWith(text));
  if (!isReal || (!isDay && !/T.*(?:Z|[+-]\d\d:\d\d)$/.test(text))) {
    throw new UsageError(
      `--as-of takes a day such as 2026-12-31, or an instant such as 2026-12-31T18:00:00Z, not ${text}`,
    );
  }
  return (timeZone) => (isDay ? startOfDay(text, timeZone) : instant);
}

/** @throws {UsageError} for a job that is not there. */
function chosen(jobs: readonly Job[], names: readonly string[] | undefined): readonly Job[] {
  if (!names) return jobs;
  const unknown = names.find((name) => !jobs.some((job) => job.name === name));
  if (unknown !== undefined) {
    throw new UsageError(`there is no job "${unknown}"; there are ${jobs.map(({ name }) => name).join(', ')}`);
  }
  return jobs.filter(({ name }) => names.includes(name));
}

async function programsOf({ programs }: Services, programId: string | undefined): Promise<readonly string[]> {
  if (programId === undefined) return (await programs.list()).map((listed) => listed.programId);
  await programs.newest(programId);
  return [programId];
}

/** Prints what a run came to, and gives whether it was good. */
function say({ out, err }: Terminal, programId: string, { name }: Job, outcome: RunOutcome): boolean {
  const label = `${programId}  ${name.padEnd(16)}`;
  switch (outcome.kind) {
    case 'done':
      out(`${label}  ${hasDone(outcome.result) ? countsText(outcome.result) : 'nothing to do'}`);
      return true;
    case 'held':
      err(`${label}  another server runs it; its lease ends at ${formatInstant(outcome.until)}`);
      return false;
    case 'early':
    case 'lost':
      err(`${label}  another server took it over`);
      return false;
    case 'failed':
      err(`${label}  failed: ${outcome.error instanceof Error ? outcome.error.message : 'unknown'}`);
      return false;
  }
}

/** `entries 3, points 120`, without what is 0. */
export function countsText(result: JobResult): string {
  return Object.entries(result)
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${count}`)
    .join(', ');
}
