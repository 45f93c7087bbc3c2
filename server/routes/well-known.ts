import * as v from 'valibot';
import { GRANT_JWT_BEARER, SCOPE_MEMBER, SCOPE_READ } from '../../shared/protocol/names.ts';
import { json, type Route, route } from '../http/route.ts';
import type { Services } from './services.ts';

const CACHE = { 'cache-control': 'public, max-age=300' } as const;

const jwksSchema = v.object({
  keys: v.array(
    v.object({
      kty: v.literal('OKP'),
      crv: v.literal('Ed25519'),
      x: v.string(),
      kid: v.string(),
      alg: v.literal('Ed25519'),
      use: v.literal('sig'),
    }),
  ),
});

const metadataSchema = v.object({
  issuer: v.string(),
  token_endpoint: v.string(),
  revocation_endpoint: v.string(),
  jwks_uri: v.string(),
  scopes_supported: v.array(v.string()),
  response_types_supported: v.array(v.string()),
  grant_types_supported: v.array(v.string()),
  code_challenge_methods_supported: v.array(v.string()),
  token_endpoint_auth_methods_supported: v.array(v.string()),
  revocation_endpoint_auth_methods_supported: v.array(v.string()),
  service_documentation: v.string(),
});

/** What wallets look up to believe a statement. */
export function wellKnownRoutes({ issuer, signingKeys }: Services): Route[] {
  const metadata: v.InferOutput<typeof metadataSchema> = {
    issuer,
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    scopes_supported: [SCOPE_READ, SCOPE_MEMBER],
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token', GRANT_JWT_BEARER],
    code_challenge_methods_supported: ['S256'],
    // The wallet is a public client: it has no secret that it could keep.
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
    service_documentation: `${issuer}/openapi.json`,
  };

  return [
    route({
      method: 'GET',
      path: '/.well-known/jwks.json',
      name: 'getJwks',
      tag: 'Discovery',
      summary: 'Keys that sign points statements',
      access: 'public',
      sharing: 'open',
      answers: {
        200: { description: 'JWK Set (RFC 7517).', schema: jwksSchema, mediaType: 'application/jwk-set+json' },
      },
      errors: [],
      async handle() {
        return json(200, await signingKeys.jwks(), { ...CACHE, 'content-type': 'application/jwk-set+json' });
      },
    }),

    route({
      method: 'GET',
      path: '/.well-known/oauth-authorization-server',
      name: 'getAuthorizationServer',
      tag: 'Discovery',
      summary: 'OAuth metadata (RFC 8414)',
      access: 'public',
      sharing: 'open',
      answers: { 200: { description: 'The metadata.', schema: metadataSchema } },
      errors: [],
      handle: () => json(200, metadata, CACHE),
    }),
  ];
}
