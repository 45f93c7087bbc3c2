import * as v from 'valibot';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import {
  platformSchema,
  privacyRequestPageSchema,
  programIdSchema,
  webhookSourceRequestSchema,
  webhookSourceSchema,
} from '../../shared/protocol/schemas.ts';
import { cursorOf, readCursor } from '../http/cursor.ts';
import { invalidRequest } from '../http/read-call.ts';
import { json, type Route, route } from '../http/route.ts';
import { secretFaultOf } from '../webhooks/incoming/secret-fault.ts';
import type { Platform } from '../webhooks/incoming/signatures.ts';
import { cursorSchema, LIMIT_DEFAULT, limitSchema, noQuery, programParams } from './parameters.ts';
import type { Services } from './services.ts';

const sourceParams = v.strictObject({ program: programIdSchema, platform: platformSchema });
const requestParams = v.strictObject({
  program: programIdSchema,
  request: v.pipe(v.string(), v.regex(/^prv_[A-Za-z0-9_-]{22}$/, 'the id of a request')),
});
const pageQuery = v.strictObject({ cursor: v.optional(cursorSchema), limit: v.optional(limitSchema) });

const HOUR_MS = 3_600_000;
const OVERLAP_HOURS = 24;

/** The secrets by which a program knows its platforms' events, and what the platforms ask for by law. */
export function webhookSourceRoutes({ webhookSources, privacyRequests, programs, issuer }: Services): Route[] {
  async function sourceOf(programId: string, platform: Platform) {
    const url = `${issuer}/v1/programs/${programId}/webhooks/${platform}`;
    return { platform, url, secrets: [...(await webhookSources.list(programId, platform))] };
  }

  return [
    route({
      method: 'GET',
      path: '/v1/programs/{program}/webhook-sources/{platform}',
      name: 'getWebhookSource',
      tag: 'Orders',
      summary: 'Which secrets of a platform are good',
      access: 'merchant',
      sharing: 'none',
      params: sourceParams,
      query: noQuery,
      answers: { 200: { description: 'The secrets by their ids, the newest first.', schema: webhookSourceSchema } },
      errors: ['program_not_found'],
      async handle({ params }) {
        await programs.newest(params.program);
        return json(200, await sourceOf(params.program, params.platform));
      },
    }),

    route({
      method: 'PUT',
      path: '/v1/programs/{program}/webhook-sources/{platform}',
      name: 'putWebhookSource',
      tag: 'Orders',
      summary: "Set the secret of a platform's events",
      description:
        'The secret before it stays good for `overlapHours`, so that no event is refused while the platform changes over. Shopify makes its own secret; for the others, one is made here when none is given.',
      access: 'merchant',
      sharing: 'none',
      params: sourceParams,
      query: noQuery,
      body: webhookSourceRequestSchema,
      answers: { 200: { description: 'It is good from now on.', schema: webhookSourceSchema } },
      errors: ['program_not_found'],
      async handle({ params: { program, platform }, body }) {
        await programs.newest(program);
        const given = body.secret ?? null;
        const fault = secretFaultOf(platform, given);
        if (fault) throw invalidRequest([{ pointer: '/secret', detail: fault }]);
        const overlapMs = (body.overlapHours ?? OVERLAP_HOURS) * HOUR_MS;
        const secret = await webhookSources.rotate(program, platform, given, overlapMs);
        return json(200, { ...(await sourceOf(program, platform)), ...(given === null && { secret }) });
      },
    }),

    route({
      method: 'DELETE',
      path: '/v1/programs/{program}/webhook-sources/{platform}',
      name: 'deleteWebhookSource',
      tag: 'Orders',
      summary: "Accept no more of a platform's events",
      access: 'merchant',
      sharing: 'none',
      params: sourceParams,
      query: noQuery,
      answers: { 200: { description: 'No secret is good any more.', schema: webhookSourceSchema } },
      errors: ['program_not_found'],
      async handle({ params: { program, platform } }) {
        await programs.newest(program);
        await webhookSources.remove(program, platform);
        return json(200, await sourceOf(program, platform));
      },
    }),

    route({
      method: 'GET',
      path: '/v1/programs/{program}/privacy-requests',
      name: 'getPrivacyRequests',
      tag: 'Members',
      summary: 'What platforms asked for by law, newest first',
      access: 'merchant',
      sharing: 'none',
      params: programParams,
      query: pageQuery,
      answers: { 200: { description: 'A page of requests.', schema: privacyRequestPageSchema } },
      errors: ['program_not_found'],
      async handle({ params, query }) {
        await programs.newest(params.program);
        const [receivedAt, id] =
          query.cursor === undefined ? [] : (readCursor(query.cursor, ['number', 'string']) as [number, string]);
        const below = receivedAt === undefined || id === undefined ? null : { receivedAt, id };
        const { requests, next } = await privacyRequests.list(params.program, {
          below,
          limit: query.limit ?? LIMIT_DEFAULT,
        });
        return json(200, { requests, nextCursor: next && cursorOf([next.receivedAt, next.id]) });
      },
    }),

    route({
      method: 'DELETE',
      path: '/v1/programs/{program}/privacy-requests/{request}',
      name: 'deletePrivacyRequest',
      tag: 'Members',
      summary: 'Strike off a request that was carried out',
      description: 'It stays in the list, with when it was done.',
      access: 'merchant',
      sharing: 'none',
      params: requestParams,
      query: noQuery,
      answers: { 200: { description: 'Done.', schema: v.strictObject({}) } },
      errors: ['not_found'],
      async handle({ params }) {
        if (!(await privacyRequests.strikeOff(params.program, params.request))) {
          throw new LoyaltyError('not_found', 'There is no such request.');
        }
        return json(200, {});
      },
    }),
  ];
}
