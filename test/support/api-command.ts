import type { Route } from '../../server/http/route.ts';
import type { ApiExample } from './api-example.ts';
import { apiProgram } from './api-program.ts';

/** The variable with the token of a call; `null` where none is sent. */
export function variableOfBearer({ bearer }: ApiExample, { access }: Route): string | null {
  if (bearer !== undefined) return bearer;
  if (access === 'merchant') return 'SECRET_KEY';
  return access === 'public' ? null : 'PAGE_TOKEN';
}

/** An example as one types it in a shell. */
export function commandOf(example: ApiExample, route: Route): string {
  const { headers = {}, body, form, before } = example;
  const bearer = variableOfBearer(example, route);
  const options: string[] = [];
  // curl itself makes it a POST where something is sent.
  const isSending = body !== undefined || form !== undefined || route.bodyKind === 'raw';
  if (route.method !== (isSending ? 'POST' : 'GET')) options.push(`-X ${route.method}`);
  if (bearer !== null) options.push(`-H "Authorization: Bearer $${bearer}"`);
  for (const [name, value] of Object.entries(headers)) options.push(`-H ${quoted(`${name}: ${value}`)}`);
  for (const [name, value] of Object.entries(form ?? {}))
    options.push(`--data-urlencode ${quoted(`${name}=${value}`)}`);
  if (route.bodyKind === 'raw') options.push('-d "$BODY"');
  let input = '';
  if (typeof body === 'string') options.push(`--json ${body}`);
  else if (body !== undefined) {
    const text = printed(body);
    if (text.includes('$')) {
      options.push('--json @- <<END');
      input = `\n${text}\nEND`;
    } else options.push(`--json '${text.replaceAll("'", "'\\''")}'`);
  }
  const parts = [`curl "${addressIn(route, example)}"`, ...options];
  return `${before ? `${before.shell}\n` : ''}${parts.join(' \\\n  ')}${input}`;
}

function addressIn(route: Route, { params = {}, query = {} }: ApiExample): string {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === 'program' ? apiProgram.id : (params[name] ?? `{${name}}`),
  );
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `$LAUREL${path}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`;
}

/** In double quotes where the shell has something to put in. */
const quoted = (text: string) => (text.includes('$') ? `"${text}"` : `'${text}'`);

const LINE_MAX = 96;

/** JSON on one line where it fits, as a reader likes it; otherwise indented, with what fits on one line. */
export function printed(value: unknown, indent = ''): string {
  const flat = flatOf(value);
  if (flat.length + indent.length <= LINE_MAX || typeof value !== 'object' || value === null) return flat;
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const lines = isList
    ? value.map((item: unknown) => `${inner}${printed(item, inner)}`)
    : Object.entries(value).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${printed(item, inner)}`);
  return `${isList ? '[' : '{'}\n${lines.join(',\n')}\n${indent}${isList ? ']' : '}'}`;
}

function flatOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flatOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${flatOf(item)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}
