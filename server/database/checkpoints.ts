import type { DatabaseSync } from 'node:sqlite';
import type { Worker } from 'node:worker_threads';

/** From a write to the checkpoint that it asks for: under load, a few thousand pages. */
const DELAY_MS = 100;

/** Pages of log (16 MB) from which the writer begins it anew, so that it does not grow while writes never pause. */
const RESTART_PAGES = 4_000;

/** Pages of log (200 MB) at which a commit carries it over by itself, whatever the thread does. */
const LOG_PAGES_MAX = 50_000;

/** The same where there is no thread. */
const LOG_PAGES_MAX_ALONE = 10_000;

/**
 * Carries the write-ahead log over into the database on a thread of its own, so that no commit waits for it. A log is
 * written from its start again only where all of it is carried over, and under load a new commit is always there before
 * that is: so the writer does the last few pages itself, now and then.
 */
export class Checkpoints {
  readonly #path: string;
  readonly #writer: DatabaseSync;
  #worker: Worker | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isRunning = false;
  /** A thread that failed is not started again: commits carry the log over as they do everywhere else. */
  #isBroken = false;
  #mustRestart = false;

  constructor(path: string, writer: DatabaseSync) {
    this.#path = path;
    this.#writer = writer;
    writer.exec(`PRAGMA wal_autocheckpoint=${LOG_PAGES_MAX}`);
  }

  /** To be called after each commit, outside of any transaction. */
  committed(): void {
    if (this.#isBroken) return;
    if (this.#mustRestart) {
      this.#mustRestart = false;
      this.#carryOver();
    }
    this.written();
  }

  /** Another connection committed: to be carried over as well, without what only the writer may do. */
  written(): void {
    if (this.#isBroken) return;
    if (this.#isRunning || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#isRunning = true;
      this.#worker ??= this.#started();
      this.#worker.postMessage(null);
    }, DELAY_MS).unref();
  }

  async close(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#isBroken = true;
    await this.#worker?.terminate();
  }

  /** A commit is on disk already: what fails here does not undo it, and meets the next checkpoint again. */
  #carryOver(): void {
    try {
      this.#writer.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch {
      this.#fail();
    }
  }

  #started(): Worker {
    // Loaded at the first checkpoint: a start needs none.
    const { Worker } = process.getBuiltinModule('node:worker_threads');
    const worker = new Worker(new URL('./checkpoint-thread.ts', import.meta.url), {
      name: 'checkpoints',
      workerData: { path: this.#path },
    });
    worker.unref();
    worker.on('message', (logPages: number) => {
      this.#isRunning = false;
      this.#mustRestart = logPages >= RESTART_PAGES;
    });
    // Without a listener its error would be the process's.
    worker.on('error', () => {});
    worker.on('exit', () => this.#fail());
    return worker;
  }

  #fail(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#writer.exec(`PRAGMA wal_autocheckpoint=${LOG_PAGES_MAX_ALONE}`);
  }
}
