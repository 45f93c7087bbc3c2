import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One message as it came. */
export interface Received {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly body: string;
  readonly path: string;
}

export interface Receiver {
  readonly url: string;
  /** Every request, good or bad, in the order in which they came. */
  readonly received: readonly Received[];
  /** Connections that were opened, whether anything was sent over them or not. */
  readonly connectionCount: number;
  /** What it does with a message; answers 204 unless set. */
  onMessage(handler: (message: Received, response: ServerResponse, request: IncomingMessage) => void): void;
  close(): Promise<void>;
}

/** A merchant's own server, on this machine. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let connectionCount = 0;
  let handle: Parameters<Receiver['onMessage']>[0] = (_message, response) => response.writeHead(204).end();
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const message = {
        id: String(request.headers['webhook-id']),
        timestamp: String(request.headers['webhook-timestamp']),
        signature: String(request.headers['webhook-signature']),
        body: Buffer.concat(chunks).toString('utf8'),
        path: request.url ?? '',
      };
      received.push(message);
      handle(message, response, request);
    });
  });
  server.on('connection', () => {
    connectionCount++;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    get connectionCount() {
      return connectionCount;
    },
    onMessage(handler) {
      handle = handler;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
