import * as v from 'valibot';
import { type Route, route } from '../http/route.ts';
import { streamAnswer } from '../stream/stream-answer.ts';
import type { Services } from './services.ts';

const placeSchema = v.pipe(
  v.string(),
  v.regex(/^\d{1,15}(?:-[A-Za-z0-9_-]{1,64})?$/, 'the `id` of an event of this stream, or the `seq` of an account'),
  v.description(
    '`id` of the last event that the reader has: only what came after it is sent. Goes before Last-Event-ID.',
  ),
);

/** The account as it changes. */
export function streamRoutes({ streams }: Services): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/me/stream',
      name: 'streamAccount',
      tag: 'Account',
      summary: 'The account whenever it changes, as server-sent events',
      description:
        "Event `account` has the account as `GET /v1/me` gives it, and its ETag as `id`. It is sent at once, unless `after` or `Last-Event-ID` names it, and after every change. The stream ends with the access token: event `expired`; with the wallet's grant: `revoked`; when the server stops: `closing`. A comment is sent every 25 seconds. Read it with `fetch`: `EventSource` sends no Authorization header.",
      access: 'reader',
      sharing: 'shops',
      query: v.strictObject({ after: v.optional(placeSchema) }),
      answers: { 200: { description: 'Server-sent events, until one side ends it.', mediaType: 'text/event-stream' } },
      errors: ['member_not_found', 'rate_limited', 'unavailable'],
      async handle({ caller, query, header }) {
        const last = header('last-event-id');
        const after = query.after ?? (v.is(placeSchema, last) ? last : undefined);
        return streamAnswer(await streams.open(caller, after));
      },
    }),
  ];
}
