import { accountSchema, statementAnswerSchema } from '../../shared/protocol/schemas.ts';
import { json, jsonText, matchesEtag, notModified, PRIVATE, type Route, route } from '../http/route.ts';
import { noQuery } from './parameters.ts';
import type { Services } from './services.ts';

/** What a member, or the wallet on the member's behalf, reads of the own account. */
export function accountRoutes({ ledger, programs, statements }: Services): Route[] {
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
