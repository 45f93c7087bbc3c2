import * as v from 'valibot';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import {
  ERASURE_REASONS,
  emailSchema,
  erasureReceiptSchema,
  exportPageSchema,
  joinAnswerSchema,
  joinSchema,
  memberPageSchema,
  merchantJoinSchema,
  mergeReceiptSchema,
  mergeSchema,
  slug,
  unmergeSchema,
} from '../../shared/protocol/schemas.ts';
import { cursorOf, readCursor } from '../http/cursor.ts';
import { type Answer, json, PRIVATE, type Route, route } from '../http/route.ts';
import { listMembers } from '../members/member-list.ts';
import { cursorSchema, LIMIT_DEFAULT, limitSchema, memberParams, noQuery, programParams } from './parameters.ts';
import type { Services } from './services.ts';

/** A token this old may have been left behind on a machine that somebody else sits at now. */
const FRESH_MS = 120_000;

const joined = {
  201: { description: 'Joined now.', schema: joinAnswerSchema },
  200: { description: 'Had joined with the same content before.', schema: joinAnswerSchema },
};
const joinErrors = [
  'program_not_found',
  'idempotency_conflict',
  'birthday_locked',
  'consent_purpose_not_found',
  'consent_text_outdated',
  'rate_limited',
] as const;
const exported = {
  200: {
    description: 'Everything, or one page of it: nearly every record fits on one.',
    schema: exportPageSchema,
    headers: { Link: '`rel="next"` with the address of the next page, while there is one.' },
  },
};
const exportQuery = v.strictObject({ cursor: v.optional(cursorSchema) });
const merged = {
  201: { description: 'Written.', schema: mergeReceiptSchema },
  200: { description: 'A repeat: this is the first answer again.', schema: mergeReceiptSchema },
};
const erased = { 200: { description: 'The member is forgotten.', schema: erasureReceiptSchema } };

