import { LoyaltyError } from '../../shared/domain/errors.ts';
import { escapeSegment } from './faults.ts';

export const BODY_BYTES_MAX = 262_144;
const DEPTH_MAX = 32;

/** Strict: text that is not UTF-8 is refused rather than mended. A byte order mark is skipped (RFC 8259 8.1). */
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a JSON body.
 *
 * @throws {LoyaltyError} `unsupported_media_type`, `payload_too_large`, `invalid_request`.
 */
export async function readJson(request: Request): Promise<unknown> {
  requireMediaType(request, 'application/json');
  const text = await readText(request);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('', 'a JSON document (RFC 8259)');
  }
  refuseTraps(value, '', 0);
  return value;
}

/**
 * Reads a form body. A field that comes twice is refused (RFC 6749 3.2).
 *
 * @throws {LoyaltyError} as {@link readJson}.
 */
export async function readForm(request: Request): Promise<Record<string, string>> {
  requireMediaType(request, 'application/x-www-form-urlencoded');
  return fieldsOf(new URLSearchParams(await readText(request)), '');
}

/** Fields of a query or form without a prototype to stumble over. @throws {LoyaltyError} `invalid_request`. */
export function fieldsOf(search: URLSearchParams, root: string): Record<string, string> {
  const fields = Object.create(null) as Record<string, string>;
  for (const [name, value] of search) {
    const pointer = `${root}/${escapeSegment(name)}`;
    if (name in Object.prototype) throw invalid(pointer, 'no field of this name');
    if (name in fields) throw invalid(pointer, 'the field once');
    fields[name] = value;
  }
  return fields;
}

function requireMediaType(request: Request, expected: string): void {
  const given = request.headers.get('content-type') ?? '';
  const [type = '', ...parameters] = given.toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  if (type.trim() !== expected || (charset && !/^charset="?utf-8"?$/.test(charset))) {
    throw new LoyaltyError('unsupported_media_type', `The body must be ${expected}, in UTF-8.`, [
      { pointer: '/header/Content-Type', detail: expected },
    ]);
  }
}

async function readText(request: Request): Promise<string> {
  const bytes = await readBytes(request);
  try {
    return decoder.decode(bytes);
  } catch {
    throw invalid('', 'text in UTF-8');
  }
}

/** Reads a body as it came. @throws {LoyaltyError} `payload_too_large`. */
export async function readBytes(request: Request): Promise<Uint8Array> {
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) > BODY_BYTES_MAX) throw tooLarge();
  // With a length the transport gives no more than it says; without one the bytes are counted as they come.
  const bytes = declared === null ? await readCounted(request) : new Uint8Array(await request.arrayBuffer());
  if (bytes.length > BODY_BYTES_MAX) throw tooLarge();
  return bytes;
}

async function readCounted(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (request.body) {
    for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > BODY_BYTES_MAX) throw tooLarge();
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}

/**
 * Refuses what the schemas cannot see: nesting without end, and names that every object inherits, which a schema would
 * take for its own fields.
 */
function refuseTraps(value: unknown, pointer: string, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth >= DEPTH_MAX) throw invalid(pointer, `at most ${DEPTH_MAX} levels of nesting`);
  for (const [key, item] of Object.entries(value)) {
    if (key in Object.prototype) throw invalid(`${pointer}/${key}`, 'no field of this name');
    if (typeof item === 'object') refuseTraps(item, `${pointer}/${escapeSegment(key)}`, depth + 1);
  }
}

function invalid(pointer: string, detail: string): LoyaltyError {
  return new LoyaltyError('invalid_request', `The request has a fault: expected ${detail}.`, [{ pointer, detail }]);
}

function tooLarge(): LoyaltyError {
  return new LoyaltyError('payload_too_large', `The body is larger than ${BODY_BYTES_MAX / 1024} kB.`);
}
