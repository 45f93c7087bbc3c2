import { type Issuer, type ProgramFacts, type Tokens } from '../issuer/issuer.ts';
import { IssuerError } from '../issuer/request.ts';
import type { PageReply } from '../messages.ts';
import { type ProgramAddress, parseProgramLink, shopIdOf } from '../program-link.ts';
import { isShopOrigin, type PageSender } from '../senders.ts';
import type { LinkFailure, PendingLink, Shop, StoredTokens } from '../storage/records.ts';
import type { WalletStore } from '../storage/wallet-store.ts';
import { createPkcePair } from './pkce.ts';

/**
 * Links a shop: permission → program document → challenge → code → the shopper's word → token.
 *
 * Each step is stored before the next begins and `advance` goes on from whatever is stored, so that the worker may stop
 * anywhere. The page takes part with two things only: the program it names, and a code that is useless without the
 * verifier.
 */
export interface LinkingWorld {
  readonly store: WalletStore;
  readonly issuer: Issuer;
  now(): number;
  /** True when the shopper granted access to this origin. */
  hasAccess(origin: string): Promise<boolean>;
  /** Runs the content script at this origin from now on, and in the tab that is open. */
  openPage(origin: string, tabId: number): Promise<void>;
  /** Lets the page of a tab ask again. */
  nudge(tabId: number): Promise<void>;
  /** Something that the popup shows has changed. */
  changed(): void;
  /** A shop was linked: reads its account for the first time. */
  linked(shop: string): Promise<void>;
}

/** A link that the shopper did not finish is forgotten. */
export const PENDING_MS_MAX = 10 * 60_000;

/** Codes live 60 s; an older one is not worth the try. */
const CODE_MS_MAX = 45_000;

const TRY_COUNT_MAX = 3;

export class Linking {
  readonly #world: LinkingWorld;
  /** One step at a time for each origin: a code redeemed twice would look like theft to the issuer (RFC 6749 4.1.2). */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(world: LinkingWorld) {
    this.#world = world;
  }

