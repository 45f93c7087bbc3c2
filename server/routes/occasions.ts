import { occasionListSchema } from '../../shared/protocol/schemas.ts';
import { json, PRIVATE, type Route, route } from '../http/route.ts';
import { noQuery } from './parameters.ts';
import type { Services } from './services.ts';

/** Birthdays and holidays. */
export function occasionRoutes({ occasions }: Services): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/me/occasions',
      name: 'listOccasions',
      tag: 'Account',
      summary: 'Days that bring the member something, the next first',
      access: 'member',
      sharing: 'shops',
      query: noQuery,
      answers: { 200: { description: "All of the program's.", schema: occasionListSchema } },
      errors: ['member_not_found'],
      async handle({ caller }) {
        return json(200, { occasions: await occasions.read(caller.programId, caller.memberId) }, PRIVATE);
      },
    }),
  ];
}
