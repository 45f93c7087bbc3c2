import { join } from 'node:path';
import { SignJWT } from 'jose';
import * as v from 'valibot';
import { type App, createApp } from '../../server/app.ts';
import type { Database } from '../../server/database/database.ts';
import { migrate } from '../../server/database/migrate.ts';
import { MIGRATIONS } from '../../server/database/migrations.ts';
import { openDatabase } from '../../server/database/open.ts';
import { textStatement } from '../../server/database/statement.ts';
import { errorCodesOf } from '../../server/http/openapi.ts';
import type { Route } from '../../server/http/route.ts';
import type { KeyPair } from '../../server/identity/program-keys.ts';
import { createLog } from '../../server/log.ts';
import type { Services } from '../../server/routes/services.ts';
import { createServices, type ServiceOptions } from '../../server/services.ts';
import { applyProgram } from '../../server/start.ts';
import { ERROR_STATUS, type LoyaltyErrorCode } from '../../shared/domain/errors.ts';
import type { Problem, TokenAnswer } from '../../shared/protocol/api.ts';
import { GRANT_JWT_BEARER } from '../../shared/protocol/names.ts';
import { problemSchema } from '../../shared/protocol/schemas.ts';
import { emptyStore, program as plainProgram, type Store } from './ledger.ts';

export const ISSUER = 'https://points.test';
export const SHOP = 'https://shop.example';
export const SECRET = 'Zk3vQm9Lw2RtY7uPa5NsXc8BdEfHj4Gi6oTqVn0WyA1';
export const START = Date.parse('2026-03-31T12:00:00Z');

/** The plain program with a survey. */
export const program = { ...plainProgram, surveys: [{ id: 'post-purchase', kind: 'nps', repeatAfterDays: 90 }] };
export const PROGRAM = program.id;

/** A second merchant on the same server. */
export const otherProgram = {
  ...program,
  id: 'org.other.points',
  name: { en: 'Other Points' },
  origins: ['https://other.example'],
};

/** An answer that was checked against its route's declaration. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON. */
  readonly body: unknown;
}

export interface TestServer {
  readonly app: App;
  readonly services: Services;
  readonly database: Database;
  /** Keys of {@link program}. */
  readonly keys: KeyPair;
  /** Keys of {@link otherProgram}. */
  readonly otherKeys: KeyPair;
  /** Every line that the server logged. */
  readonly log: string[];
  now(): number;
  setNow(instant: number): void;
  /** Sends a request, and checks that the answer is one that the route declares. */
  request(path: string, init?: RequestInit): Promise<Answered>;
  /** A call with a JSON body; `bearer` absent means none. */
  call(method: string, path: string, body?: unknown, bearer?: string, headers?: HeadersInit): Promise<Answered>;
  /** A call of {@link program}'s merchant. */
  merchant(method: string, path: string, body?: unknown, headers?: HeadersInit): Promise<Answered>;
  /** A shop's JWT for its customer; `claims` replace or (as `undefined`) remove the usual ones. */
  shopToken(customerId: string, claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  /** An access token of a shop page. */
  signIn(customerId: string): Promise<TokenAnswer>;
  /** Rows by table. */
  counts(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

/** A server on an empty store, with two programs and a clock that stands still. */
export async function openServer(
  store: Store = 'sqlite',
  options: {
    widgets?: string;
    limits?: NonNullable<ServiceOptions['limits']>;
    webhooks?: NonNullable<ServiceOptions['webhooks']>;
  } = {},
): Promise<TestServer> {
  let now = START;
  let tokenCount = 0;
  const clock = () => now;
  const place = await emptyStore(store);
  const database = await openDatabase(place.url);
  await migrate(database, now);
  const services = await createServices({
    database,
    secret: SECRET,
    issuer: ISSUER,
    clock,
    widgetsDirectory: options.widgets ?? join(import.meta.dirname, 'no-such-folder'),
    ...(options.limits && { limits: options.limits }),
    ...(options.webhooks && { webhooks: options.webhooks }),
  });
  const lines: string[] = [];
  const app = createApp(
    services,
    createLog('info', (text) => lines.push(text)),
  );
  const keys = (await applyProgram(services, program)).keys as KeyPair;
  const otherKeys = (await applyProgram(services, otherProgram)).keys as KeyPair;

  const server: TestServer = {
    app,
    services,
    database,
    keys,
    otherKeys,
    log: lines,
    now: clock,
    setNow(instant) {
      now = instant;
    },
    async request(path, init) {
      const response = await app.request(`${ISSUER}${path}`, init);
      const text = await textOf(response);
      const answered = { status: response.status, headers: response.headers, text, body: jsonOf(text) };
      checkAnswer(routeOf(app.routes, init?.method ?? 'GET', path), answered);
      return answered;
    },
    call(method, path, body, bearer, headers) {
      const sent = new Headers(headers);
      if (bearer !== undefined) sent.set('authorization', `Bearer ${bearer}`);
      if (body !== undefined && !sent.has('content-type')) sent.set('content-type', 'application/json');
      return server.request(path, { method, headers: sent, ...(body !== undefined && { body: JSON.stringify(body) }) });
    },
    merchant: (method, path, body, headers) =>
      server.call(method, `/v1/programs/${PROGRAM}${path}`, body, keys.secretKey, headers),
    shopToken(customerId, claims = {}, header = {}) {
      const seconds = Math.floor(now / 1000);
      const usual = {
        iss: PROGRAM,
        aud: ISSUER,
        sub: customerId,
        iat: seconds,
        exp: seconds + 300,
        jti: `jti-${++tokenCount}`,
      };
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg: 'HS256', kid: keys.memberKeyId, ...header })
        .sign(new TextEncoder().encode(keys.memberKey));
    },
    async signIn(customerId) {
      const answer = await server.request(
        '/oauth/token',
        form({ grant_type: GRANT_JWT_BEARER, assertion: await server.shopToken(customerId) }),
      );
      if (answer.status !== 200) throw new Error(`sign-in failed: ${answer.text}`);
      return answer.body as TokenAnswer;
    },
    counts: () => countRows(database),
    async close() {
      await database.close();
      await place.remove();
    },
  };
  return server;
}

/** A form-encoded POST. */
export function form(fields: Record<string, string>, headers?: Record<string, string>): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields), ...(headers && { headers }) };
}

