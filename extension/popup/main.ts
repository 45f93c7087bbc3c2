import { browser } from '../browser.ts';
import { CHANGED_CHANNEL } from '../changed.ts';
import { indexedStore } from '../storage/indexed-store.ts';
import { WalletPopup } from './wallet-popup.ts';

if (!customElements.get('wallet-popup')) customElements.define('wallet-popup', WalletPopup);

const popup = new WalletPopup();
popup.world = {
  browser,
  store: indexedStore,
  onChanged(callback) {
    new BroadcastChannel(CHANGED_CHANNEL).addEventListener('message', callback);
  },
};
document.body.append(popup);
