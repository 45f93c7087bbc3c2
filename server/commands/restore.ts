import { parseArgs } from 'node:util';
import { restoreBackup } from '../backup/restore.ts';
import { storeName } from '../services.ts';
import { readDatabaseUrl } from '../settings.ts';
import { type Command, oneArgument } from './command.ts';
import { createProgressBar } from './progress-bar.ts';

export const restoreCommand: Command = {
  usage: 'restore FILE',
  summary: 'fill an empty store of either kind from a backup, all of it or nothing',
  async run(args, { environment, out }) {
    const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true });
    const file = oneArgument(positionals, 'FILE');
    const databaseUrl = readDatabaseUrl(environment);
    const bar = createProgressBar('rows', null);
    const { rowCount, takenAt, verified } = await restoreBackup({
      databaseUrl,
      file,
      now: Date.now,
      onProgress: (_step, rows) => bar.update(rows),
    }).finally(() => bar.end());
    const { memberCount, entryCount, orderCount } = verified;
    out(`${storeName(databaseUrl)}: ${number(rowCount)} rows as of ${takenAt}`);
    out(
      `clean: ${number(memberCount)} members, ${number(entryCount)} entries, ${number(orderCount)} orders; start the server with the LAUREL_SECRET of the store that was backed up`,
    );
    return 0;
  },
};

const number = (value: number) => value.toLocaleString('en');
