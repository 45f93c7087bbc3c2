import { challengeListSchema } from '../../shared/protocol/schemas.ts';
import { json, PRIVATE, type Route, route } from '../http/route.ts';
import { noQuery } from './parameters.ts';
import type { Services } from './services.ts';

/** Goals that members work toward. */
export function challengeRoutes({ challenges }: Services): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/me/challenges',
      name: 'listChallenges',
      tag: 'Account',
      summary: "The program's challenges, and how far the member came",
      access: 'reader',
      sharing: 'shops',
      query: noQuery,
      answers: { 200: { description: 'All of them, in the order of the program.', schema: challengeListSchema } },
      errors: [],
      async handle({ caller }) {
        return json(200, { challenges: await challenges.read(caller.programId, caller.memberId) }, PRIVATE);
      },
    }),
  ];
}
