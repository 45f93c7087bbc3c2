import { parseArgs } from 'node:util';
import { writeBackup } from '../backup/write-backup.ts';
import { storeName } from '../services.ts';
import { readDatabaseUrl } from '../settings.ts';
import { type Command, oneArgument } from './command.ts';
import { createProgressBar } from './progress-bar.ts';

export const backupCommand: Command = {
  usage: 'backup FILE',
  summary: 'write the whole store into one file; servers may go on meanwhile',
  async run(args, { environment, out }) {
    const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true });
    const file = oneArgument(positionals, 'FILE');
    const databaseUrl = readDatabaseUrl(environment);
    const bar = createProgressBar('rows', null);
    const { rowCount, byteCount, takenAt } = await writeBackup({
      databaseUrl,
      file,
      now: Date.now,
      onProgress: (rows) => bar.update(rows),
    }).finally(() => bar.end());
    out(`${file}: ${number(rowCount)} rows of ${storeName(databaseUrl)} as of ${takenAt}, ${number(byteCount)} bytes`);
    out('It holds customer ids and sealed keys: keep it as you keep the store, and LAUREL_SECRET apart from it.');
    return 0;
  },
};

const number = (value: number) => value.toLocaleString('en');
