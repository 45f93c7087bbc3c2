import { own, ownText, ownWhole } from '../shared/protocol/own-fields.ts';

/**
 * What travels inside the extension. A page's content script may only ask and report ({@link PageCall}); commands that
 * change the wallet ({@link Command}) are taken from the wallet's own pages alone. Every message is read from `unknown`.
 */

/** From the content script of a shop's page. */
export type PageCall =
  /** The page says which program it belongs to, and wants to know where it stands. */
  | { readonly type: 'page_request'; readonly issuer: string; readonly program: string }
  /** The page's one-time code for our challenge. */
  | { readonly type: 'page_code'; readonly issuer: string; readonly program: string; readonly code: string }
  | {
      readonly type: 'page_refused';
      readonly issuer: string;
      readonly program: string;
      readonly reason: 'signed_out' | 'failed';
    }
  /** The page claims that the account moved to `seq`. */
  | { readonly type: 'page_changed'; readonly issuer: string; readonly program: string; readonly seq: number };

/** Answer to every {@link PageCall}; the content script forwards it to the page. */
export interface PageReply {
  readonly linked: boolean;
  /** Present while the shopper wants to link this program and a code is missing. */
  readonly codeChallenge?: string;
}

/** To a content script: ask again, something changed. Carries nothing, so that it may reach any document. */
export const LOOK_AGAIN = 'look_again';

/** From the popup. */
export type Command =
  /** The shopper pressed "Link"; sent before the browser's permission prompt, which may close the popup. */
  | {
      readonly type: 'link';
      readonly tabId: number;
      readonly origin: string;
      readonly issuer: string;
      readonly program: string;
    }
  /** The shopper granted access to the page's origin. */
  | { readonly type: 'granted'; readonly origin: string }
  | { readonly type: 'confirm'; readonly origin: string }
  | { readonly type: 'cancel'; readonly origin: string }
  | { readonly type: 'unlink'; readonly shop: string }
  /** `asked`: the shopper pressed "Refresh", so that no back-off applies. */
  | { readonly type: 'refresh'; readonly asked: boolean };

/** Reads a content script's message; `null` for anything else. */
export function parsePageCall(message: unknown): PageCall | null {
  const issuer = ownText(message, 'issuer');
  const program = ownText(message, 'program');
  if (!issuer || !program) return null;
  const type = own(message, 'type');
  switch (type) {
    case 'page_request':
      return { type, issuer, program };
    case 'page_code': {
      const code = ownText(message, 'code');
      return code ? { type, issuer, program, code } : null;
    }
    case 'page_refused': {
      const reason = own(message, 'reason');
      return reason === 'signed_out' || reason === 'failed' ? { type, issuer, program, reason } : null;
    }
    case 'page_changed': {
      const seq = ownWhole(message, 'seq');
      return seq === null ? null : { type, issuer, program, seq };
    }
    default:
      return null;
  }
}

/** Reads a popup's command; `null` for anything else. */
export function parseCommand(message: unknown): Command | null {
  const type = own(message, 'type');
  switch (type) {
    case 'link': {
      const tabId = ownWhole(message, 'tabId');
      const origin = ownText(message, 'origin');
      const issuer = ownText(message, 'issuer');
      const program = ownText(message, 'program');
      return tabId !== null && origin && issuer && program ? { type, tabId, origin, issuer, program } : null;
    }
    case 'granted':
    case 'confirm':
    case 'cancel': {
      const origin = ownText(message, 'origin');
      return origin ? { type, origin } : null;
    }
    case 'unlink': {
      const shop = ownText(message, 'shop');
      return shop ? { type, shop } : null;
    }
    case 'refresh':
      return { type, asked: own(message, 'asked') === true };
    default:
      return null;
  }
}
