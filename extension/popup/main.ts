import { browser } from '../browser.ts';
import { CHANGED_CHANNEL } from '../changed.ts';
import { indexedStore as store } from '../storage/indexed-store.ts';

// The store is read while the code that draws it is still being loaded.
const first = Promise.all([store.readShops(), store.readPendings()]);
const { WalletPopup } = await import('./wallet-popup.ts');

if (!customElements.get('wallet-popup')) customElements.define('wallet-popup', WalletPopup);

const popup = new WalletPopup();
popup.world = {
  browser,
  store,
  first,
  onChanged(callback) {
    new BroadcastChannel(CHANGED_CHANNEL).addEventListener('message', callback);
  },
};
document.body.append(popup);