/** Members' way in, what is kept of them, and their way out. */
export function memberRoutes({ members, referrals, ledger, database, clock, issuer }: Services): Route[] {
  /** One page of an export, for the member and for the merchant. */
  async function exportPage(programId: string, memberId: string, cursor: string | undefined, path: string) {
    const position = cursor === undefined ? null : readCursor(cursor, ['string', 'string', 'string']);
    const { next, ...page } = await members.exportMember(
      programId,
      memberId,
      position as [string, string, string] | null,
    );
    const nextCursor = next === null ? null : cursorOf(next);
    const query = nextCursor === null ? null : new URLSearchParams({ cursor: nextCursor });
    return paged({ ...page, nextCursor }, `${issuer}${path}`, query);
  }

  return [
    route({
      method: 'GET',
      path: '/v1/programs/{program}/members',
      name: 'listMembers',
      tag: 'Members',
      summary: 'Members, or those with an e-mail address or in a tier',
      description:
        'In the order of their enrolment ids, which say nothing. Merged and erased members are not among them.',
      access: 'merchant',
      sharing: 'none',
      params: programParams,
      query: v.strictObject({
        email: v.optional(v.pipe(emailSchema, v.description('The whole address; small and capital letters are one.'))),
        tier: v.optional(v.pipe(slug, v.description('Id of a tier.'))),
        cursor: v.optional(cursorSchema),
        limit: v.optional(limitSchema),
      }),
      answers: {
        200: {
          description: 'One page.',
          schema: memberPageSchema,
          headers: { Link: '`rel="next"` with the address of the next page, while there is one.' },
        },
      },
      errors: ['program_not_found'],
      async handle({ params: { program }, query: { email, tier, cursor, limit = LIMIT_DEFAULT } }) {
        const after = cursor === undefined ? '' : (readCursor(cursor, ['string'])[0] as string);
        const page = await listMembers(database, members.profiles, program, { email, tier }, { after, limit });
        const nextCursor = page.next === null ? null : cursorOf([page.next]);
        const next = nextCursor === null ? null : new URLSearchParams({ cursor: nextCursor, limit: String(limit) });
        if (email !== undefined) next?.set('email', email);
        if (tier !== undefined) next?.set('tier', tier);
        return paged({ members: page.members, nextCursor }, `${issuer}/v1/programs/${program}/members`, next);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/programs/{program}/members',
      name: 'joinMember',
      tag: 'Members',
      summary: 'Have a customer join',
      description:
        'Enrols the customer with a profile, the consents given at once and where it happened. Idempotent by `memberId`: the same content again gives the same answer. A customer whom an order enrolled before joins with it.',
      access: 'merchant',
      sharing: 'none',
      params: programParams,
      query: noQuery,
      body: merchantJoinSchema,
      answers: joined,
      errors: joinErrors,
      async handle({ params: { program }, body: { memberId, statement, referralCode, signals, ...request } }) {
        const proof = { how: 'merchant', ...(statement !== undefined && { statement }) };
        const answer = await members.join(program, memberId, request, proof);
        await referrals.noteArrival(program, memberId, { code: referralCode, signals });
        return json(answer.replayed ? 200 : 201, answer, PRIVATE);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/me/join',
      name: 'join',
      tag: 'Profile',
      summary: 'Join with a profile and consents',
      description: 'Once: the same content again gives the same answer; afterwards the profile is changed with PATCH.',
      access: 'member',
      sharing: 'shops',
      query: noQuery,
      body: joinSchema,
      answers: joined,
      errors: ['member_not_found', ...joinErrors],
      async handle({ caller, body, origin }) {
        const { programId, memberId } = caller;
        const proof = origin === undefined ? { how: 'member_token' } : { how: 'page', origin };
        const answer = await members.joinAs(programId, memberId, body, proof);
        return json(answer.replayed ? 200 : 201, answer, PRIVATE);
      },
    }),

    route({
      method: 'GET',
      path: '/v1/me/export',
      name: 'exportMe',
      tag: 'Profile',
      summary: 'Everything that is kept of the member',
      access: 'member',
      sharing: 'shops',
      query: exportQuery,
      answers: exported,
      errors: ['member_not_found'],
      handle: ({ caller, query }) => exportPage(caller.programId, caller.memberId, query.cursor, '/v1/me/export'),
    }),

    route({
      method: 'GET',
      path: '/v1/programs/{program}/members/{member}/export',
      name: 'exportMember',
      tag: 'Members',
      summary: 'Everything that is kept of a member',
      access: 'merchant',
      sharing: 'none',
      params: memberParams,
      query: exportQuery,
      answers: exported,
      errors: ['program_not_found', 'member_not_found'],
      async handle({ params: { program, member }, query }) {
        const path = `/v1/programs/${program}/members/${encodeURIComponent(member)}/export`;
        return exportPage(program, await ledger.memberIdOf(program, member), query.cursor, path);
      },
    }),

    route({
      method: 'DELETE',
      path: '/v1/me',
      name: 'eraseMe',
      tag: 'Profile',
      summary: 'Forget the member',
      description:
        'For good: the profile, what proves consents, comments and linked wallets are gone, and all points with them. Needs `confirm=forfeit-my-points` and a token that was issued within the last two minutes.',
      access: 'member',
      sharing: 'shops',
      query: v.strictObject({
        confirm: v.pipe(
          v.literal('forfeit-my-points', 'forfeit-my-points, in so many words'),
          v.description('That the member was told what is lost.'),
        ),
      }),
      answers: erased,
      errors: ['program_not_found', 'member_not_found', 'fresh_token_required'],
      async handle({ caller }) {
        if (clock() - (caller.issuedAt ?? 0) > FRESH_MS) {
          throw new LoyaltyError('fresh_token_required', 'Sign in again: this cannot be undone.');
        }
        return json(200, await members.erase(caller.programId, caller.memberId, 'member_request'), PRIVATE);
      },
    }),

    route({
      method: 'DELETE',
      path: '/v1/programs/{program}/members/{member}',
      name: 'eraseMember',
      tag: 'Members',
      summary: 'Forget a member',
      description:
        'For good, with all points. The same customer id coming again is a new member. Export first what the member is owed a copy of.',
      access: 'merchant',
      sharing: 'none',
      params: memberParams,
      query: v.strictObject({
        reason: v.pipe(v.picklist(ERASURE_REASONS), v.description('Kept as the record of what was done.')),
      }),
      answers: erased,
      errors: ['program_not_found', 'member_not_found'],
      async handle({ params: { program, member }, query: { reason } }) {
        const memberId = await ledger.memberIdOf(program, member);
        return json(200, await members.erase(program, memberId, reason), PRIVATE);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/programs/{program}/members/{member}/merge',
      name: 'mergeMembers',
      tag: 'Members',
      summary: 'Make two members one',
      description:
        "Points go over with their dates, and what counts toward a tier with them. From then on this member's id names the other. Merging again into the same member changes nothing.",
      access: 'merchant',
      sharing: 'none',
      idempotencyKey: 'optional',
      params: memberParams,
      query: noQuery,
      body: mergeSchema,
      answers: merged,
      errors: ['program_not_found', 'member_not_found', 'merge_refused', 'idempotency_conflict', 'points_overflow'],
      async handle({ params: { program, member }, body, idempotencyKey }) {
        const receipt = await members.merge(program, member, body, idempotencyKey);
        return json(receipt.replayed ? 200 : 201, receipt, PRIVATE);
      },
    }),

    route({
      method: 'POST',
      path: '/v1/programs/{program}/members/{member}/unmerge',
      name: 'unmergeMember',
      tag: 'Members',
      summary: 'Take a merge back',
      description:
        'What is left of the points that went over goes back; what was spent since, and what came after the merge, stays with the other member.',
      access: 'merchant',
      sharing: 'none',
      idempotencyKey: 'optional',
      params: memberParams,
      query: noQuery,
      body: unmergeSchema,
      answers: merged,
      errors: [
        'program_not_found',
        'member_not_found',
        'merge_not_found',
        'merge_refused',
        'idempotency_conflict',
        'points_overflow',
      ],
      async handle({ params: { program, member }, body, idempotencyKey }) {
        const receipt = await members.unmerge(program, member, body.reason, idempotencyKey);
        return json(receipt.replayed ? 200 : 201, receipt, PRIVATE);
      },
    }),
  ];
}

/** A page with the address of the next one, if there is one. */
function paged(body: object, address: string, next: URLSearchParams | null): Answer {
  return json(200, body, next === null ? PRIVATE : { ...PRIVATE, link: `<${address}?${next}>; rel="next"` });
}
