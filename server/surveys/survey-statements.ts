import { statement } from '../database/statement.ts';

export const selectLatestResponse = statement<{ response_id: string; answered_at: number }>((db, parameter) =>
  db
    .selectFrom('survey_responses')
    .select(['response_id', 'answered_at'])
    .where('program_id', '=', parameter('program_id'))
    .where('member_id', '=', parameter('member_id'))
    .where('survey_id', '=', parameter('survey_id'))
    .orderBy('answered_at', 'desc')
    .limit(parameter('limit')),
);

export const insertResponse = statement<never>((db, parameter) =>
  db.insertInto('survey_responses').values({
    program_id: parameter('program_id'),
    member_id: parameter('member_id'),
    response_id: parameter('response_id'),
    survey_id: parameter('survey_id'),
    score: parameter('score'),
    comment: parameter('comment'),
    locale: parameter('locale'),
    answered_at: parameter('answered_at'),
    digest: parameter('digest'),
  }),
);

export interface ResponseRow {
  readonly response_id: string;
  readonly survey_id: string;
  readonly customer_id: string;
  readonly score: number;
  readonly comment: string | null;
  readonly locale: string | null;
  readonly answered_at: number;
}

/** Newest first, below a position; one survey's. */
export const selectResponses = statement<ResponseRow>((db, parameter) =>
  db
    .selectFrom('survey_responses as response')
    .innerJoin('members as member', (join) =>
      join.onRef('member.program_id', '=', 'response.program_id').onRef('member.member_id', '=', 'response.member_id'),
    )
    .select([
      'response.response_id',
      'response.survey_id',
      'member.customer_id',
      'response.score',
      'response.comment',
      'response.locale',
      'response.answered_at',
    ])
    .where('response.program_id', '=', parameter('program_id'))
    .where('response.survey_id', '=', parameter('survey_id'))
    .where((of) =>
      of.or([
        of('response.answered_at', '<', parameter('before_at')),
        of.and([
          of('response.answered_at', '=', parameter('before_at')),
          of('response.response_id', '<', parameter('before_id')),
        ]),
      ]),
    )
    .orderBy('response.answered_at', 'desc')
    .orderBy('response.response_id', 'desc')
    .limit(parameter('limit')),
);

export const countScores = statement<{ score: number; count: number }>((db, parameter) =>
  db
    .selectFrom('survey_responses')
    .select((of) => ['score', of.fn.countAll<number>().as('count')])
    .where('program_id', '=', parameter('program_id'))
    .where('survey_id', '=', parameter('survey_id'))
    .groupBy('score'),
);

export const selectIdempotencyKey = statement<{ content_hash: string; result: string }>((db, parameter) =>
  db
    .selectFrom('idempotency_keys')
    .select(['content_hash', 'result'])
    .where('program_id', '=', parameter('program_id'))
    .where('caller', '=', parameter('caller'))
    .where('idempotency_key', '=', parameter('idempotency_key')),
);

export const insertIdempotencyKey = statement<never>((db, parameter) =>
  db.insertInto('idempotency_keys').values({
    program_id: parameter('program_id'),
    caller: parameter('caller'),
    idempotency_key: parameter('idempotency_key'),
    content_hash: parameter('content_hash'),
    result: parameter('result'),
    recorded_at: parameter('recorded_at'),
    digest: parameter('digest'),
  }),
);
