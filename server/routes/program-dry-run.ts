import * as v from 'valibot';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Program, ProgramVersion } from '../../shared/domain/program.ts';
import { dryRunSchema, programSchema, tierMovePageSchema } from '../../shared/protocol/schemas.ts';
import { cursorOf, readCursor } from '../http/cursor.ts';
import { json, PRIVATE, type Route, route } from '../http/route.ts';
import { dryRun, tierMoves } from '../programs/dry-run/dry-run.ts';
import { parseProgram } from '../programs/program-document.ts';
import { cursorSchema, LIMIT_DEFAULT, limitSchema, programParams } from './parameters.ts';
import type { Services } from './services.ts';

/** Time for one answer: a request that takes longer is cut on its way by what lies between. */
const TIME_MS = 20_000;

const DAYS_DEFAULT = 90;

const daysSchema = v.pipe(
  v.string(),
  v.regex(/^(?:[1-9]\d?|[12]\d\d|3[0-5]\d|36[0-6])$/, 'a whole number from 1 to 366'),
  v.description(`Days of orders to look back at; ${DAYS_DEFAULT} when absent.`),
  v.transform(Number),
);

/** What a draft of the program would change, before it is published. */
export function programDryRunRoutes({ programs, database, clock }: Services): Route[] {
  /** Programs with one under way: it reads much, and two of them tell no more than one. */
  const running = new Set<string>();

  async function alone<T>(programId: string, work: (versions: readonly ProgramVersion[]) => Promise<T>): Promise<T> {
    if (running.has(programId)) {
      throw new LoyaltyError('rate_limited', 'A dry run of this program is under way: try again when it is done.');
    }
    running.add(programId);
    try {
      return await work(await programs.versions(database, programId));
    } finally {
      running.delete(programId);
    }
  }

  return [
    route({
      method: 'POST',
      path: '/v1/programs/{program}/dry-run',
      name: 'dryRunProgram',
      tag: 'Programs',
      summary: 'What a draft would have changed',
      description:
        'Runs the orders of the last days again by the draft, in the tiers that their members were in, and reviews every tier as if the next review were now. Nothing is written.',
      access: 'merchant',
      sharing: 'none',
      params: programParams,
      query: v.strictObject({ days: v.optional(daysSchema) }),
      body: v.unknown(),
      documentedBody: programSchema,
      answers: { 200: { description: 'The comparison.', schema: dryRunSchema } },
      errors: ['program_not_found', 'program_invalid', 'rate_limited'],
      async handle({ params, query: { days = DAYS_DEFAULT }, body }) {
        const draft = draftOf(body, params.program);
        const isOver = timer();
        const answer = await alone(params.program, (versions) =>
          dryRun({ reader: database, versions, draft, now: clock(), days, isOver }),
        );
        return json(200, answer, PRIVATE);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/programs/{program}/dry-run/tier-moves',
      name: 'listTierMoves',
      tag: 'Programs',
      summary: 'Who would be in another tier by a draft',
      description:
        'The members behind the numbers of a dry run. A page may have fewer than `limit`, while `nextCursor` says that more may follow.',
      access: 'merchant',
      sharing: 'none',
      params: programParams,
      query: v.strictObject({
        direction: v.optional(v.picklist(['up', 'down'])),
        cursor: v.optional(cursorSchema),
        limit: v.optional(limitSchema),
      }),
      body: v.unknown(),
      documentedBody: programSchema,
      answers: { 200: { description: 'One page.', schema: tierMovePageSchema } },
      errors: ['program_not_found', 'program_invalid', 'rate_limited'],
      async handle({ params, query: { direction, cursor, limit = LIMIT_DEFAULT }, body }) {
        const draft = draftOf(body, params.program);
        const after = cursor === undefined ? '' : String(readCursor(cursor, ['string'])[0]);
        const isOver = timer();
        const { moves, next } = await alone(params.program, (versions) =>
          tierMoves({ reader: database, versions, draft, now: clock(), isOver }, { after, limit, direction }),
        );
        return json(200, { moves, nextCursor: next === null ? null : cursorOf([next]) }, PRIVATE);
      },
    }),
  ];
}

/** @throws {LoyaltyError} `program_invalid`. */
function draftOf(body: unknown, programId: string): Program {
  const draft = parseProgram(body);
  if (draft.id === programId) return draft;
  throw new LoyaltyError('program_invalid', 'The document is of another program.', [
    { pointer: '/id', detail: 'the id in the address' },
  ]);
}

function timer(): () => boolean {
  const end = performance.now() + TIME_MS;
  return () => performance.now() >= end;
}
