import type { Linking } from '../linking/linking.ts';
import { type Command, type PageCall, type PageReply, parseCommand, parsePageCall } from '../messages.ts';
import { shopIdOf } from '../program-link.ts';
import { isOwnPage, type PageSender, pageSender, type Self, type Sender } from '../senders.ts';
import type { WalletStore } from '../storage/wallet-store.ts';

/** What messages can set in motion. */
export interface Wallet {
  readonly self: Self;
  readonly store: Pick<WalletStore, 'readShop'>;
  readonly linking: Pick<Linking, 'begin' | 'advance' | 'confirm' | 'cancel' | 'answer' | 'takeCode' | 'takeRefusal'>;
  /** Unlinks a shop: forgets it and revokes its token. */
  unlink(shop: string): Promise<void>;
  refresh(asked: boolean): Promise<void>;
  /** A linked page claims that its shop's account moved. */
  hint(shop: string): Promise<void>;
  /** A page named a program. */
  seen(page: PageSender): Promise<void>;
}

export type Reply = PageReply | { readonly ok: boolean };

const REFUSED: Reply = { ok: false };

/**
 * Decides by sender first, by content second: commands are for the wallet's own pages, calls for the content script in
 * a top frame, and every other sender gets nothing and changes nothing. Never rejects.
 */
export async function handleMessage(message: unknown, sender: Sender, wallet: Wallet): Promise<Reply> {
  try {
    if (isOwnPage(sender, wallet.self)) {
      const command = parseCommand(message);
      return command ? await obey(command, wallet) : REFUSED;
    }
    const page = pageSender(sender, wallet.self);
    const call = page && parsePageCall(message);
    return call ? await answer(call, page, wallet) : REFUSED;
  } catch (error) {
    console.error('message', error);
    return REFUSED;
  }
}

async function obey(command: Command, { linking, unlink, refresh }: Wallet): Promise<Reply> {
  switch (command.type) {
    case 'link':
      return { ok: await linking.begin(command.tabId, command.origin, command) };
    case 'granted':
      await linking.advance(command.origin);
      return { ok: true };
    case 'confirm':
      await linking.confirm(command.origin);
      return { ok: true };
    case 'cancel':
      await linking.cancel(command.origin);
      return { ok: true };
    case 'unlink':
      await unlink(command.shop);
      return { ok: true };
    case 'refresh':
      await refresh(command.asked);
      return { ok: true };
  }
}

async function answer(call: PageCall, page: PageSender, wallet: Wallet): Promise<Reply> {
  const { linking } = wallet;
  switch (call.type) {
    case 'page_request':
      await wallet.seen(page);
      return linking.answer(page, call);
    case 'page_code':
      await linking.takeCode(page, call, call.code);
      return REFUSED;
    case 'page_refused':
      await linking.takeRefusal(page, call, call.reason);
      return REFUSED;
    case 'page_changed': {
      const shop = await wallet.store.readShop(shopIdOf(call));
      const isNews =
        shop?.status === 'linked' && shop.origins.includes(page.origin) && call.seq > (shop.account?.seq ?? -1);
      if (isNews) await wallet.hint(shop.id);
      return REFUSED;
    }
  }
}
