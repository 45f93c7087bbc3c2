import * as v from 'valibot';
import { accountSchema, entryPageSchema, statementAnswerSchema } from '../../shared/protocol/schemas.ts';
import { cursorOf, readCursor } from '../http/cursor.ts';
import { json, jsonText, matchesEtag, notModified, PRIVATE, type Route, route } from '../http/route.ts';
import { cursorSchema, LIMIT_DEFAULT, limitSchema, noQuery, seqSchema } from './parameters.ts';
import type { Services } from './services.ts';

/** What a member, or the wallet on the member's behalf, reads of the own account. */
export function accountRoutes({ ledger, programs, statements, issuer }: Services): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/me',
      name: 'getAccount',
      tag: 'Account',
      summary: 'Balance, tier and what is due',
      access: 'reader',
      sharing: 'shops',
      query: noQuery,
      answers: {
        200: {
          description: 'The account as it is now.',
          schema: accountSchema,
          headers: { ETag: 'Strong validator: begins with `seq`, changes whenever the account does.' },
        },
        304: { description: 'Nothing changed.' },
      },
      errors: ['member_not_found'],
      async handle({ caller, header }) {
        const reading = await ledger.readAccount(caller.programId, caller.memberId);
        const etag = `"${reading.etag}"`;
        if (matchesEtag(header('if-none-match'), etag)) return notModified(etag, PRIVATE);
        return jsonText(200, reading.json, { ...PRIVATE, etag });
      },
    }),

    route({
      method: 'GET',
      path: '/v1/me/entries',
      name: 'listEntries',
      tag: 'Account',
      summary: 'History, newest first',
      description:
        'Every entry comes with the exact bytes that were hashed; they hold the hash of the entry before, so that the chain can be checked.',
      access: 'reader',
      sharing: 'shops',
      query: v.strictObject({
        cursor: v.optional(cursorSchema),
        after: v.optional(seqSchema),
        limit: v.optional(limitSchema),
      }),
      answers: {
        200: {
          description: 'One page.',
          schema: entryPageSchema,
          headers: { Link: '`rel="next"` with the address of the next page, while there is one.' },
        },
      },
      errors: [],
      async handle({ caller, query: { cursor, after, limit = LIMIT_DEFAULT } }) {
        const before = cursor === undefined ? undefined : (readCursor(cursor, ['number'])[0] as number);
        const page = await ledger.readEntries(caller.programId, caller.memberId, { before, after, limit });
        const nextCursor = page.nextCursor === null ? null : cursorOf([Number(page.nextCursor)]);
        const next = new URLSearchParams({ cursor: nextCursor ?? '', limit: String(limit) });
        if (after !== undefined) next.set('after', String(after));
        const headers =
          nextCursor === null ? PRIVATE : { ...PRIVATE, link: `<${issuer}/v1/me/entries?${next}>; rel="next"` };
        return json(200, { entries: page.entries, nextCursor }, headers);
      },
    }),

    route({
      method: 'GET',
      path: '/v1/me/statement',
      name: 'getStatement',
      tag: 'Account',
      summary: 'The signed points statement',
      description:
        'JWS compact, `alg` Ed25519, `typ` points-statement+jwt, good for 24 hours. The keys are at `jwks_uri` of `/.well-known/oauth-authorization-server`.',
      access: 'reader',
      sharing: 'shops',
      query: noQuery,
      answers: {
        200: {
          description: 'The statement.',
          schema: statementAnswerSchema,
          headers: { ETag: 'Changes with the account, and before the statement gets too old.' },
        },
        304: { description: 'The statement that the caller has is still good.' },
      },
      errors: ['member_not_found'],
      async handle({ caller, header }) {
        const reading = await ledger.readAccount(caller.programId, caller.memberId);
        const fresh = statements.etagOf(reading);
        if (matchesEtag(header('if-none-match'), fresh)) return notModified(fresh, PRIVATE);
        const { program } = await programs.newest(caller.programId);
        const { statement, etag } = await statements.sign(caller, reading, program.defaultLocale);
        return json(200, { statement }, { ...PRIVATE, etag });
      },
    }),
  ];
}
