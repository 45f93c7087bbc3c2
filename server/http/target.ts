/** Path and query of a request's target, cut without parsing the rest of it. */
export interface Target {
  /** Percent-encoded as it came. */
  readonly path: string;
  readonly query: string;
}

/** Cuts a target: a path and query as a rule, a whole address where a client takes the server for a proxy. */
export function targetOf(target: string): Target {
  const origin = target.startsWith('/') ? target : pathOf(target);
  const fragment = origin.indexOf('#');
  const sent = fragment === -1 ? origin : origin.slice(0, fragment);
  const mark = sent.indexOf('?');
  return mark === -1 ? { path: sent, query: '' } : { path: sent.slice(0, mark), query: sent.slice(mark + 1) };
}

function pathOf(address: string): string {
  const scheme = address.indexOf('://');
  const start = scheme === -1 ? -1 : address.indexOf('/', scheme + 3);
  return start === -1 ? '/' : address.slice(start);
}

/** What never needs an escape, RFC 3986 2.3: letters, digits and `-._~`. */
const NEEDLESS_ESCAPE = /%(?:2d|2e|3\d|[46][1-9a-f]|[57][0-9a]|5f|7e)/gi;

/** The same path with its needless escapes taken away (RFC 3986 6.2.2.2), in case that a client escapes letters. */
export function withoutNeedlessEscapes(path: string): string {
  return path.replaceAll(NEEDLESS_ESCAPE, decodeURIComponent);
}
