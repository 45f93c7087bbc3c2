import * as v from 'valibot';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import { json, type Route, route } from '../http/route.ts';
import type { Log } from '../log.ts';
import type { Services } from './services.ts';

const statusSchema = v.object({ status: v.string() });

export function healthRoutes({ database }: Services, log: Log): Route[] {
  return [
    route({
      method: 'GET',
      path: '/healthz',
      name: 'getHealth',
      tag: 'Operation',
      summary: 'The process is alive',
      access: 'public',
      sharing: 'none',
      answers: { 200: { description: 'Alive.', schema: statusSchema } },
      errors: [],
      handle: () => json(200, { status: 'alive' }),
    }),

    route({
      method: 'GET',
      path: '/readyz',
      name: 'getReadiness',
      tag: 'Operation',
      summary: 'The database answers and has the schema of this program',
      access: 'public',
      sharing: 'none',
      answers: { 200: { description: 'Ready to serve.', schema: statusSchema } },
      errors: ['unavailable'],
      async handle() {
        try {
          await database.check();
        } catch (error) {
          log.error('not ready', error);
          throw new LoyaltyError('unavailable', 'The database does not answer, or its schema is another.');
        }
        return json(200, { status: 'ready' });
      },
    }),
  ];
}
