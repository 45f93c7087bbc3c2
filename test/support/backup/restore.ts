import { restoreBackup } from '../../../server/backup/restore.ts';

/** A process to be killed: restores the file of its second argument into the store of its first, and tells each step. */
const [databaseUrl = '', file = ''] = process.argv.slice(2);
await restoreBackup({
  databaseUrl,
  file,
  now: Date.now,
  onProgress: (step, rowCount) => process.stdout.write(`${step} ${rowCount}\n`),
});
process.stdout.write('restored\n');
