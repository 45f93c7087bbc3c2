import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

/** Prism between a caller and a server: it judges each request and each answer by the OpenAPI document alone. */
export interface Prism {
  readonly url: string;
  close(): Promise<void>;
}

/** What Prism has against a request or an answer. */
export interface Violation {
  /** Begins with `request` or `response`. */
  readonly location: readonly string[];
  readonly severity: string;
  readonly message: string;
}

/** Where Prism's command is, or `null` where it is not installed. `LAUREL_PRISM` names another folder of the package. */
export function prismCommand(): string | null {
  const folder = process.env['LAUREL_PRISM'] ?? join(import.meta.dirname, '../../node_modules/@stoplight/prism-cli');
  const command = resolve(folder, 'dist/index.js');
  return existsSync(command) ? command : null;
}

/**
 * Starts it before a server, on a free port.
 *
 * @param alter Changes the document first: what is true of the server is then not what it says.
 */
export async function startPrism(
  command: string,
  folder: string,
  upstream: string,
  alter: (text: string) => string = (text) => text,
): Promise<Prism> {
  const document = join(folder, 'openapi.json');
  await writeFile(document, alter(await (await fetch(`${upstream}/openapi.json`)).text()));
  const port = await freePort();
  const child = spawn(process.execPath, [command, 'proxy', document, upstream, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const listening = Promise.withResolvers<true>();
  let log = '';
  const hear = (piece: Buffer) => {
    // It says much; the last of it is enough to tell why it ended.
    log = (log + piece.toString()).slice(-4_000);
    if (log.includes('Prism is listening')) listening.resolve(true);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const closed = new Promise<void>((done) => child.once('close', () => done()));
  void closed.then(() => listening.reject(new Error(`Prism ended: ${log}`)));
  await listening.promise;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      child.kill();
      await closed;
    },
  };
}

/** What an answer that came through Prism says of itself. */
export function violationsOf(headers: Headers): Violation[] {
  const text = headers.get('sl-violations');
  if (text === null) return [];
  try {
    return JSON.parse(text) as Violation[];
  } catch {
    // Too long for a header: cut off, but there.
    return [{ location: ['response'], severity: 'Error', message: text }];
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
