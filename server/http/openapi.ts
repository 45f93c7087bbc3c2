import type { JsonSchema } from '@valibot/to-json-schema';
import { ERROR_STATUS, type LoyaltyErrorCode } from '../../shared/domain/errors.ts';
import { SCOPE_MEMBER, SCOPE_READ } from '../../shared/protocol/names.ts';
import { namedSchemas, schemaOf } from './openapi-schemas.ts';
import { PROBLEM_TITLES } from './problem.ts';
import type { Route, Schema } from './route.ts';

const TAGS: readonly (readonly [name: string, description: string])[] = [
  ['Programs', 'The rules, as published.'],
  ['Orders', "What the shop's back end tells: the facts that points come from."],
  ['Events', 'Facts other than orders: reviews, visits, whatever the shop has.'],
  ['Quotes', 'What a cart would earn, and why.'],
  ['Members', "The merchant's view of one member."],
  ['Rewards', 'What a member redeems points for, and the coupons that he has.'],
  ['Redemptions', 'Codes at the checkout, and how far the shop is with what it hands over.'],
  ['Referrals', 'Members who bring others, and what a person decides about them.'],
  ['Webhooks', 'Where messages about what happens are sent to, and what became of them.'],
  ['Webhooks', 'Where messages about members are sent, and what became of each.'],
  ['Surveys', 'Questions to members, and what they answered.'],
  ['Account', "A member's own view, on the shop's page and in the wallet."],
  ['Profile', 'What a member says of himself; joining, export and erasure.'],
  ['Consents', 'What members agreed to, with text, time and proof.'],
  ['OAuth', 'How pages and wallets get their tokens.'],
  ['Discovery', 'What a program needs to know to talk to this server.'],
  ['Storefront', 'The code on the shop’s pages.'],
  ['Operation', 'For whoever runs the server.'],
];

const DESCRIPTION = `Loyalty for any shop.

**Merchants** call with \`Authorization: Bearer\` and a secret key of their program (\`laurel program apply\` prints it).
**Members** call with an access token from \`POST /oauth/token\`: the shop mints a JWT for its signed-in customer (HS256 with the
program's member key; header \`kid\`; claims \`iss\` program, \`aud\` this server's origin, \`sub\` the customer, \`iat\`, \`exp\` at most 5 minutes
later, \`jti\` once), and the page exchanges it. **Wallets** get a read-only token for a PKCE code that the page obtained.

Points are whole numbers; money is minor units with an ISO 4217 currency. Every writing call may be repeated: the shop's own id, or the
\`Idempotency-Key\`, names it, and a repeat gives the first answer again with \`replayed: true\`. The same id or key with other content is
refused. Refusals are problem documents (RFC 9457) with a stable \`code\`, and a JSON Pointer for each field at fault: into the body, or
below \`/path\`, \`/query\` and \`/header\`.`;

/** The OpenAPI 3.1 document of a route table. */
export function openApiOf(routes: readonly Route[], issuer: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Laurel', version: '1', description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: issuer }],
    tags: TAGS.map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: namedSchemas(),
      securitySchemes: {
        merchant: { type: 'http', scheme: 'bearer', description: 'A secret key of the program: `lrl_sk_…`.' },
        member: {
          type: 'oauth2',
          description: 'An access token for one member, good for 10 minutes at most.',
          flows: {
            authorizationCode: {
              authorizationUrl: `${issuer}/oauth/code`,
              tokenUrl: `${issuer}/oauth/token`,
              refreshUrl: `${issuer}/oauth/token`,
              scopes: {
                [SCOPE_READ]: 'Read the account.',
                [SCOPE_MEMBER]: 'Read the account and act for the member.',
              },
            },
          },
        },
      },
    },
  };
}

function operationOf(route: Route): object {
  return {
    operationId: route.name,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    security: securityOf(route),
    parameters: parametersOf(route),
    ...(route.body && {
      requestBody: {
        required: true,
        content: {
          [route.bodyKind === 'form' ? 'application/x-www-form-urlencoded' : 'application/json']: {
            schema: schemaOf(route.documentedBody ?? route.body),
          },
        },
      },
    }),
    responses: { ...answersOf(route), ...problemsOf(route) },
  };
}

