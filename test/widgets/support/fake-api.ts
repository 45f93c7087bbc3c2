import type { Account, SurveyResponseRequest } from '../../../shared/protocol/api.ts';

/** One call that a page made. */
export interface Call {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

export const SERVER = 'https://laurel.test';
export const PROGRAM = 'test.crema.rewards';

/** A member of a coffee shop's program, on the way from Silver to Gold. */
export function anAccount(changes: Partial<Account> = {}): Account {
  return {
    program: PROGRAM,
    programName: { en: 'Crema', 'zh-Hans': '克丽玛', ar: 'كريما' },
    displayId: '••••7Q2K',
    seq: 12,
    unit: {
      code: 'BEAN',
      name: {
        en: { one: 'bean', other: 'beans' },
        'zh-Hans': { other: '咖啡豆' },
        ar: { zero: 'حبة', one: 'حبة', two: 'حبتان', few: 'حبات', many: 'حبة', other: 'حبة' },
      },
    },
    timeZone: 'Europe/Berlin',
    balance: { available: 1250, pending: 0, expiring: [] },
    tier: {
      id: 'silver',
      name: { en: 'Silver', 'zh-Hans': '银卡', ar: 'الفضي' },
      since: '2026-03-31T10:00:00Z',
      reviewOn: '2027-03-31',
      metric: { kind: 'points' },
      qualifying: 1820,
      threshold: 500,
      multiplierPercent: 125,
      next: { id: 'gold', name: { en: 'Gold', 'zh-Hans': '金卡', ar: 'الذهبي' }, threshold: 2000, missing: 180 },
    },
    surveysDue: [],
    asOf: '2026-08-01T08:40:00Z',
    ...changes,
  };
}

/** A JWT as the shop would mint it; nobody here checks its signature. */
export const aJwt = (sub = 'customer-1'): string =>
  ['{"alg":"HS256"}', JSON.stringify({ sub, jti: crypto.randomUUID() }), 'signature']
    .map((part) => btoa(part).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''))
    .join('.');

/** The member's side of the API, in memory, with the shapes of `shared/protocol`, and the shop's `/loyalty-token`. */
export class FakeApi {
  account: Account | null = anAccount();
  /** What the shop's address answers: a JWT, `null` when nobody is signed in. */
  jwt: string | null = aJwt();
  /** Set to make a path fail: `offline` rejects, a number is that status, `hang` never answers. */
  readonly failures = new Map<string, 'offline' | 'hang' | number>();
  readonly calls: Call[] = [];
  readonly answers: SurveyResponseRequest[] = [];
  tokenSeconds = 600;
  #issued = 0;
  #valid = '';

  /** Calls whose path ends like this. */
  callsTo = (path: string): Call[] => this.calls.filter(({ url }) => new URL(url).pathname === path);

  /** Lets the token run out on the server's side. */
  revokeTokens(): void {
    this.#valid = '';
  }

  fetch = async (input: string | URL, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(input, 'https://shop.test');
    const headers = new Headers(init.headers);
    this.calls.push({ method: init.method ?? 'GET', url: url.href, headers, body: bodyOf(init) });
    const failure = this.failures.get(url.pathname);
    if (failure === 'offline') throw new TypeError('Failed to fetch');
    if (failure === 'hang') return new Promise(() => {});
    if (failure) return problem(failure);
    return this.#answer(url.pathname, init, headers);
  };

  #answer(path: string, init: RequestInit, headers: Headers): Response {
    if (path.endsWith('/loyalty-token'))
      return new Response(this.jwt && `${this.jwt}\n`, { status: this.jwt ? 200 : 204 });
    if (path === `/v1/programs/${PROGRAM}`) return json(aProgram());
    if (path === '/oauth/token') {
      if (!this.account) return problem(401);
      this.#valid = `token-${++this.#issued}`;
      return json({
        access_token: this.#valid,
        token_type: 'Bearer',
        expires_in: this.tokenSeconds,
        scope: 'member',
        account: this.account,
      });
    }
    if (headers.get('Authorization') !== `Bearer ${this.#valid}`) return problem(401);
    if (path === '/v1/me') {
      const etag = `"${this.account?.seq}"`;
      if (headers.get('If-None-Match') === etag) return new Response(null, { status: 304, headers: { ETag: etag } });
      return json(this.account, { ETag: etag });
    }
    if (path === '/oauth/code') return json({ code: 'one-time-code', expires_in: 60 });
    if (path === '/v1/me/survey-responses') {
      const answer = JSON.parse(bodyOf(init)) as SurveyResponseRequest;
      this.answers.push(answer);
      return json({ id: 'rsp_1', survey: answer.survey, replayed: false }, {}, 201);
    }
    return problem(404);
  }
}

export const aProgram = () => ({
  id: PROGRAM,
  name: { en: 'Crema', 'zh-Hans': '克丽玛', ar: 'كريما' },
  surveys: [
    { id: 'post-purchase', kind: 'nps', repeatAfterDays: 90 },
    { id: 'worded', kind: 'nps', question: { en: 'Would you send a friend our way?' }, repeatAfterDays: 90 },
  ],
});

/** Pages send texts and forms; those of a frame are made by its own classes. */
export const bodyOf = ({ body }: RequestInit = {}): string =>
  typeof body === 'string' ? body : body && 'append' in body ? (body as URLSearchParams).toString() : '';

const json = (body: unknown, headers: Record<string, string> = {}, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });

const problem = (status: number): Response =>
  new Response(JSON.stringify({ type: 'about:blank', title: 'Refused', status, code: 'test', detail: 'Refused' }), {
    status,
    headers: { 'Content-Type': 'application/problem+json' },
  });
