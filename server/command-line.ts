import { LoyaltyError } from '../shared/domain/errors.ts';
import { type Command, type Terminal, UsageError, wordsOf } from './commands/command.ts';
import { DATABASE_URL_DEFAULT, SettingsError } from './settings.ts';

const SETTINGS = [
  ['LAUREL_SECRET', 'at least 32 random bytes; needed, no default'],
  ['DATABASE_URL', `postgres://… or sqlite:DIRECTORY; ${DATABASE_URL_DEFAULT} when absent`],
  ['PORT', '8787 when absent'],
  ['LAUREL_PUBLIC_URL', 'https origin under which shops and wallets reach the server'],
  ['LAUREL_WEBHOOK_ALLOW_PRIVATE', 'true: webhooks may go to http and to private addresses'],
  ['LAUREL_TRUST_PROXY', 'how many proxies of your own stand before the server; 0'],
  ['LAUREL_RATE_LIMITS', 'off, or limits such as public=600/60 (requests/seconds)'],
  ['LAUREL_METRICS_TOKEN', 'opens GET /metrics to whoever shows it'],
  ['LAUREL_LOG', 'info (a line a request), error, or silent'],
] as const;

/** Runs one command line, without the program's name, and gives the exit code: 0 good, 1 refused, 2 misused. */
export async function runLaurel(args: readonly string[], terminal: Terminal): Promise<number> {
  const commands = await commandsFor(args);
  const command = commands.find((candidate) => wordsOf(candidate).every((word, index) => args[index] === word));
  if (args.length === 0 || (!command && args.some((arg) => arg === '--help' || arg === '-h' || arg === 'help'))) {
    terminal.out(helpText(commands));
    return args.length === 0 ? 2 : 0;
  }
  if (!command) {
    terminal.err(`laurel: there is no command "${args.join(' ')}"\n`);
    terminal.err(helpText(commands));
    return 2;
  }
  const rest = args.slice(wordsOf(command).length);
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.out(commandHelp(command));
    return 0;
  }
  try {
    return await command.run(rest, terminal);
  } catch (error) {
    return explain(error, command, terminal);
  }
}

/** A server starts with what serves; the other commands are loaded for whoever asks for one. */
async function commandsFor([name]: readonly string[]): Promise<readonly Command[]> {
  if (name === 'serve') return [(await import('./commands/serve.ts')).serveCommand];
  return (await import('./commands/index.ts')).COMMANDS;
}

/** What an operator can mend is said in a sentence; the stack of anything else is shown, since it is our bug. */
function explain(error: unknown, command: Command, { err }: Terminal): number {
  if (error instanceof UsageError || String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')) {
    err(`laurel ${wordsOf(command).join(' ')}: ${(error as Error).message}\n\n${commandHelp(command)}`);
    return 2;
  }
  if (error instanceof SettingsError) {
    for (const fault of error.faults) err(`laurel: ${fault}`);
    return 1;
  }
  const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  err(`laurel: ${isBug ? error.stack : messageOf(error)}`);
  return 1;
}

function messageOf(error: unknown): string {
  if (error instanceof LoyaltyError) return error.message;
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

function helpText(known: readonly Command[]): string {
  const commands = known.map(({ usage, summary }) => [usage, summary] as const);
  return `Loyalty for any shop.

Usage: laurel COMMAND

Commands
${table(commands)}

Settings, from the environment
${table(SETTINGS)}

"laurel COMMAND --help" says more about one command.`;
}

function commandHelp({ usage, summary, options = [] }: Command): string {
  const listed = options.length > 0 ? `\n\nOptions\n${table(options)}` : '';
  return `Usage: laurel ${usage}${options.length > 0 ? ' [OPTIONS]' : ''}\n\n${summary[0]?.toUpperCase()}${summary.slice(1)}.${listed}`;
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`).join('\n');
}
