import { writeBackup } from '../../../server/backup/write-backup.ts';

/** A process to be killed: backs the store of its first argument up into the file of its second, again and again. */
const [databaseUrl = '', file = ''] = process.argv.slice(2);
process.stdout.write('ready\n');
for (let round = 0; ; round++) {
  await writeBackup({ databaseUrl, file: `${file}.${round}`, now: Date.now });
  process.stdout.write(`backup ${file}.${round}\n`);
}
