import type { Reply } from './exchange.ts';
import type { Answer } from './route.ts';

/** What an answer's headers depend on, beyond the answer. */
export interface ReplyTo {
  readonly method: string;
  /** Origin of the page that may read the answer, where not every page may. */
  readonly reader?: string | null;
}

export interface ReplyOptions {
  /** Sent with every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it depends on the page that asks who may read the answer. */
  readonly variesByOrigin?: boolean;
}

/** What pages may read beyond the headers that every page may. */
export const EXPOSED_HEADERS = 'ETag, Link';

/** Completes answers with the headers that all of them share, made once. */
export function createReplier({ headers: constant, variesByOrigin = false }: ReplyOptions) {
  const fixed = Object.entries(constant).flat();

  return ({ status, headers: own, body }: Answer, { method, reader = null }: ReplyTo): Reply => {
    const headers = fixed.slice();
    for (const name of Object.keys(own)) {
      const value = own[name] as string;
      headers.push(name, variesByOrigin && name === 'vary' ? `${value}, Origin` : value);
    }
    if (own['cache-control'] === undefined) headers.push('cache-control', 'no-store');
    if (variesByOrigin && own['vary'] === undefined) headers.push('vary', 'Origin');
    if (reader !== null) {
      headers.push('access-control-allow-origin', reader, 'access-control-expose-headers', EXPOSED_HEADERS);
    }
    const length = lengthOf(status, body);
    if (length !== null) headers.push('content-length', String(length));
    return { status, headers, body: method === 'HEAD' ? null : body };
  };
}

/** `null` where a length is not known, or not allowed (RFC 9110 8.6). */
function lengthOf(status: number, body: Answer['body']): number | null {
  if (status === 204 || status === 304 || typeof body === 'function') return null;
  if (body === null) return 0;
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}
