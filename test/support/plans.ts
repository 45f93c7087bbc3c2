import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../server/database/migrate.ts';
import { openDatabase } from '../../server/database/open.ts';
import type { Compiled } from '../../server/database/statement.ts';

/** How the embedded store, with its whole schema, would carry statements out. */
export interface Plans {
  /** The steps of a statement's plan, as SQLite words them. */
  stepsOf(compiled: Compiled): string[];
  close(): Promise<void>;
}

export async function openPlans(): Promise<Plans> {
  const folder = await mkdtemp(join(tmpdir(), 'laurel-plans-'));
  const opened = await openDatabase(`sqlite:${folder}`);
  await migrate(opened, 0);
  await opened.close();
  const database = new DatabaseSync(join(folder, 'laurel.db'));
  return {
    stepsOf({ text, parameterNames }) {
      const steps = database.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...parameterNames.map(() => ''));
      return steps.map(({ detail }) => String(detail));
    },
    async close() {
      database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
