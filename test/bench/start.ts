import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { report } from '../support/bench/report.ts';
import { sized } from '../support/size.ts';

/**
 * From the start of the process to its first answer, beside a bare Hono server that opens an SQLite file. Each starts on
 * the database that its own first start left; rounds alternate.
 */
const ROUND_COUNT = sized(15, 40);
const TIMEOUT_MS = 30_000;

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'laurel-bench-'));

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Milliseconds until `GET /healthz` is answered. */
async function timeToAnswer(args: (port: number) => readonly string[]): Promise<number> {
  const port = await freePort();
  const start = performance.now();
  const child = spawn(process.execPath, args(port), {
    cwd: root,
    stdio: 'ignore',
    env: {
      ...process.env,
      PORT: String(port),
      DATABASE_URL: `sqlite:${join(folder, 'laurel')}`,
      LAUREL_SECRET: 'Zk3vQm9Lw2RtY7uPa5NsXc8BdEfHj4Gi6oTqVn0WyA1',
    },
  });
  const exited = once(child, 'exit');
  try {
    for (;;) {
      const isAnswered = await fetch(`http://127.0.0.1:${port}/healthz`).then(
        async (response) => response.ok && (await response.text()) !== '',
        () => false,
      );
      if (isAnswered) return performance.now() - start;
      if (child.exitCode !== null) throw new Error(`${args(port).join(' ')} ended with ${child.exitCode}`);
      if (performance.now() - start > TIMEOUT_MS) throw new Error(`${args(port).join(' ')} does not answer`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

const sides = [
  {
    name: 'bare Hono and node:sqlite',
    args: (port: number) => ['test/support/bench/bare-hono.ts', folder, String(port)],
    values: [] as number[],
  },
  { name: 'Laurel', args: () => ['server/laurel.ts', 'serve'], values: [] as number[] },
] as const;
try {
  for (let round = 0; round <= ROUND_COUNT; round++) {
    for (const { args, values } of sides) {
      const ms = await timeToAnswer(args);
      if (round > 0) values.push(ms);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const [floor, subject] = sides;
report({
  what: 'cold start to the first answer',
  unit: ' ms',
  subject,
  floor,
  better: 'less',
  budget: { must: 2, aim: 1.5 },
});
