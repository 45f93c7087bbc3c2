import { table } from './table.ts';

/** What members answered. */
export interface SurveyTables {
  survey_responses: {
    program_id: string;
    member_id: string;
    response_id: string;
    survey_id: string;
    score: number;
    comment: string | null;
    locale: string | null;
    answered_at: number;
    digest: string;
  };
}

export const SURVEY_STATEMENTS: readonly string[] = [
  table(
    'survey_responses',
    `program_id TEXT NOT NULL, member_id TEXT NOT NULL, response_id TEXT NOT NULL, survey_id TEXT NOT NULL,
     score BIGINT NOT NULL, comment TEXT, locale TEXT, answered_at BIGINT NOT NULL, digest TEXT NOT NULL`,
    'program_id, member_id, response_id',
  ),
  'CREATE INDEX survey_responses_by_time ON survey_responses (program_id, survey_id, answered_at)',
];
