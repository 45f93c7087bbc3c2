import { promises as dns, type LookupAddress } from 'node:dns';
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isPublicAddress, urlFault } from './addresses.ts';

/** What came of one attempt. */
export interface Attempt {
  /** HTTP status of the answer; `null` when there was none. */
  readonly status: number | null;
  /** Why it does not count as delivered; `null` when it does. Never anything that the receiver wrote. */
  readonly error: string | null;
}

export interface SenderOptions {
  /** Also plain http, and addresses that are not of the public internet. For demos, tests and closed networks. */
  readonly allowPrivate: boolean;
  readonly timeoutMs?: number;
  /** Every address of a name; the system's resolver where absent. */
  readonly resolve?: (hostname: string) => Promise<readonly LookupAddress[]>;
}

/** Sends messages to addresses that merchants chose, and to none that they must not reach. */
export interface Sender {
  /** Never rejects: whatever goes wrong is what came of the attempt. */
  send(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Attempt>;
  readonly allowPrivate: boolean;
  close(): void;
}

const TIMEOUT_MS = 15_000;

/** Of an answer only the status counts. This much is read, so that the connection can be used again. */
const ANSWER_BYTES_MAX = 4_096;

/** Connections to one host; how many messages one endpoint gets at once is bounded elsewhere. */
const SOCKET_COUNT_MAX = 32;

const resolveAll = (hostname: string) => dns.lookup(hostname, { all: true, order: 'verbatim' });

export function createSender({ allowPrivate, timeoutMs = TIMEOUT_MS, resolve = resolveAll }: SenderOptions): Sender {
  const lookup = allowPrivate ? lookupWith(resolve) : lookupWith(onlyPublic(resolve));
  const options = { keepAlive: true, maxSockets: SOCKET_COUNT_MAX, lookup };
  const agents = { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) };

  function post(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<Sent> {
    const isHttps = url.protocol === 'https:';
    const request = (isHttps ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      agent: isHttps ? agents['https:'] : agents['http:'],
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'laurel-webhooks/1',
        accept: '*/*',
      },
    });
    const answered = answerOf(request, timeoutMs);
    request.end(body);
    return answered;
  }

  return {
    allowPrivate,
    async send(url, headers, body) {
      // Once more at each sending: the setting may be stricter than when the endpoint was made.
      const fault = urlFault(url, allowPrivate);
      if (fault) return { status: null, error: 'the address is not allowed' };
      let sent = await post(new URL(url), headers, body);
      // A connection that was kept and that the receiver had closed meanwhile says nothing about the message.
      if (sent.isStale) sent = await post(new URL(url), headers, body);
      return { status: sent.status, error: sent.error };
    },
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

class AddressRefused extends Error {
  readonly code = 'LAUREL_ADDRESS_REFUSED';
}

/**
 * Looks at the very addresses that the connection will be made to: a name that leads elsewhere by now than when it was
 * checked (DNS rebinding) is refused like any other. One private address among public ones spoils the name.
 */
function onlyPublic(resolve: NonNullable<SenderOptions['resolve']>): NonNullable<SenderOptions['resolve']> {
  return async (hostname) => {
    const addresses = await resolve(hostname);
    if (!addresses.every(({ address }) => isPublicAddress(address))) throw new AddressRefused('not a public address');
    return addresses;
  };
}

function lookupWith(resolve: NonNullable<SenderOptions['resolve']>): LookupFunction {
  async function lookUp(hostname: string, hasAll: boolean, callback: Parameters<LookupFunction>[2]): Promise<void> {
    let addresses: readonly LookupAddress[];
    try {
      addresses = await resolve(hostname);
    } catch (error) {
      return callback(error as NodeJS.ErrnoException, '', 0);
    }
    const [first] = addresses;
    if (!first) return callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '', 0);
    if (hasAll) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  }
  return (hostname, { all = false }, callback) => void lookUp(hostname, all, callback);
}

interface Sent extends Attempt {
  /** The connection had been used before and was cut before any answer. */
  readonly isStale: boolean;
}

function answerOf(request: ClientRequest, timeoutMs: number): Promise<Sent> {
  return new Promise((resolve) => {
    let status: number | null = null;
    const end = (error: string | null, isStale = false) => {
      clearTimeout(timer);
      resolve({ status, error, isStale });
    };
    // From the first byte sent to the last one read: a receiver that trickles its answer gains no time.
    const timer = setTimeout(() => {
      end('no answer in time');
      request.destroy();
    }, timeoutMs);
    request.on('error', (error: NodeJS.ErrnoException) => {
      end(reasonOf(error), request.reusedSocket && /^(?:ECONNRESET|EPIPE)$/.test(error.code ?? ''));
    });
    request.on('response', (response) => {
      status = response.statusCode ?? null;
      // The answer is in; what follows it is only read to free the connection.
      end(status !== null && status >= 200 && status < 300 ? null : refusalOf(status));
      discard(response);
    });
  });
}

function refusalOf(status: number | null): string {
  return status !== null && status >= 300 && status < 400
    ? 'answered with a redirect, which is not followed'
    : `answered with status ${status}`;
}

function discard(response: IncomingMessage): void {
  let read = 0;
  const cut = setTimeout(() => response.destroy(), TIMEOUT_MS);
  response.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read > ANSWER_BYTES_MAX) response.destroy();
  });
  response.on('close', () => clearTimeout(cut));
  response.on('error', () => {});
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'LAUREL_ADDRESS_REFUSED') return 'the name leads to an address that is not allowed';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the name is not known';
  if (code === 'ECONNREFUSED') return 'the connection was refused';
  if (code === 'ECONNRESET' || message === 'socket hang up') return 'the connection was cut';
  if (code?.startsWith('ERR_TLS') || code?.includes('CERT')) return 'the certificate is not accepted';
  return 'no connection';
}
