import { invalidRequest } from './read-call.ts';

/** A place in a listing as an opaque text: callers hand it back and read nothing in it. */
export function cursorOf(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/**
 * Reads a cursor of as many parts as `kinds`, each of its kind.
 *
 * @throws {LoyaltyError} `invalid_request`.
 */
export function readCursor(cursor: string, kinds: readonly ('string' | 'number')[]): (string | number)[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (
      Array.isArray(parts) &&
      parts.length === kinds.length &&
      parts.every((part, index) => isKind(part, kinds[index]))
    ) {
      return parts as (string | number)[];
    }
  } catch {
    // Not one of ours: refused below.
  }
  throw invalidRequest([{ pointer: '/query/cursor', detail: 'a cursor that a page before this one gave' }]);
}

function isKind(part: unknown, kind: 'string' | 'number' | undefined): boolean {
  if (kind === 'number') return Number.isSafeInteger(part) && (part as number) >= 0;
  return typeof part === 'string' && part.length <= 128 && part.isWellFormed() && !part.includes('\u0000');
}
