import type { Account } from '../../shared/protocol/api.ts';

/** What the page knows about its member. */
export interface SessionState {
  /** `null` while unknown, when nobody is signed in and when the server refused. */
  readonly account: Account | null;
  /** `account` is the last one seen and not confirmed since: show it with its time, or not at all. */
  readonly stale: boolean;
}

/** The answer to a call; `data` has no prototypes, so that only what the server sent can be read. */
export interface ApiAnswer {
  readonly status: number;
  readonly data: unknown;
}

/** One per page, shared by all elements: the only part that talks to the server. */
export interface PageSession {
  /** Base address of the Laurel server, without a slash at the end. */
  readonly server: string;
  /** Id of the program, such as `com.example.rewards`. */
  readonly program: string;
  /** Calls `listener`, which must not throw, at once with what is known, then at every change, until the returned function is called. */
  subscribe(listener: (state: SessionState) => void): () => void;
  /** Calls the server as anybody; rejects when it cannot be reached. */
  call(path: string): Promise<ApiAnswer>;
  /** Calls as the member, with POST where there is a body; `null` when nobody is signed in, rejects as `call` does. */
  asMember(path: string, headers: Record<string, string>, body?: string): Promise<ApiAnswer | null>;
  /** Asks the server for the account, again if need be; never rejects. */
  refresh(): Promise<void>;
}