  /** The shopper asked to link the page in a tab. Gives `false` when no page or program can be meant. */
  async begin(tabId: number, origin: string, address: ProgramAddress): Promise<boolean> {
    if (!isShopOrigin(origin) || !isProgramAddress(address)) return false;
    const { verifier, challenge } = await createPkcePair();
    await this.#world.store.savePending({
      origin,
      ...address,
      tabId,
      startedAt: this.#world.now(),
      verifier,
      challenge,
      step: 'permission',
      code: null,
      facts: null,
      confirmedAt: null,
      tryCount: 0,
      failure: null,
    });
    this.#world.changed();
    await this.advance(origin);
    return true;
  }

  /** Goes on with a pending link as far as it can without the shopper or the page. */
  advance(origin: string): Promise<void> {
    const turn = (this.#turns.get(origin) ?? Promise.resolve()).then(() => this.#advance(origin));
    const settled = turn
      .catch(() => undefined)
      .finally(() => {
        if (this.#turns.get(origin) === settled) this.#turns.delete(origin);
      });
    this.#turns.set(origin, settled);
    return turn;
  }

  async #advance(origin: string): Promise<void> {
    const pending = await this.#current(origin);
    if (pending?.step === 'permission') await this.#openProgram(pending);
    else if (pending?.step === 'code') await this.#world.nudge(pending.tabId);
    else if (pending?.step === 'redeem') await this.#redeem(pending);
  }

  /** Goes on with all pending links, after the worker or the browser was away. */
  async advanceAll(): Promise<void> {
    for (const { origin } of await this.#world.store.readPendings()) await this.advance(origin);
  }

  async confirm(origin: string): Promise<void> {
    await this.#change(origin, (pending) =>
      pending.step === 'confirm' ? { ...pending, step: 'redeem', confirmedAt: this.#world.now() } : null,
    );
    await this.advance(origin);
  }

  async cancel(origin: string): Promise<void> {
    await this.#world.store.deletePending(origin);
    this.#world.changed();
  }

  /** What a page that named a program gets to know. */
  async answer(page: PageSender, address: ProgramAddress): Promise<PageReply> {
    const pending = await this.#pendingOf(page, address);
    if (pending && pending.code === null && (pending.step === 'code' || pending.step === 'redeem')) {
      return { linked: false, codeChallenge: pending.challenge };
    }
    return { linked: await this.isLinked(page.origin, address) };
  }

  async isLinked(origin: string, address: ProgramAddress): Promise<boolean> {
    const shops = await this.#world.store.readShopsAt(origin);
    return shops.some(({ id, status }) => id === shopIdOf(address) && status === 'linked');
  }

  /** The page's one-time code, taken once for each challenge and only while one is asked for. */
  async takeCode(page: PageSender, address: ProgramAddress, value: string): Promise<void> {
    if (!(await this.#pendingOf(page, address))) return;
    let isTaken = false;
    const pending = await this.#change(page.origin, (before) => {
      if (before.code !== null || (before.step !== 'code' && before.step !== 'redeem')) return null;
      isTaken = true;
      const code = { value, receivedAt: this.#world.now() };
      return { ...before, code, step: before.step === 'code' ? 'confirm' : 'redeem' };
    });
    if (isTaken && pending?.step === 'redeem') await this.advance(page.origin);
  }

  async takeRefusal(page: PageSender, address: ProgramAddress, reason: 'signed_out' | 'failed'): Promise<void> {
    const pending = await this.#pendingOf(page, address);
    if (!pending || pending.code !== null || (pending.step !== 'code' && pending.step !== 'redeem')) return;
    await this.#fail(page.origin, reason === 'signed_out' ? 'signed_out' : 'refused');
  }

  /** The issuer's half of "both directions or nothing": its program document lists the page's origin. */
  async #openProgram({ origin, issuer, program, tabId }: PendingLink): Promise<void> {
    if (!(await this.#world.hasAccess(origin))) return;
    let facts: ProgramFacts;
    try {
      facts = await this.#world.issuer.fetchProgram({ issuer, program });
    } catch (error) {
      return this.#fail(origin, linkFailureOf(error));
    }
    if (!facts.origins.includes(origin)) return this.#fail(origin, 'origin_not_listed');
    await this.#change(origin, (pending) =>
      pending.step === 'permission' ? { ...pending, step: 'code', facts } : null,
    );
    await this.#world.openPage(origin, tabId);
  }

  async #redeem(pending: PendingLink): Promise<void> {
    const { origin, code, facts } = pending;
    const isFresh = code !== null && this.#world.now() - code.receivedAt < CODE_MS_MAX;
    if (!isFresh || !facts) return this.#askAgain(pending);
    let tokens: StoredTokens;
    try {
      tokens = await this.#fetchTokens(pending, code.value);
    } catch (error) {
      // Used or too old: the worker may have stopped between the server's answer and our storing it.
      if (error instanceof IssuerError && error.isGrantGone) return this.#askAgain(pending);
      return this.#fail(origin, linkFailureOf(error));
    }
    const shop = shopOf(pending, facts, this.#world.now());
    await this.#world.store.saveLinked(shop, tokens, origin);
    this.#world.changed();
    await this.#world.nudge(pending.tabId);
    await this.#world.linked(shop.id);
  }

  async #fetchTokens({ issuer, program, verifier }: PendingLink, code: string): Promise<StoredTokens> {
    const metadata = await this.#world.issuer.fetchMetadata(issuer);
    const tokens = await this.#world.issuer.redeemCode(metadata.tokenEndpoint, code, verifier);
    return storedTokens(shopIdOf({ issuer, program }), tokens, metadata, this.#world.now());
  }

  /** A fresh pair for a fresh code; the shopper has agreed already, and is not asked twice. */
  async #askAgain({ origin, tabId, tryCount }: PendingLink): Promise<void> {
    if (tryCount >= TRY_COUNT_MAX) return this.#fail(origin, 'refused');
    const { verifier, challenge } = await createPkcePair();
    await this.#change(origin, (pending) =>
      pending.step === 'redeem' ? { ...pending, verifier, challenge, code: null, tryCount: tryCount + 1 } : null,
    );
    await this.#world.nudge(tabId);
  }

  async #fail(origin: string, failure: LinkFailure): Promise<void> {
    await this.#change(origin, (pending) => ({ ...pending, step: 'failed', code: null, failure }));
  }

  async #change(
    origin: string,
    change: (pending: PendingLink) => PendingLink | null,
  ): Promise<PendingLink | undefined> {
    const after = await this.#world.store.changePending(origin, change);
    this.#world.changed();
    return after;
  }

  async #pendingOf({ origin }: PageSender, { issuer, program }: ProgramAddress): Promise<PendingLink | undefined> {
    const pending = await this.#current(origin);
    return pending?.issuer === issuer && pending.program === program ? pending : undefined;
  }

  async #current(origin: string): Promise<PendingLink | undefined> {
    const pending = await this.#world.store.readPending(origin);
    if (!pending || this.#world.now() - pending.startedAt < PENDING_MS_MAX) return pending;
    await this.#world.store.deletePending(origin);
    return undefined;
  }
}

/** Tokens as they are kept, with the endpoints that they belong to. */
export function storedTokens(
  shop: string,
  { accessToken, expiresInS, refreshToken }: Tokens,
  endpoints: Pick<StoredTokens, 'tokenEndpoint' | 'revocationEndpoint' | 'jwksUri'>,
  now: number,
): StoredTokens {
  const { tokenEndpoint, revocationEndpoint, jwksUri } = endpoints;
  const accessExpiresAt = now + expiresInS * 1000;
  return { shop, accessToken, accessExpiresAt, refreshToken, tokenEndpoint, revocationEndpoint, jwksUri };
}

function shopOf({ origin, issuer, program }: PendingLink, facts: ProgramFacts, now: number): Shop {
  const { origins, ...shown } = facts;
  return {
    id: shopIdOf({ issuer, program }),
    issuer,
    program,
    origins,
    origin,
    facts: shown,
    factsAt: now,
    linkedAt: now,
    status: 'linked',
    account: null,
    checkedAt: null,
    failure: null,
    warning: null,
  };
}

function isProgramAddress(address: ProgramAddress): boolean {
  const parsed = parseProgramLink(shopIdOf(address));
  return parsed?.issuer === address.issuer && parsed.program === address.program;
}

function linkFailureOf(error: unknown): LinkFailure {
  if (!(error instanceof IssuerError)) throw error;
  return error.failure === 'offline' || error.failure === 'unavailable' ? error.failure : 'refused';
}
