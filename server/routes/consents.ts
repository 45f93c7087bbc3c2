import * as v from 'valibot';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import { versionAt } from '../../shared/domain/program.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import {
  audiencePageSchema,
  confirmationAnswerSchema,
  confirmationSchema,
  consentRequestSchema,
  consentStatementSchema,
  consentsSchema,
  merchantConsentsSchema,
  slug,
} from '../../shared/protocol/schemas.ts';
import { cursorOf, readCursor } from '../http/cursor.ts';
import { json, PRIVATE, type Route, route } from '../http/route.ts';
import { listAudience } from '../members/member-list.ts';
import { cursorSchema, LIMIT_DEFAULT, limitSchema, memberParams, noQuery, programParams } from './parameters.ts';
import type { Services } from './services.ts';

const current = { 200: { description: 'Where each purpose stands, with its history.', schema: consentsSchema } };
const given = ['member_not_found', 'consent_purpose_not_found', 'consent_text_outdated', 'rate_limited'] as const;

/** What members agreed to. */
export function consentRoutes({ members, ledger, programs, database, clock, issuer }: Services): Route[] {
  const { consents, profiles } = members;
  const read = async (programId: string, memberId: string) => ({
    consents: [...(await consents.read(programId, memberId))],
  });

  return [
    route({
      method: 'GET',
      path: '/v1/me/consents',
      name: 'listConsents',
      tag: 'Consents',
      summary: 'What the member agreed to',
      access: 'member',
      sharing: 'shops',
      query: noQuery,
      answers: current,
      errors: ['member_not_found'],
      async handle({ caller }) {
        return json(200, await read(caller.programId, caller.memberId), PRIVATE);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/me/consents',
      name: 'giveConsent',
      tag: 'Consents',
      summary: 'Give or withdraw a consent',
      description:
        'Giving counts for the text of `textVersion` in `locale`, which must be the current one. Where the program asks for a second yes, the state is `pending` until the member confirms with the code that the shop mails. The same word again changes nothing.',
      access: 'member',
      sharing: 'shops',
      query: noQuery,
      body: consentRequestSchema,
      answers: current,
      errors: given,
      async handle({ caller, body, origin }) {
        const proof = origin === undefined ? { how: 'member_token' } : { how: 'page', origin };
        await consents.give(caller.programId, caller.memberId, body, proof);
        return json(200, await read(caller.programId, caller.memberId), PRIVATE);
      },
    }),

    route({
      method: 'GET',
      path: '/v1/programs/{program}/members/{member}/consents',
      name: 'listMemberConsents',
      tag: 'Consents',
      summary: 'What a member agreed to',
      access: 'merchant',
      sharing: 'none',
      params: memberParams,
      query: noQuery,
      answers: current,
      errors: ['program_not_found', 'member_not_found'],
      async handle({ params: { program, member } }) {
        return json(200, await read(program, await ledger.memberIdOf(program, member)), PRIVATE);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/programs/{program}/members/{member}/consents',
      name: 'recordMemberConsent',
      tag: 'Consents',
      summary: 'Record a consent that a member gave to the shop',
      description:
        'With the shop’s statement as proof. Where the program asks for a second yes the answer carries `confirmation`, for the shop to mail: the shop’s word does not stand for it.',
      access: 'merchant',
      sharing: 'none',
      params: memberParams,
      query: noQuery,
      body: consentStatementSchema,
      answers: { 200: { description: 'Where each purpose stands.', schema: merchantConsentsSchema } },
      errors: ['program_not_found', ...given],
      async handle({ params: { program, member }, body: { statement, ...request } }) {
        const memberId = await ledger.memberIdOf(program, member);
        const { code, confirmBy } = await consents.give(program, memberId, request, { how: 'merchant', statement });
        const confirmation = code === null || confirmBy === null ? null : { code, confirmBy: formatInstant(confirmBy) };
        return json(200, { ...(await read(program, memberId)), confirmation }, PRIVATE);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/programs/{program}/consents/confirm',
      name: 'confirmConsent',
      tag: 'Consents',
      summary: 'The second yes, with the code that was mailed',
      description: 'Whoever has the code has the mailbox. The same code again gives the same answer.',
      access: 'public',
      sharing: 'shops',
      params: programParams,
      query: noQuery,
      body: confirmationSchema,
      answers: { 200: { description: 'Confirmed.', schema: confirmationAnswerSchema } },
      errors: ['program_not_found', 'confirmation_not_found'],
      async handle({ params, body }) {
        return json(200, await consents.confirm(params.program, body.code));
      },
    }),

    route({
      method: 'GET',
      path: '/v1/programs/{program}/consents',
      name: 'listAudience',
      tag: 'Consents',
      summary: 'Members who agreed to a purpose',
      description:
        'Everybody whose latest word is yes. Leave out those with `isOutdated`: they agreed to an older text.',
      access: 'merchant',
      sharing: 'none',
      params: programParams,
      query: v.strictObject({
        purpose: v.pipe(slug, v.description('Id of the consent in the program document.')),
        cursor: v.optional(cursorSchema),
        limit: v.optional(limitSchema),
      }),
      answers: {
        200: {
          description: 'One page.',
          schema: audiencePageSchema,
          headers: { Link: '`rel="next"` with the address of the next page, while there is one.' },
        },
      },
      errors: ['program_not_found', 'consent_purpose_not_found'],
      async handle({ params: { program: programId }, query: { purpose, cursor, limit = LIMIT_DEFAULT } }) {
        const versions = await programs.versions(database, programId);
        if (!versions.some(({ program }) => program.consents.some(({ id }) => id === purpose))) {
          throw new LoyaltyError('consent_purpose_not_found', 'The program never asked for a consent of this id.', [
            { pointer: '/query/purpose', detail: "the id of one of the program's consents" },
          ]);
        }
        const asked = versionAt(versions, clock()).program.consents.find(({ id }) => id === purpose);
        const after = cursor === undefined ? '' : (readCursor(cursor, ['string'])[0] as string);
        const audience = { programId, purpose, textVersion: asked?.textVersion ?? null };
        const { members: page, next } = await listAudience(database, profiles, audience, { after, limit });
        const nextCursor = next === null ? null : cursorOf([next]);
        const query = new URLSearchParams({ purpose, cursor: nextCursor ?? '', limit: String(limit) });
        const address = `${issuer}/v1/programs/${programId}/consents?${query}`;
        const headers = nextCursor === null ? PRIVATE : { ...PRIVATE, link: `<${address}>; rel="next"` };
        return json(200, { members: page, nextCursor }, headers);
      },
    }),
  ];
}
