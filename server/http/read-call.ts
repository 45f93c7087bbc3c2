import { type FieldFault, LoyaltyError } from '../../shared/domain/errors.ts';
import { check } from './faults.ts';
import { fieldsOf, readBytes, readForm, readJson } from './read-body.ts';
import type { Route, Schema } from './route.ts';

/** Path and query of an address, cut without parsing the rest of it. */
export function targetOf(url: string): { readonly path: string; readonly query: string } {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  const target = start === -1 ? '/' : (url.slice(start).split('#', 1)[0] as string);
  const mark = target.indexOf('?');
  return mark === -1 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** Where in its path a route has parameters. */
export function parameterSegments(path: string): readonly { readonly index: number; readonly name: string }[] {
  return path
    .split('/')
    .map((segment, index) => ({ index, name: /^\{(\w+)\}$/.exec(segment)?.[1] ?? '' }))
    .filter(({ name }) => name !== '');
}

/** @throws {LoyaltyError} `invalid_request`, with pointers below `/path`. */
export function readParams(
  schema: Schema | null,
  segments: readonly { readonly index: number; readonly name: string }[],
  path: string,
): Record<string, string> {
  if (!schema) return {};
  const parts = path.split('/');
  const raw: Record<string, string> = {};
  for (const { index, name } of segments) {
    try {
      raw[name] = decodeURIComponent(parts[index] ?? '');
    } catch {
      throw invalidRequest([{ pointer: `/path/${name}`, detail: 'percent-encoded UTF-8' }]);
    }
  }
  return parseWith(schema, raw, '/path') as Record<string, string>;
}

/** @throws {LoyaltyError} `invalid_request`, with pointers below `/query`. */
export function readQuery(schema: Schema | null, query: string): unknown {
  if (!schema) return null;
  return parseWith(schema, fieldsOf(new URLSearchParams(query), '/query'), '/query');
}

/** @throws {LoyaltyError} `invalid_request`, `unsupported_media_type`, `payload_too_large`. */
export async function readBody(route: Route, request: Request): Promise<unknown> {
  if (!route.body) return null;
  if (route.bodyKind === 'raw') return parseWith(route.body, await readBytes(request), '');
  const raw = route.bodyKind === 'form' ? await readForm(request) : await readJson(request);
  return parseWith(route.body, raw, '');
}

const KEY_LENGTH_MAX = 255;

/**
 * Reads `Idempotency-Key`, as a structured-field string with its quotes or bare.
 *
 * @throws {LoyaltyError} `idempotency_key_missing`, `invalid_request`.
 */
export function readIdempotencyKey(need: Route['idempotencyKey'], header: string | null): string | undefined {
  if (need === undefined) return undefined;
  if (header === null || header === '') {
    if (need === 'optional') return undefined;
    throw new LoyaltyError(
      'idempotency_key_missing',
      'Send an Idempotency-Key that you made before the first try, so that a repeat counts once.',
      [{ pointer: '/header/Idempotency-Key', detail: 'a key of 1 to 255 characters' }],
    );
  }
  const key = header.startsWith('"') ? unquoted(header) : header;
  if (key.length > KEY_LENGTH_MAX || !/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(key)) {
    throw invalidRequest([
      { pointer: '/header/Idempotency-Key', detail: `1 to ${KEY_LENGTH_MAX} printable ASCII characters` },
    ]);
  }
  return key;
}

function parseWith(schema: Schema, value: unknown, root: string): unknown {
  const result = check(schema, value, root);
  if ('faults' in result) throw invalidRequest(result.faults);
  return result.value;
}

/** RFC 9651 4.2.5; empty when the text is no such string, which no key is. */
function unquoted(text: string): string {
  const inner = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/.exec(text.trim())?.[1] ?? '';
  return inner.replaceAll(/\\(.)/g, '$1');
}

export function invalidRequest(faults: readonly FieldFault[]): LoyaltyError {
  const [only] = faults;
  const where = only && faults.length === 1 && only.pointer !== '' ? ` at ${only.pointer}` : '';
  const detail = faults.length === 1 ? `The request has a fault${where}.` : `The request has ${faults.length} faults.`;
  return new LoyaltyError('invalid_request', detail, faults);
}
