import * as v from 'valibot';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import { programSchema, programVersionPageSchema, programVersionSchema } from '../../shared/protocol/schemas.ts';
import { cursorOf, readCursor } from '../http/cursor.ts';
import { json, PRIVATE, type Route, route } from '../http/route.ts';
import type { VersionSummary } from '../programs/version-rows.ts';
import { cursorSchema, LIMIT_DEFAULT, limitSchema, noQuery, programParams } from './parameters.ts';
import type { Services } from './services.ts';

const versionParams = v.strictObject({
  ...programParams.entries,
  version: v.pipe(v.string(), v.regex(/^[1-9]\d{0,14}$/, 'the number of a version'), v.transform(Number)),
});

/** A program's versions, for its merchant. */
export function programVersionRoutes({ programs, database, issuer }: Services): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/programs/{program}/versions',
      name: 'listProgramVersions',
      tag: 'Programs',
      summary: 'Every version of the program, newest first',
      access: 'merchant',
      sharing: 'none',
      params: programParams,
      query: v.strictObject({ cursor: v.optional(cursorSchema), limit: v.optional(limitSchema) }),
      answers: {
        200: {
          description: 'One page.',
          schema: programVersionPageSchema,
          headers: { Link: '`rel="next"` with the address of the next page, while there is one.' },
        },
      },
      errors: ['program_not_found'],
      async handle({ params, query: { cursor, limit = LIMIT_DEFAULT } }) {
        const below = cursor === undefined ? Number.POSITIVE_INFINITY : (readCursor(cursor, ['number'])[0] as number);
        const older = (await programs.history(params.program)).filter(({ version }) => version < below).reverse();
        const versions = older.slice(0, limit);
        const last = versions.at(-1);
        const nextCursor = older.length > limit && last ? cursorOf([last.version]) : null;
        const query = new URLSearchParams({ cursor: nextCursor ?? '', limit: String(limit) });
        const address = `${issuer}/v1/programs/${params.program}/versions?${query}`;
        const headers = nextCursor ? { ...PRIVATE, link: `<${address}>; rel="next"` } : PRIVATE;
        return json(200, { versions: versions.map(answerOf), nextCursor }, headers);
      },
    }),

    route({
      method: 'GET',
      path: '/v1/programs/{program}/versions/{version}',
      name: 'getProgramVersion',
      tag: 'Programs',
      summary: 'The document of one version',
      access: 'merchant',
      sharing: 'none',
      params: versionParams,
      query: noQuery,
      answers: { 200: { description: 'The document as published.', schema: programSchema } },
      errors: ['program_not_found', 'program_version_not_found'],
      async handle({ params }) {
        const versions = await programs.versions(database, params.program);
        const found = versions.find(({ version }) => version === params.version);
        if (!found) throw new LoyaltyError('program_version_not_found', 'The program has no such version.');
        return json(200, found.program, PRIVATE);
      },
    }),

    route({
      method: 'DELETE',
      path: '/v1/programs/{program}/versions/{version}',
      name: 'withdrawProgramVersion',
      tag: 'Programs',
      summary: 'Withdraw a version that is not in force yet',
      description:
        'Versions are never erased: the one in force is published again from now on, so that the planned one never comes into force. Others that are planned stay planned, under new numbers.',
      access: 'merchant',
      sharing: 'none',
      params: versionParams,
      query: noQuery,
      answers: { 200: { description: 'Withdrawn, now or before.', schema: programVersionSchema } },
      errors: ['program_not_found', 'program_version_not_found', 'program_version_in_force'],
      async handle({ params }) {
        return json(200, answerOf(await programs.withdraw(params.program, params.version)), PRIVATE);
      },
    }),
  ];
}

const answerOf = ({ effectiveAt, recordedAt, ...summary }: VersionSummary) => ({
  ...summary,
  effectiveAt: formatInstant(effectiveAt),
  recordedAt: formatInstant(recordedAt),
});
