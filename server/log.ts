/** Least to most: nothing; what an operator must see; one line a request as well. */
export const LOG_LEVELS = ['silent', 'error', 'info'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Values of a log line. Never a person's data, a key, a token or a whole address: routes are named by their template. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Structured log: one JSON object a line. */
export interface Log {
  readonly isInfo: boolean;
  info(event: string, fields?: LogFields): void;
  /** A bug or a broken part. The stack stays in the log; callers learn only the request's id. */
  error(event: string, error: unknown, fields?: LogFields): void;
}

/** Lines wait until the turn's end, so that a burst of requests is one write. */
export function createLog(level: LogLevel, write: (text: string) => void = (text) => process.stdout.write(text)): Log {
  let lines: string[] = [];
  const put = (fields: object) => {
    lines.push(`${JSON.stringify(fields)}\n`);
    if (lines.length === 1) {
      setImmediate(() => {
        const text = lines.join('');
        lines = [];
        write(text);
      });
    }
  };
  return {
    isInfo: level === 'info',
    info(event, fields) {
      if (level === 'info') put({ time: new Date().toISOString(), level: 'info', event, ...fields });
    },
    error(event, error, fields) {
      if (level === 'silent') return;
      put({ time: new Date().toISOString(), level: 'error', event, ...fields, ...describe(error) });
    },
  };
}

/** Only what a stack says. A database error's other properties can hold row values, so they are left out. */
function describe(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = (error as { code?: unknown }).code;
  return {
    error: error.name,
    message: error.message,
    stack: error.stack,
    code: typeof code === 'string' ? code : undefined,
  };
}
