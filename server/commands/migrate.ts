import { parseArgs } from 'node:util';
import { migrate } from '../database/migrate.ts';
import { openDatabase } from '../database/open.ts';
import { storeName } from '../services.ts';
import { readDatabaseUrl } from '../settings.ts';
import type { Command } from './command.ts';

export const migrateCommand: Command = {
  usage: 'migrate',
  summary: "bring the database's schema up to date (serve does so as well)",
  async run(args, { environment, out }) {
    parseArgs({ args: [...args], options: {} });
    const url = readDatabaseUrl(environment);
    const database = await openDatabase(url);
    try {
      const count = await migrate(database, Date.now());
      const applied = `${count} ${count === 1 ? 'migration' : 'migrations'} applied`;
      out(`${storeName(url)}: ${count === 0 ? 'the schema is up to date' : applied}`);
    } finally {
      await database.close();
    }
    return 0;
  },
};
