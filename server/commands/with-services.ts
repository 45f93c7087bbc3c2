import type { Database } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { openDatabase } from '../database/open.ts';
import { createProgramKeys, type ProgramKeys } from '../identity/program-keys.ts';
import { createVault } from '../identity/vault.ts';
import { createProgramStore, type ProgramStore } from '../programs/program-store.ts';
import { readSettings } from '../settings.ts';
import { createWebhookSources, type WebhookSources } from '../webhooks/incoming/sources.ts';
import type { Terminal } from './command.ts';

/** Runs work on the database that the settings name, without a server. */
export async function withServices<T>(
  { environment }: Terminal,
  work: (services: {
    readonly database: Database;
    readonly programs: ProgramStore;
    readonly keys: ProgramKeys;
    readonly webhookSources: WebhookSources;
    readonly publicUrl: string | null;
  }) => Promise<T>,
): Promise<T> {
  const settings = readSettings(environment);
  const database = await openDatabase(settings.databaseUrl);
  try {
    await migrate(database, Date.now());
    const vault = createVault(settings.secret);
    const programs = createProgramStore({ database, clock: Date.now });
    const parts = { database, vault, clock: Date.now };
    return await work({
      database,
      programs,
      keys: createProgramKeys(parts),
      webhookSources: createWebhookSources(parts),
      publicUrl: settings.publicUrl,
    });
  } finally {
    await database.close();
  }
}
