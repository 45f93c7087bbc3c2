import type { Instant } from '../../shared/domain/time.ts';
import type { Transaction } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import type { Happening, Outbox } from '../outbox/outbox.ts';

const insertNotice = statement<never>((db, p) =>
  db
    .insertInto('member_notices')
    .values({
      program_id: p('programId'),
      member_id: p('memberId'),
      kind: p('kind'),
      subject: p('subject'),
      told_at: p('now'),
    })
    .onConflict((on) => on.columns(['program_id', 'member_id', 'kind', 'subject']).doNothing()),
);

/** Something that a member is told ahead of time, once for each `subject`. */
export interface Notice extends Happening {
  readonly subject: string;
}

/** Tells what was not told before, in the transaction in which it is noted as told. Gives how many that were. */
export async function tellOnce(
  tx: Transaction,
  outbox: Outbox,
  programId: string,
  notices: readonly Notice[],
  now: Instant,
): Promise<number> {
  const interest = await outbox.interestOf(tx, programId, now);
  const fresh: Happening[] = [];
  for (const { subject, ...happening } of notices) {
    const { memberId, type } = happening;
    // What nobody listens to is not told, and so not noted as told.
    if (!interest.includes(type)) continue;
    if ((await tx.run(insertNotice, { programId, memberId, kind: type, subject, now })) > 0) fresh.push(happening);
  }
  return outbox.write(tx, programId, fresh, now);
}

/** Where a walk over accounts stands: an index's date, and the member there. */
export interface WalkPlace {
  /** The program's day that the walk is for: one a day. */
  readonly day: string;
  readonly at: Instant;
  readonly memberId: string;
  readonly isDone: boolean;
}

/** The place to go on from: the start, unless a walk for the same day was cut off or is done. */
export function placeFrom(progress: string | null, day: string): WalkPlace {
  const kept = progress === null ? null : (JSON.parse(progress) as WalkPlace);
  return kept?.day === day ? kept : { day, at: 0, memberId: '', isDone: false };
}
