import * as v from 'valibot';
import {
  shopIdSchema,
  surveyResponseAnswerSchema,
  surveyResponsePageSchema,
  surveyResponseSchema,
} from '../../shared/protocol/schemas.ts';
import { cursorOf, readCursor } from '../http/cursor.ts';
import { json, PRIVATE, type Route, route } from '../http/route.ts';
import { cursorSchema, LIMIT_DEFAULT, limitSchema, noQuery, programParams } from './parameters.ts';
import type { Services } from './services.ts';

export function surveyRoutes({ surveys, issuer }: Services): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/me/survey-responses',
      name: 'postSurveyResponse',
      tag: 'Surveys',
      summary: 'Answer a survey',
      description: 'Once in `repeatAfterDays` of the survey. Points never depend on the answer.',
      access: 'member',
      sharing: 'shops',
      idempotencyKey: 'required',
      query: noQuery,
      body: surveyResponseSchema,
      answers: {
        201: { description: 'Kept.', schema: surveyResponseAnswerSchema },
        200: { description: 'A repeat: this is the first answer again.', schema: surveyResponseAnswerSchema },
      },
      errors: ['member_not_found', 'survey_not_found', 'survey_already_answered', 'idempotency_conflict'],
      async handle({ caller, body, idempotencyKey }) {
        const answer = await surveys.respond(caller, body, idempotencyKey as string);
        return json(answer.replayed ? 200 : 201, answer);
      },
    }),

    route({
      method: 'GET',
      path: '/v1/programs/{program}/survey-responses',
      name: 'listSurveyResponses',
      tag: 'Surveys',
      summary: "A survey's answers, newest first, with its score",
      access: 'merchant',
      sharing: 'none',
      params: programParams,
      query: v.strictObject({
        survey: v.pipe(shopIdSchema, v.description('Id of the survey in the program document.')),
        cursor: v.optional(cursorSchema),
        limit: v.optional(limitSchema),
      }),
      answers: {
        200: {
          description: 'One page. `nps` and `count` are over all answers to the survey.',
          schema: surveyResponsePageSchema,
          headers: { Link: '`rel="next"` with the address of the next page, while there is one.' },
        },
      },
      errors: ['program_not_found', 'survey_not_found'],
      async handle({ params, query: { survey, cursor, limit = LIMIT_DEFAULT } }) {
        const position = cursor === undefined ? null : readCursor(cursor, ['number', 'string']);
        const below = position && { answeredAt: position[0] as number, id: position[1] as string };
        const { next, ...page } = await surveys.list(params.program, survey, { below, limit });
        const nextCursor = next && cursorOf([next.answeredAt, next.id]);
        const query = new URLSearchParams({ survey, cursor: nextCursor ?? '', limit: String(limit) });
        const address = `${issuer}/v1/programs/${params.program}/survey-responses?${query}`;
        const headers = nextCursor ? { ...PRIVATE, link: `<${address}>; rel="next"` } : PRIVATE;
        return json(200, { ...page, nextCursor }, headers);
      },
    }),
  ];
}
