/**
 * Who sent a message. Only the browser's own word counts: `sender.origin`, never an address in a message, never
 * `sender.url` or `tab.url`, which name the top page also when a frame inside it speaks.
 */
export interface Sender {
  readonly id?: string | undefined;
  readonly origin?: string | undefined;
  readonly frameId?: number | undefined;
  readonly tab?: { readonly id?: number | undefined } | undefined;
}

/** The extension as its browser knows it. */
export interface Self {
  readonly id: string;
  /** `chrome-extension://…` or `moz-extension://…`. */
  readonly origin: string;
}

/** A shop page that may speak to the wallet. */
export interface PageSender {
  readonly origin: string;
  readonly tabId: number;
}

/** The page behind our own content script in a tab's top frame; `null` for any other sender. */
export function pageSender(sender: Sender, self: Self): PageSender | null {
  if (sender.id !== self.id || sender.frameId !== 0 || sender.tab?.id === undefined) return null;
  const { origin } = sender;
  return origin !== undefined && isShopOrigin(origin) ? { origin, tabId: sender.tab.id } : null;
}

/** True for the wallet's own pages, such as the popup. */
export function isOwnPage(sender: Sender, self: Self): boolean {
  return sender.id === self.id && sender.origin === self.origin && (sender.frameId ?? 0) === 0;
}

/** True for a serialized origin (RFC 6454) over https, or over http on this machine. */
export function isShopOrigin(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.origin === origin && isSecure(url);
}

/** https, or http that never leaves this machine. */
export function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost');
}

/** The host permission for an origin. Match patterns of both browsers know no ports, so the port is checked by `sender.origin`. */
export function permissionPattern(origin: string): string {
  const { protocol, hostname } = new URL(origin);
  return `${protocol}//${hostname}/*`;
}
