import { once } from 'node:events';
import { createServer as createWebServer, type Server } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { getRequestListener } from '@hono/node-server';

/** Answers one request. */
export type Handler = (request: Request) => Response | Promise<Response>;

/** A web server that listens on this machine alone. */
export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** Somebody else has the port. */
export class PortTakenError extends Error {
  readonly port: number;

  constructor(port: number) {
    super(`Port ${port} is taken.`);
    this.name = 'PortTakenError';
    this.port = port;
  }
}

/**
 * Serves on 127.0.0.1, and on ::1 where there is one: a browser may try either first for `*.localhost`.
 *
 * @param port 0 takes a free one.
 * @throws {PortTakenError}
 */
export async function listen(handler: Handler, port: number): Promise<Listener> {
  const first = await open(handler, port, '127.0.0.1');
  const taken = (first.address() as AddressInfo).port;
  const second = await open(handler, taken, '::1').catch((error: unknown) => {
    const { code = '' } = error as NodeJS.ErrnoException;
    // A free port was asked for, and is free on one side only: that side will do.
    if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' || port === 0) return null;
    first.close();
    throw error;
  });
  return {
    port: taken,
    async close() {
      await Promise.all([first, second].map(async (server) => server && shut(server)));
    },
  };
}

async function open(handler: Handler, port: number, host: string): Promise<Server> {
  const answer = getRequestListener(handler);
  const server = createWebServer((request, response) => void answer(request, response));
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new PortTakenError(port);
    throw error;
  }
  return server;
}

async function shut(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // A browser keeps its connections open; they are not worth waiting for.
  server.closeAllConnections();
  await closed;
}

/** A port that was free a moment ago, for a process that must be told which to take. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** @throws {PortTakenError} when somebody listens there already. */
export async function expectFree(port: number): Promise<void> {
  await (await listen(() => new Response(), port)).close();
}
