import type { Account } from '../../shared/protocol/api.ts';
import { GRANT_JWT_BEARER } from '../../shared/protocol/names.ts';
import type { PageSession, SessionState } from './session.ts';

// Taken once: pages replace these while they run.
const fetchNow = fetch.bind(window);
const { parse, stringify } = JSON;
const { setPrototypeOf } = Object;
const { isSafeInteger } = Number;
const { isArray } = Array;

/** A token is given up this early, so that a call on its way does not arrive late. */
const RENEW_EARLY_S = 20;

/** A server that is silent for longer is treated as one that cannot be reached. */
const ANSWER_MS_MAX = 15_000;

export interface SessionSettings {
  readonly server: string;
  readonly program: string;
  /** Same-origin address that answers with the shop's JWT for its signed-in customer. */
  readonly memberUrl: string | null;
  /** Such a JWT, when the page came with one; it serves once. */
  readonly jwt: string | null;
}

/** The session, and what only `laurel.js` may do with it. */
export interface OwnedSession extends PageSession {
  /** Signs in with a JWT of the shop's, or out with `null`; never rejects. */
  identify(jwt: string | null): Promise<void>;
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server said; it is checked before it is shown.
  readonly data: any;
  readonly etag: string | null;
}

/** JSON whose objects have no prototype: a property that the server did not send is missing, whatever the page did. */
const read = (text: string) =>
  parse(text, (_, value) =>
    value && typeof value === 'object' && !isArray(value) ? setPrototypeOf(value, null) : value,
  );

const isAccount = (value: Account | null | undefined, program: string): value is Account =>
  value?.program === program && isSafeInteger(value.seq) && isSafeInteger(value.balance?.available);

/** A page that is prerendered is seen by nobody yet: nothing is asked in a member's name. */
const activated = (): Promise<unknown> =>
  new Promise<unknown>((resolve) => {
    if ((document as { prerendering?: boolean }).prerendering)
      document.addEventListener('prerenderingchange', resolve, { once: true });
    else resolve(null);
  });

/** Opens the session; nothing is asked of anybody before `refresh`, `identify` or `post`. */
export function openSession({ server, program, memberUrl, jwt }: SessionSettings): OwnedSession {
  const listeners = new Set<(state: SessionState) => void>();
  const cacheKey = `laurel:${program}`;
  let state: SessionState = { account: null, stale: false };
  let nextJwt = jwt;
  let token: string | null = null;
  let tokenEndsAt = 0;
  let etag: string | null = null;
  /** The shop's id of its customer, so that one never sees what another saw. */
  let customer: unknown;
  let queue: Promise<unknown> = Promise.resolve();

  function publish(account: Account | null, stale: boolean): void {
    state = { account, stale };
    for (const listener of listeners) {
      try {
        listener(state);
      } catch {
        // One element's trouble is not the others'.
      }
    }
  }

  function remember(text: string): void {
    try {
      sessionStorage.setItem(cacheKey, text);
    } catch {
      // Storage may be full or forbidden; the number then comes a moment later.
    }
  }

  /** A fact from the server: shown, and kept for the next page of this session. */
  function confirm({ data, etag: tag }: Answer, account: Account): void {
    if (!isAccount(account, program)) throw data;
    etag = tag;
    publish(account, false);
    remember(stringify([customer, account]));
  }

  function signOut(): void {
    token = null;
    remember('');
    publish(null, false);
  }

  /** Learns who the JWT is about, and shows what that customer saw last in this session, marked, meanwhile. */
  function recognize(assertion: string): void {
    try {
      const { sub } = read(atob(assertion.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')));
      if (sub === customer && state.account) return;
      customer = sub;
      etag = null;
      const seen = read(sessionStorage.getItem(cacheKey)!);
      const isOurs = seen && seen[0] === sub && isAccount(seen[1], program);
      publish(isOurs ? seen[1] : null, !!isOurs);
    } catch {
      if (state.account) publish(null, false);
    }
  }

  async function call(path: string, init?: RequestInit): Promise<Answer> {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const response = await fetchNow(server + path, { credentials: 'omit', signal, ...init });
    const text = await response.text();
    if (response.status >= 500) throw response;
    return { status: response.status, data: text ? read(text) : null, etag: response.headers.get('etag') };
  }

  /** The customer's JWT: the one at hand, or a fresh one from the shop; `null` when nobody is signed in. */
  async function takeJwt(): Promise<string | null> {
    const given = nextJwt;
    nextJwt = null;
    if (given || !memberUrl) return given;
    const response = await fetchNow(memberUrl, { cache: 'no-store' });
    if (response.status >= 500) throw response;
    return response.ok ? (await response.text()).trim() : null;
  }

  /** A token that still holds; `null` when nobody is signed in. */
  async function accessToken(): Promise<string | null> {
    if (token && Date.now() < tokenEndsAt) return token;
    token = null;
    await activated();
    // A JWT that came with the page may be used up, when the browser shows a kept copy: the shop then gives another.
    for (let tries = nextJwt ? 2 : 1; tries && !token; tries--) {
      const assertion = await takeJwt();
      if (!assertion) break;
      recognize(assertion);
      const answer = await call('/oauth/token', {
        method: 'POST',
        body: new URLSearchParams({ grant_type: GRANT_JWT_BEARER, assertion }),
      });
      if (answer.status === 200) {
        token = answer.data.access_token;
        tokenEndsAt = Date.now() + (answer.data.expires_in - RENEW_EARLY_S) * 1000;
        confirm(answer, answer.data.account);
      }
    }
    if (!token) signOut();
    return token;
  }

  /** Calls as the member, once more with a new token when the old one is refused; `null` when nobody is signed in. */
  async function asMember(path: string, headers: Record<string, string>, body?: string): Promise<Answer | null> {
    for (let tries = 2; ; ) {
      const bearer = await accessToken();
      if (!bearer) return null;
      const answer = await call(path, {
        method: body ? 'POST' : 'GET',
        headers: { ...headers, Authorization: `Bearer ${bearer}` },
        ...(body && { body }),
      });
      if (answer.status !== 401 || !--tries) return answer;
      token = null;
    }
  }

  async function update(): Promise<void> {
    const hadToken = token && Date.now() < tokenEndsAt;
    // The answer that brings a token brings the account along.
    if (!hadToken || !state.account) return void (await accessToken());
    const answer = await asMember('/v1/me', etag ? { 'If-None-Match': etag } : {});
    if (answer?.status === 304) publish(state.account, false);
    else if (answer?.status === 200) confirm(answer, answer.data);
    else if (answer) signOut();
  }

  /** One after another: two at once would use one JWT twice. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = queue.then(work);
    queue = result.catch(() => {});
    return result;
  }

  /** In turn; what is shown stays, marked with its time, when it cannot be confirmed. */
  const inTurnSafely = (work: () => Promise<unknown>): Promise<void> =>
    inTurn(work).then(
      () => {},
      () => publish(state.account, !!state.account),
    );

  return {
    server,
    program,
    call,
    get state() {
      return state;
    },
    refresh: () => inTurnSafely(update),
    subscribe(listener) {
      listeners.add(listener);
      listener(state);
      return () => listeners.delete(listener);
    },
    post: (path, body, idempotencyKey) =>
      inTurn(() =>
        asMember(
          path,
          { 'Content-Type': 'application/json', ...(idempotencyKey && { 'Idempotency-Key': idempotencyKey }) },
          stringify(body),
        ),
      ),
    identify: (jwt) =>
      inTurnSafely(async () => {
        token = null;
        nextJwt = jwt;
        if (jwt) await accessToken();
        else signOut();
      }),
  };
}