export function problemOf(answered: Answered): Problem {
  return answered.body as Problem;
}

/** The pointers of a problem's faults. */
export function pointersOf(answered: Answered): string[] {
  return (problemOf(answered).errors ?? []).map(({ pointer }) => pointer);
}

/** The declared route of a request; `undefined` where none is. */
export function routeOf(routes: readonly Route[], method: string, path: string): Route | undefined {
  const { pathname } = new URL(path, ISSUER);
  return routes.find((route) => {
    const pattern = route.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
    return route.method === (method === 'HEAD' ? 'GET' : method) && new RegExp(`^${pattern}$`).test(pathname);
  });
}

/** @throws {Error} when an answer is not one that its route declares, whole: no field more, none less. */
export function checkAnswer(route: Route | undefined, answered: Answered): void {
  const { status, headers, body, text } = answered;
  const describe = `${route ? `${route.method} ${route.path}` : 'no route'}: ${status} ${text.slice(0, 500)}`;
  if (status >= 500 && status !== 503) throw new Error(`a fault of the server: ${describe}`);
  if (status >= 400) {
    const problem = v.parse(v.looseObject(problemSchema.entries), body);
    const isOAuth = headers.get('content-type')?.startsWith('application/json') === true;
    if (!isOAuth && headers.get('content-type') !== 'application/problem+json')
      throw new Error(`media type: ${describe}`);
    const code = problem.code as LoyaltyErrorCode;
    if (problem.status !== status || (!isOAuth && ERROR_STATUS[code] !== status))
      throw new Error(`status: ${describe}`);
    if (route && !errorCodesOf(route).has(code)) throw new Error(`undeclared code: ${describe}`);
    return;
  }
  if (!route || status === 204) return;
  const shape = route.answers[status];
  if (!shape) throw new Error(`undeclared status: ${describe}`);
  if (!shape.schema) return;
  const result = v.safeParse(shape.schema, body);
  if (!result.success) throw new Error(`undeclared body: ${describe} ${JSON.stringify(v.flatten(result.issues))}`);
  if (JSON.stringify(result.output).length !== JSON.stringify(body).length)
    throw new Error(`undeclared fields: ${describe}`);
}

/** A body's text; of one that goes on, what it begins with. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const TABLES = (
  MIGRATIONS.flatMap(({ statements }) => statements)
    .join('\n')
    .match(/CREATE TABLE \w+/g) ?? []
).map((found) => found.slice('CREATE TABLE '.length));
const rowCounts = textStatement(
  `SELECT ${TABLES.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`).join(', ')}`,
);

async function countRows(database: Database): Promise<Record<string, number>> {
  const [row] = await database.all(rowCounts, {});
  return { ...(row as Record<string, number>) };
}
