import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';

/** What a merchant is given: where Laurel is, the program, and the two keys. */
export interface LaurelSettings {
  /** Public origin, as browsers reach it. */
  readonly origin: string;
  /** Where the shop's back end reaches the same server. */
  readonly endpoint: string;
  readonly programId: string;
  readonly secretKey: string;
  readonly memberKey: string;
}

/** Laurel's answer to one call: `later` when it is worth another try. */
export type Delivery =
  | { readonly kind: 'done'; readonly receipt: Receipt }
  | { readonly kind: 'later'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** The part of an order's or a refund's receipt that the shop reads. */
export interface Receipt {
  readonly entry: {
    readonly points: number;
    readonly lot?: { readonly availableAt: string | null } | undefined;
  };
}

/** Long enough for a busy server, short enough that a buyer does not wonder. */
const TIMEOUT_MS = 3_000;
/** Half of what Laurel accepts at most, so that a slow clock on either side does no harm. */
const TOKEN_LIFETIME_S = 150;
/** Worth another try with the same body. Any other 4xx would be refused the same way again. */
const STATUS_RETRYABLE: ReadonlySet<number> = new Set([401, 408, 425, 429]);

/** The shop's connection to Laurel: two kinds of calls, and the proof of who is signed in. */
export class LaurelClient {
  readonly settings: LaurelSettings;

  constructor(settings: LaurelSettings) {
    this.settings = settings;
  }

  /** Posts a queued call. Never throws: without an answer the call goes out again, and Laurel knows it by its id. */
  async deliver(call: { readonly path: string; readonly body: string }): Promise<Delivery> {
    try {
      const response = await fetch(this.settings.endpoint + call.path, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.settings.secretKey}`, 'content-type': 'application/json' },
        body: call.body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.ok) return { kind: 'done', receipt: (await response.json()) as Receipt };
      const reason = `${response.status} ${await response.text()}`;
      return { kind: response.status >= 500 || STATUS_RETRYABLE.has(response.status) ? 'later' : 'refused', reason };
    } catch (error) {
      return { kind: 'later', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Where orders go; a refund adds the order's id and `/refunds`. */
  get ordersPath(): string {
    return `/v1/programs/${encodeURIComponent(this.settings.programId)}/orders`;
  }

  /** The shop's word for who is signed in: lasts minutes, and works once. */
  memberToken(customerId: string): Promise<string> {
    const [, , keyId = ''] = /^(lrl_mk)_([^_]+)_/.exec(this.settings.memberKey) ?? [];
    return new SignJWT()
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: keyId })
      .setIssuer(this.settings.programId)
      .setAudience(this.settings.origin)
      .setSubject(customerId)
      .setIssuedAt()
      .setExpirationTime(`${TOKEN_LIFETIME_S}s`)
      .setJti(randomUUID())
      .sign(new TextEncoder().encode(this.settings.memberKey));
  }
}
