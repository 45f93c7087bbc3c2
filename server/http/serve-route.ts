import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Caller } from '../identity/access-tokens.ts';
import { type Asker, isBadCredential, type Limits, limitHeaders } from '../limits/limits.ts';
import type { Log } from '../log.ts';
import { type Authority, authorize } from './authorize.ts';
import type { Incoming, Reply } from './exchange.ts';
import { type Origins, originNotAllowed } from './origins.ts';
import { internalProblem, problemOf, unavailableOf } from './problem.ts';
import { bodyReader, paramsReader, queryReader, readIdempotencyKey } from './read-call.ts';
import { createReplier, EXPOSED_HEADERS } from './reply.ts';
import type { Answer, Call, Route } from './route.ts';

/** What every route is served with. */
export interface Frame {
  readonly authority: Authority;
  readonly origins: Origins;
  readonly log: Log;
  readonly limits: Limits;
  /** Sent with every answer. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A request whose route is found. */
export interface Matched {
  readonly incoming: Incoming;
  /** Parts of the path by their names, percent-encoded as they came. */
  readonly params: Readonly<Record<string, string>>;
  /** What follows the `?`; empty without one. */
  readonly query: string;
}

const OPEN_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': EXPOSED_HEADERS,
  'cross-origin-resource-policy': 'cross-origin',
} as const;

/** Serves one route: who calls, what was sent, the handler, and what every answer carries. */
export function serveRoute(route: Route, frame: Frame): (request: Matched) => Promise<Reply> {
  const label = `${route.method} ${route.path}`;
  const readParams = paramsReader(route.params);
  const readQuery = queryReader(route.query);
  const readBody = bodyReader(route);
  const limits = frame.limits.of(route);
  const reply = createReplier({
    headers: route.sharing === 'open' ? { ...frame.headers, ...OPEN_HEADERS } : frame.headers,
    variesByOrigin: route.sharing === 'shops',
  });

  return async (request) => {
    const startedAt = frame.log.isInfo ? performance.now() : 0;
    const { incoming } = request;
    const origin = route.sharing === 'shops' ? incoming.header('origin') : undefined;
    const sharing: Sharing = { isSettled: false, reader: null };
    const asker: Asker = { address: frame.limits.addressOf(incoming.peer, incoming.header('x-forwarded-for')) };
    let answer: Answer;
    try {
      answer = await answerOf(request, asker, origin, sharing);
    } catch (error) {
      if (isBadCredential(error)) limits.refuse(asker);
      answer = refusalOf(error, route, frame.log, label);
    }
    if (origin !== undefined && !sharing.isSettled) sharing.reader = await knownOrigin(origin);
    if (frame.log.isInfo) {
      frame.log.info('request', {
        route: label,
        status: answer.status,
        ms: Math.round((performance.now() - startedAt) * 100) / 100,
      });
    }
    return reply(answer, { method: incoming.method, reader: sharing.reader });
  };

  async function answerOf(
    { incoming, params: rawParams, query }: Matched,
    asker: Asker,
    origin: string | undefined,
    sharing: Sharing,
  ): Promise<Answer> {
    const params = readParams(rawParams);
    const arrived = limits.arrive(asker, params['program']);
    const caller = await authorize(frame.authority, route.access, incoming.header('authorization'), params['program']);
    const standing = limits.admit(params['program'], caller) ?? arrived;
    if (origin !== undefined && caller) await shareWith(origin, caller.programId, sharing);
    const call: Call<unknown, unknown, unknown, Caller | null> = {
      params,
      query: readQuery(query),
      idempotencyKey: readIdempotencyKey(route.idempotencyKey, incoming.header('idempotency-key')),
      body: readBody === null ? null : await readBody(incoming),
      caller,
      origin,
      address: asker.address,
      header: (name) => incoming.header(name),
    };
    const answer = await route.handle(call as Call<never, never, never, never>);
    const told = limitHeaders(standing);
    return told ? { ...answer, headers: { ...answer.headers, ...told } } : answer;
  }

  /** Whom this answer may be shown to; a page of another shop gets a refusal that says so, and cannot read even that. */
  async function shareWith(origin: string, programId: string, sharing: Sharing): Promise<void> {
    sharing.isSettled = true;
    if (!(await frame.origins.isAllowed(origin, programId))) throw originNotAllowed();
    sharing.reader = origin;
  }

  /** Without a member the program is unknown: a refusal may be read by any shop's page. */
  async function knownOrigin(origin: string): Promise<string | null> {
    return (await frame.origins.isKnown(origin).catch(() => false)) ? origin : null;
  }
}

/** Whether it is known which page may read the answer, and which. */
interface Sharing {
  isSettled: boolean;
  reader: string | null;
}

/** A refusal as an answer; what is not an expected one is a bug or an outage, and goes to the log. */
export function refusalOf(error: unknown, route: Pick<Route, 'isOAuth'> | null, log: Log, label: string): Answer {
  const requestId = crypto.randomUUID();
  const refusal = error instanceof LoyaltyError ? error : unavailableOf(error);
  if (refusal !== error) log.error('request failed', error, { route: label, requestId });
  return refusal ? problemOf(refusal, requestId, route?.isOAuth) : internalProblem(requestId);
}
