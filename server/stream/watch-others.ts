import { lookup, paddedKeys, withKeys } from '../database/batch.ts';
import type { Database } from '../database/database.ts';
import type { Changes } from './changes.ts';

const seqsOf = lookup<{ member_id: string; seq: number }>((db, p, keys) =>
  db
    .selectFrom('accounts')
    .select(['member_id', 'seq'])
    .where('program_id', '=', p('programId'))
    .where('member_id', 'in', keys),
);

/** What another server wrote shows here after this long. */
const LOOK_MS = 2_000;

/** Notices what other servers of the database write to watched members' accounts. */
export interface OthersWatch {
  look(): Promise<void>;
  stop(): void;
}

/** @param onError Told of a look that failed; the next one makes up for it. */
export function watchOthers(database: Database, changes: Changes, onError: (error: unknown) => void): OthersWatch {
  let known = new Map<string, number>();
  let isLooking = false;

  async function look(): Promise<void> {
    const seen = new Map<string, number>();
    for (const [programId, memberIds] of changes.watched()) {
      for (const keys of paddedKeys(memberIds)) {
        for (const { member_id, seq } of await database.all(
          seqsOf.statement(keys.length),
          withKeys({ programId }, keys),
        )) {
          const key = `${programId} ${member_id}`;
          seen.set(key, seq);
          if (known.has(key) && known.get(key) !== seq) changes.announce(programId, [member_id]);
        }
      }
    }
    known = seen;
  }

  // Nobody else writes to the embedded store.
  const timer =
    database.dialect === 'sqlite'
      ? undefined
      : setInterval(() => {
          if (isLooking) return;
          isLooking = true;
          look()
            .catch(onError)
            .finally(() => {
              isLooking = false;
            });
        }, LOOK_MS).unref();
  return { look, stop: () => clearInterval(timer) };
}
