import { merchantProfileChangeSchema, profileChangeSchema, profileSchema } from '../../shared/protocol/schemas.ts';
import { json, PRIVATE, type Route, route } from '../http/route.ts';
import { memberParams, noQuery } from './parameters.ts';
import type { Services } from './services.ts';

const changeDescription =
  'What is absent stays as it is, `null` takes out. Sending the same change again changes nothing.';
const answers = { 200: { description: 'The profile as it is now.', schema: profileSchema } };

/** What members say of themselves. */
export function profileRoutes({ members, ledger }: Services): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/me/profile',
      name: 'getProfile',
      tag: 'Profile',
      summary: 'What the member said of himself',
      access: 'member',
      sharing: 'shops',
      query: noQuery,
      answers,
      errors: ['member_not_found'],
      async handle({ caller }) {
        return json(200, await members.profiles.read(caller.programId, caller.memberId), PRIVATE);
      },
    }),

    route({
      method: 'PATCH',
      path: '/v1/me/profile',
      name: 'changeProfile',
      tag: 'Profile',
      summary: 'Change the own profile',
      description: `${changeDescription} The birthday can be set once, and again after a year.`,
      access: 'member',
      sharing: 'shops',
      query: noQuery,
      body: profileChangeSchema,
      answers,
      errors: ['member_not_found', 'birthday_locked'],
      async handle({ caller, body }) {
        return json(200, await members.profiles.change(caller.programId, caller.memberId, body, 'member'), PRIVATE);
      },
    }),

    route({
      method: 'GET',
      path: '/v1/programs/{program}/members/{member}/profile',
      name: 'getMemberProfile',
      tag: 'Members',
      summary: 'What a member said of himself',
      access: 'merchant',
      sharing: 'none',
      params: memberParams,
      query: noQuery,
      answers,
      errors: ['member_not_found'],
      async handle({ params }) {
        const memberId = await ledger.memberIdOf(params.program, params.member);
        return json(200, await members.profiles.read(params.program, memberId), PRIVATE);
      },
    }),

    route({
      method: 'PATCH',
      path: '/v1/programs/{program}/members/{member}/profile',
      name: 'changeMemberProfile',
      tag: 'Members',
      summary: "Change a member's profile",
      description: `${changeDescription} A birthday that was set before needs \`birthdayReason\`, which the member can read.`,
      access: 'merchant',
      sharing: 'none',
      params: memberParams,
      query: noQuery,
      body: merchantProfileChangeSchema,
      answers,
      errors: ['member_not_found'],
      async handle({ params, body }) {
        const memberId = await ledger.memberIdOf(params.program, params.member);
        return json(200, await members.profiles.change(params.program, memberId, body, 'merchant'), PRIVATE);
      },
    }),
  ];
}
