import { isUtf8 } from 'node:buffer';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Incoming } from './exchange.ts';
import { escapeSegment } from './faults.ts';

export const BODY_BYTES_MAX = 262_144;
const DEPTH_MAX = 32;

const BYTE_ORDER_MARK = 0xfeff;

/**
 * Reads a JSON body.
 *
 * @throws {LoyaltyError} `unsupported_media_type`, `payload_too_large`, `invalid_request`.
 */
export async function readJson(incoming: Incoming): Promise<unknown> {
  requireMediaType(incoming, 'application/json');
  const text = await readText(incoming);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('', 'a JSON document (RFC 8259)');
  }
  refuseTraps(value);
  return value;
}

/**
 * Reads a form body. A field that comes twice is refused (RFC 6749 3.2).
 *
 * @throws {LoyaltyError} as {@link readJson}.
 */
export async function readForm(incoming: Incoming): Promise<Record<string, string>> {
  requireMediaType(incoming, 'application/x-www-form-urlencoded');
  return fieldsOf(new URLSearchParams(await readText(incoming)), '');
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

function requireMediaType(incoming: Incoming, expected: string): void {
  const given = incoming.header('content-type') ?? '';
  if (given === expected) return;
  const [type = '', ...parameters] = given.toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  if (type.trim() !== expected || (charset && !/^charset="?utf-8"?$/.test(charset))) {
    throw new LoyaltyError('unsupported_media_type', `The body must be ${expected}, in UTF-8.`, [
      { pointer: '/header/Content-Type', detail: expected },
    ]);
  }
}

/** Strict: text that is not UTF-8 is refused rather than mended. A byte order mark is skipped (RFC 8259 8.1). */
async function readText(incoming: Incoming): Promise<string> {
  const bytes = await incoming.readBody();
  if (!isUtf8(bytes)) throw invalid('', 'text in UTF-8');
  const text = bytes.toString();
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}

/**
 * Refuses what the schemas cannot see: nesting without end, and names that every object inherits, which a schema would
 * take for its own fields.
 */
function refuseTraps(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const trap = trapIn(value, 0);
  if (trap) throw invalid(trap.path.map((key) => `/${escapeSegment(key)}`).join(''), trap.detail);
}

/** Where a trap is, and what would be right there; the way to it is told only once there is one. */
function trapIn(value: object, depth: number): { readonly path: string[]; readonly detail: string } | null {
  if (depth >= DEPTH_MAX) return { path: [], detail: `at most ${DEPTH_MAX} levels of nesting` };
  for (const key of Object.keys(value)) {
    if (key in Object.prototype) return { path: [key], detail: 'no field of this name' };
    const item = (value as Record<string, unknown>)[key];
    if (typeof item !== 'object' || item === null) continue;
    const trap = trapIn(item, depth + 1);
    if (trap) return { ...trap, path: [key, ...trap.path] };
  }
  return null;
}

function invalid(pointer: string, detail: string): LoyaltyError {
  return new LoyaltyError('invalid_request', `The request has a fault: expected ${detail}.`, [{ pointer, detail }]);
}

/** A body over {@link BODY_BYTES_MAX}. */
export function tooLarge(): LoyaltyError {
  return new LoyaltyError('payload_too_large', `The body is larger than ${BODY_BYTES_MAX / 1024} kB.`);
}
