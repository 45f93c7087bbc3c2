import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { routesOf } from '../../server/app.ts';
import type { Route } from '../../server/http/route.ts';
import { createLog } from '../../server/log.ts';
import { startServer } from '../../server/start.ts';
import { commandOf, variableOfBearer } from './api-command.ts';
import type { ApiExample, Values } from './api-example.ts';
import { EXAMPLES_AT, SHOP_TOKEN_SCRIPT } from './api-preparations.ts';
import { apiDraft, apiProgram } from './api-program.ts';
import { type Answered, checkAnswer } from './server.ts';
import { startReceiver } from './webhook-receiver.ts';

/** A server of its own on an empty store, and what the examples know at each moment. */
export interface Story extends Knowledge {
  readonly routes: readonly Route[];
  /** Where the server listens. */
  readonly url: string;
  /** The folder with the examples' files. */
  readonly folder: string;
  close(): Promise<void>;
}

/** What the examples' variables stand for. */
export interface Knowledge {
  readonly values: Values;
  remember(values: Values): void;
}

/** How a call is made: by `fetch`, or by the very command of the document. */
export type Caller = (story: Story, example: ApiExample, route: Route) => Promise<Answered>;

const METRICS_TOKEN = 'a token for the monitoring system of the examples';

export async function openStory(): Promise<Story> {
  const folder = await mkdtemp(join(tmpdir(), 'laurel-api-'));
  await mkdir(join(folder, 'widgets'));
  await Promise.all([
    writeFile(join(folder, 'program.json'), JSON.stringify(apiProgram)),
    writeFile(join(folder, 'draft.json'), JSON.stringify(apiDraft)),
    writeFile(join(folder, 'shop-token.mjs'), SHOP_TOKEN_SCRIPT),
    writeFile(join(folder, 'laurel.js'), 'export const laurel = {};'),
    writeFile(join(folder, 'widgets/points-badge-Ab12.js'), 'export const badge = {};'),
  ]);
  const receiver = await startReceiver();
  // The program is a minute old when the story begins; from then on time passes, for the server's jobs.
  let startedAt: number | null = null;
  const clock = () =>
    startedAt === null ? EXAMPLES_AT - 60_000 : EXAMPLES_AT + Math.floor(performance.now() - startedAt);
  const server = await startServer(
    {
      databaseUrl: `sqlite:${join(folder, 'data')}`,
      secret: 'Zk3vQm9Lw2RtY7uPa5NsXc8BdEfHj4Gi6oTqVn0WyA1',
      port: 0,
      publicUrl: null,
      log: 'error',
      webhookAllowPrivate: true,
      metricsToken: METRICS_TOKEN,
    },
    { clock, widgetsDirectory: folder },
  );
  const { keys } = await server.applyProgram(apiProgram);
  startedAt = performance.now();
  let values: Values = {
    LAUREL: server.url,
    SECRET_KEY: keys?.secretKey ?? '',
    MEMBER_KEY: keys?.memberKey ?? '',
    METRICS_TOKEN,
    RECEIVER: receiver.url,
    WIDGET_FILE: 'points-badge-Ab12.js',
  };
  return {
    routes: routesOf(server.services, createLog('error', console.error)),
    url: server.url,
    folder,
    get values() {
      return values;
    },
    remember(more) {
      values = { ...values, ...more };
    },
    async close() {
      await server.close();
      await receiver.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Puts what is known in the place of `$NAME`, in texts of any depth. */
export function filled<T>(template: T, values: Values): T {
  if (typeof template === 'string') {
    return template.replaceAll(/\$([A-Z_]+)/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`nothing is known as $${name}`);
      return value;
    }) as T;
  }
  if (Array.isArray(template)) return template.map((item: unknown) => filled(item, values)) as T;
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([name, item]) => [name, filled(item, values)])) as T;
}

/** The address of an example, with what it needs filled in. */
export function addressOf(route: Route, { params = {}, query }: ApiExample): string {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === 'program' ? apiProgram.id : (params[name] ?? `{${name}}`),
  );
  return query ? `${path}?${new URLSearchParams(query)}` : path;
}

