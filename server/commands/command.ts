import type { Environment } from '../settings.ts';

/** Where a command reads and writes. */
export interface Terminal {
  readonly environment: Environment;
  out(text: string): void;
  err(text: string): void;
}

/** One `laurel …` command. */
export interface Command {
  /** What follows `laurel`, such as `program check FILE`: the words in capitals are arguments. */
  readonly usage: string;
  readonly summary: string;
  /** Options beside `--help`, for the help text: `--revoke ID` and what it does. */
  readonly options?: readonly (readonly [option: string, summary: string])[];
  /** Gives the exit code. A thrown {@link UsageError} prints the usage. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The words of a usage that name the command: `program check FILE` gives `program check`. */
export function wordsOf({ usage }: Command): readonly string[] {
  return usage.split(' ').filter((word) => /^[a-z]/.test(word));
}

/** Exactly one positional argument. @throws {UsageError} */
export function oneArgument(positionals: readonly string[], name: string): string {
  const [argument] = positionals;
  if (argument === undefined || positionals.length > 1) throw new UsageError(`expected one ${name}`);
  return argument;
}
