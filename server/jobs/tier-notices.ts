import { type ProgramVersion, versionAt } from '../../shared/domain/program.ts';
import { afterReviews, qualifyingOn, reviewDayOf, tierOf } from '../../shared/domain/tiers.ts';
import { addDays, type Instant, localDateOf, startOfDay } from '../../shared/domain/time.ts';
import { type MemberRow, membersById } from '../ledger/rows.ts';
import { memberState } from '../ledger/unit/member-state.ts';
import type { NoticeParts } from './expiry-notices.ts';
import type { Job } from './job.ts';
import { type Notice, placeFrom, tellOnce } from './notices.ts';
import { accountsReviewed } from './tier-rows.ts';

const PAGE_SIZE = 200;

/** Tells members who would lose their tier at its review, as many days ahead as the program says; once a review. */
export function tierNoticesJob({ database, programs, outbox, clock }: NoticeParts): Job {
  const programAt = async (programId: string, asOf: Instant) =>
    versionAt(await programs.versions(database, programId), asOf).program;

  return {
    name: 'tier-notices',
    summary: 'tell members who are about to lose their tier',
    intervalMs: 3_600_000,
    async isNeeded(programId, asOf) {
      const interest = await outbox.interestOf(database, programId, asOf);
      if (!interest.includes('tier.review_ahead')) return false;
      return (await programAt(programId, asOf)).tiers.downgrade.noticeDays > 0;
    },
    async run(programId, asOf, step) {
      const versions = await programs.versions(database, programId);
      const { program } = versionAt(versions, asOf);
      const today = localDateOf(asOf, program.timeZone);
      const until = startOfDay(addDays(today, program.tiers.downgrade.noticeDays + 1), program.timeZone);
      let place = placeFrom(step.progress, today);
      let told = 0;
      while (!place.isDone && !step.isStopped()) {
        const at = Math.max(place.at, asOf + 1);
        const page = { programId, at, memberId: place.memberId, until, limit: PAGE_SIZE };
        const accounts = await database.all(accountsReviewed, page);
        told += await database.transaction(async (tx) => {
          const members = await tx.allIn(
            membersById,
            { programId },
            accounts.map(({ member_id }) => member_id),
          );
          const notices = members.flatMap((row) => noticeOf(row, versions, asOf, clock()) ?? []);
          return tellOnce(tx, outbox, programId, notices, clock());
        });
        const last = accounts.at(-1);
        const isDone = accounts.length < PAGE_SIZE;
        place = { day: today, at: last?.tier_review_at ?? at, memberId: last?.member_id ?? '', isDone };
        await step.save(JSON.stringify(place));
      }
      return { told };
    },
  };
}

/** What a member is told of the review ahead; `null` when he keeps his tier as it stands. */
function noticeOf(row: MemberRow, versions: readonly ProgramVersion[], asOf: Instant, now: Instant): Notice | null {
  const member = memberState(row);
  const { tiers, timeZone } = versionAt(versions, asOf).program;
  const course = { versions, enrolledAt: member.enrolledAt };
  const { standing } = member;
  const current = tierOf(tiers.ladder, standing);
  const after = tierOf(tiers.ladder, afterReviews(standing, course, member.days, standing.reviewAt));
  const reviewOn = reviewDayOf(standing, timeZone);
  if (reviewOn === null || after.threshold >= current.threshold) return null;
  const counted = qualifyingOn(member.days, tiers, localDateOf(asOf, timeZone), course);
  return {
    memberId: member.memberId,
    memberSeq: member.seq,
    type: 'tier.review_ahead',
    subject: `${current.id}/${reviewOn}`,
    occurredAt: now,
    data: {
      tier: current.id,
      wouldBecome: after.id,
      reviewOn,
      qualifying: Math.max(0, counted),
      threshold: current.threshold,
    },
  };
}
