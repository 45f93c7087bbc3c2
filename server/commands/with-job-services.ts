import { migrate } from '../database/migrate.ts';
import { openDatabase } from '../database/open.ts';
import type { Services } from '../routes/services.ts';
import { createServices } from '../services.ts';
import { readSettings } from '../settings.ts';
import type { Terminal } from './command.ts';

/** Runs work with everything that a server has behind its routes, on the database that the settings name. */
export async function withJobServices<T>(
  { environment }: Terminal,
  work: (services: Services) => Promise<T>,
): Promise<T> {
  const { databaseUrl, secret, publicUrl, webhookAllowPrivate = false } = readSettings(environment);
  const database = await openDatabase(databaseUrl);
  try {
    await migrate(database, Date.now());
    const services = await createServices({
      database,
      secret,
      issuer: publicUrl ?? 'http://localhost',
      webhooks: { allowPrivate: webhookAllowPrivate },
    });
    try {
      return await work(services);
    } finally {
      services.sender.close();
    }
  } finally {
    await database.close();
  }
}