/**
 * @param base Where calls go, where that is not the server itself.
 * @param send How they get there.
 */
export function fetchCaller(
  base?: string,
  send: (address: string, init: RequestInit) => Promise<Response> = fetch,
): Caller {
  return async (story, example, route) => {
    if (example.before) story.remember(await example.before.make(story.values));
    const { values } = story;
    const headers = new Headers(filled(example.headers ?? {}, values));
    const bearer = variableOfBearer(example, route);
    if (bearer !== null) headers.set('authorization', filled(`Bearer $${bearer}`, values));
    let body: BodyInit | undefined;
    if (example.form) body = new URLSearchParams(filled(example.form, values));
    else if (route.bodyKind === 'raw') body = values['BODY'] ?? '';
    else if (example.body !== undefined) {
      headers.set('content-type', 'application/json');
      body = JSON.stringify(typeof example.body === 'string' ? apiDraft : filled(example.body, values));
    }
    const address = `${base ?? story.url}${filled(addressOf(route, example), values)}`;
    const response = await send(address, { method: route.method, headers, ...(body !== undefined && { body }) });
    const text = example.isStream ? await firstPiece(response) : await response.text();
    return { status: response.status, headers: response.headers, text, body: jsonOf(text) };
  };
}

async function firstPiece(response: Response): Promise<string> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}

/** Runs the command of the document in a shell, as whoever copies it does. */
export const shellCaller: Caller = async (story, example, route) => {
  const script = [
    // What was answered, head and all; the command itself stays as it is written.
    'curl() { command curl --silent --show-error --include --no-buffer "$@"; }',
    `node() { command "${process.execPath}" --import "data:text/javascript,Date.now=()=>${EXAMPLES_AT}" "$@"; }`,
    commandOf(example, route),
    'printf "\\n%s %s" "${VERIFIER-}" "${CHALLENGE-}"',
  ].join('\n');
  const child = spawn('sh', ['-c', script], {
    cwd: story.folder,
    env: { PATH: process.env['PATH'], ...story.values },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stderr.on('data', (piece: Buffer) => {
    errors += piece.toString();
  });
  child.stdout.on('data', (piece: Buffer) => {
    output += piece.toString();
    // Nothing else ends it: the group, since the shell's child is what listens.
    if (example.isStream && output.includes('\n\n') && child.pid) process.kill(-child.pid);
  });
  await once(child, 'close');
  if (errors !== '') throw new Error(`${example.operation}: ${errors}`);
  const [, VERIFIER, CHALLENGE] = /\n(\S+) (\S+)$/.exec(output) ?? [];
  if (VERIFIER && CHALLENGE) story.remember({ VERIFIER, CHALLENGE });
  return answeredOf(example.isStream ? output : output.slice(0, output.lastIndexOf('\n')));
};

/** What `curl --include` printed. */
function answeredOf(output: string): Answered {
  const [head = '', ...rest] = output.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const at = line.indexOf(':');
      return [line.slice(0, at), line.slice(at + 1).trim()];
    }),
  );
  const text = rest.join('\r\n\r\n');
  return { status: Number(first.split(' ')[1]), headers, text, body: jsonOf(text) };
}

/** Makes the call of one example, and checks that the answer is what the route declares. */
export async function tell(story: Story, example: ApiExample, call: Caller): Promise<Answered> {
  const route = routeNamed(story.routes, example.operation);
  for (const startedAt = performance.now(); ; ) {
    const answered = await call(story, example, route);
    checkAnswer(route, answered);
    const kept = valuesIn(answered.body, example.keep ?? {});
    if (!example.isEventual || Object.values(kept).every((value) => value !== undefined)) {
      story.remember(kept as Values);
      return answered;
    }
    if (performance.now() - startedAt > 20_000) throw new Error(`${example.operation}: ${answered.text}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function routeNamed(routes: readonly Route[], name: string): Route {
  const found = routes.find((route) => route.name === name);
  if (!found) throw new Error(`no route is named ${name}`);
  return found;
}

function valuesIn(body: unknown, places: Readonly<Record<string, string>>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(places).map(([name, place]) => {
      const value = place
        .split('.')
        .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], body);
      return [name, value as string | undefined];
    }),
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
