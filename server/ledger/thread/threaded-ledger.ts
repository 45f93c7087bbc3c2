import type { Worker } from 'node:worker_threads';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import type { Database } from '../../database/database.ts';
import type { CommandRunner } from '../commands/named-commands.ts';
import type { Outcome } from '../commands.ts';
import { type Call, type FromLedger, type ThreadData, type ToLedger, thrownError } from './messages.ts';

/**
 * The ledger of the embedded store in a thread of its own: rules, hashes, reads and commits there, HTTP here, so that a
 * shop's orders have two cores. Only commands and outcomes cross.
 */
export interface LedgerThread extends CommandRunner {
  /** Has `listener` told what commands changed, before their own callers are. */
  listen(listener: ThreadListener): void;
  /** A version of a program was published here. */
  published(): void;
  /** A program's endpoints were changed here. */
  forgetListeners(programId: string): void;
  /** Starts it ahead of its first command. */
  start(): void;
  /** Resolves with the reason should it end by itself: the process has to be started again then. */
  readonly failed: Promise<Error>;
  /** Waits for what is under way, and ends it. */
  close(): Promise<void>;
}

export interface ThreadListener {
  /** Of members whose account is no longer as it was. */
  onChanged(programId: string, memberIds: readonly string[]): void;
  /** Of each group of commands that is decided together. */
  readonly onGroup?: ((size: number) => void) | undefined;
}

interface Waiting {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/** @param database An embedded one; it is not written to by anything else that does not wait its turn. */
export function createLedgerThread({
  database,
  secret,
}: {
  readonly database: Database;
  readonly secret: string;
}): LedgerThread {
  const waiting = new Map<number, Waiting>();
  const failure = Promise.withResolvers<Error>();
  let listener: ThreadListener = { onChanged() {} };
  let worker: Promise<Worker> | null = null;
  /** Once it listens: until then calls gather. */
  let started: Worker | null = null;
  let calls: Call[] = [];
  let isSending = false;
  let nextId = 0;
  let end: Error | null = null;
  let isClosing = false;
  let idle: (() => void) | null = null;

  function post(message: ToLedger): void {
    started?.postMessage(message);
  }

  function send(): void {
    isSending = false;
    if (!started || calls.length === 0) return;
    const sent = calls;
    calls = [];
    try {
      post(sent);
    } catch {
      // A function among the arguments of one of them: only its own caller has to know.
      for (const call of sent) sendAlone(call);
    }
  }

  function sendAlone(call: Call): void {
    try {
      post([call]);
    } catch (error) {
      const [id] = call;
      waiting.get(id)?.reject(error);
      waiting.delete(id);
      if (waiting.size === 0) idle?.();
    }
  }

  function receive(message: FromLedger): void {
    for (const change of message.changed) listener.onChanged(...change);
    for (const size of message.groups) listener.onGroup?.(size);
    for (const [id, outcome, error] of message.answers) {
      const call = waiting.get(id);
      waiting.delete(id);
      if (error) call?.reject(thrownError(error));
      else call?.resolve(outcome as Outcome);
    }
    if (waiting.size === 0) idle?.();
  }

  async function open(): Promise<Worker> {
    if (!database.share) throw new TypeError('ledger thread: for the embedded store only');
    const store = await database.share(() => post('committed'));
    // Loaded with the first command: the first answer of a server needs none.
    const { Worker } = process.getBuiltinModule('node:worker_threads');
    const opened = new Worker(new URL('./ledger-thread.ts', import.meta.url), {
      name: 'ledger',
      workerData: { store, secret } satisfies ThreadData,
    });
    opened.on('message', receive);
    opened.on('messageerror', fail);
    opened.on('error', fail);
    opened.on('exit', (code) => fail(new Error(`The ledger's thread ended with ${code}.`)));
    started = opened;
    send();
    return opened;
  }

  function start(): void {
    if (worker || isClosing) return;
    worker = open();
    worker.catch(fail);
  }

  function fail(cause: unknown): void {
    if (end || isClosing) return;
    end = new Error('The ledger ended by itself. What it acknowledged is on disk; start the server again.', { cause });
    database.breakTurns?.();
    calls = [];
    for (const { reject } of waiting.values()) reject(unavailable());
    waiting.clear();
    idle?.();
    failure.resolve(end);
  }

  return {
    run(programId, name, ...args) {
      if (end || isClosing) return Promise.reject(unavailable());
      start();
      return new Promise((resolve, reject) => {
        const id = nextId++;
        waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
        calls.push([id, programId, name, args]);
        if (isSending) return;
        isSending = true;
        // What arrives in this turn of the event loop goes together.
        setImmediate(send);
      });
    },

    listen(next) {
      listener = next;
    },

    published: () => post('published'),
    forgetListeners: (programId) => post({ listenersOf: programId }),
    start,
    failed: failure.promise,

    async close() {
      if (waiting.size > 0) {
        await new Promise<void>((resolve) => {
          idle = resolve;
        });
      }
      isClosing = true;
      const opened = await worker?.catch(() => null);
      if (!opened || end) return;
      const exited = new Promise((resolve) => opened.once('exit', resolve));
      opened.postMessage('close' satisfies ToLedger);
      await exited;
    },
  };
}

/** A client repeats its command with the same key: it is not done twice. */
function unavailable(): LoyaltyError {
  return new LoyaltyError('unavailable', 'The server ends. Trying again in a moment is safe.');
}
