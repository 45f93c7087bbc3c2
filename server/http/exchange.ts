import type { Body } from './route.ts';

/** A request, whichever front it came in by. */
export interface Incoming {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  /** Address at the other end of the connection, where there is one. */
  readonly peer: string | undefined;
  /** A header by its name in small letters. */
  header(name: string): string | undefined;
  /** Reads the body, which may be done once. @throws {LoyaltyError} `payload_too_large`, `invalid_request`. */
  readBody(): Promise<Buffer> | Buffer;
}

/** An answer as it goes out: both fronts send it as it is. */
export interface Reply {
  readonly status: number;
  /** Names and values in turn, as `node:http` takes them. */
  readonly headers: readonly string[];
  readonly body: Body;
}

/** Answers every request: a refusal or a fault is an answer too. */
export type Serve = (incoming: Incoming) => Promise<Reply>;
