import * as v from 'valibot';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import { GRANT_JWT_BEARER, SCOPE_MEMBER, SCOPE_READ, WALLET_CLIENT_ID } from '../../shared/protocol/names.ts';
import { codeAnswerSchema, codeRequestSchema, tokenAnswerSchema } from '../../shared/protocol/schemas.ts';
import { originNotAllowed } from '../http/origins.ts';
import { invalidRequest } from '../http/read-call.ts';
import { type Answer, json, type Route, route } from '../http/route.ts';
import { CODE_LIFETIME_S, type Grant } from '../identity/wallet-grants.ts';
import { noQuery } from './parameters.ts';
import type { Services } from './services.ts';

const clientId = v.pipe(v.string(), v.description(`The wallet: ${WALLET_CLIENT_ID}.`));
const tokenText = v.pipe(v.string(), v.minLength(1), v.maxLength(4_096));

/** Unknown fields are left alone here (RFC 6749 3.2), unlike everywhere else. */
const tokenRequestSchema = v.variant(
  'grant_type',
  [
    v.object({
      grant_type: v.literal(GRANT_JWT_BEARER),
      assertion: v.pipe(tokenText, v.description("The shop's JWT for its signed-in customer (RFC 7523).")),
    }),
    v.object({
      grant_type: v.literal('authorization_code'),
      code: tokenText,
      code_verifier: v.pipe(
        v.string(),
        v.regex(/^[A-Za-z0-9._~-]{43,128}$/, 'a PKCE verifier of 43 to 128 characters'),
      ),
      client_id: clientId,
    }),
    v.object({ grant_type: v.literal('refresh_token'), refresh_token: tokenText, client_id: v.optional(clientId) }),
  ],
  `one of ${GRANT_JWT_BEARER}, authorization_code, refresh_token`,
);

const revocationSchema = v.object({
  token: tokenText,
  token_type_hint: v.optional(v.string()),
  client_id: v.optional(clientId),
});

/** How shop pages and wallets get their tokens. */
export function oauthRoutes(services: Services): Route[] {
  const { accessTokens, shopTokens, grants, ledger, origins } = services;

  async function requireOrigin(origin: string | undefined, programId: string): Promise<void> {
    if (origin !== undefined && !(await origins.isAllowed(origin, programId))) throw originNotAllowed();
  }

  async function tokenForShopPage(assertion: string, origin: string | undefined): Promise<Answer> {
    const token = await shopTokens.verify(assertion);
    const { programId, customerId } = token;
    await requireOrigin(origin, programId);
    await shopTokens.use(token);
    const memberId = await ledger.enrol(programId, customerId);
    const [access, { account }] = await Promise.all([
      accessTokens.issue({ programId, memberId, scope: SCOPE_MEMBER, grantId: null }),
      ledger.readAccount(programId, memberId),
    ]);
    return tokenAnswer({
      access_token: access.token,
      token_type: 'Bearer',
      expires_in: access.lifetimeS,
      scope: SCOPE_MEMBER,
      account,
    });
  }

  async function tokenForWallet({ programId, memberId, grantId, refreshToken }: Grant): Promise<Answer> {
    const access = await accessTokens.issue({ programId, memberId, scope: SCOPE_READ, grantId });
    return tokenAnswer({
      access_token: access.token,
      token_type: 'Bearer',
      expires_in: access.lifetimeS,
      scope: SCOPE_READ,
      refresh_token: refreshToken,
    });
  }

  return [
    route({
      method: 'POST',
      path: '/oauth/token',
      name: 'postToken',
      tag: 'OAuth',
      summary: 'Get an access token',
      description:
        "For the shop's JWT (the answer carries the account as well), for a wallet's code with its PKCE verifier, or for a refresh token, which is good once.",
      access: 'public',
      sharing: 'shops',
      isOAuth: true,
      bodyKind: 'form',
      body: tokenRequestSchema,
      answers: { 200: { description: 'The token.', schema: tokenAnswerSchema } },
      errors: ['invalid_token', 'unauthorized', 'origin_not_allowed', 'program_not_found'],
      async handle({ body, origin }) {
        if (body.grant_type === GRANT_JWT_BEARER) return tokenForShopPage(body.assertion, origin);
        const client = body.client_id ?? WALLET_CLIENT_ID;
        requireWallet(client);
        if (body.grant_type === 'refresh_token')
          return tokenForWallet(await grants.refresh(body.refresh_token, client));
        const { code, code_verifier: codeVerifier } = body;
        return tokenForWallet(await grants.redeemCode({ code, codeVerifier, clientId: client }));
      },
    }),

    route({
      method: 'POST',
      path: '/oauth/code',
      name: 'postCode',
      tag: 'OAuth',
      summary: 'Get a one-time code for a wallet',
      description: `The page hands the code to the wallet, which alone holds the PKCE verifier. Good for ${CODE_LIFETIME_S} seconds and one use.`,
      access: 'member',
      sharing: 'shops',
      query: noQuery,
      body: codeRequestSchema,
      answers: { 201: { description: 'The code.', schema: codeAnswerSchema } },
      errors: [],
      async handle({ caller, body }) {
        if (body.client_id !== WALLET_CLIENT_ID)
          throw invalidRequest([{ pointer: '/client_id', detail: WALLET_CLIENT_ID }]);
        const { programId, memberId } = caller;
        const request = { programId, memberId, clientId: body.client_id, codeChallenge: body.code_challenge };
        return json(201, { code: await grants.issueCode(request), expires_in: CODE_LIFETIME_S });
      },
    }),

    route({
      method: 'POST',
      path: '/oauth/revoke',
      name: 'postRevocation',
      tag: 'OAuth',
      summary: 'Unlink a wallet (RFC 7009)',
      description:
        'Ends the grant of a refresh token and every access token of it. Succeeds for a token that is unknown.',
      access: 'public',
      sharing: 'shops',
      isOAuth: true,
      bodyKind: 'form',
      body: revocationSchema,
      answers: { 200: { description: 'The token is not good any more.', schema: v.object({}) } },
      errors: [],
      async handle({ body }) {
        await grants.revoke(body.token);
        return json(200, {});
      },
    }),
  ];
}

/** RFC 6749 5.1: tokens are kept by nobody between. */
function tokenAnswer(answer: v.InferOutput<typeof tokenAnswerSchema>): Answer {
  return json(200, answer, { 'cache-control': 'no-store', pragma: 'no-cache' });
}

function requireWallet(client: string): void {
  if (client !== WALLET_CLIENT_ID) {
    throw new LoyaltyError('unauthorized', 'The client is unknown.', [
      { pointer: '/client_id', detail: WALLET_CLIENT_ID },
    ]);
  }
}
