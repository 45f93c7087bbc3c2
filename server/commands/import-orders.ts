import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { addDays, startOfDay } from '../../shared/domain/time.ts';
import type { ImportResult } from '../import/import-orders.ts';
import { ImportFileError } from '../import/order-lines.ts';
import { type ProgramSummary, summarize } from '../import/summary.ts';
import { createLedger } from '../ledger/create-ledger.ts';
import { type Command, oneArgument, type Terminal, UsageError } from './command.ts';
import { createProgressBar } from './progress-bar.ts';
import { withServices } from './with-services.ts';

/** Lines that cannot be imported are listed up to here. */
const BAD_LINES_SHOWN = 20;

export const importOrdersCommand: Command = {
  usage: 'import orders FILE',
  summary: 'send a file of past orders through the ledger; safe to repeat and to interrupt',
  options: [
    ['--format cdnow|csv', 'what the file is'],
    ['--program PROGRAM', 'whose orders they are; the only program by default'],
    ['--as-of DATE', 'expire points up to the end of this day (YYYY-MM-DD); today by default'],
  ],
  async run(args, terminal) {
    // The readers of files are loaded for this command alone: no server's start waits for them.
    const { FORMATS, importOrders } = await import('../import/import-orders.ts');
    const { positionals, values } = parseArgs({
      args: [...args],
      options: { format: { type: 'string' }, program: { type: 'string' }, 'as-of': { type: 'string' } },
      allowPositionals: true,
    });
    const path = oneArgument(positionals, 'FILE');
    const read = FORMATS[values.format ?? ''];
    if (!read) throw new UsageError(`--format must be one of ${Object.keys(FORMATS).join(', ')}`);
    const asOfDay = values['as-of'];
    if (asOfDay !== undefined && !/^\d{4}-\d\d-\d\d$/.test(asOfDay))
      throw new UsageError('--as-of takes a day as YYYY-MM-DD');
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) throw new UsageError(`there is no file ${path}`);

    return withServices(terminal, async ({ database, programs }) => {
      const programId = values.program ?? (await onlyProgram((await programs.list()).map((entry) => entry.programId)));
      const { program } = await programs.newest(programId);
      const { timeZone } = program;
      const clock = Date.now;
      const ledger = createLedger({ database, programs, clock });
      const bar = createProgressBar('bytes', size);
      let result: ImportResult;
      try {
        result = await importOrders({
          database,
          ledger,
          clock,
          programId,
          target: { timeZone },
          path,
          read,
          onProgress: ({ bytesRead }) => bar.update(bytesRead),
        });
      } catch (error) {
        if (!(error instanceof ImportFileError)) throw error;
        bar.end();
        terminal.err(`${path}: ${error.message}`);
        return 1;
      }
      bar.end();
      const asOf = asOfDay === undefined ? clock() : startOfDay(addDays(asOfDay, 1), timeZone);
      await ledger.expireLots(programId, asOf);
      printResult(
        result,
        await summarize(database, programId, await programs.versions(database, programId), asOf),
        terminal,
      );
      return result.badLines.length === 0 ? 0 : 1;
    });
  },
};

/** @throws {UsageError} unless there is just one. */
async function onlyProgram(programIds: readonly string[]): Promise<string> {
  const [programId] = programIds;
  if (programId === undefined)
    throw new UsageError('there is no program yet: make one with "laurel program apply FILE"');
  if (programIds.length > 1) throw new UsageError(`--program must name one of ${programIds.join(', ')}`);
  return programId;
}

function printResult(result: ImportResult, summary: ProgramSummary, terminal: Terminal): void {
  for (const { lineNumber, reason } of result.badLines.slice(0, BAD_LINES_SHOWN)) {
    terminal.err(`line ${lineNumber}: ${reason}`);
  }
  const hidden = result.badLines.length - BAD_LINES_SHOWN;
  if (hidden > 0) terminal.err(`… and ${number(hidden)} more lines`);
  const rows: readonly (readonly [string, number])[] = [
    ['orders in the file', result.orderCount],
    ['  of them already there', result.replayedCount],
    ['  lines left out', result.badLines.length],
    ['members', summary.memberCount],
    ['orders', summary.orderCount],
    ['points accrued', summary.pointsAccrued],
    ['points expired', summary.pointsExpired],
    ...summary.tiers.map(({ tierId, points }) => [`points held in ${tierId}`, points] as const),
    ...summary.tiers.map(({ tierId, memberCount }) => [`members in ${tierId}`, memberCount] as const),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const digits = Math.max(...rows.map(([, value]) => number(value).length));
  for (const [name, value] of rows) terminal.out(`${name.padEnd(width)}  ${number(value).padStart(digits)}`);
}

const number = (value: number) => value.toLocaleString('en');
