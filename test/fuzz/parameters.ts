import type { Route, Schema } from '../../server/http/route.ts';
import { variableOfBearer } from '../support/api-command.ts';
import type { ApiExample, Values } from '../support/api-example.ts';
import { apiExamples } from '../support/api-examples.ts';
import { apiDraft, apiProgram } from '../support/api-program.ts';
import { filled } from '../support/api-story.ts';
import type { Wild } from './arbitraries.ts';

/** One thing that a caller of a route chooses. */
export type Parameter =
  | { readonly place: 'path' | 'query' | 'header' | 'form'; readonly name: string }
  | { readonly place: 'body'; readonly path: readonly string[] };

/** What comes in its place; `undefined` takes it away. */
export type Bend = unknown;

const exampleOf = (route: Route): ApiExample =>
  apiExamples.find(({ operation, before }) => operation === route.name && !before) ??
  apiExamples.find(({ operation }) => operation === route.name) ?? { operation: route.name, status: 200 };

const entriesOf = (schema: Schema | null): string[] =>
  Object.keys((schema as { entries?: Record<string, Schema> } | null)?.entries ?? {});

/** Every parameter that the route declares: of path, query and headers, and each place of a good body and of its schema. */
export function parametersOf(route: Route): Parameter[] {
  const { body, form } = exampleOf(route);
  const named = (place: 'path' | 'query' | 'header' | 'form', names: readonly string[]): Parameter[] =>
    names.map((name) => ({ place, name }));
  return [
    ...named('path', entriesOf(route.params)),
    ...named('query', entriesOf(route.query)),
    ...named('header', [
      ...(route.idempotencyKey ? ['idempotency-key'] : []),
      ...(304 in route.answers ? ['if-none-match'] : []),
    ]),
    ...named(
      'form',
      route.bodyKind === 'form'
        ? Object.keys({ ...form, code: '', code_verifier: '', refresh_token: '', token_type_hint: '' })
        : [],
    ),
    ...placesOf(route, body),
  ];
}

function placesOf(route: Route, body: ApiExample['body']): Parameter[] {
  if (!route.body || route.bodyKind) return [];
  // A program document has hundreds of places, which tests of their own go through: here, its first level.
  if (typeof body === 'string') return Object.keys(apiProgram).map((name) => ({ place: 'body', path: [name] }));
  const paths: string[][] = entriesOf(route.body).map((name) => [name]);
  const walk = (node: unknown, path: string[]) => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      const at = [...path, key];
      if (!paths.some((known) => known.join('/') === at.join('/'))) paths.push(at);
      walk(child, at);
    }
  };
  walk(body, []);
  return paths.map((path) => ({ place: 'body', path }));
}

const textOf = (bend: Bend): string => (typeof bend === 'string' ? bend : (JSON.stringify(bend) ?? ''));

/** A good request of a route, with some of its parameters bent. */
export function callOf(
  route: Route,
  values: Values,
  bends: readonly (readonly [Parameter, Bend])[],
  wild: Wild = {},
  otherKey = '',
): { path: string; init: RequestInit } {
  const example = exampleOf(route);
  const bent = (place: Parameter['place'], name: string) =>
    bends.find(([parameter]) => parameter.place === place && 'name' in parameter && parameter.name === name);
  const known: Record<string, string> = { program: apiProgram.id, ...filled(example.params ?? {}, values) };
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const bend = bent('path', name);
    return encodeURIComponent((bend ? textOf(bend[1]) : (known[name] ?? 'x')).toWellFormed());
  });
  const query = new URLSearchParams(filled(example.query ?? {}, values));
  const headers = headersOf(route, example, values, wild, otherKey);
  const form: Record<string, string> = { ...filled(example.form ?? {}, values) };
  for (const [parameter, bend] of bends) {
    if (parameter.place === 'query' && bend === undefined) query.delete(parameter.name);
    else if (parameter.place === 'query') query.set(parameter.name, textOf(bend));
    else if (parameter.place === 'header')
      setHeader(headers, parameter.name, bend === undefined ? undefined : textOf(bend));
    else if (parameter.place === 'form' && bend === undefined) Reflect.deleteProperty(form, parameter.name);
    else if (parameter.place === 'form') form[parameter.name] = textOf(bend);
  }
  if (wild.extra) query.set(...wild.extra);
  const address = query.size > 0 ? `${path}?${query}` : path;
  return {
    path: address,
    init: { method: route.method, headers, ...bodyOf(route, example, values, bends, form, wild) },
  };
}

function headersOf(route: Route, example: ApiExample, values: Values, wild: Wild, otherKey: string): Headers {
  const headers = new Headers(route.name === 'postWebhook' ? {} : filled(example.headers ?? {}, values));
  const variable = variableOfBearer(example, route);
  const right = variable === null ? null : (values[variable] ?? null);
  const bearer = { right, nobody: null, nonsense: 'nonsense', other: otherKey }[wild.who ?? 'right'];
  if (bearer !== null) headers.set('authorization', `Bearer ${bearer}`);
  if (route.body)
    headers.set('content-type', route.bodyKind === 'form' ? 'application/x-www-form-urlencoded' : 'application/json');
  if (wild.key !== undefined) setHeader(headers, 'idempotency-key', wild.key);
  if (wild.origin !== undefined) setHeader(headers, 'origin', wild.origin);
  if (wild.etag !== undefined) setHeader(headers, 'if-none-match', wild.etag);
  if (wild.type !== undefined && route.body) setHeader(headers, 'content-type', wild.type);
  return headers;
}

/** Text that a header can carry at all; the rest never leaves a client. */
function setHeader(headers: Headers, name: string, text: string | undefined): void {
  if (text === undefined) headers.delete(name);
  else if (/^[\x20-\x7e\x80-\xff]*$/.test(text)) headers.set(name, text);
}

function bodyOf(
  route: Route,
  example: ApiExample,
  values: Values,
  bends: readonly (readonly [Parameter, Bend])[],
  form: Record<string, string>,
  { raw }: Wild,
): { body?: BodyInit } {
  if (!route.body) return {};
  if (raw) return { body: new Uint8Array(raw) };
  if (route.bodyKind === 'form') return { body: new URLSearchParams(form) };
  const good = typeof example.body === 'string' ? apiDraft : filled(example.body ?? {}, values);
  const tree = structuredClone(good) as Record<string, unknown>;
  for (const [parameter, bend] of bends) if (parameter.place === 'body') setAt(tree, parameter.path, bend);
  return { body: JSON.stringify(tree) };
}

function setAt(tree: Record<string, unknown>, path: readonly string[], bend: Bend): void {
  let node = tree;
  for (const key of path.slice(0, -1)) {
    const child = node[key];
    // Another bend took what this one is in.
    if (typeof child !== 'object' || child === null) return;
    node = child as Record<string, unknown>;
  }
  const last = path.at(-1) as string;
  if (bend === undefined) Reflect.deleteProperty(node, last);
  else node[last] = bend;
}
