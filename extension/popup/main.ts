import { CHANGED_CHANNEL } from '../changed.ts';
import { indexedStore as store } from '../storage/indexed-store.ts';
import { firstRead } from './first-read.ts';
import { WalletPopup } from './wallet-popup.ts';

if (!customElements.get('wallet-popup')) customElements.define('wallet-popup', WalletPopup);

const popup = new WalletPopup();
popup.world = {
  loadBrowser: async () => (await import('../browser.ts')).browser,
  store,
  first: firstRead,
  onChanged(callback) {
    new BroadcastChannel(CHANGED_CHANNEL).addEventListener('message', callback);
  },
};
document.body.append(popup);
