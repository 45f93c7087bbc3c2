import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Serve } from '../../server/http/exchange.ts';
import { createNodeFront, type NodeFront } from '../../server/http/node-front.ts';
import { createLog } from '../../server/log.ts';

/** The front on a port of its own. */
export interface Front {
  readonly port: number;
  readonly front: NodeFront;
  /** What it logged. */
  readonly lines: string[];
  close(): Promise<void>;
}

/** Serves on a free port of this machine. */
export async function listenWith(serve: Serve): Promise<Front> {
  const lines: string[] = [];
  const front = createNodeFront(
    serve,
    createLog('info', (text) => lines.push(text)),
  );
  const server: Server = createServer({ optimizeEmptyRequests: true });
  server.on('request', (message, outgoing) => front.answer(message, outgoing));
  server.on('checkContinue', (message, outgoing) => front.answer(message, outgoing, true));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    front,
    lines,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A connection on which bytes are sent as they are. */
export class Wire {
  text = '';
  isClosed = false;
  pieceCount = 0;
  readonly socket: Socket;
  #wake = () => {};

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const heard = (change: () => void) => {
      change();
      this.#wake();
    };
    this.socket.setEncoding('utf8');
    this.socket.on('data', (piece: string) =>
      heard(() => {
        this.text += piece;
        this.pieceCount++;
      }),
    );
    this.socket.on('error', () => {});
    this.socket.on('close', () => heard(() => (this.isClosed = true)));
  }

  send(text: string): this {
    this.socket.write(text);
    return this;
  }

  /** Waits until what came says so. */
  async until(isThere: (wire: Wire) => boolean): Promise<this> {
    while (!isThere(this)) {
      if (this.isClosed) throw new Error(`closed after ${JSON.stringify(this.text)}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this;
  }

  /** As many heads of answers, with their bodies, as are there. */
  answerCount(): number {
    let [rest, count] = [this.text, 0];
    for (;;) {
      const headEnd = rest.indexOf('\r\n\r\n');
      if (headEnd === -1) return count;
      const length = Number(/\r\ncontent-length: (\d+)/.exec(rest.slice(0, headEnd + 2))?.[1] ?? 0);
      if (Buffer.byteLength(rest) < Buffer.byteLength(rest.slice(0, headEnd + 4)) + length) return count;
      rest = Buffer.from(rest)
        .subarray(Buffer.byteLength(rest.slice(0, headEnd + 4)) + length)
        .toString();
      count++;
    }
  }
}

/** The head of a request, with the line that ends it. */
export const head = (method: string, target: string, headers: Readonly<Record<string, string>> = {}) =>
  `${method} ${target} HTTP/1.1\r\n${Object.entries({ host: 'points.test', ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;
