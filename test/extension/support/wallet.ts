import { Issuer } from '../../../extension/issuer/issuer.ts';
import { Linking } from '../../../extension/linking/linking.ts';
import type { Wallet } from '../../../extension/service-worker/handle-message.ts';
import { handleMessage } from '../../../extension/service-worker/handle-message.ts';
import { Refresher } from '../../../extension/statements/refresher.ts';
import { MemoryStore } from './memory-store.ts';

export const SELF = { id: 'wallet-id', origin: 'chrome-extension://wallet-id' } as const;
export const POPUP = { id: SELF.id, origin: SELF.origin } as const;
export const SHOP = 'https://shop.example';
export const TAB_ID = 7;
export const pageOf = (origin: string) => ({ id: SELF.id, origin, frameId: 0, tab: { id: TAB_ID } });

/** A server, as far as a wallet and its test need to know it. */
export interface LinkedIssuer {
  readonly origin: string;
  readonly program: string;
  readonly shopId: string;
  /** Set by the wallet: both have one clock. */
  now: () => number;
  /** A one-time code for a challenge, as the shop's page would get it. */
  issueCode(challenge: string): string | Promise<string>;
}

/** A wallet as the worker wires it, with a clock that stands until it is moved. */
export function aWallet(issuer: LinkedIssuer, store = new MemoryStore(), fetcher: typeof fetch = fetch) {
  const clock = { now: Date.parse('2027-02-28T18:20:00Z') };
  issuer.now = () => clock.now;
  const granted = new Set<string>();
  const nudged: number[] = [];
  const hinted: string[] = [];
  const world = {
    store,
    issuer: new Issuer(fetcher),
    now: () => clock.now,
    random: () => 0.5,
    changed: () => undefined,
  };
  const refresher = new Refresher(world);
  const linking = new Linking({
    ...world,
    hasAccess: async (origin) => granted.has(origin),
    openPage: async () => undefined,
    nudge: async (tabId) => void nudged.push(tabId),
    linked: (shop) => refresher.refresh(shop),
  });
  const wallet: Wallet = {
    self: SELF,
    store,
    linking,
    unlink: (shop) => store.deleteShop(shop, clock.now),
    refresh: (asked) => refresher.refreshAll(asked),
    hint: async (shop) => {
      hinted.push(shop);
      await refresher.refresh(shop);
    },
    seen: async () => undefined,
  };
  const send = (message: unknown, sender: object) => handleMessage(message, sender, wallet);
  const named = { issuer: issuer.origin, program: issuer.program };

  return {
    clock,
    store,
    granted,
    nudged,
    hinted,
    refresher,
    linking,
    wallet,
    send,
    named,
    /** The shopper presses "Link" and grants access; gives what the page is told. */
    async ask() {
      granted.add(SHOP);
      await send({ type: 'link', tabId: TAB_ID, origin: SHOP, ...named }, POPUP);
      return send({ type: 'page_request', ...named }, pageOf(SHOP)) as Promise<{
        linked: boolean;
        codeChallenge?: string;
      }>;
    },
    /** All of linking, from the press to the first number. */
    async link() {
      const { codeChallenge } = await this.ask();
      const code = await issuer.issueCode(codeChallenge ?? '');
      await send({ type: 'page_code', ...named, code }, pageOf(SHOP));
      await send({ type: 'confirm', origin: SHOP }, POPUP);
    },
    get shop() {
      return store.shops.get(issuer.shopId);
    },
  };
}
