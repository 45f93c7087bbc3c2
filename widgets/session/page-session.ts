import type { Account, TokenAnswer } from '../../shared/protocol/api.ts';
import { GRANT_JWT_BEARER } from '../../shared/protocol/names.ts';
import type { ApiAnswer, PageSession, SessionState } from './session.ts';

/** A token is given up this early, so that a call on its way does not arrive late. */
const RENEW_EARLY_S = 20;

/** Focus and visibility come in bursts; `refresh` itself is not held back. */
const LOOK_PAUSE_MS = 5_000;

/** A server that is silent for longer is treated as one that cannot be reached. */
const ANSWER_MS_MAX = 15_000;

/** Statuses from here on say “not now” (429 Too Many Requests, 5xx), not “no”. */
const NOT_NOW = 429;

export interface SessionSettings {
  readonly server: string;
  readonly program: string;
  /** Same-origin address that answers with the shop's JWT for its signed-in customer. */
  readonly memberUrl?: string | false | undefined;
  /** Such a JWT, when the page came with one; it serves once. */
  readonly jwt?: string | undefined;
}

/** The session, and what only `laurel.js` may do with it. */
export interface OwnedSession extends PageSession {
  /** Signs in with a JWT of the shop's, or out with `null`; never rejects. */
  identify(jwt: string | null): Promise<void>;
  /** Refreshes what is shown, if the shopper sees the page and the last look is some time ago. */
  lookAgain(): void;
}

interface Answer extends ApiAnswer {
  readonly etag: string | null;
}

/** A page that is prerendered is seen by nobody yet: nothing is asked in a member's name. */
const activated = (): unknown =>
  (document as { prerendering?: boolean }).prerendering &&
  new Promise((resolve) => {
    document.addEventListener('prerenderingchange', resolve);
  });

/** What is shown cannot be confirmed now; it is no longer a fact, and not yet false. */
function unconfirmed(): never {
  throw new Error();
}

