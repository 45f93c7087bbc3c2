import type { ApiAnswer, PageSession } from './session.ts';

/**
 * Posts as the member; `null` when nobody is signed in, rejects when the server cannot be reached. With a key that was
 * made before the first try, trying again is safe.
 */
export const post = (
  session: PageSession,
  path: string,
  body: object,
  idempotencyKey?: string,
): Promise<ApiAnswer | null> =>
  session.asMember(
    path,
    { 'Content-Type': 'application/json', ...(idempotencyKey && { 'Idempotency-Key': idempotencyKey }) },
    JSON.stringify(body),
  );
