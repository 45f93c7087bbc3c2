import { colors } from '../../shared/look/tokens.ts';
import { browser, declarativeContent } from '../browser.ts';
import { CHANGED_CHANNEL } from '../changed.ts';
import { Issuer } from '../issuer/issuer.ts';
import { IssuerError } from '../issuer/request.ts';
import { Linking } from '../linking/linking.ts';
import { LOOK_AGAIN } from '../messages.ts';
import { permissionPattern, type Sender } from '../senders.ts';
import { Refresher } from '../statements/refresher.ts';
import { indexedStore as store } from '../storage/indexed-store.ts';
import { colorPartnerPages, colorTab } from './action-icon.ts';
import { handleMessage, type Wallet } from './handle-message.ts';
import { type HintCredit, Hints } from './hints.ts';
import { PageScripts } from './page-scripts.ts';

/**
 * The service worker: it wires the wallet to the browser and keeps nothing that matters in memory. Listeners are added
 * before any `await`: the browser starts the worker with an event, and drops the event when no listener is there.
 */
const ALARM = 'refresh';
const ALARM_MINUTES = 360;

/** Of the count on the icon; the accent reads on light and dark toolbars alike. */
const BADGE_COLOR = colors.accent[0];

const changes = new BroadcastChannel(CHANGED_CHANNEL);
/** The popup reads again, and the icon says when a shop waits for the shopper's word. */
function changed(): void {
  changes.postMessage(null);
  void store.readPendings().then((pendings) => {
    const count = pendings.filter(({ step }) => step === 'confirm').length;
    return browser.action.setBadgeText({ text: count > 0 ? String(count) : '' });
  });
}
const now = () => Date.now();
const issuer = new Issuer((input, init) => fetch(input, init));
const scripts = new PageScripts(browser, store);
const refresher = new Refresher({ store, issuer, now, changed, random: Math.random });

const linking = new Linking({
  store,
  issuer,
  now,
  changed,
  nudge,
  hasAccess: (origin) => browser.permissions.contains({ origins: [permissionPattern(origin)] }),
  async openPage(_origin, tabId) {
    await scripts.sync();
    await scripts.inject(tabId);
  },
  async linked(shop) {
    await scripts.sync();
    await refresher.refresh(shop);
  },
});

const hints = new Hints(
  async (shop) => {
    const before = await store.readShop(shop);
    await refresher.refresh(shop);
    const after = await store.readShop(shop);
    return after?.account?.seq !== before?.account?.seq;
  },
  {
    // In memory, until the browser ends; content scripts cannot reach it.
    read: async (shop) => (await browser.storage.session.get(shop))[shop] as HintCredit | undefined,
    write: (shop, credit) => browser.storage.session.set({ [shop]: credit }),
  },
  now,
);

const wallet: Wallet = {
  self: { id: browser.runtime.id, origin: new URL(browser.runtime.getURL('/')).origin },
  store,
  linking,
  unlink,
  async refresh(asked) {
    await Promise.all([linking.advanceAll(), refresher.refreshAll(asked), revokeAll()]);
  },
  hint: (shop) => hints.take(shop),
  async seen({ tabId }) {
    // Elsewhere the browser does it by itself.
    if (!declarativeContent) await colorTab(browser, tabId);
  },
};

browser.runtime.onMessage.addListener((message: unknown, sender: Sender) => handleMessage(message, sender, wallet));

browser.runtime.onInstalled.addListener(() => void settle());
browser.runtime.onStartup.addListener(() => void settle());
browser.permissions.onRemoved.addListener(() => void scripts.sync());
browser.permissions.onAdded.addListener(() => void linking.advanceAll());
browser.alarms.onAlarm.addListener(({ name }) => {
  if (name === ALARM) void wallet.refresh(false);
});

/** Puts right what the browser may have dropped while the wallet was away. */
async function settle(): Promise<void> {
  // Jitter: wallets that were updated together do not ask together ever after.
  if (!(await browser.alarms.get(ALARM))) {
    await browser.alarms.create(ALARM, {
      delayInMinutes: 1 + Math.random() * ALARM_MINUTES,
      periodInMinutes: ALARM_MINUTES,
    });
  }
  await browser.action.setBadgeBackgroundColor({ color: BADGE_COLOR });
  await Promise.all([
    scripts.sync(),
    declarativeContent && colorPartnerPages(browser, declarativeContent),
    revokeAll(),
  ]);
}

async function unlink(id: string): Promise<void> {
  const shop = await store.readShop(id);
  await store.deleteShop(id, now());
  changed();
  if (shop) {
    await lookAgainAt(shop.origins);
    await giveBackAccess(shop.origins);
  }
  await Promise.all([scripts.sync(), revokeAll()]);
}

/** Open pages of these origins learn where they stand. */
async function lookAgainAt(origins: readonly string[]): Promise<void> {
  const tabs = await browser.tabs.query({ url: origins.map(permissionPattern) });
  await Promise.all(tabs.map(({ id }) => nudge(id ?? browser.tabs.TAB_ID_NONE)));
}

/** Returns the access to origins that no other shop needs. */
async function giveBackAccess(origins: readonly string[]): Promise<void> {
  const needed = new Set((await store.readShops()).flatMap((shop) => shop.origins.map(permissionPattern)));
  const patterns = origins.map(permissionPattern).filter((pattern) => !needed.has(pattern));
  // The browser refuses for access that the manifest or the shopper's own settings give.
  if (patterns.length > 0) await browser.permissions.remove({ origins: patterns }).catch(() => false);
}

/** The page in a tab asks again; a tab without our script, or a closed one, does not. */
async function nudge(tabId: number): Promise<void> {
  await browser.tabs.sendMessage(tabId, LOOK_AGAIN, { frameId: 0 }).catch(() => undefined);
}

/** Tells issuers about unlinked shops, those first whose servers could not be reached before. */
async function revokeAll(): Promise<void> {
  for (const { endpoint, token } of await store.readRevocations()) {
    try {
      await issuer.revoke(endpoint, token);
    } catch (error) {
      if (!(error instanceof IssuerError)) throw error;
      if (error.failure === 'offline' || error.failure === 'unavailable') continue;
    }
    await store.deleteRevocation(token);
  }
}
