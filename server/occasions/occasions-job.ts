import { birthdaysOn, holidayOn } from '../../shared/domain/holidays.ts';
import type { Occasion } from '../../shared/domain/occasion-terms.ts';
import { BIRTHDAY_SETTLED_DAYS, OCCASION_LATE_DAYS_MAX } from '../../shared/domain/occasions.ts';
import { type ProgramVersion, versionAt } from '../../shared/domain/program.ts';
import { addDays, type LocalDate, localDateOf } from '../../shared/domain/time.ts';
import type { Database } from '../database/database.ts';
import type { Job, Step } from '../jobs/job.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ProfileBook } from '../members/profile-book.ts';
import type { ProgramStore } from '../programs/program-store.ts';
import { agreeingMembers, birthdaysSet, membersAfter } from './occasion-rows.ts';

/** Members rewarded in one go. */
const PAGE_SIZE = 128;

export interface OccasionParts {
  readonly database: Database;
  readonly ledger: Pick<Ledger, 'run'>;
  readonly programs: Pick<ProgramStore, 'versions'>;
  readonly members: { readonly profiles: Pick<ProfileBook, 'membersWithBirthday'> };
}

/** An occasion that is kept on a day, for all members or for those of one birthday. */
interface Kept {
  readonly key: string;
  readonly occasion: Occasion;
  readonly birthday: string | null;
}

/** How far a walk came: the day, what is kept on it, and the last member of that who had his turn. */
interface Place {
  readonly day: LocalDate;
  readonly key: string;
  readonly after: string;
  readonly isDone: boolean;
}

/**
 * Gives members what birthdays and holidays bring, on their day. Days that were missed are made up for, as far back as
 * {@link OCCASION_LATE_DAYS_MAX}; the first run of all begins with its own day.
 */
export function occasionsJob({ database, ledger, programs, members }: OccasionParts): Job {
  async function membersOf(programId: string, kept: Kept, after: string): Promise<readonly string[]> {
    if (kept.birthday !== null) {
      return members.profiles.membersWithBirthday(programId, kept.birthday, after, PAGE_SIZE);
    }
    const rows = await database.all(membersAfter, { programId, after, limit: PAGE_SIZE });
    return rows.map(({ member_id }) => member_id);
  }

  /** Without those whose birthday was set a moment ago, and those who do not agree where that is asked for. */
  async function entitled(
    programId: string,
    kept: Kept,
    ids: readonly string[],
    { day, timeZone }: { readonly day: LocalDate; readonly timeZone: string },
  ) {
    const settledSince = addDays(day, -BIRTHDAY_SETTLED_DAYS);
    return database.transaction(async (tx) => {
      let left = ids;
      if (kept.birthday !== null) {
        const rows = await tx.allIn(birthdaysSet, { programId }, left);
        const settled = rows.filter(
          ({ birthday_set_at }) => localDateOf(birthday_set_at ?? 0, timeZone) <= settledSince,
        );
        left = settled.map(({ member_id }) => member_id);
      }
      const { consent } = kept.occasion;
      if (consent === undefined || left.length === 0) return left;
      const rows = await tx.allIn(agreeingMembers, { programId, purpose: consent, yes: 1 }, left);
      return rows.map(({ member_id }) => member_id);
    });
  }

  async function runDay(
    programId: string,
    versions: readonly ProgramVersion[],
    day: LocalDate,
    { from, isLast }: { readonly from: Place | null; readonly isLast: boolean },
    step: Step,
  ): Promise<{ readonly rewarded: number; readonly isStopped: boolean }> {
    const { program } = versionAt(versions, Date.parse(`${day}T12:00:00Z`));
    const { timeZone } = program;
    const all = keptOn(program.occasions, day);
    const begun = all.findIndex(({ key }) => key === from?.key);
    let rewarded = 0;
    let foundCount = 0;
    for (const [index, kept] of all.slice(Math.max(0, begun)).entries()) {
      let after = index === 0 && begun >= 0 ? (from?.after ?? '') : '';
      for (;;) {
        if (step.isStopped()) return { rewarded, isStopped: true };
        const ids = await membersOf(programId, kept, after);
        foundCount += ids.length;
        const due = await entitled(programId, kept, ids, { day, timeZone });
        const given = await Promise.all(
          due.map((memberId) => ledger.run(programId, 'rewardOccasion', memberId, kept.occasion.id, day)),
        );
        rewarded += given.filter(({ result }) => result?.isGiven).length;
        if (ids.length < PAGE_SIZE) break;
        after = ids.at(-1) as string;
        await step.save(JSON.stringify({ day, key: kept.key, after, isDone: false } satisfies Place));
      }
    }
    // A day on which nobody had anything is gone through again as easily as it is written down.
    if (foundCount > 0 || isLast)
      await step.save(JSON.stringify({ day, key: '', after: '', isDone: true } satisfies Place));
    return { rewarded, isStopped: false };
  }

  return {
    name: 'occasions',
    summary: 'give what birthdays and holidays bring',
    intervalMs: 600_000,
    isNeeded: async (programId) =>
      (await programs.versions(database, programId)).some(({ program }) => program.occasions.length > 0),
    async run(programId, asOf, step) {
      const versions = await programs.versions(database, programId);
      const today = localDateOf(asOf, versionAt(versions, asOf).program.timeZone);
      const place = step.progress === null ? null : (JSON.parse(step.progress) as Place);
      let rewarded = 0;
      for (let day = firstDay(place, today); day <= today; day = addDays(day, 1)) {
        const from = place?.day === day ? place : null;
        const done = await runDay(programId, versions, day, { from, isLast: day === today }, step);
        rewarded += done.rewarded;
        if (done.isStopped) break;
      }
      return { rewarded };
    },
  };
}

function firstDay(place: Place | null, today: LocalDate): LocalDate {
  if (!place) return today;
  const next = place.isDone ? addDays(place.day, 1) : place.day;
  const earliest = addDays(today, -OCCASION_LATE_DAYS_MAX);
  return next < earliest ? earliest : next;
}

function keptOn(occasions: readonly Occasion[], day: LocalDate): Kept[] {
  return occasions.flatMap((occasion): Kept[] => {
    const { on, id } = occasion;
    if (on.kind === 'holiday') return holidayOn(day, on) ? [{ key: id, occasion, birthday: null }] : [];
    return birthdaysOn(day).map((birthday) => ({ key: `${id} ${birthday}`, occasion, birthday }));
  });
}
