import { WALLET_CLIENT_ID } from '../../shared/protocol/names.ts';
import type { StatementClaims, StatementMembership } from '../../shared/protocol/statement.ts';
import type { EntriesPage, Issuer } from '../issuer/issuer.ts';
import { IssuerError, type IssuerFailure } from '../issuer/request.ts';
import { storedTokens } from '../linking/linking.ts';
import type { Fault, Shop, ShopAccount, StoredStatement, StoredTokens } from '../storage/records.ts';
import type { WalletStore } from '../storage/wallet-store.ts';
import { balanceOf, EMPTY_CHAIN, extendChain, type StoredEntry } from './chain.ts';
import { issuerKeys } from './issuer-keys.ts';
import { verifyStatement } from './verify-statement.ts';

/**
 * Keeps the linked shops' numbers current and true: fetches the signed statement, verifies it against everything seen
 * before, and stores it with its proof in one transaction, or stores why not. A number changes on no other way.
 */
export interface RefreshWorld {
  readonly store: WalletStore;
  readonly issuer: Issuer;
  now(): number;
  /** 0 ≤ n < 1. */
  random(): number;
  /** Something that the popup shows has changed. */
  changed(): void;
}

const RETRY_MS_FIRST = 30_000;
const RETRY_MS_MAX = 6 * 3_600_000;

/** An access token this close to its end is renewed first. */
const ACCESS_MARGIN_MS = 30_000;

/** Shops that are asked at the same time. */
const PARALLEL_MAX = 4;

/** At 100 a page, more history than any shopper has; a shop that sends more is not answering the question. */
const PAGE_COUNT_MAX = 1_000;

const EVIDENCE_COUNT_MAX = 20;
const FACTS_MS_MAX = 24 * 3_600_000;

export class Refresher {
  readonly #world: RefreshWorld;
  readonly #running = new Map<string, Promise<void>>();

  constructor(world: RefreshWorld) {
    this.#world = world;
  }

  /** Refreshes every linked shop that is not backing off; with `asked`, those too. */
  async refreshAll(asked = false): Promise<void> {
    const shops = (await this.#world.store.readShops()).filter(
      ({ status, failure }) => status === 'linked' && (asked || !failure || failure.nextTryAt <= this.#world.now()),
    );
    const queue = shops.values();
    const work = async () => {
      for (const { id } of queue) await this.refresh(id);
    };
    await Promise.all(Array.from({ length: PARALLEL_MAX }, work));
  }

  /** Refreshes one shop; a call while one runs waits for that one. */
  refresh(id: string): Promise<void> {
    const running = this.#running.get(id) ?? this.#refresh(id).finally(() => this.#running.delete(id));
    this.#running.set(id, running);
    return running;
  }

  async #refresh(id: string): Promise<void> {
    const shop = await this.#world.store.readShop(id);
    if (shop?.status !== 'linked') return;
    try {
      await this.#refreshFacts(shop);
      await this.#refreshAccount(shop);
    } catch (error) {
      if (!(error instanceof IssuerError)) throw error;
      await this.#keepFailure(id, error);
    }
    this.#world.changed();
  }

