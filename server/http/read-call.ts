import { type FieldFault, LoyaltyError } from '../../shared/domain/errors.ts';
import type { Incoming } from './exchange.ts';
import { check } from './faults.ts';
import { fieldsOf, readForm, readJson } from './read-body.ts';
import type { Route, Schema } from './route.ts';

/** Values of a path's or query's parts; what a schema makes of them is known to the route alone. */
type Values = Readonly<Record<string, string>>;

/** Reads a route's part of the path. @throws {LoyaltyError} `invalid_request`, with pointers below `/path`. */
export function paramsReader(schema: Schema | null): (raw: Values) => Values {
  if (!schema) return (raw) => raw;
  return (raw) => {
    const params: Record<string, string> = {};
    for (const name in raw) params[name] = decoded(raw[name] as string, name);
    return parseWith(schema, params, '/path') as Values;
  };
}

function decoded(part: string, name: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalidRequest([{ pointer: `/path/${name}`, detail: 'percent-encoded UTF-8' }]);
  }
}

/** Reads a route's query. @throws {LoyaltyError} `invalid_request`, with pointers below `/query`. */
export function queryReader(schema: Schema | null): (query: string) => unknown {
  if (!schema) return () => null;
  // Most calls have none: what it says then is found out once.
  const absent = check(schema, {}, '/query');
  return (query) => {
    if (query === '' && 'value' in absent) return absent.value;
    return parseWith(schema, fieldsOf(new URLSearchParams(query), '/query'), '/query');
  };
}

const BODY_READERS = {
  json: readJson,
  form: readForm,
  raw: async (incoming: Incoming): Promise<unknown> => incoming.readBody(),
};

/**
 * Reads a route's body; `null` for a route that takes none.
 *
 * @throws {LoyaltyError} `invalid_request`, `unsupported_media_type`, `payload_too_large`.
 */
export function bodyReader({ body, bodyKind = 'json' }: Route): ((incoming: Incoming) => Promise<unknown>) | null {
  if (!body) return null;
  const read = BODY_READERS[bodyKind];
  return async (incoming) => parseWith(body, await read(incoming), '');
}

const KEY_LENGTH_MAX = 255;

/**
 * Reads `Idempotency-Key`, as a structured-field string with its quotes or bare.
 *
 * @throws {LoyaltyError} `idempotency_key_missing`, `invalid_request`.
 */
export function readIdempotencyKey(need: Route['idempotencyKey'], header: string | undefined): string | undefined {
  if (need === undefined) return undefined;
  if (header === undefined || header === '') {
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
