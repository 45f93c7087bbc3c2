/** Why a call to an issuer gave nothing to work with. */
export type IssuerFailure =
  /** No answer: no connection, or it took too long. */
  | 'offline'
  /** The server has trouble (5xx), or asks to wait (429). */
  | 'unavailable'
  /** The server understood and said no (other 4xx). */
  | 'refused'
  /** An answer that is not what the protocol says. */
  | 'invalid';

/** A call to an issuer that failed; `code` is the server's own reason where it gave one. */
export class IssuerError extends Error {
  readonly failure: IssuerFailure;
  readonly status: number;
  readonly code: string | null;

  constructor(failure: IssuerFailure, status = 0, code: string | null = null) {
    super(`issuer: ${failure}${status ? ` (${status})` : ''}${code ? ` ${code}` : ''}`);
    this.name = 'IssuerError';
    this.failure = failure;
    this.status = status;
    this.code = code;
  }

  /** The code or token that was presented is not good any more (RFC 6749 5.2, RFC 6750 3.1). */
  get isGrantGone(): boolean {
    return this.status === 401 || this.code === 'invalid_grant' || this.code === 'invalid_token';
  }
}

/** Chromium ends a worker whose fetch takes 30 s. */
const TIMEOUT_MS = 15_000;

/** More than any answer of the protocol needs; an issuer cannot fill the shopper's memory. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;

/** One answer: `body` is parsed JSON, `undefined` for 304 and 204. */
export interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly body: unknown;
}

/**
 * Calls an issuer without cookies, without a referrer, and without following redirects: a token goes where the shopper
 * linked and nowhere else.
 *
 * @throws {IssuerError} unless the answer is 2xx or 304.
 */
export async function request(fetcher: typeof fetch, url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await send(fetcher, url, init);
  if (response.status === 304) return { status: 304, etag: response.headers.get('etag'), body: undefined };
  const body = await readJson(response);
  if (!response.ok) throw new IssuerError(failureOf(response.status), response.status, codeOf(body));
  if (body === undefined && response.status !== 204 && response.headers.get('content-length') !== '0') {
    throw new IssuerError('invalid', response.status);
  }
  return { status: response.status, etag: response.headers.get('etag'), body };
}

async function send(fetcher: typeof fetch, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetcher(url, {
      ...init,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      redirect: 'error',
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new IssuerError('offline');
  }
}

/** The body as JSON; `undefined` when it is empty or no JSON. */
async function readJson(response: Response): Promise<unknown> {
  const text = await readText(response);
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function readText(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let text = '';
  let byteCount = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new IssuerError('offline');
    });
    if (done) return text + decoder.decode();
    byteCount += value.byteLength;
    if (byteCount > BODY_BYTES_MAX) {
      await reader.cancel().catch(() => undefined);
      throw new IssuerError('invalid', response.status);
    }
    text += decoder.decode(value, { stream: true });
  }
}

function failureOf(status: number): IssuerFailure {
  return status >= 500 || status === 429 || status === 408 ? 'unavailable' : 'refused';
}

/** RFC 9457 problems carry `code`, OAuth's answers `error` (RFC 6749 5.2). */
function codeOf(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null;
  const { code, error } = body as { code?: unknown; error?: unknown };
  if (typeof code === 'string') return code;
  return typeof error === 'string' ? error : null;
}
