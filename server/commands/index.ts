import type { Command } from './command.ts';
import { importOrdersCommand } from './import-orders.ts';
import { migrateCommand } from './migrate.ts';
import { programApplyCommand } from './program-apply.ts';
import { programCheckCommand } from './program-check.ts';
import { programKeysCommand } from './program-keys.ts';
import { programSchemaCommand } from './program-schema.ts';
import { serveCommand } from './serve.ts';
import { verifyCommand } from './verify.ts';

/** Every command, in the order in which the help lists them. */
export const COMMANDS: readonly Command[] = [
  serveCommand,
  migrateCommand,
  programCheckCommand,
  programApplyCommand,
  programSchemaCommand,
  programKeysCommand,
  importOrdersCommand,
  verifyCommand,
];
