import type { Reply } from './exchange.ts';
import { createReplier } from './reply.ts';
import type { Route } from './route.ts';
import type { Frame, Matched } from './serve-route.ts';

/** Seconds for which a browser may remember a preflight's answer: the most that Chromium accepts. */
const PREFLIGHT_MAX_AGE_S = 7_200;

/** Answers what a browser asks before a page's call (Fetch, CORS-preflight), for all routes of a path. */
export function servePreflight(routes: readonly Route[], frame: Frame): (request: Matched) => Promise<Reply> {
  const methods = routes.map(({ method }) => method).join(', ');
  const isOpen = routes.some(({ sharing }) => sharing === 'open');
  const isShared = routes.some(({ sharing }) => sharing === 'shops');
  const reply = createReplier({
    headers: { ...frame.headers, allow: `${methods}, OPTIONS`, ...(!isOpen && { vary: 'Origin' }) },
  });

  return async ({ incoming }) => {
    const origin = incoming.header('origin');
    const headers: Record<string, string> = {};
    const isAllowed = isOpen || (isShared && origin !== undefined && (await frame.origins.isKnown(origin)));
    if (isAllowed) {
      headers['access-control-allow-origin'] = isOpen ? '*' : (origin as string);
      headers['access-control-allow-methods'] = methods;
      headers['access-control-allow-headers'] = 'Authorization, Content-Type, Idempotency-Key, If-None-Match';
      headers['access-control-max-age'] = String(PREFLIGHT_MAX_AGE_S);
    }
    return reply({ status: 204, body: null, headers }, incoming);
  };
}
