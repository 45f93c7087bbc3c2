import type { Browser } from '../browser.ts';
import { CONTENT_SCRIPT } from '../manifest.ts';
import { permissionPattern } from '../senders.ts';
import type { WalletStore } from '../storage/wallet-store.ts';

/** The one registration; it lists every page that the wallet may speak with. */
const REGISTRATION_ID = 'pages';

/** Runs the content script at the shops that the shopper linked or links, where access is granted, and nowhere else. */
export class PageScripts {
  readonly #browser: Pick<Browser, 'permissions' | 'scripting'>;
  readonly #store: Pick<WalletStore, 'readShops' | 'readPendings'>;
  /** Registrations are read and then changed: two at once would undo each other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(
    browser: Pick<Browser, 'permissions' | 'scripting'>,
    store: Pick<WalletStore, 'readShops' | 'readPendings'>,
  ) {
    this.#browser = browser;
    this.#store = store;
  }

  /** Makes the registration what it should be: after install and update (Chromium drops it), and at every change. */
  sync(): Promise<void> {
    const turn = this.#turn.then(() => this.#sync());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #sync(): Promise<void> {
    const { scripting } = this.#browser;
    const matches = await this.#matches();
    const registered = await scripting.getRegisteredContentScripts({ ids: [REGISTRATION_ID] });
    if (matches.length === 0) {
      if (registered.length > 0) await scripting.unregisterContentScripts({ ids: [REGISTRATION_ID] });
      return;
    }
    const script = {
      id: REGISTRATION_ID,
      matches,
      js: [CONTENT_SCRIPT],
      runAt: 'document_start' as const,
      allFrames: false,
      persistAcrossSessions: true,
    };
    if (registered.length > 0) await scripting.updateContentScripts([script]);
    else await scripting.registerContentScripts([script]);
  }

  /** Runs the script in a tab that is open already. The tab may be gone or elsewhere by now: then nothing happens. */
  async inject(tabId: number): Promise<void> {
    try {
      await this.#browser.scripting.executeScript({ target: { tabId }, files: [CONTENT_SCRIPT] });
    } catch {
      // The next load of the page runs it.
    }
  }

  async #matches(): Promise<string[]> {
    const [shops, pendings] = await Promise.all([this.#store.readShops(), this.#store.readPendings()]);
    const origins = [...shops.flatMap((shop) => shop.origins), ...pendings.map(({ origin }) => origin)];
    const patterns = [...new Set(origins.map(permissionPattern))];
    const granted = await Promise.all(
      patterns.map((pattern) => this.#browser.permissions.contains({ origins: [pattern] })),
    );
    return patterns.filter((_, index) => granted[index]);
  }
}
