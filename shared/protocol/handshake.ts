import { RDNS } from './names.ts';
import { own, ownText, ownWhole } from './own-fields.ts';

/**
 * Page and wallet find each other whatever loads first: the wallet's content script announces itself once when it
 * starts, the page session asks once when it starts and again on every announcement.
 *
 * The two window messages carry nothing secret and prove nothing; the wallet believes only the browser's word for the
 * page's origin and what the issuer's server says. After the request both talk over its `MessagePort`.
 *
 * 1. wallet → page, `window.postMessage`: {@link Announce}
 * 2. page → wallet, `window.postMessage` with a port: {@link Request}
 * 3. wallet → page, port: {@link WalletMessage} `state`, and `challenge` once the shopper has asked to link
 * 4. page → wallet, port: {@link PageMessage} `code` as answer to a challenge; `changed` when the page saw a new `seq`
 */
export const HANDSHAKE_VERSION = 1;

export const ANNOUNCE = `${RDNS}:announce`;
export const REQUEST = `${RDNS}:request`;

export interface Announce {
  readonly type: typeof ANNOUNCE;
  readonly v: typeof HANDSHAKE_VERSION;
}

export interface Request {
  readonly type: typeof REQUEST;
  readonly v: typeof HANDSHAKE_VERSION;
  /** Made by the page for this exchange; every message on the port repeats it. */
  readonly nonce: string;
  /** Origin of the Laurel server, such as `https://points.shop.example`. */
  readonly issuer: string;
  readonly program: string;
}

export type WalletMessage =
  | { readonly type: 'state'; readonly nonce: string; readonly linked: boolean }
  /** PKCE S256 challenge (RFC 7636): the page is asked for a one-time code. */
  | { readonly type: 'challenge'; readonly nonce: string; readonly codeChallenge: string };

export type PageMessage =
  | { readonly type: 'code'; readonly nonce: string; readonly code: string }
  /** The page cannot give a code: nobody is signed in, or the server refused. */
  | { readonly type: 'refused'; readonly nonce: string; readonly reason: 'signed_out' | 'failed' }
  /** The member's account moved to `seq`; a hint to look, never a fact. */
  | { readonly type: 'changed'; readonly nonce: string; readonly seq: number };

/** Reads an announcement from a window message's data; `null` for anything else. */
export function parseAnnounce(data: unknown): Announce | null {
  return own(data, 'type') === ANNOUNCE && own(data, 'v') === HANDSHAKE_VERSION
    ? { type: ANNOUNCE, v: HANDSHAKE_VERSION }
    : null;
}

/** Reads a request from a window message's data; `null` for anything else. */
export function parseRequest(data: unknown): Request | null {
  if (own(data, 'type') !== REQUEST || own(data, 'v') !== HANDSHAKE_VERSION) return null;
  const nonce = ownText(data, 'nonce');
  const issuer = ownText(data, 'issuer');
  const program = ownText(data, 'program');
  return nonce && issuer && program ? { type: REQUEST, v: HANDSHAKE_VERSION, nonce, issuer, program } : null;
}

/** Reads what the wallet says on the port; `null` for anything else or another exchange's nonce. */
export function parseWalletMessage(data: unknown, nonce: string): WalletMessage | null {
  if (own(data, 'nonce') !== nonce) return null;
  switch (own(data, 'type')) {
    case 'state': {
      const linked = own(data, 'linked');
      return typeof linked === 'boolean' ? { type: 'state', nonce, linked } : null;
    }
    case 'challenge': {
      const codeChallenge = ownText(data, 'codeChallenge');
      return codeChallenge ? { type: 'challenge', nonce, codeChallenge } : null;
    }
    default:
      return null;
  }
}

/** Reads what the page says on the port; `null` for anything else or another exchange's nonce. */
export function parsePageMessage(data: unknown, nonce: string): PageMessage | null {
  if (own(data, 'nonce') !== nonce) return null;
  switch (own(data, 'type')) {
    case 'code': {
      const code = ownText(data, 'code');
      return code ? { type: 'code', nonce, code } : null;
    }
    case 'refused': {
      const reason = own(data, 'reason');
      return reason === 'signed_out' || reason === 'failed' ? { type: 'refused', nonce, reason } : null;
    }
    case 'changed': {
      const seq = ownWhole(data, 'seq');
      return seq === null ? null : { type: 'changed', nonce, seq };
    }
    default:
      return null;
  }
}
