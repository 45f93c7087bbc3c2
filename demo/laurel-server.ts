import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expectFree } from './listen.ts';

const COMMAND = resolve(import.meta.dirname, '../server/laurel.ts');
const READY_TIMEOUT_MS = 30_000;
const READY_POLL_MS = 50;
const READY_ANSWER_MS = 2_000;

export interface LaurelServerSettings {
  readonly port: number;
  /** As browsers reach it. */
  readonly publicUrl: string;
  readonly dataFolder: string;
  readonly secret: string;
}

/** The Laurel server as a merchant runs it: a process of its own, started and stopped from outside. */
export class LaurelServer {
  readonly #settings: LaurelServerSettings;
  #child: ChildProcess | null = null;
  /** What it said when it was last asked whether it is ready. */
  #readiness = 'not asked';

  constructor(settings: LaurelServerSettings) {
    this.#settings = settings;
  }

  /** Where this machine reaches it, without asking any name server. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#settings.port}`;
  }

  /** Runs one command of the command line to its end, and gives what it printed. */
  async command(...args: readonly string[]): Promise<string> {
    const child = this.#spawn(args);
    let printed = '';
    let complaints = '';
    child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`laurel ${args.join(' ')} failed:\n${complaints || printed}`);
    return printed;
  }

  /**
   * Resolves when it takes orders.
   *
   * @throws {PortTakenError}
   */
  async start(): Promise<void> {
    // Another server on this port would answer in our server's name.
    await expectFree(this.#settings.port);
    const child = this.#spawn(['serve']);
    this.#child = child;
    // However this process ends, short of being killed outright, the server does not stay behind.
    const end = () => child.kill();
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    let output = '';
    // Both streams are read to the end, or a full pipe would hold the server up; the last words explain a bad end.
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4_000)));
    }
    for (const deadline = Date.now() + READY_TIMEOUT_MS; ; ) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`The Laurel server did not start:\n${output}`);
      if (await this.#isReady()) return;
      if (Date.now() > deadline) {
        await this.stop();
        throw new Error(
          `The Laurel server is not ready after ${READY_TIMEOUT_MS / 1_000} s (${this.#readiness}):\n${output}`,
        );
      }
      await new Promise((done) => setTimeout(done, READY_POLL_MS));
    }
  }

  /** Resolves when the process has ended, with everything written. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  async #isReady(): Promise<boolean> {
    try {
      const response = await fetch(`${this.endpoint}/readyz`, { signal: AbortSignal.timeout(READY_ANSWER_MS) });
      this.#readiness = `${response.status} ${await response.text()}`;
      return response.ok;
    } catch (error) {
      this.#readiness = String(error);
      return false;
    }
  }

  #spawn(args: readonly string[]): ChildProcess {
    const { port, publicUrl, dataFolder, secret } = this.#settings;
    return spawn(process.execPath, [COMMAND, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C in the terminal reaches the demo, which then stops the server after the shops.
      detached: true,
      env: {
        ...process.env,
        DATABASE_URL: `sqlite:${dataFolder}`,
        LAUREL_SECRET: secret,
        LAUREL_PUBLIC_URL: publicUrl,
        LAUREL_LOG: 'error',
        PORT: String(port),
      },
    });
  }
}
