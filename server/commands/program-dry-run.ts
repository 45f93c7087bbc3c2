import { parseArgs } from 'node:util';
import type { DryRun } from '../../shared/protocol/api.ts';
import { dryRun, tierMoves } from '../programs/dry-run/dry-run.ts';
import { type Command, oneArgument, type Terminal, UsageError } from './command.ts';
import { readProgramFile } from './program-file.ts';
import { createProgressBar } from './progress-bar.ts';
import { withServices } from './with-services.ts';

/** Members listed by `--list` at once. */
const PAGE_SIZE = 1_000;

export const programDryRunCommand: Command = {
  usage: 'program dry-run FILE',
  summary: 'what a draft would have changed, by the orders of the last days',
  options: [
    ['--days N', 'days to look back at: 1 to 366; 90 when absent'],
    ['--list', 'list who would be in another tier as well'],
  ],
  async run(args, terminal) {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: { days: { type: 'string', default: '90' }, list: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const file = oneArgument(positionals, 'FILE');
    const days = Number(values.days);
    if (!Number.isInteger(days) || days < 1 || days > 366) throw new UsageError('--days takes a number from 1 to 366');
    const draft = await readProgramFile(file, terminal);
    if (!draft) return 1;
    return withServices(terminal, async ({ database, programs }) => {
      const versions = await programs.versions(database, draft.id);
      const now = Date.now();
      const options = { reader: database, versions, draft, now, days };
      let bar: ReturnType<typeof createProgressBar> | undefined;
      const onProgress = (done: number, total: number) => (bar ??= createProgressBar('members', total)).update(done);
      print(await dryRun({ ...options, onProgress }).finally(() => bar?.end()), days, terminal);
      if (values.list) {
        let after: string | null = '';
        while (after !== null) {
          const page = await tierMoves(options, { after, limit: PAGE_SIZE });
          for (const { memberId, from, to, direction } of page.moves)
            terminal.out(`  ${direction.padEnd(4)}  ${memberId}: ${from} → ${to}`);
          after = page.next;
        }
      }
      return 0;
    });
  },
};

function print(
  { members, orders, points, tiers, expiry, version, warnings }: DryRun,
  days: number,
  { out }: Terminal,
): void {
  const { changePercent: change } = points;
  const sign = change === null ? '' : ` (${change > 0 ? '+' : ''}${number(change)} %)`;
  out(
    `Against version ${version}, by ${number(orders.count)} orders of the last ${days} days and ${number(members.counted)} members:`,
  );
  out(`  points issued  ${number(points.real)} → ${number(points.draft)}${sign}`);
  for (const { rule, points: part } of points.rules) out(`    ${rule}: ${number(part)}`);
  if (orders.refused > 0) out(`  ${number(orders.refused)} orders would be refused: no rule takes their currency`);
  out(`  tiers          ${number(tiers.up)} members would rise, ${number(tiers.down)} would drop`);
  for (const { tier, real, draft } of tiers.ladder) out(`    ${tier}: ${number(real)} → ${number(draft)}`);
  out(`  expiry         ${number(expiry.earlier)} points would end earlier, ${number(expiry.later)} later`);
  for (const { pointer, detail } of warnings) out(`  warning        ${pointer}: ${detail}`);
}

const number = (value: number) => value.toLocaleString('en');
