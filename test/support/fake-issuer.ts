import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { WALLET_CLIENT_ID } from '../../shared/protocol/names.ts';
import { STATEMENT_ALG, STATEMENT_TYP, type StatementClaims } from '../../shared/protocol/statement.ts';

/** A Laurel server of the wallet's nightmares: it keeps the protocol until a test tells it to break one rule of it. */
export class FakeIssuer {
  readonly program = 'com.example.rewards';
  /** Every request: method and path, in order. */
  readonly calls: string[] = [];
  /** Origins that the program document lists. */
  origins: string[] = ['https://shop.example'];
  entries: FakeEntry[] = [];
  sub = 'sub_1';
  tokenLifetimeS = 600;
  /** What a test changes of the next statements. */
  spoil: Spoil = {};
  /** What a test changes of the entries on their way out. */
  spoilEntries: (items: FakeEntry[]) => FakeEntry[] = (items) => items;
  /** Answers every call with this status. */
  trouble: number | null = null;
  pageSize = 100;
  now: () => number = Date.now;

  #server: Server | null = null;
  #key: SigningKey | null = null;
  #retired: JWK[] = [];
  readonly #codes = new Map<string, string>();
  readonly #grants = new Set<FakeGrant>();
  readonly #accessTokens = new Map<string, number>();

  async start(): Promise<void> {
    await this.rotateKey();
    this.#server = createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  get origin(): string {
    return `http://localhost:${(this.#server?.address() as AddressInfo).port}`;
  }

  get shopId(): string {
    return `${this.origin}/v1/programs/${this.program}`;
  }

