import { METHOD_NAME_ALL } from 'hono/router';
import { RegExpRouter } from 'hono/router/reg-exp-router';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Incoming, Reply, Serve } from './exchange.ts';
import { servePreflight } from './preflight.ts';
import { createReplier } from './reply.ts';
import type { Route } from './route.ts';
import { type Frame, type Matched, refusalOf, serveRoute } from './serve-route.ts';
import { targetOf, withoutNeedlessEscapes } from './target.ts';

/** What is at one path. */
interface Place {
  readonly serves: ReadonlyMap<string, (request: Matched) => Promise<Reply>>;
  readonly allow: string;
}

interface Found {
  readonly place: Place;
  readonly params: Matched['params'];
}

/** Serves a table of routes: finds the one that is asked for, and tells a wrong address from a wrong method. */
export function createDispatcher(routes: readonly Route[], frame: Frame): Serve {
  // One entry a path, whatever the method: the place knows its methods.
  const router = new RegExpRouter<Place>();
  // Asked first, since this router cannot hold a word beside a parameter in the same place.
  const literal = new RegExpRouter<Place>();
  const places = Map.groupBy(routes, ({ path }) => path);
  let routers = [router];
  for (const [path, routesHere] of places) {
    const isLiteral = [...places.keys()].some((other) => hasWordFor(other, path));
    if (isLiteral) routers = [literal, router];
    const at = isLiteral ? literal : router;
    at.add(METHOD_NAME_ALL, path.replaceAll(/\{(\w+)\}/g, ':$1'), placeOf(routesHere, frame));
  }
  const reply = createReplier(frame);

  function find(path: string): Found | null {
    for (const at of routers) {
      const [[found], parts] = at.match(METHOD_NAME_ALL, path);
      if (!found) continue;
      const [place, indexes] = found;
      const params: Record<string, string> = {};
      for (const name in indexes) params[name] = parts?.[indexes[name] as number] as string;
      return { place, params };
    }
    return null;
  }

  async function refuse({ method }: Incoming, error: LoyaltyError, headers?: { readonly allow: string }) {
    const refusal = refusalOf(error, null, frame.log, 'unrouted');
    return reply({ ...refusal, headers: { ...refusal.headers, ...headers } }, { method });
  }

  return (incoming) => {
    const { path, query } = targetOf(incoming.target);
    const found = find(path) ?? (path.includes('%') ? find(withoutNeedlessEscapes(path)) : null);
    if (!found) return refuse(incoming, new LoyaltyError('not_found', 'There is nothing at this address.'));
    const { place, params } = found;
    const serve = place.serves.get(incoming.method);
    if (serve) return serve({ incoming, params, query });
    const { allow } = place;
    return refuse(incoming, new LoyaltyError('method_not_allowed', `This address takes ${allow}.`), { allow });
  };
}

/** Whether `path` has a word where `other`, alike up to there, has a parameter. */
function hasWordFor(other: string, path: string): boolean {
  const [patterns, parts] = [other.split('/'), path.split('/')];
  const index = parts.findIndex((part, at) => part !== patterns[at]);
  return patterns[index]?.startsWith('{') === true && parts[index]?.startsWith('{') === false;
}

function placeOf(routes: readonly Route[], frame: Frame): Place {
  const serves = new Map([['OPTIONS', servePreflight(routes, frame)]]);
  for (const route of routes) {
    const serve = serveRoute(route, frame);
    serves.set(route.method, serve);
    if (route.method === 'GET') serves.set('HEAD', serve);
  }
  return { serves, allow: [...routes.map(({ method }) => method), 'OPTIONS'].join(', ') };
}