function securityOf({ access }: Route): object[] {
  if (access === 'merchant') return [{ merchant: [] }];
  if (access === 'member') return [{ member: [SCOPE_MEMBER] }];
  return access === 'reader' ? [{ member: [SCOPE_READ] }, { member: [SCOPE_MEMBER] }] : [];
}

function parametersOf(route: Route): object[] {
  return [
    ...entriesOf(route.params).map(([name, schema]) => parameterOf('path', name, schema)),
    ...entriesOf(route.query).map(([name, schema]) => parameterOf('query', name, schema)),
    ...(route.idempotencyKey
      ? [
          {
            in: 'header',
            name: 'Idempotency-Key',
            required: route.idempotencyKey === 'required',
            description: 'Made by the caller before the first try; with or without the quotes of a structured field.',
            schema: {
              type: 'string',
              minLength: 1,
              maxLength: 255,
              examples: ['"8e03978e-40d5-43dd-bc93-6894a57f9324"'],
            },
          },
        ]
      : []),
    ...(304 in route.answers
      ? [{ in: 'header', name: 'If-None-Match', required: false, schema: { type: 'string' } }]
      : []),
  ];
}

function entriesOf(schema: Schema | null): [string, Schema][] {
  return Object.entries((schema as { entries?: Record<string, Schema> } | null)?.entries ?? {});
}

function parameterOf(place: 'path' | 'query', name: string, schema: Schema): object {
  const required = place === 'path' || schema.type !== 'optional';
  const { description, ...shape }: JsonSchema = schemaOf(schema);
  return { in: place, name, required, ...(description !== undefined && { description }), schema: shape };
}

function answersOf({ answers }: Route): Record<string, object> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, mediaType = 'application/json', headers }]) => [
      status,
      {
        description,
        ...(headers && {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, text]) => [name, { description: text, schema: { type: 'string' } }]),
          ),
        }),
        // 204 and 304 never have a body.
        ...(status !== '204' &&
          status !== '304' && { content: { [mediaType]: schema ? { schema: schemaOf(schema) } : {} } }),
      },
    ]),
  );
}

/** Codes that a route can answer with: its own, and those that follow from how it is declared. */
export function errorCodesOf(route: Route): ReadonlySet<LoyaltyErrorCode> {
  const codes = new Set<LoyaltyErrorCode>(route.errors);
  if (route.params || route.query || route.body) codes.add('invalid_request');
  if (route.body) codes.add('payload_too_large');
  if (route.body && route.bodyKind !== 'raw') codes.add('unsupported_media_type');
  if (route.idempotencyKey) codes.add('invalid_request');
  if (route.idempotencyKey === 'required') codes.add('idempotency_key_missing');
  if (route.access !== 'public') codes.add('unauthorized');
  if (route.access === 'reader' || route.access === 'member') codes.add('invalid_token');
  if (route.access === 'member') codes.add('forbidden');
  if (route.sharing === 'shops' && route.access !== 'public') codes.add('origin_not_allowed').add('program_not_found');
  codes.add('unavailable').add('rate_limited');
  return codes;
}

const problemContent = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

function problemsOf(route: Route): Record<string, object> {
  const byStatus = Map.groupBy(errorCodesOf(route), (code) =>
    route.isOAuth && code === 'invalid_token' ? 400 : ERROR_STATUS[code],
  );
  const mediaType = route.isOAuth ? 'application/json' : 'application/problem+json';
  const content = { [mediaType]: { schema: { $ref: '#/components/schemas/Problem' } } };
  const declared = [...byStatus].map(([status, codes]) => {
    const description = codes.map((code) => `\`${code}\`: ${PROBLEM_TITLES[code]}.`).join('\n\n');
    return [String(status), { description, content }] as const;
  });
  const fault = { description: 'A fault of the server. Trying again is safe.', content: problemContent };
  return Object.fromEntries([...declared, ['default', fault] as const]);
}