  async rotateKey(): Promise<void> {
    if (this.#key) this.#retired.push(this.#key.jwk);
    const { privateKey, publicKey } = await generateKeyPair(STATEMENT_ALG, { extractable: true });
    const jwk = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint(jwk);
    this.#key = { privateKey, kid, jwk: { ...jwk, kid, alg: STATEMENT_ALG, use: 'sig' } };
  }

  get keys(): JWK[] {
    return [...this.#retired, ...(this.#key ? [this.#key.jwk] : [])];
  }

  /** Adds an entry that opens a lot (or, negative, takes from the oldest ones) and gives it. */
  post(
    points: number,
    lot: { readonly availableAt?: string | null; readonly expiresAt?: string | null } = {},
  ): FakeEntry {
    const last = this.entries.at(-1);
    const seq = (last?.seq ?? 0) + 1;
    const uses = points < 0 ? this.#take(-points) : undefined;
    const text = {
      v: 1,
      seq,
      prev: last?.hash ?? null,
      kind: points > 0 ? 'accrual' : 'reversal',
      points,
      balance: (last?.balance ?? 0) + points,
      ...(points > 0
        ? { lot: { points, availableAt: lot.availableAt ?? null, expiresAt: lot.expiresAt ?? null } }
        : {}),
      ...(uses ? { uses } : {}),
    };
    const entry = fakeEntry(text);
    this.entries.push(entry);
    return entry;
  }

  /** What the lots come to, independently of the wallet's own way to compute it. */
  get balance(): { available: number; pending: number } {
    const now = this.now();
    let [available, pending] = [this.entries.at(-1)?.balance ?? 0, 0];
    for (const { remaining, availableAt, expiresAt } of this.#lots()) {
      // What is beyond the lots is a debt: more was taken back than there was.
      available -= remaining;
      if (expiresAt && Date.parse(expiresAt) <= now) continue;
      if (availableAt && Date.parse(availableAt) > now) pending += remaining;
      else available += remaining;
    }
    return { available, pending };
  }

  /** A one-time code for a challenge, as the shop's page would get it. */
  issueCode(challenge: string): string {
    const code = randomUUID();
    this.#codes.set(code, challenge);
    return code;
  }

  /** Ends every link, as if the member had asked the shop to. */
  revokeAll(): void {
    this.#grants.clear();
    this.#accessTokens.clear();
  }

  get linkCount(): number {
    return this.#grants.size;
  }

  /** A statement as this issuer signs it, with what `spoil` says. */
  async sign(spoil: Spoil = this.spoil): Promise<string> {
    const nowS = Math.floor(this.now() / 1000);
    const last = this.entries.at(-1);
    const claims: StatementClaims = {
      iss: this.origin,
      sub: this.sub,
      aud: WALLET_CLIENT_ID,
      iat: nowS,
      exp: nowS + 86_400,
      jti: randomUUID(),
      loyalty: {
        [this.program]: {
          id: this.sub,
          name: 'Example Stars',
          provisional: false,
          display_id: '••••7Q2K',
          tiers: [{ id: 'gold', name: 'Gold' }],
          rewards: [
            {
              currency: { name: 'stars', code: 'STR' },
              balance: { ...this.balance, expiring: [] },
            },
          ],
        },
      },
      chain: { seq: last?.seq ?? 0, head: last?.hash ?? null },
    };
    const key = this.#key as SigningKey;
    return new SignJWT({ ...claims, ...spoil.claims?.(claims) })
      .setProtectedHeader({ alg: STATEMENT_ALG, kid: key.kid, typ: STATEMENT_TYP, ...spoil.header })
      .sign(spoil.privateKey ?? key.privateKey)
      .then((jws) => spoil.jws?.(jws) ?? jws);
  }

  #take(points: number): { lot: number; points: number }[] {
    let due = points;
    const uses: { lot: number; points: number }[] = [];
    for (const { seq, remaining } of this.#lots()) {
      const taken = Math.min(due, remaining);
      if (taken > 0) uses.push({ lot: seq, points: taken });
      due -= taken;
    }
    return uses;
  }

  #lots() {
    const lots = new Map<
      number,
      { seq: number; remaining: number; availableAt: string | null; expiresAt: string | null }
    >();
    for (const { bytes } of this.entries) {
      const { seq, lot, uses } = JSON.parse(bytes);
      if (lot) lots.set(seq, { seq, remaining: lot.points, availableAt: lot.availableAt, expiresAt: lot.expiresAt });
      for (const use of uses ?? []) {
        const used = lots.get(use.lot);
        if (used) used.remaining -= use.points;
      }
    }
    return [...lots.values()];
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.origin);
    this.calls.push(`${request.method} ${url.pathname}`);
    const send = (status: number, body?: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, {
        'content-type': 'application/json',
        'access-control-allow-origin': '*',
        ...headers,
      });
      response.end(body === undefined ? '' : JSON.stringify(body));
    };
    if (this.trouble !== null) return send(this.trouble, { code: 'unavailable' });
    const form = new URLSearchParams(await textOf(request));
    switch (url.pathname) {
      case '/.well-known/oauth-authorization-server':
        return send(200, {
          issuer: this.origin,
          token_endpoint: `${this.origin}/oauth/token`,
          revocation_endpoint: `${this.origin}/oauth/revoke`,
          jwks_uri: `${this.origin}/keys`,
        });
      case '/keys':
        return send(200, { keys: this.keys });
      case `/v1/programs/${this.program}`:
        return send(200, this.#programDocument());
      case '/oauth/token':
        return this.#token(form, send);
      case '/oauth/revoke':
        this.#grants.delete(this.#grantOf(form.get('token')) as FakeGrant);
        return send(200);
    }
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    if ((this.#accessTokens.get(token) ?? 0) <= this.now()) return send(401, { code: 'invalid_token' });
    if (url.pathname === '/v1/me/statement') {
      const jws = await this.sign();
      const etag = `"${createHash('sha256')
        .update(JSON.stringify([this.entries, this.balance]))
        .digest('hex')}"`;
      const isHonest = Object.keys(this.spoil).length === 0;
      if (isHonest && request.headers['if-none-match'] === etag) return send(304, undefined, { etag });
      return send(200, { statement: jws }, { etag });
    }
    if (url.pathname === '/v1/me/entries') return this.#entriesPage(url.searchParams, send);
    return send(404, { code: 'not_found' });
  }

  #token(form: URLSearchParams, send: (status: number, body?: unknown) => void): void {
    const issue = (grant: FakeGrant) => {
      const [access_token, refresh_token] = [randomUUID(), randomUUID()];
      this.#accessTokens.set(access_token, this.now() + this.tokenLifetimeS * 1000);
      grant.issued.push(refresh_token);
      this.#grants.add(grant);
      send(200, { access_token, refresh_token, token_type: 'Bearer', expires_in: this.tokenLifetimeS, scope: 'read' });
    };
    if (form.get('grant_type') === 'refresh_token') {
      const presented = form.get('refresh_token');
      const grant = this.#grantOf(presented);
      const age = grant
        ? grant.issued.length - 1 - grant.issued.indexOf(presented as string)
        : Number.POSITIVE_INFINITY;
      // The last but one is good for a repeat, in place of the last, which nobody used.
      if (grant && age <= 1) {
        grant.issued.splice(grant.issued.length - age);
        return issue(grant);
      }
      this.#grants.delete(grant as FakeGrant);
      return send(400, { error: 'invalid_grant' });
    }
    const code = form.get('code') ?? '';
    const challenge = this.#codes.get(code);
    this.#codes.delete(code);
    const proof = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    return challenge !== undefined && challenge === proof && form.get('client_id') === WALLET_CLIENT_ID
      ? issue({ issued: [] })
      : send(400, { error: 'invalid_grant' });
  }

  #grantOf(refreshToken: string | null): FakeGrant | undefined {
    return [...this.#grants].find(({ issued }) => issued.includes(refreshToken ?? ''));
  }

  #entriesPage(query: URLSearchParams, send: (status: number, body: unknown) => void): void {
    const after = Number(query.get('after') ?? 0);
    const before = Number(query.get('cursor') ?? Number.MAX_SAFE_INTEGER);
    const all = this.spoilEntries([...this.entries])
      .filter(({ seq }) => seq > after && seq < before)
      .toReversed();
    const entries = all.slice(0, this.pageSize);
    const oldest = entries.at(-1);
    const nextCursor = oldest && all.length > entries.length ? String(oldest.seq) : null;
    send(200, { entries: entries.map(({ bytes, hash }) => ({ bytes, hash })), nextCursor });
  }

  #programDocument() {
    return {
      id: this.program,
      name: { en: 'Example Stars' },
      origins: this.origins,
      timeZone: 'Asia/Tokyo',
      defaultLocale: 'en',
      unit: { code: 'STR', name: { en: { one: 'star', other: 'stars' } } },
      tiers: { ladder: [{ id: 'gold', name: { en: 'Gold' } }] },
    };
  }
}

export interface FakeEntry {
  readonly seq: number;
  readonly balance: number;
  readonly hash: string;
  readonly bytes: string;
}

/** A link, with the refresh tokens that it was given: the last is good, the last but one for a repeat, older ones end it. */
interface FakeGrant {
  readonly issued: string[];
}

interface SigningKey {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
  readonly kid: string;
}

/** One broken rule. */
export interface Spoil {
  readonly claims?: (claims: StatementClaims) => object;
  readonly header?: object;
  readonly privateKey?: CryptoKey;
  readonly jws?: (jws: string) => string;
}

/** An entry of this text, hashed rightly. */
export function fakeEntry(text: {
  readonly seq: number;
  readonly balance: number;
  readonly [name: string]: unknown;
}): FakeEntry {
  const bytes = JSON.stringify(text);
  return { seq: text.seq, balance: text.balance, bytes, hash: createHash('sha256').update(bytes).digest('base64url') };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
