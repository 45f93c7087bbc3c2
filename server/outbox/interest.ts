import type { Instant } from '../../shared/domain/time.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { Reader } from '../database/database.ts';
import { statement } from '../database/statement.ts';

const liveTypes = statement<{ event_types: string }>((db, p) =>
  db
    .selectFrom('webhook_endpoints')
    .select('event_types')
    .where('program_id', '=', p('programId'))
    .where('is_enabled', '=', p('isEnabled')),
);

/** Which events somebody wants to hear of. */
export interface Interest {
  includes(type: string): boolean;
  readonly isEmpty: boolean;
}

/** Knows without a look, most of the time, whether a program has listeners: one that has none pays nothing. */
export interface Interests {
  /** Reads through `reader` when what is known is too old. */
  of(reader: Reader, programId: string, now: Instant): Promise<Interest>;
  /** An endpoint of the program was changed here. */
  forget(programId: string): void;
}

/**
 * An endpoint that was added on this server is heeded at once; one that another server of the same database added, after
 * this long at the latest. Events of that time are not told to it.
 */
export const INTEREST_MS = 5_000;
const CACHED_PROGRAM_COUNT_MAX = 10_000;

export function createInterests(): Interests {
  const cache = new BoundedMap<string, { readonly interest: Interest; readonly readAt: Instant }>(
    CACHED_PROGRAM_COUNT_MAX,
  );
  /** Grows with every change: what was read before one is not kept. */
  let changeCount = 0;
  return {
    async of(reader, programId, now) {
      const known = cache.get(programId);
      const age = known ? now - known.readAt : Number.POSITIVE_INFINITY;
      if (known && age >= 0 && age < INTEREST_MS) return known.interest;
      const before = changeCount;
      const interest = interestIn(await reader.all(liveTypes, { programId, isEnabled: 1 }));
      if (before === changeCount) cache.set(programId, { interest, readAt: now });
      return interest;
    },
    forget(programId) {
      changeCount++;
      cache.delete(programId);
    },
  };
}

function interestIn(rows: readonly { readonly event_types: string }[]): Interest {
  const lists = rows.map(({ event_types }) => JSON.parse(event_types) as string[]);
  const hasAll = lists.some((types) => types.length === 0);
  const types = new Set(lists.flat());
  return { isEmpty: rows.length === 0, includes: (type) => hasAll || types.has(type) };
}
