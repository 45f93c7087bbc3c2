import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Caller } from '../identity/access-tokens.ts';
import type { Log } from '../log.ts';
import { type Authority, authorize } from './authorize.ts';
import type { Origins } from './origins.ts';
import { internalProblem, problemOf, unavailableOf } from './problem.ts';
import { parameterSegments, readBody, readIdempotencyKey, readParams, readQuery, targetOf } from './read-call.ts';
import type { Answer, Call, Route } from './route.ts';

/** What every route is served with. */
export interface Frame {
  readonly authority: Authority;
  readonly origins: Origins;
  readonly log: Log;
  /** Sent with every answer. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Seconds for which a browser may remember a preflight's answer: the most that Chromium accepts. */
const PREFLIGHT_MAX_AGE_S = 7_200;

/** Serves one route: who calls, what was sent, the handler, and what every answer carries. */
export function serveRoute(route: Route, frame: Frame): (request: Request) => Promise<Response> {
  const segments = parameterSegments(route.path);
  const label = `${route.method} ${route.path}`;

  return async (request) => {
    const startedAt = frame.log.isInfo ? performance.now() : 0;
    const { path, query } = targetOf(request.url);
    const origin = route.sharing === 'shops' ? request.headers.get('origin') : null;
    const sharing: Sharing = { isSettled: false, header: null };
    let answer: Answer;
    try {
      const params = readParams(route.params, segments, path);
      const authorization = request.headers.get('authorization');
      const caller = await authorize(frame.authority, route.access, authorization, params['program']);
      if (origin !== null && caller) await shareWith(origin, caller.programId, sharing);
      const call: Call<unknown, unknown, unknown, Caller | null> = {
        params,
        query: readQuery(route.query, query),
        idempotencyKey: readIdempotencyKey(route.idempotencyKey, request.headers.get('idempotency-key')),
        body: await readBody(route, request),
        caller,
        origin: origin ?? undefined,
        header: (name) => request.headers.get(name) ?? undefined,
      };
      answer = await route.handle(call as Call<never, never, never, never>);
    } catch (error) {
      answer = refusalOf(error, route, frame.log, label);
    }
    if (origin !== null && !sharing.isSettled) sharing.header = await knownOrigin(origin);
    if (frame.log.isInfo) {
      frame.log.info('request', {
        route: label,
        status: answer.status,
        ms: Math.round((performance.now() - startedAt) * 100) / 100,
      });
    }
    return respond(answer, route, sharing.header);
  };

  /** Whom this answer may be shown to; a page of another shop gets a refusal that says so, and cannot read even that. */
  async function shareWith(origin: string, programId: string, sharing: Sharing): Promise<void> {
    sharing.isSettled = true;
    if (!(await frame.origins.isAllowed(origin, programId))) throw originNotAllowed();
    sharing.header = origin;
  }

  /** Without a member the program is unknown: a refusal may be read by any shop's page. */
  async function knownOrigin(origin: string): Promise<string | null> {
    return (await frame.origins.isKnown(origin).catch(() => false)) ? origin : null;
  }

  function respond(answer: Answer, { sharing }: Route, allowedOrigin: string | null): Response {
    const headers: Record<string, string> = { ...frame.headers, ...answer.headers };
    headers['cache-control'] ??= 'no-store';
    if (sharing === 'open') {
      headers['access-control-allow-origin'] = '*';
      headers['access-control-expose-headers'] = 'ETag, Link';
      headers['cross-origin-resource-policy'] = 'cross-origin';
    } else if (sharing === 'shops') {
      headers['vary'] = headers['vary'] ? `${headers['vary']}, Origin` : 'Origin';
      if (allowedOrigin !== null) {
        headers['access-control-allow-origin'] = allowedOrigin;
        headers['access-control-expose-headers'] = 'ETag, Link';
      }
    }
    return new Response(answer.body, { status: answer.status, headers });
  }
}

/** Whether it is known which page may read the answer, and which. */
interface Sharing {
  isSettled: boolean;
  header: string | null;
}

/** A refusal as an answer; what is not an expected one is a bug or an outage, and goes to the log. */
export function refusalOf(error: unknown, route: Pick<Route, 'isOAuth'> | null, log: Log, label: string): Answer {
  const requestId = crypto.randomUUID();
  const refusal = error instanceof LoyaltyError ? error : unavailableOf(error);
  if (refusal !== error) log.error('request failed', error, { route: label, requestId });
  return refusal ? problemOf(refusal, requestId, route?.isOAuth) : internalProblem(requestId);
}

/** Answers what a browser asks before a page's call (Fetch, CORS-preflight). */
export function servePreflight(routes: readonly Route[], frame: Frame): (request: Request) => Promise<Response> {
  const methods = routes.map(({ method }) => method).join(', ');
  const isOpen = routes.some(({ sharing }) => sharing === 'open');
  const isShared = routes.some(({ sharing }) => sharing === 'shops');

  return async (request) => {
    const origin = request.headers.get('origin');
    const headers: Record<string, string> = {
      ...frame.headers,
      allow: `${methods}, OPTIONS`,
      'cache-control': 'no-store',
    };
    if (!isOpen) headers['vary'] = 'Origin';
    const isAllowed = isOpen || (isShared && origin !== null && (await frame.origins.isKnown(origin)));
    if (isAllowed) {
      headers['access-control-allow-origin'] = isOpen ? '*' : (origin as string);
      headers['access-control-allow-methods'] = methods;
      headers['access-control-allow-headers'] = 'Authorization, Content-Type, Idempotency-Key, If-None-Match';
      headers['access-control-max-age'] = String(PREFLIGHT_MAX_AGE_S);
    }
    return new Response(null, { status: 204, headers });
  };
}

export function originNotAllowed(): LoyaltyError {
  return new LoyaltyError('origin_not_allowed', "This page's origin is not one of the program's origins.");
}
