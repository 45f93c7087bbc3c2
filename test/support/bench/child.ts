import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A program of this folder in a process of its own. It ends with its benchmark, however that ends. */
export interface BenchChild<Ready> {
  /** What it told when it was ready. */
  readonly ready: Ready;
  /** Sends a question and gives the answer to it. One at a time. */
  ask<Answer>(question: object): Promise<Answer>;
  stop(): Promise<void>;
}

/**
 * Starts `file` with `settings`. With `LAUREL_BENCH_PROFILE=FOLDER`, Node writes a CPU profile of it there.
 *
 * @throws {Error} when it ends before it is ready.
 */
export async function startChild<Ready>(file: string, settings: object = {}): Promise<BenchChild<Ready>> {
  const profile = process.env['LAUREL_BENCH_PROFILE'];
  const child = fork(join(import.meta.dirname, file), [JSON.stringify(settings)], {
    execArgv: profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}/${file}`] : [],
  });
  const ready = await nextMessage<Ready>(child, file);
  return {
    ready,
    ask(question) {
      child.send(question);
      return nextMessage(child, file);
    },
    async stop() {
      // One that broke has told why already.
      if (!child.connected) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

function nextMessage<T>(child: ChildProcess, file: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`${file} ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}

/** In the child: the settings that it was started with. */
// The caller knows what its benchmark sends.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function settingsOf<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T;
}

/** In the child: says that it is ready, and answers questions until the benchmark lets go of it. */
export function serveParent(ready: object, answer: (question: never) => unknown, close: () => unknown): void {
  process.on('message', (question) => {
    void (async () => process.send?.((await answer(question as never)) ?? {}))();
  });
  process.once('disconnect', () => {
    void (async () => {
      await close();
      process.exit();
    })();
  });
  process.send?.(ready);
}
