import type * as v from 'valibot';
import type { LoyaltyErrorCode } from '../../shared/domain/errors.ts';
import type { Caller } from '../identity/access-tokens.ts';

/** A schema of any kind; each route's own types are exact. */
export type Schema = v.GenericSchema;

/**
 * Who may call: anybody; the program's merchant, by secret key; a member by an access token with the wallet's scope or
 * more (`reader`), or with the shop page's scope (`member`).
 */
export type Access = 'public' | 'merchant' | 'reader' | 'member';

/** Which pages may read the answer: any (`open`), the program's shops and browser extensions (`shops`), none. */
export type Sharing = 'open' | 'shops' | 'none';

/** One declared answer of a route. */
export interface AnswerShape {
  readonly description: string;
  readonly schema?: Schema;
  /** `application/json` when absent. */
  readonly mediaType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where a body goes that is written piece by piece. */
export interface BodyStream {
  /** Aborted when nobody listens any more, or the server stops. */
  readonly signal: AbortSignal;
  /** Settles when the next piece may follow; at once where nobody listens any more. */
  write(piece: string | Uint8Array<ArrayBuffer>): Promise<void>;
}

/** Writes a body for as long as it has something to say; it ends when this settles. */
export type StreamedBody = (stream: BodyStream) => Promise<void>;

export type Body = string | Uint8Array<ArrayBuffer> | StreamedBody | null;

/** An answer before the headers that all answers share. */
export interface Answer {
  readonly status: number;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a handler gets: everything is checked and typed. */
export interface Call<P, Q, B, C> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Who calls, on `reader` and `member` routes. */
  readonly caller: C;
  /** Without quotes; `undefined` when the caller sent none. */
  readonly idempotencyKey: string | undefined;
  header(name: string): string | undefined;
  /** Origin of the page that calls, if a page calls. */
  readonly origin: string | undefined;
  /** Whom limits take the caller for; `null` where that is not known. */
  readonly address: string | null;
}

interface RouteFacts {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** With `{name}` for parameters, as in OpenAPI. */
  readonly path: string;
  /** `operationId` of the OpenAPI document. */
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly sharing: Sharing;
  readonly idempotencyKey?: 'required' | 'optional';
  /** `form` is `application/x-www-form-urlencoded`; `raw` gives the bytes as they came, of whatever type. */
  readonly bodyKind?: 'json' | 'form' | 'raw';
  /** What the OpenAPI document says of the body, where the handler reads it by rules of its own. */
  readonly documentedBody?: Schema;
  readonly answers: Readonly<Record<number, AnswerShape>>;
  /** Beyond those that follow from the rest of the declaration. */
  readonly errors: readonly LoyaltyErrorCode[];
  /** Answers errors as RFC 6749 5.2 wants them. */
  readonly isOAuth?: boolean;
}

/** A route as the dispatcher and the OpenAPI document see it. */
export interface Route extends RouteFacts {
  readonly access: Access;
  readonly params: Schema | null;
  readonly query: Schema | null;
  readonly body: Schema | null;
  handle(call: Call<never, never, never, never>): Promise<Answer>;
}

type Output<S> = S extends Schema ? v.InferOutput<S> : null;
type CallerOf<A extends Access> = A extends 'reader' | 'member' ? Caller : null;

/** Declares a route; the handler's types follow from its schemas and from who may call. */
export function route<
  A extends Access,
  P extends Schema | null = null,
  Q extends Schema | null = null,
  B extends Schema | null = null,
>(
  declared: RouteFacts & {
    readonly access: A;
    readonly params?: P;
    readonly query?: Q;
    readonly body?: B;
    handle(call: Call<Output<P>, Output<Q>, Output<B>, CallerOf<A>>): Promise<Answer> | Answer;
  },
): Route {
  const { params = null, query = null, body = null, ...facts } = declared;
  return { ...facts, params, query, body } as Route;
}

export const JSON_TYPE = 'application/json; charset=utf-8';

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return jsonText(status, JSON.stringify(value), headers);
}

/** For a body that is JSON text already. */
export function jsonText(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, body, headers: { 'content-type': JSON_TYPE, ...headers } };
}

/** Nobody between keeps it, and the owner's browser asks each time (a balance is never shown from a cache). */
export const PRIVATE = { 'cache-control': 'private, no-cache', vary: 'Authorization' } as const;

/** True when the caller holds this representation already (RFC 9110 13.1.2, weak comparison). */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch === etag || ifNoneMatch.trim() === '*') return true;
  const bare = etag.replace(/^W\//, '');
  return ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === bare);
}

export function notModified(etag: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 304, body: null, headers: { etag, ...headers } };
}
