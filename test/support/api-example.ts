/** What one example of docs/api.md says, and what the test of it holds the server to. */
export interface ApiExample {
  /** Name of the route. */
  readonly operation: string;
  /** What one should know before it. */
  readonly note?: string;
  /** Parameters of the path besides `program`. `$NAME` stands for what an earlier answer gave, here and everywhere below. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Variable with the bearer token; the merchant's key or the page's token, as the route wants it, where absent. */
  readonly bearer?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A JSON body, or the name of a file that holds one. */
  readonly body?: object | `@${string}`;
  readonly form?: Readonly<Record<string, string>>;
  /** Made before the call: as a shell says it, and what comes of that. */
  readonly before?: Preparation;
  readonly status: number;
  /** What matters in the answer: these fields of a JSON body (`…` is any text), or a text that it contains. */
  readonly answer?: object | string;
  /** Where in the answer values are for later: `{NAME: 'path.to.it'}`. */
  readonly keep?: Readonly<Record<string, string>>;
  /** The answer goes on for as long as somebody listens. */
  readonly isStream?: true;
  /** Comes true a moment later: what the server's jobs do. */
  readonly isEventual?: true;
}

export interface Preparation {
  readonly shell: string;
  make(values: Values): Promise<Values> | Values;
}

/** Variables by name. */
export type Values = Readonly<Record<string, string>>;
