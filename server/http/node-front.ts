import type { IncomingMessage, ServerResponse } from 'node:http';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Log } from '../log.ts';
import type { Incoming, Reply, Serve } from './exchange.ts';
import { BODY_BYTES_MAX, tooLarge } from './read-body.ts';
import type { StreamedBody } from './route.ts';

/** Serves what comes in over `node:http`, without a `Request` and a `Response` in between. */
export interface NodeFront {
  /** For `request`, and with `awaitsContinue` for `checkContinue`: that client sends its body only once it is asked to. */
  answer(message: IncomingMessage, outgoing: ServerResponse, awaitsContinue?: boolean): void;
  /** Ends the bodies that are written piece by piece, so that a server can stop. */
  endStreams(): void;
}

/**
 * What a caller still sends after it has its answer is thrown away for this long, so that it comes to read the answer;
 * then its connection is cut.
 */
const DRAIN_MS = 1_000;

const NOTHING = Buffer.alloc(0);

export function createNodeFront(serve: Serve, log: Log): NodeFront {
  const streams = new Set<AbortController>();
  let waiting: { readonly reply: Reply; readonly exchange: Exchange }[] = [];

  /** Answers of one turn go out one after the other: a write that wakes the caller up between two calls costs both more. */
  function sendWaiting(): void {
    const replies = waiting;
    waiting = [];
    for (const { reply, exchange } of replies) {
      try {
        send(reply, exchange);
      } catch (error) {
        breakOff(exchange, error);
      }
    }
  }

  function send({ status, headers, body }: Reply, { message, outgoing, incoming }: Exchange): void {
    // The caller has left.
    if (outgoing.destroyed) return;
    // A client that was not asked for its body may send it or not: what comes next cannot be told apart.
    if (incoming.awaitsContinue) outgoing.shouldKeepAlive = false;
    else if (!message.complete) drain(message);
    outgoing.writeHead(status, headers as string[]);
    if (typeof body === 'function') sendStream(body, outgoing).catch((error: unknown) => breakOff({ outgoing }, error));
    else if (body === null) outgoing.end();
    else outgoing.end(body);
  }

  async function sendStream(body: StreamedBody, outgoing: ServerResponse): Promise<void> {
    const left = new AbortController();
    streams.add(left);
    outgoing.once('close', () => left.abort());
    outgoing.flushHeaders();
    try {
      await body({ signal: left.signal, write: (piece) => writePiece(piece, outgoing) });
      outgoing.end();
    } finally {
      streams.delete(left);
    }
  }

  /** Too late for a problem document: a connection that breaks off says that the answer is not whole. */
  function breakOff({ outgoing }: Pick<Exchange, 'outgoing'>, error: unknown): void {
    log.error('answer failed', error);
    outgoing.destroy();
  }

  return {
    answer(message, outgoing, awaitsContinue = false) {
      const incoming = new NodeIncoming(message, awaitsContinue ? outgoing : null);
      const exchange = { message, outgoing, incoming };
      serve(incoming).then(
        (reply) => {
          if (waiting.push({ reply, exchange }) === 1) setImmediate(sendWaiting);
        },
        (error: unknown) => breakOff(exchange, error),
      );
    },
    endStreams() {
      for (const left of streams) left.abort();
    },
  };
}

/** A request under way. */
interface Exchange {
  readonly message: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly incoming: NodeIncoming;
}

class NodeIncoming implements Incoming {
  readonly method: string;
  readonly target: string;
  readonly #message: IncomingMessage;
  #toContinue: ServerResponse | null;

  constructor(message: IncomingMessage, toContinue: ServerResponse | null) {
    this.method = message.method as string;
    this.target = message.url as string;
    this.#message = message;
    this.#toContinue = toContinue;
  }

  get peer(): string | undefined {
    return this.#message.socket.remoteAddress;
  }

  /** Whether its sender waits until the body is asked for. */
  get awaitsContinue(): boolean {
    return this.#toContinue !== null;
  }

  header(name: string): string | undefined {
    // Only `set-cookie`, which no request has, would be a list.
    return this.#message.headers[name] as string | undefined;
  }

  readBody(): Promise<Buffer> | Buffer {
    if (Number(this.#message.headers['content-length']) > BODY_BYTES_MAX) throw tooLarge();
    this.#toContinue?.writeContinue();
    this.#toContinue = null;
    // It mostly came in one piece with the head: then it is here as a whole, and no event has to be waited for.
    return this.#message.complete
      ? limited((this.#message.read() as Buffer | null) ?? NOTHING)
      : collect(this.#message);
  }
}

function limited(bytes: Buffer): Buffer {
  if (bytes.length > BODY_BYTES_MAX) throw tooLarge();
  return bytes;
}

/** A body as it comes; what is beyond the limit is not kept. */
function collect(message: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = () => {
      message.off('data', onData).off('end', onEnd).off('close', onClose);
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length <= BODY_BYTES_MAX) return void chunks.push(chunk);
      settle();
      reject(tooLarge());
    };
    const onEnd = () => {
      settle();
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length));
    };
    // Nobody reads this answer: the caller left, or took too long and has the answer to that.
    const onClose = () => {
      settle();
      reject(new LoyaltyError('invalid_request', 'The request ended before its body did.'));
    };
    message.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}

function drain(message: IncomingMessage): void {
  const cut = setTimeout(() => message.destroy(), DRAIN_MS).unref();
  const settle = () => clearTimeout(cut);
  message.once('end', settle).once('close', settle).resume();
}

function writePiece(piece: string | Uint8Array, outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (outgoing.destroyed || outgoing.write(piece)) return resolve();
    const settle = () => {
      outgoing.off('drain', settle).off('close', settle);
      resolve();
    };
    outgoing.once('drain', settle).once('close', settle);
  });
}
