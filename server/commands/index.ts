import { backupCommand } from './backup.ts';
import type { Command } from './command.ts';
import { importOrdersCommand } from './import-orders.ts';
import { jobsListCommand } from './jobs-list.ts';
import { jobsRunCommand } from './jobs-run.ts';
import { migrateCommand } from './migrate.ts';
import { programApplyCommand } from './program-apply.ts';
import { programCheckCommand } from './program-check.ts';
import { programDryRunCommand } from './program-dry-run.ts';
import { programKeysCommand } from './program-keys.ts';
import { programSchemaCommand } from './program-schema.ts';
import { programVersionsCommand } from './program-versions.ts';
import { programWebhooksCommand } from './program-webhooks.ts';
import { restoreCommand } from './restore.ts';
import { serveCommand } from './serve.ts';
import { verifyCommand } from './verify.ts';

/** Every command, in the order in which the help lists them. */
export const COMMANDS: readonly Command[] = [
  serveCommand,
  migrateCommand,
  programCheckCommand,
  programApplyCommand,
  programDryRunCommand,
  programVersionsCommand,
  programSchemaCommand,
  programKeysCommand,
  programWebhooksCommand,
  importOrdersCommand,
  jobsRunCommand,
  jobsListCommand,
  verifyCommand,
  backupCommand,
  restoreCommand,
];
