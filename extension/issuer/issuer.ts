import type { JWK } from 'jose';
import type { Localized, PluralForms } from '../../shared/domain/program.ts';
import type { EntryItem } from '../../shared/protocol/api.ts';
import { WALLET_CLIENT_ID } from '../../shared/protocol/names.ts';
import { type ProgramAddress, shopIdOf } from '../program-link.ts';
import { type Answer, IssuerError, request } from './request.ts';

/** Where an issuer's endpoints are (RFC 8414). */
export interface IssuerMetadata {
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
  readonly jwksUri: string;
}

/** What the wallet uses of a public program document. */
export interface ProgramFacts {
  readonly name: Localized;
  readonly origins: readonly string[];
  readonly timeZone: string;
  readonly defaultLocale: string;
  readonly unit: { readonly code: string; readonly name: Localized<PluralForms> };
  readonly tiers: readonly { readonly id: string; readonly name: Localized }[];
}

export interface Tokens {
  readonly accessToken: string;
  readonly expiresInS: number;
  readonly refreshToken: string | null;
}

export interface EntriesPage {
  readonly items: readonly Pick<EntryItem, 'bytes' | 'hash'>[];
  readonly nextCursor: string | null;
}

/** Every call that the wallet makes; each goes to the issuer of a shop that the shopper links or has linked. */
export class Issuer {
  readonly #fetch: typeof fetch;

  constructor(fetcher: typeof fetch) {
    this.#fetch = fetcher;
  }

  /** @throws {IssuerError} `invalid` when an endpoint is not the issuer's own. */
  async fetchMetadata(issuer: string): Promise<IssuerMetadata> {
    const { body } = await request(this.#fetch, `${issuer}/.well-known/oauth-authorization-server`);
    const metadata = record(body);
    if (metadata['issuer'] !== issuer) throw new IssuerError('invalid');
    return {
      tokenEndpoint: ownUrl(metadata['token_endpoint'], issuer),
      revocationEndpoint: ownUrl(metadata['revocation_endpoint'], issuer),
      jwksUri: ownUrl(metadata['jwks_uri'], issuer),
    };
  }

  /** @throws {IssuerError} `invalid` when the document is another program's, or lacks what the wallet shows. */
  async fetchProgram(address: ProgramAddress): Promise<ProgramFacts> {
    const { body } = await request(this.#fetch, shopIdOf(address));
    const program = record(body);
    if (program['id'] !== address.program) throw new IssuerError('invalid');
    const unit = record(program['unit']);
    return {
      name: localized(program['name'], isText),
      origins: listOf(program['origins'], text),
      timeZone: text(program['timeZone']),
      defaultLocale: text(program['defaultLocale']),
      unit: { code: text(unit['code']), name: localized(unit['name'], isPluralForms) },
      tiers: listOf(record(program['tiers'])['ladder'], (tier) => ({
        id: text(record(tier)['id']),
        name: localized(record(tier)['name'], isText),
      })),
    };
  }

  async fetchKeys(jwksUri: string): Promise<JWK[]> {
    const { body } = await request(this.#fetch, jwksUri);
    return listOf(record(body)['keys'], (key) => record(key) as JWK);
  }

  /** @throws {IssuerError} `refused` with `invalid_grant` when the code is used, too old or not for this verifier. */
  redeemCode(tokenEndpoint: string, code: string, verifier: string): Promise<Tokens> {
    return this.#fetchTokens(tokenEndpoint, {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      client_id: WALLET_CLIENT_ID,
    });
  }

  /** @throws {IssuerError} `refused` with `invalid_grant` when the link was revoked. */
  refreshTokens(tokenEndpoint: string, refreshToken: string): Promise<Tokens> {
    return this.#fetchTokens(tokenEndpoint, {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: WALLET_CLIENT_ID,
    });
  }

  async revoke(revocationEndpoint: string, token: string): Promise<void> {
    await request(this.#fetch, revocationEndpoint, form({ token, client_id: WALLET_CLIENT_ID }));
  }

  /** The signed statement; `null` when it is still the one with this `etag`. */
  async fetchStatement(
    issuer: string,
    accessToken: string,
    etag: string | null,
  ): Promise<{ readonly jws: string; readonly etag: string | null } | null> {
    const answer = await this.#getOwn(`${issuer}/v1/me/statement`, accessToken, etag);
    if (answer.status === 304) return null;
    return { jws: text(record(answer.body)['statement']), etag: answer.etag };
  }

  /** Entries above `after`, newest first. */
  async fetchEntries(issuer: string, accessToken: string, after: number, cursor: string | null): Promise<EntriesPage> {
    const query = new URLSearchParams({ after: String(after), limit: '100' });
    if (cursor !== null) query.set('cursor', cursor);
    const { body } = await this.#getOwn(`${issuer}/v1/me/entries?${query}`, accessToken, null);
    const page = record(body);
    const { nextCursor } = page;
    if (nextCursor !== null && !isText(nextCursor)) throw new IssuerError('invalid');
    return {
      items: listOf(page['entries'], (item) => ({
        bytes: text(record(item)['bytes']),
        hash: text(record(item)['hash']),
      })),
      nextCursor,
    };
  }

  #getOwn(url: string, accessToken: string, etag: string | null): Promise<Answer> {
    const headers: Record<string, string> = { authorization: `Bearer ${accessToken}` };
    if (etag !== null) headers['if-none-match'] = etag;
    return request(this.#fetch, url, { headers });
  }

  async #fetchTokens(endpoint: string, fields: Record<string, string>): Promise<Tokens> {
    const { body } = await request(this.#fetch, endpoint, form(fields));
    const answer = record(body);
    const expiresInS = answer['expires_in'];
    if (typeof expiresInS !== 'number' || !(expiresInS > 0)) throw new IssuerError('invalid');
    const refreshToken = answer['refresh_token'];
    return {
      accessToken: text(answer['access_token']),
      expiresInS,
      refreshToken: isText(refreshToken) ? refreshToken : null,
    };
  }
}

/** Form-encoded: a CORS-simple request, without a preflight. */
function form(fields: Record<string, string>): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields) };
}

function ownUrl(value: unknown, issuer: string): string {
  const url = text(value);
  if (!URL.canParse(url) || new URL(url).origin !== issuer) throw new IssuerError('invalid');
  return url;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new IssuerError('invalid');
  return value as Record<string, unknown>;
}

function text(value: unknown): string {
  if (!isText(value)) throw new IssuerError('invalid');
  return value;
}

function listOf<T>(value: unknown, item: (value: unknown) => T): T[] {
  if (!Array.isArray(value)) throw new IssuerError('invalid');
  return value.map(item);
}

function localized<T>(value: unknown, isForm: (value: unknown) => value is T): Localized<T> {
  const forms = record(value);
  if (!Object.values(forms).every(isForm)) throw new IssuerError('invalid');
  return forms as Localized<T>;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0;

function isPluralForms(value: unknown): value is PluralForms {
  return typeof value === 'object' && value !== null && Object.values(value).every(isText) && 'other' in value;
}
