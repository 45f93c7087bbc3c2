import { LoyaltyError } from '../../../shared/domain/errors.ts';
import type { SharedStore } from '../../database/database.ts';
import type { CommandName } from '../commands/named-commands.ts';
import type { Outcome } from '../commands.ts';

/** What the ledger's thread is started with. */
export interface ThreadData {
  readonly store: SharedStore;
  readonly secret: string;
}

/** A command of the thread that serves HTTP. */
export type Call = readonly [id: number, programId: string, name: CommandName, args: readonly unknown[]];

/** What the thread that serves HTTP says: commands of one turn together, and what it changed by itself. */
export type ToLedger =
  | readonly Call[]
  /** A version of a program was published. */
  | 'published'
  /** It wrote to the store. */
  | 'committed'
  /** The endpoints of a program were changed. */
  | { readonly listenersOf: string }
  | 'close';

/** Members whose accounts are no longer as they were. */
export type Changed = readonly [programId: string, memberIds: readonly string[]];

/** What the ledger says: the answers of one group, with all that changed by it. */
export interface FromLedger {
  readonly changed: readonly Changed[];
  /** Sizes of the groups that were decided. */
  readonly groups: readonly number[];
  readonly answers: readonly Answer[];
}

export type Answer = readonly [id: number, outcome: Outcome | null, error?: CrossedError];

/** An error as plain data: what a structured clone leaves out of it is what tells a refusal from a bug. */
export interface CrossedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: unknown;
  /** Of a refusal. */
  readonly faults?: LoyaltyError['faults'];
}

export function crossedError(error: unknown): CrossedError {
  if (error instanceof LoyaltyError) {
    const { name, message, stack, code, faults } = error;
    return { name, message, stack, code, faults };
  }
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined, code: undefined };
  const { name, message, stack } = error;
  return { name, message, stack, code: (error as { code?: unknown }).code };
}

/** The error again as it was thrown. */
export function thrownError({ name, message, stack, code, faults }: CrossedError): Error {
  if (faults) return new LoyaltyError(code as LoyaltyError['code'], message, faults);
  const error = new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}