/** Opens the session; nothing is asked of anybody before `refresh`, `identify` or `post`. */
export function openSession({ server, program, memberUrl, jwt }: SessionSettings): OwnedSession {
  // Taken once: pages replace these while they run.
  const { fetch } = window;
  const { parse, stringify } = JSON;
  const listeners = new Set<(state: SessionState) => void>();
  const cacheKey = `laurel:${program}`;
  let state: SessionState = { account: null, stale: false };
  let nextJwt: string | null | undefined = jwt;
  let token: string | null = null;
  let tokenEndsAt = 0;
  let etag: string | null = null;
  /** The shop's id of its customer, so that one never sees what another saw. */
  let customer: unknown;
  let queue: Promise<unknown> = Promise.resolve();
  let lookedAt = Date.now();

  /** JSON whose objects have no prototype: what the server did not send is missing, whatever the page did. */
  const read = (text: string): unknown =>
    parse(text, (_, value: unknown): unknown =>
      value && typeof value === 'object' && !Array.isArray(value) ? Object.setPrototypeOf(value, null) : value,
    );

  /** Elements look at each fact before they show it; here it only matters whose account it is. */
  const isAccount = (value: Account | null | undefined): value is Account => value?.program === program;

  function publish(account: Account | null, stale: boolean): void {
    state = { account, stale };
    for (const listener of listeners) listener(state);
  }

  function remember(seen: unknown): void {
    try {
      sessionStorage.setItem(cacheKey, stringify(seen));
    } catch {
      // Storage may be full or forbidden; the number then comes a moment later.
    }
  }

  /** A fact from the server: shown, and kept for the next page of this session. */
  function confirm({ etag: tag }: Answer, account: Account | undefined): void {
    if (!isAccount(account)) unconfirmed();
    etag = tag;
    publish(account, false);
    remember([customer, account]);
  }

  function signOut(): void {
    token = null;
    remember([]);
    publish(null, false);
  }

  /** Learns who the JWT is about, and shows what that customer saw last in this session, marked, meanwhile. */
  function recognize(assertion: string): void {
    try {
      const { sub } = read(atob(assertion.split('.')[1]?.replace(/-/g, '+').replace(/_/g, '/') ?? '')) as {
        sub: string;
      };
      if (sub === customer && state.account) return;
      customer = sub;
      etag = null;
      const [owner, account] = read(sessionStorage.getItem(cacheKey) ?? '') as [string, Account];
      const isTheirs = owner === sub && isAccount(account);
      publish(isTheirs ? account : null, isTheirs);
    } catch {
      if (state.account) publish(null, false);
    }
  }

  async function ask(url: string, init?: RequestInit): Promise<Response> {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX), ...init });
    if (response.status >= NOT_NOW) unconfirmed();
    return response;
  }

  async function call(path: string, init?: RequestInit): Promise<Answer> {
    const response = await ask(server + path, { credentials: 'omit', ...init });
    const text = await response.text();
    return { status: response.status, data: text && read(text), etag: response.headers.get('etag') };
  }

  /** A fresh JWT from the shop; empty when nobody is signed in. */
  async function askShop(url: string): Promise<string> {
    const response = await ask(url, { cache: 'no-store' });
    return response.ok ? (await response.text()).trim() : '';
  }

  /** A token that still holds; `null` when nobody is signed in. */
  async function accessToken(): Promise<string | null> {
    if (token && Date.now() < tokenEndsAt) return token;
    token = null;
    await activated();
    const given = nextJwt;
    nextJwt = null;
    // A page that was left open may have no way to ask: that says nothing about who is signed in.
    if (!given && !memberUrl && state.account) unconfirmed();
    const assertion = given || (memberUrl && (await askShop(memberUrl)));
    if (assertion) {
      recognize(assertion);
      const body = new URLSearchParams({ grant_type: GRANT_JWT_BEARER, assertion });
      const answer = await call('/oauth/token', { method: 'POST', body });
      if (answer.status === 200) {
        const { access_token, expires_in, account } = answer.data as TokenAnswer;
        token = access_token;
        tokenEndsAt = Date.now() + (expires_in - RENEW_EARLY_S) * 1000;
        confirm(answer, account);
        return token;
      }
      // A JWT that came with the page is used up when the browser shows a kept copy: the shop then gives another.
      if (given && memberUrl) return accessToken();
    }
    signOut();
    return null;
  }

  /** Calls as the member, once more with a new token when the old one is refused; `null` when nobody is signed in. */
  async function asMember(
    path: string,
    headers: Record<string, string>,
    body?: string,
    isLast?: boolean,
  ): Promise<Answer | null> {
    const bearer = await accessToken();
    if (!bearer) return null;
    const answer = await call(path, {
      headers: { ...headers, Authorization: `Bearer ${bearer}` },
      ...(body && { method: 'POST', body }),
    });
    if (isLast || answer.status !== 401) return answer;
    token = null;
    return asMember(path, headers, body, true);
  }

  async function update(): Promise<void> {
    const before = token;
    // The answer that brings a new token brings the account along.
    if (!(await accessToken()) || token !== before) return;
    const answer = await asMember('/v1/me', etag ? { 'If-None-Match': etag } : {});
    if (answer?.status === 304) publish(state.account, false);
    else if (answer?.status === 200) confirm(answer, answer.data as Account);
    else if (answer) signOut();
  }

  /** One after another: two at once would use one JWT twice. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = queue.then(work);
    queue = result.catch(() => {});
    return result;
  }

  /** In turn; what is shown stays, marked with its time, when it cannot be confirmed. */
  const inTurnSafely = (work: () => Promise<void>): Promise<void> =>
    inTurn(work).catch(() => publish(state.account, !!state.account));

  const refresh = () => inTurnSafely(update);

  return {
    server,
    program,
    call,
    refresh,
    lookAgain() {
      if (document.hidden || !state.account || Date.now() - lookedAt < LOOK_PAUSE_MS) return;
      lookedAt = Date.now();
      void refresh();
    },
    subscribe(listener) {
      listeners.add(listener);
      listener(state);
      return () => listeners.delete(listener);
    },
    asMember: (path, headers, body) => inTurn(() => asMember(path, headers, body)),
    identify: (jwt) =>
      inTurnSafely(async () => {
        token = null;
        nextJwt = jwt;
        if (!jwt) signOut();
        else await accessToken();
      }),
  };
}
