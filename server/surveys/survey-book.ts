import { LoyaltyError } from '../../shared/domain/errors.ts';
import { versionAt } from '../../shared/domain/program.ts';
import { npsScoreOf } from '../../shared/domain/surveys.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import type { SurveyResponseAnswer, SurveyResponsePage, SurveyResponseRequest } from '../../shared/protocol/api.ts';
import { type Database, first } from '../database/database.ts';
import { sealOf } from '../database/seal.ts';
import { hashOf } from '../identity/vault.ts';
import { isTombstone } from '../ledger/commands/tombstone.ts';
import { memberOfId } from '../members/find-member.ts';
import type { ProgramStore } from '../programs/program-store.ts';
import * as sql from './survey-statements.ts';

/** Where a page of responses begins: below the response at `answeredAt` with this id. */
export interface ResponsePosition {
  readonly answeredAt: Instant;
  readonly id: string;
}

/** Members' answers to a program's surveys. */
export interface SurveyBook {
  /**
   * Keeps a member's answer. A repeat with the same key gives the first answer again.
   *
   * @throws {LoyaltyError} `member_not_found`, `survey_not_found`, `survey_already_answered`, `idempotency_conflict`.
   */
  respond(
    member: { readonly programId: string; readonly memberId: string },
    request: SurveyResponseRequest,
    idempotencyKey: string,
  ): Promise<SurveyResponseAnswer>;

  /** Answers to one survey, newest first, with the score over all of them. @throws {LoyaltyError} `survey_not_found`. */
  list(
    programId: string,
    surveyId: string,
    page: { readonly below: ResponsePosition | null; readonly limit: number },
  ): Promise<Omit<SurveyResponsePage, 'nextCursor'> & { readonly next: ResponsePosition | null }>;
}

const DAY_MS = 86_400_000;

export function createSurveyBook({
  database,
  programs,
  clock,
  onAnswered,
}: {
  readonly database: Database;
  readonly programs: ProgramStore;
  readonly clock: () => Instant;
  /** Called when an answer is kept, and again when it is repeated: what hangs on it is safe to do twice. */
  readonly onAnswered: (
    programId: string,
    memberId: string,
    response: { readonly id: string; readonly answeredAt: Instant },
  ) => Promise<void>;
}): SurveyBook {
  return {
    async respond({ programId, memberId }, request, idempotencyKey) {
      const key = { program_id: programId, caller: memberId, idempotency_key: idempotencyKey };
      const { survey: surveyId, score, comment = null, locale = null } = request;
      const contentHash = hashOf(JSON.stringify(['survey_response', surveyId, score, comment, locale]));
      let answeredAt: Instant | undefined;
      const answer = await database.transaction(async (transaction): Promise<SurveyResponseAnswer> => {
        const now = clock();
        const earlier = await first(transaction, sql.selectIdempotencyKey, key);
        const member = { program_id: programId, member_id: memberId };
        const latestOf = (survey: string) =>
          first(transaction, sql.selectLatestResponse, { ...member, survey_id: survey, limit: 1 });
        if (earlier) {
          const answered = replay(earlier, contentHash);
          const latest = await latestOf(surveyId);
          answeredAt = latest?.response_id === answered.id ? latest.answered_at : undefined;
          return answered;
        }
        // A token may outlive its member for a few minutes on another server.
        await memberOfId(transaction, programId, memberId);
        const { program } = versionAt(await programs.versions(transaction, programId), now);
        const survey = program.surveys.find(({ id }) => id === surveyId);
        if (!survey) throw surveyNotFound();
        const latest = await latestOf(surveyId);
        if (latest && now < latest.answered_at + survey.repeatAfterDays * DAY_MS) {
          throw new LoyaltyError('survey_already_answered', 'This survey was answered already.', [
            { pointer: '/survey', detail: `once in ${survey.repeatAfterDays} days` },
          ]);
        }
        // Made of the response before it: of two answers at once both want the same id, and the database keeps one.
        const made = hashOf(JSON.stringify([programId, memberId, surveyId, latest?.response_id ?? null]));
        const id = `rsp_${made.slice(0, 22)}`;
        await transaction.run(sql.insertResponse, {
          ...member,
          response_id: id,
          survey_id: surveyId,
          score,
          comment,
          locale,
          answered_at: now,
          digest: sealOf([programId, memberId, id, surveyId, score, comment, locale, now]),
        });
        const result = JSON.stringify({ id, survey: surveyId });
        await transaction.run(sql.insertIdempotencyKey, {
          ...key,
          content_hash: contentHash,
          result,
          recorded_at: now,
          digest: sealOf([programId, memberId, idempotencyKey, contentHash, result, now]),
        });
        answeredAt = now;
        return { id, survey: surveyId, replayed: false };
      });
      if (answeredAt !== undefined) await onAnswered(programId, memberId, { id: answer.id, answeredAt });
      return answer;
    },

    async list(programId, surveyId, { below, limit }) {
      const versions = await programs.versions(database, programId);
      // A survey that was taken out of the program keeps its answers.
      if (!versions.some(({ program }) => program.surveys.some(({ id }) => id === surveyId))) throw surveyNotFound();
      const survey = { program_id: programId, survey_id: surveyId };
      const rows = await database.all(sql.selectResponses, {
        ...survey,
        before_at: below?.answeredAt ?? Number.MAX_SAFE_INTEGER,
        before_id: below?.id ?? '',
        limit: limit + 1,
      });
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      const counts = await database.all(sql.countScores, survey);
      return {
        responses: shown.map((row) => ({
          id: row.response_id,
          survey: row.survey_id,
          memberId: isTombstone(row.customer_id) ? null : row.customer_id,
          score: row.score,
          comment: row.comment,
          locale: row.locale,
          answeredAt: formatInstant(row.answered_at),
        })),
        nps: npsScoreOf(new Map(counts.map(({ score, count }) => [score, count]))),
        count: counts.reduce((sum, { count }) => sum + count, 0),
        next: last ? { answeredAt: last.answered_at, id: last.response_id } : null,
      };
    },
  };
}

function replay(
  earlier: { readonly content_hash: string; readonly result: string },
  contentHash: string,
): SurveyResponseAnswer {
  if (earlier.content_hash !== contentHash) {
    throw new LoyaltyError('idempotency_conflict', 'This Idempotency-Key came with another answer before.');
  }
  return { ...(JSON.parse(earlier.result) as { id: string; survey: string }), replayed: true };
}

function surveyNotFound(): LoyaltyError {
  return new LoyaltyError('survey_not_found', 'The program has no survey of this id.', [
    { pointer: '/survey', detail: "the id of one of the program's surveys" },
  ]);
}