  async #refreshAccount(shop: Shop): Promise<void> {
    const { store, now } = this.#world;
    const last = (await store.readStatement(shop.id)) ?? null;
    // An unchanged statement is worth as much as a new one while it is valid and nothing is in doubt.
    const etag = last && !shop.warning && last.exp * 1000 > now() + ACCESS_MARGIN_MS ? last.etag : null;
    const answer = await this.#withToken(shop, (token) => this.#world.issuer.fetchStatement(shop.issuer, token, etag));
    if (!answer) return store.changeShop(shop.id, (before) => checked(before, before.account, now()));
    await this.#judge(shop, last, answer);
  }

  async #judge(
    shop: Shop,
    last: StoredStatement | null,
    { jws, etag }: { readonly jws: string; readonly etag: string | null },
  ): Promise<void> {
    const { store, issuer, now } = this.#world;
    const tokens = await store.readTokens(shop.id);
    if (!tokens) return;
    const verdict = await verifyStatement(
      jws,
      {
        issuer: shop.issuer,
        audience: WALLET_CLIENT_ID,
        program: shop.program,
        last: last && { sub: last.sub, iat: last.iat, chain: { seq: last.seq, head: last.head } },
      },
      issuerKeys(store, issuer, { origin: shop.issuer, jwksUri: tokens.jwksUri }, now),
      Math.floor(now() / 1000),
    );
    if (!verdict.ok) return this.#keepEvidence(shop, last, jws, verdict.fault, []);

    const { claims } = verdict;
    const before = (await store.readChain(shop.id)) ?? EMPTY_CHAIN;
    const items = claims.chain.seq > before.seq ? await this.#fetchEntries(shop, before.seq) : [];
    const extended = await extendChain(before, items, claims.chain);
    if (!extended.ok) return this.#keepEvidence(shop, last, jws, extended.fault, items);
    const account = accountOf(claims, claims.loyalty[shop.program] as StatementMembership);
    if (!isSum(account, extended.chain, claims.iat)) {
      return this.#keepEvidence(shop, last, jws, 'balance_differs', items);
    }
    const { sub, iat, exp, chain } = claims;
    await store.saveVerified({
      shop: shop.id,
      change: (stored) => checked(stored, account, now()),
      statement: { shop: shop.id, jws, etag, sub, iat, exp, seq: chain.seq, head: chain.head },
      chain: extended.chain,
      fromSeq: before.seq,
      entries: extended.entries,
    });
  }

  async #fetchEntries(shop: Shop, after: number): Promise<Pick<StoredEntry, 'bytes' | 'hash'>[]> {
    const items: Pick<StoredEntry, 'bytes' | 'hash'>[] = [];
    let cursor: string | null = null;
    for (let pageCount = 0; pageCount < PAGE_COUNT_MAX; pageCount++) {
      const from: string | null = cursor;
      const page: EntriesPage = await this.#withToken(shop, (token) =>
        this.#world.issuer.fetchEntries(shop.issuer, token, after, from),
      );
      items.push(...page.items);
      cursor = page.nextCursor;
      if (cursor === null) return items;
    }
    throw new IssuerError('invalid');
  }

  /** The last good number stays; both signed words are kept, so that the shopper can show them. */
  async #keepEvidence(
    shop: Shop,
    last: StoredStatement | null,
    refused: string,
    fault: Fault,
    entries: readonly Pick<StoredEntry, 'bytes' | 'hash'>[],
  ): Promise<void> {
    const { store, now } = this.#world;
    const foundAt = now();
    const warn = (before: Shop): Shop => ({ ...before, failure: null, warning: before.warning ?? { fault, foundAt } });
    const kept = await store.readEvidence(shop.id);
    if (kept.length >= EVIDENCE_COUNT_MAX || kept.some((evidence) => evidence.refused === refused)) {
      return store.changeShop(shop.id, warn);
    }
    const keys = (await store.readKeys(shop.issuer))?.keys ?? [];
    await store.addEvidence(
      { shop: shop.id, foundAt, fault, believed: last?.jws ?? null, refused, entries, keys },
      warn,
    );
  }

  /** Makes a call with a valid access token, renewing it once when the server does not take it. */
  async #withToken<T>(shop: Shop, call: (accessToken: string) => Promise<T>): Promise<T> {
    const { store, now } = this.#world;
    let tokens = await store.readTokens(shop.id);
    if (!tokens) throw new IssuerError('refused', 401);
    const isOld = tokens.accessExpiresAt - ACCESS_MARGIN_MS <= now();
    if (isOld) tokens = await this.#renew(tokens);
    try {
      return await call(tokens.accessToken);
    } catch (error) {
      if (isOld || !(error instanceof IssuerError) || error.status !== 401) throw error;
    }
    return call((await this.#renew(tokens)).accessToken);
  }

  async #renew(tokens: StoredTokens): Promise<StoredTokens> {
    if (tokens.refreshToken === null) throw new IssuerError('refused', 401);
    const fresh = await this.#world.issuer.refreshTokens(tokens.tokenEndpoint, tokens.refreshToken);
    const renewed = storedTokens(tokens.shop, fresh, tokens, this.#world.now());
    // RFC 6749 6: without a new refresh token the old one goes on.
    const kept = { ...renewed, refreshToken: fresh.refreshToken ?? tokens.refreshToken };
    await this.#world.store.saveTokens(kept);
    return kept;
  }

  async #keepFailure(id: string, error: IssuerError): Promise<void> {
    await this.#world.store.changeShop(id, (shop) =>
      error.isGrantGone
        ? { ...shop, status: 'revoked', failure: null }
        : { ...shop, failure: this.#failureAfter(shop, error.failure) },
    );
  }

  /** Doubles the wait with each try, with jitter, so that a shop that comes back is not met by all wallets at once. */
  #failureAfter({ failure }: Shop, kind: IssuerFailure): NonNullable<Shop['failure']> {
    const tryCount = (failure?.tryCount ?? 0) + 1;
    const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_FIRST * 2 ** (tryCount - 1)) * (0.8 + 0.4 * this.#world.random());
    return { kind, tryCount, nextTryAt: this.#world.now() + Math.round(waitMs) };
  }

  /** Names and tiers as the program words them today. A failure here is told by the account's own call. */
  async #refreshFacts(shop: Shop): Promise<void> {
    const { store, issuer, now } = this.#world;
    if (now() - shop.factsAt < FACTS_MS_MAX) return;
    try {
      const { origins, ...facts } = await issuer.fetchProgram(shop);
      await store.changeShop(shop.id, (before) => ({ ...before, facts, origins, factsAt: now() }));
    } catch (error) {
      if (!(error instanceof IssuerError)) throw error;
    }
  }
}

function checked(shop: Shop, account: ShopAccount | null, now: number): Shop {
  return { ...shop, account, checkedAt: now, failure: null, warning: null };
}

function accountOf({ chain }: StatementClaims, membership: StatementMembership): ShopAccount {
  const balance = membership.rewards[0]?.balance ?? { available: 0, pending: 0, expiring: [] };
  return {
    displayId: membership.display_id,
    tier: membership.tiers[0] ?? null,
    available: balance.available,
    pending: balance.pending,
    expiring: balance.expiring.map(({ amount, at }) => ({ amount, at })),
    seq: chain.seq,
  };
}

/** The signed numbers are what the entries come to, at some instant within the statement's second. */
function isSum(
  { available, pending }: ShopAccount,
  chain: Parameters<typeof balanceOf>[0],
  issuedAtS: number,
): boolean {
  return [issuedAtS * 1000, issuedAtS * 1000 + 999].some((instant) => {
    const sum = balanceOf(chain, instant);
    return sum.available === available && sum.pending === pending;
  });
}
